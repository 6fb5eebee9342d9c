// SPDX-License-Identifier: GPL-2.0-or-later
//
// Network devices by name, kept up to date by rtnetlink. The module attaches by its own
// notifier; this serves log lines, `show` and the watch over what else acts on marks.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "kernel/ikernel.hpp"
#include "kernel/route_socket.hpp"
#include "tunqos/asio.hpp"

namespace tunqos::kernel {

// What a message of rtnetlink says of a device.
struct LinkNews {
    bool gone = false;
    std::string name;
    LinkFacts facts;
    Selector match; // its SAs here, of an xfrm, vti or vti6 device; else empty
};

// Nothing if it is not about a device: a bridge speaks of its ports in the same words.
std::optional<LinkNews> decode_link(nl_msg* message);
std::optional<LinkNews> decode_link(const nlmsghdr* message);

class LinkMonitor final : public ILinks {
public:
    enum class Change { came, went };
    using Handler = std::function<void(Change, const std::string& device, const std::string& kind)>;

    // The list was lost and could not be read again, which is tried at each event from then on.
    using OnFailure = std::function<void(const std::string& problem)>;

    // Throws std::system_error if rtnetlink cannot be used.
    LinkMonitor(asio::io_context& io, Handler handler, OnFailure on_failure);
    ~LinkMonitor() override;
    LinkMonitor(const LinkMonitor&) = delete;
    LinkMonitor& operator=(const LinkMonitor&) = delete;

    // Empty, or what went wrong; the daemon runs without it.
    std::string start();
    std::optional<LinkFacts> facts(const std::string& device) const override;
    std::optional<Device> name(int index) const override;
    std::vector<Device> under(const std::string& device) const override;
    std::vector<IpsecDevice> ipsec_devices() const override;

private:
    struct Link {
        std::string name;
        LinkFacts facts;
    };
    struct Known {
        std::unordered_map<int, Link> links; // by interface index
        std::unordered_map<std::string, int> by_name;
        std::map<int, IpsecDevice> ipsec_devices; // those that are such, few among many
    };

    void wait();
    void read();
    RouteError read_all();
    bool put(LinkNews news);
    void remove(int index);
    void on_message(nl_msg* message);

    Handler handler_;
    OnFailure on_failure_;
    RouteSocket events_;
    RouteSocket requests_; // answers must not mix with events
    Known known_;
    bool stale_ = false;                        // events were lost
    asio::posix::stream_descriptor descriptor_; // of events_, which owns it
};

} // namespace tunqos::kernel
