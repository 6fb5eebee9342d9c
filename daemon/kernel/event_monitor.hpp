// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the module says of itself: it came, it went, a binding changed its state, somebody
// committed. On the event loop. Events are hints: after a loss everything is read again.
#pragma once

#include <functional>

#include "kernel/genl_client.hpp"
#include "tunqos/asio.hpp"

namespace tunqos::kernel {

class EventMonitor {
public:
    struct Handlers {
        std::function<void()> module_came;
        std::function<void()> module_went;
        std::function<void(std::uint32_t generation)> committed;
        std::function<void(const TunnelStatus&)> tunnel_changed;
        std::function<void(const PortStatus&)> port_changed;
        std::function<void()> lost; // some events did not fit into the socket's buffer
    };

    // Throws std::system_error if generic netlink cannot be used.
    EventMonitor(asio::io_context& io, Handlers handlers);
    ~EventMonitor();
    EventMonitor(const EventMonitor&) = delete;
    EventMonitor& operator=(const EventMonitor&) = delete;

    // Subscribes and, from now on, calls the handlers. Subscribe before reading the state:
    // what changes in between is then not missed.
    void start();

private:
    void wait();
    void read();
    void on_message(const nlmsghdr* message);
    void on_family(const nlmsghdr* message);
    void join(Family family);

    Handlers handlers_;
    NetlinkSocket events_;
    NetlinkSocket requests_; // answers must not mix with events
    std::optional<Family> family_;
    asio::posix::stream_descriptor descriptor_; // of events_, which owns it
};

} // namespace tunqos::kernel
