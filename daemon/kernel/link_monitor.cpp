// SPDX-License-Identifier: GPL-2.0-or-later
//
// The cache of libnl-route would do, but finds a device by looking at all of them: with
// 10,000 devices each event took 3.5 million instructions.
#include "kernel/link_monitor.hpp"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace tunqos::kernel {

namespace {

constexpr int dump_attempts = 5;

std::string text(const nlattr* attribute) {
    const auto* chars = static_cast<const char*>(mnl_attr_get_payload(attribute));
    return {chars, strnlen(chars, mnl_attr_get_payload_len(attribute))};
}

// All devices, without their counters.
Bytes request(std::uint32_t seq) {
    Bytes buffer(MNL_NLMSG_HDRLEN + MNL_ALIGN(sizeof(ifinfomsg)) + MNL_ATTR_HDRLEN +
                 sizeof(std::uint32_t));
    nlmsghdr* const message = mnl_nlmsg_put_header(buffer.data());
    message->nlmsg_type = RTM_GETLINK;
    message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    message->nlmsg_seq = seq;
    mnl_nlmsg_put_extra_header(message, sizeof(ifinfomsg));
    mnl_attr_put_u32(message, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    return buffer;
}

} // namespace

std::optional<LinkNews> decode_link(const nlmsghdr* message) {
    if (message->nlmsg_type != RTM_NEWLINK && message->nlmsg_type != RTM_DELLINK)
        return std::nullopt;
    if (mnl_nlmsg_get_payload_len(message) < sizeof(ifinfomsg)) return std::nullopt;
    const auto* link = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(message));
    if (link->ifi_family != AF_UNSPEC) return std::nullopt;
    LinkNews news;
    news.gone = message->nlmsg_type == RTM_DELLINK;
    news.index = link->ifi_index;
    constexpr std::size_t head = MNL_ALIGN(sizeof(ifinfomsg));
    const std::size_t size = mnl_nlmsg_get_payload_len(message);
    if (size < head) return std::nullopt;
    each_attribute(reinterpret_cast<const std::uint8_t*>(link) + head, size - head,
                   [&](const nlattr* attribute) {
                       if (mnl_attr_get_type(attribute) == IFLA_IFNAME) news.name = text(attribute);
                       if (mnl_attr_get_type(attribute) != IFLA_LINKINFO) return;
                       each_attribute(mnl_attr_get_payload(attribute),
                                      mnl_attr_get_payload_len(attribute),
                                      [&](const nlattr* inner) {
                                          if (mnl_attr_get_type(inner) == IFLA_INFO_KIND)
                                              news.kind = text(inner);
                                      });
                   });
    if (news.name.empty()) return std::nullopt;
    return news;
}

LinkMonitor::LinkMonitor(asio::io_context& io, Handler handler)
    : handler_(std::move(handler)),
      events_(NETLINK_ROUTE),
      requests_(NETLINK_ROUTE),
      descriptor_(io, events_.fd()) {}

LinkMonitor::~LinkMonitor() {
    descriptor_.release();
}

// Subscribe first: what changes while the list is read is not missed.
std::string LinkMonitor::start() {
    int error = events_.join(RTNLGRP_LINK);
    if (error == 0) error = read_all();
    if (error != 0) return std::strerror(error);
    wait();
    return {};
}

void LinkMonitor::wait() {
    descriptor_.async_wait(asio::posix::stream_descriptor::wait_read, [this](ErrorCode error) {
        if (error) return; // the monitor is being destroyed
        read();
        wait();
    });
}

void LinkMonitor::read() {
    bool lost = false;
    for (;;) {
        const int error =
            events_.receive_ready([this](const nlmsghdr* message) { on_message(message); });
        if (error != ENOBUFS) break;
        lost = true;
    }
    if (lost) static_cast<void>(read_all()); // a failure leaves kinds that may be old
}

int LinkMonitor::read_all() {
    for (int attempt = 1;; ++attempt) {
        links_.clear();
        by_name_.clear();
        const std::uint32_t seq = requests_.next_seq();
        const auto refusals = requests_.dump(request(seq), seq, [this](const nlmsghdr* message) {
            if (auto news = decode_link(message)) put(std::move(*news));
        });
        if (refusals) return refusals->empty() ? 0 : refusals->front().error;
        if (refusals.error() != EINTR || attempt == dump_attempts) return refusals.error();
    }
}

// True if the device is new, or has a new name.
bool LinkMonitor::put(LinkNews news) {
    Link& link = links_[news.index];
    const bool named = link.name != news.name;
    if (named) {
        const auto old = by_name_.find(link.name);
        if (old != by_name_.end() && old->second == news.index) by_name_.erase(old);
        by_name_[news.name] = news.index;
    }
    link = {std::move(news.name), std::move(news.kind)};
    return named;
}

void LinkMonitor::remove(int index) {
    const auto found = links_.find(index);
    if (found == links_.end()) return;
    // The name may have gone to another device meanwhile.
    const auto name = by_name_.find(found->second.name);
    if (name != by_name_.end() && name->second == index) by_name_.erase(name);
    links_.erase(found);
}

void LinkMonitor::on_message(const nlmsghdr* message) {
    const auto news = decode_link(message);
    if (!news) return;
    if (news->gone) {
        remove(news->index);
        handler_(Change::went, news->name, news->kind);
    } else if (put(*news)) {
        handler_(Change::came, news->name, news->kind);
    }
}

std::optional<std::string> LinkMonitor::kind(const std::string& device) const {
    const auto found = by_name_.find(device);
    if (found == by_name_.end()) return std::nullopt;
    return links_.at(found->second).kind;
}

} // namespace tunqos::kernel
