// SPDX-License-Identifier: GPL-2.0-or-later
//
// The cache of libnl-route would do, but finds a device by looking at all of them: with
// 10,000 devices each event took 3.5 million instructions.
#include "kernel/link_monitor.hpp"

#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

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

namespace {

template <typename Visit>
void each_inside(const nlattr* nest, const Visit& visit) {
    each_attribute(mnl_attr_get_payload(nest), mnl_attr_get_payload_len(nest), visit);
}

std::optional<std::uint32_t> u32(const nlattr* attribute) {
    if (mnl_attr_get_payload_len(attribute) != sizeof(std::uint32_t)) return std::nullopt;
    return mnl_attr_get_u32(attribute);
}

void read_xfrm(const nlattr* attribute, LinkNews& news) {
    const auto number = u32(attribute);
    if (mnl_attr_get_type(attribute) == IFLA_XFRM_IF_ID && number && *number != 0)
        news.match.if_id = number;
}

// An address that is not given is all zeros: any.
std::string vti_address(const nlattr* attribute) {
    const std::size_t size = mnl_attr_get_payload_len(attribute);
    const int family = size == sizeof(in_addr) ? AF_INET : AF_INET6;
    if (size != sizeof(in_addr) && size != sizeof(in6_addr)) return {};
    const auto* const bytes = static_cast<const char*>(mnl_attr_get_payload(attribute));
    if (std::all_of(bytes, bytes + size, [](char byte) { return byte == 0; })) return {};
    std::array<char, INET6_ADDRSTRLEN> chars{};
    return inet_ntop(family, bytes, chars.data(), chars.size());
}

// The module goes by the addresses alone: the keys, which are marks, may be two.
void read_vti(const nlattr* attribute, LinkNews& news) {
    const int type = mnl_attr_get_type(attribute);
    if (type == IFLA_VTI_LOCAL) news.match.local = vti_address(attribute);
    if (type == IFLA_VTI_REMOTE) news.match.peer = vti_address(attribute);
}

void read_info(const nlattr* nest, LinkNews& news) {
    const nlattr* data = nullptr;
    each_inside(nest, [&](const nlattr* inner) {
        if (mnl_attr_get_type(inner) == IFLA_INFO_KIND) news.kind = text(inner);
        if (mnl_attr_get_type(inner) == IFLA_INFO_DATA) data = inner;
    });
    if (!data) return;
    if (news.kind == "xfrm")
        each_inside(data, [&](const nlattr* inner) { read_xfrm(inner, news); });
    if (news.kind == "vti" || news.kind == "vti6")
        each_inside(data, [&](const nlattr* inner) { read_vti(inner, news); });
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
                       if (mnl_attr_get_type(attribute) == IFLA_LINKINFO)
                           read_info(attribute, news);
                   });
    if (news.name.empty()) return std::nullopt;
    return news;
}

LinkMonitor::LinkMonitor(asio::io_context& io, Handler handler, OnFailure on_failure)
    : handler_(std::move(handler)),
      on_failure_(std::move(on_failure)),
      events_(NETLINK_ROUTE),
      requests_(NETLINK_ROUTE),
      descriptor_(io, events_.fd()) {}

LinkMonitor::~LinkMonitor() {
    descriptor_.release();
}

// Subscribe first: what changes while the list is read is not missed.
std::string LinkMonitor::start() {
    if (const int error = events_.join(RTNLGRP_LINK)) return std::strerror(error);
    const int error = read_all();
    stale_ = error != 0;
    wait();
    return stale_ ? std::strerror(error) : std::string();
}

void LinkMonitor::wait() {
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

void LinkMonitor::read() {
    const bool lost =
        events_.receive_ready([this](const nlmsghdr* message) { on_message(message); });
    if (!lost && !stale_) return;
    const bool known = std::exchange(stale_, true);
    const int error = read_all();
    if (error == 0)
        stale_ = false;
    else if (!known)
        on_failure_(std::strerror(error));
}

// What was known stays if this fails.
int LinkMonitor::read_all() {
    for (int attempt = 1;; ++attempt) {
        Known before = std::exchange(known_, {});
        const std::uint32_t seq = requests_.next_seq();
        const auto refusals = requests_.dump(request(seq), seq, [this](const nlmsghdr* message) {
            if (auto news = decode_link(message)) put(std::move(*news));
        });
        if (refusals && refusals->empty()) return 0;
        known_ = std::move(before);
        const int error = refusals ? refusals->front().error : refusals.error();
        if (error != EINTR || attempt == dump_attempts) return error;
    }
}

// True if the device is new, or has a new name.
bool LinkMonitor::put(LinkNews news) {
    Link& link = known_.links[news.index];
    const bool named = link.name != news.name;
    if (named) {
        const auto old = known_.by_name.find(link.name);
        if (old != known_.by_name.end() && old->second == news.index) known_.by_name.erase(old);
        known_.by_name[news.name] = news.index;
    }
    if (news.match.empty())
        known_.ipsec_devices.erase(news.index);
    else
        known_.ipsec_devices[news.index] = {news.name, news.match};
    link = {std::move(news.name), std::move(news.kind)};
    return named;
}

void LinkMonitor::remove(int index) {
    const auto found = known_.links.find(index);
    if (found == known_.links.end()) return;
    // The name may have gone to another device meanwhile.
    const auto name = known_.by_name.find(found->second.name);
    if (name != known_.by_name.end() && name->second == index) known_.by_name.erase(name);
    known_.links.erase(found);
    known_.ipsec_devices.erase(index);
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

std::vector<IpsecDevice> LinkMonitor::ipsec_devices() const {
    std::vector<IpsecDevice> list;
    for (const auto& [index, device] : known_.ipsec_devices)
        list.push_back(device);
    return list;
}

std::optional<std::string> LinkMonitor::kind(const std::string& device) const {
    const auto found = known_.by_name.find(device);
    if (found == known_.by_name.end()) return std::nullopt;
    return known_.links.at(found->second).kind;
}

} // namespace tunqos::kernel
