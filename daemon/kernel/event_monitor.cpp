// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/event_monitor.hpp"

#include <linux/genetlink.h>
#include <linux/tunqos.h>

namespace tunqos::kernel {

namespace {

// The group "notify" of nlctrl has had this fixed number since Linux 3.14.
constexpr std::uint32_t nlctrl_notify_group = GENL_ID_CTRL;

} // namespace

EventMonitor::EventMonitor(asio::io_context& io, Handlers handlers)
    : handlers_(std::move(handlers)), descriptor_(io, events_.fd()) {}

EventMonitor::~EventMonitor() {
    descriptor_.release();
}

void EventMonitor::start() {
    static_cast<void>(events_.join(nlctrl_notify_group));
    if (const auto family = find_family(requests_)) join(*family);
    wait();
}

void EventMonitor::wait() {
    descriptor_.async_wait(asio::posix::stream_descriptor::wait_read, [this](ErrorCode error) {
        if (error) return; // the monitor is being destroyed
        try {
            read();
        } catch (...) {
            wait(); // whoever catches it has no more to do with this
            throw;
        }
        wait();
    });
}

void EventMonitor::read() {
    const bool lost =
        events_.receive_ready([this](const nlmsghdr* message) { on_message(message); });
    if (!lost) return;
    // The module itself may have come or gone unheard.
    if (const auto family = find_family(requests_)) join(*family);
    handlers_.lost();
}

void EventMonitor::on_message(const nlmsghdr* message) {
    if (message->nlmsg_type == GENL_ID_CTRL) {
        on_family(message);
        return;
    }
    if (!family_ || message->nlmsg_type != family_->id) return;
    switch (command_of(message)) {
    case TUNQOS_CMD_CONFIG_NTF: handlers_.committed(decode_info(message).generation); break;
    case TUNQOS_CMD_TUNNEL_NTF:
        if (const auto status = decode_tunnel(message)) handlers_.tunnel_changed(*status);
        break;
    case TUNQOS_CMD_PORT_NTF:
        if (const auto status = decode_port(message)) handlers_.port_changed(*status);
        break;
    default: break;
    }
}

void EventMonitor::on_family(const nlmsghdr* message) {
    const auto family = decode_family(message, TUNQOS_GENL_NAME);
    if (!family) return;
    if (command_of(message) == CTRL_CMD_NEWFAMILY) {
        join(*family);
        handlers_.module_came();
    } else if (command_of(message) == CTRL_CMD_DELFAMILY) {
        family_.reset();
        handlers_.module_went();
    }
}

void EventMonitor::join(Family family) {
    family_ = family;
    if (family.events_group != 0) static_cast<void>(events_.join(family.events_group));
}

} // namespace tunqos::kernel
