// SPDX-License-Identifier: GPL-2.0-or-later
//
// Network devices by name, kept up to date by rtnetlink. The module attaches by its own
// notifier; this serves log lines and `show`.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "kernel/ikernel.hpp"
#include "tunqos/asio.hpp"

struct nl_cache;
struct nl_cache_mngr;
struct nl_object;

namespace tunqos::kernel {

class LinkMonitor final : public ILinks {
public:
    enum class Change { came, went };
    using Handler = std::function<void(Change, const std::string& device, const std::string& kind)>;

    LinkMonitor(asio::io_context& io, Handler handler);
    ~LinkMonitor() override;
    LinkMonitor(const LinkMonitor&) = delete;
    LinkMonitor& operator=(const LinkMonitor&) = delete;

    // Empty, or what went wrong; the daemon runs without it.
    std::string start();
    std::optional<std::string> kind(const std::string& device) const override;

private:
    struct Link {
        std::string name, kind;
    };
    struct FreeManager {
        void operator()(nl_cache_mngr* manager) const;
    };

    void wait();
    void read();
    std::string open();
    void refill();
    void put(int index, const Link& link);
    void remove(int index);
    static void on_change(nl_cache* cache, nl_object* object, int action, void* self);

    asio::io_context& io_;
    Handler handler_;
    std::unique_ptr<nl_cache_mngr, FreeManager> manager_;
    nl_cache* cache_ = nullptr; // of manager_
    std::map<int, Link> links_; // by interface index
    std::map<std::string, int> by_name_;
    asio::posix::stream_descriptor descriptor_; // of manager_, which owns it
};

} // namespace tunqos::kernel
