// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/link_monitor.hpp"

#include <netlink/cache.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>

namespace tunqos::kernel {

namespace {

std::string text(const char* value) {
    return value ? value : "";
}

rtnl_link* as_link(nl_object* object) {
    return reinterpret_cast<rtnl_link*>(object);
}

} // namespace

void LinkMonitor::FreeManager::operator()(nl_cache_mngr* manager) const {
    nl_cache_mngr_free(manager);
}

LinkMonitor::LinkMonitor(asio::io_context& io, Handler handler)
    : io_(io), handler_(std::move(handler)), descriptor_(io) {}

LinkMonitor::~LinkMonitor() {
    if (descriptor_.is_open()) descriptor_.release();
}

std::string LinkMonitor::start() {
    const std::string problem = open();
    if (problem.empty()) wait();
    return problem;
}

std::string LinkMonitor::open() {
    nl_cache_mngr* manager = nullptr;
    int error = nl_cache_mngr_alloc(nullptr, NETLINK_ROUTE, NL_AUTO_PROVIDE, &manager);
    if (error < 0) return nl_geterror(error);
    manager_.reset(manager);
    error = nl_cache_mngr_add(manager, "route/link", on_change, this, &cache_);
    if (error < 0) return nl_geterror(error);
    refill();
    descriptor_ = asio::posix::stream_descriptor(io_, nl_cache_mngr_get_fd(manager));
    return {};
}

void LinkMonitor::wait() {
    descriptor_.async_wait(asio::posix::stream_descriptor::wait_read, [this](ErrorCode error) {
        if (error) return; // the monitor is being destroyed
        read();
    });
}

// A failure is a loss of events (ENOBUFS): with a new manager everything is read anew.
void LinkMonitor::read() {
    if (nl_cache_mngr_data_ready(manager_.get()) < 0) {
        descriptor_.release();
        manager_.reset();
        if (!open().empty()) return; // `show` does without kinds from here on
    }
    wait();
}

void LinkMonitor::refill() {
    links_.clear();
    by_name_.clear();
    nl_cache_foreach(
        cache_,
        [](nl_object* object, void* self) {
            auto* link = as_link(object);
            static_cast<LinkMonitor*>(self)->put(
                rtnl_link_get_ifindex(link),
                {text(rtnl_link_get_name(link)), text(rtnl_link_get_type(link))});
        },
        this);
}

void LinkMonitor::put(int index, const Link& link) {
    const auto [at, added] = links_.try_emplace(index, link);
    if (!added && at->second.name != link.name) by_name_.erase(at->second.name);
    at->second = link;
    by_name_[link.name] = index;
}

void LinkMonitor::remove(int index) {
    const auto found = links_.find(index);
    if (found == links_.end()) return;
    // The name may have gone to another device meanwhile.
    const auto name = by_name_.find(found->second.name);
    if (name != by_name_.end() && name->second == index) by_name_.erase(name);
    links_.erase(found);
}

void LinkMonitor::on_change(nl_cache*, nl_object* object, int action, void* self) {
    auto& monitor = *static_cast<LinkMonitor*>(self);
    auto* found = as_link(object);
    const int index = rtnl_link_get_ifindex(found);
    const Link link{text(rtnl_link_get_name(found)), text(rtnl_link_get_type(found))};
    if (action == NL_ACT_DEL) {
        monitor.remove(index);
        monitor.handler_(Change::went, link.name, link.kind);
        return;
    }
    const auto known = monitor.links_.find(index);
    const bool named = known == monitor.links_.end() || known->second.name != link.name;
    monitor.put(index, link);
    if (named) monitor.handler_(Change::came, link.name, link.kind);
}

std::optional<std::string> LinkMonitor::kind(const std::string& device) const {
    const auto found = by_name_.find(device);
    if (found == by_name_.end()) return std::nullopt;
    return links_.at(found->second).kind;
}

} // namespace tunqos::kernel
