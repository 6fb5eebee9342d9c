// SPDX-License-Identifier: GPL-2.0-or-later
//
// By libmnl: the cache of libnl-route finds a device by looking at all of them (with 10,000
// devices each event took 3.5 million instructions), and its accessors know neither ip6gretap nor
// `external` nor XDP, while one attribute that they refuse ends the whole list.
#include "kernel/link_monitor.hpp"

#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <linux/ip6_tunnel.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <set>
#include <string_view>
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
std::string address(const nlattr* attribute) {
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
    if (type == IFLA_VTI_LOCAL) news.match.local = address(attribute);
    if (type == IFLA_VTI_REMOTE) news.match.peer = address(attribute);
}

// Where each kind of tunnel says what; 0: nowhere.
struct Layout {
    std::string_view kind;
    int remote, remote6, tos, flags, external;
};
constexpr Layout layouts[] = {
    {"gre", IFLA_GRE_REMOTE, 0, IFLA_GRE_TOS, 0, IFLA_GRE_COLLECT_METADATA},
    {"gretap", IFLA_GRE_REMOTE, 0, IFLA_GRE_TOS, 0, IFLA_GRE_COLLECT_METADATA},
    {"erspan", IFLA_GRE_REMOTE, 0, IFLA_GRE_TOS, 0, IFLA_GRE_COLLECT_METADATA},
    {"ip6gre", IFLA_GRE_REMOTE, 0, 0, IFLA_GRE_FLAGS, IFLA_GRE_COLLECT_METADATA},
    {"ip6gretap", IFLA_GRE_REMOTE, 0, 0, IFLA_GRE_FLAGS, IFLA_GRE_COLLECT_METADATA},
    {"ip6erspan", IFLA_GRE_REMOTE, 0, 0, IFLA_GRE_FLAGS, IFLA_GRE_COLLECT_METADATA},
    {"ipip", IFLA_IPTUN_REMOTE, 0, IFLA_IPTUN_TOS, 0, IFLA_IPTUN_COLLECT_METADATA},
    {"sit", IFLA_IPTUN_REMOTE, 0, IFLA_IPTUN_TOS, 0, 0},
    {"ip6tnl", IFLA_IPTUN_REMOTE, 0, 0, IFLA_IPTUN_FLAGS, IFLA_IPTUN_COLLECT_METADATA},
    {"vti", IFLA_VTI_REMOTE, 0, 0, 0, 0},
    {"vti6", IFLA_VTI_REMOTE, 0, 0, 0, 0},
    {"vxlan", IFLA_VXLAN_GROUP, IFLA_VXLAN_GROUP6, IFLA_VXLAN_TOS, 0, IFLA_VXLAN_COLLECT_METADATA},
    {"geneve", IFLA_GENEVE_REMOTE, IFLA_GENEVE_REMOTE6, IFLA_GENEVE_TOS, 0,
     IFLA_GENEVE_COLLECT_METADATA},
    {"xfrm", 0, 0, 0, 0, IFLA_XFRM_COLLECT_METADATA},
};

// A flag, or a number of a byte that says the same if it is not 0.
bool is_on(const nlattr* attribute) {
    const std::size_t size = mnl_attr_get_payload_len(attribute);
    return size == 0 || (size == 1 && mnl_attr_get_u8(attribute) != 0);
}

void read_tunnel(const nlattr* attribute, const Layout& layout, LinkFacts& facts) {
    const int type = mnl_attr_get_type(attribute);
    if (type == 0) return;
    if (type == layout.remote || type == layout.remote6) {
        if (auto found = address(attribute); !found.empty()) facts.remote = std::move(found);
    } else if (type == layout.tos) {
        // The lowest bit is the word `inherit`.
        facts.inherits_tos =
            mnl_attr_get_payload_len(attribute) == 1 && (mnl_attr_get_u8(attribute) & 1U) != 0;
    } else if (type == layout.flags) {
        const std::uint32_t flags = u32(attribute).value_or(0);
        facts.no_encaplimit = (flags & IP6_TNL_F_IGN_ENCAP_LIMIT) != 0;
        facts.copies_dscp = (flags & IP6_TNL_F_RCV_DSCP_COPY) != 0;
        facts.inherits_tos = (flags & IP6_TNL_F_USE_ORIG_TCLASS) != 0;
    } else if (type == layout.external) {
        facts.external = is_on(attribute);
    }
}

void read_vlan(const nlattr* attribute, LinkFacts& facts) {
    if (mnl_attr_get_type(attribute) == IFLA_VLAN_EGRESS_QOS)
        facts.has_qos_map = mnl_attr_get_payload_len(attribute) > 0;
}

void read_info(const nlattr* nest, LinkNews& news) {
    const nlattr* data = nullptr;
    std::string& kind = news.facts.kind;
    each_inside(nest, [&](const nlattr* inner) {
        if (mnl_attr_get_type(inner) == IFLA_INFO_KIND) kind = text(inner);
        if (mnl_attr_get_type(inner) == IFLA_INFO_DATA) data = inner;
    });
    if (!data) return;
    if (kind == "xfrm") each_inside(data, [&](const nlattr* inner) { read_xfrm(inner, news); });
    if (kind == "vti" || kind == "vti6")
        each_inside(data, [&](const nlattr* inner) { read_vti(inner, news); });
    if (kind == "vlan")
        each_inside(data, [&](const nlattr* inner) { read_vlan(inner, news.facts); });
    for (const Layout& layout : layouts) {
        if (kind == layout.kind)
            each_inside(data, [&](const nlattr* inner) { read_tunnel(inner, layout, news.facts); });
    }
}

void read_xdp(const nlattr* nest, LinkFacts& facts) {
    each_inside(nest, [&](const nlattr* inner) {
        if (mnl_attr_get_type(inner) == IFLA_XDP_ATTACHED) facts.has_xdp = is_on(inner);
    });
}

void read_link(const nlattr* attribute, LinkNews& news, bool& elsewhere) {
    switch (mnl_attr_get_type(attribute)) {
    case IFLA_IFNAME: news.name = text(attribute); break;
    case IFLA_LINKINFO: read_info(attribute, news); break;
    case IFLA_LINK: news.facts.lower = static_cast<int>(u32(attribute).value_or(0)); break;
    case IFLA_MASTER: news.facts.master = static_cast<int>(u32(attribute).value_or(0)); break;
    case IFLA_LINK_NETNSID: elsewhere = true; break;
    case IFLA_XDP: read_xdp(attribute, news.facts); break;
    default: break;
    }
}

} // namespace

std::optional<LinkNews> decode_link(const nlmsghdr* message) {
    if (message->nlmsg_type != RTM_NEWLINK && message->nlmsg_type != RTM_DELLINK)
        return std::nullopt;
    if (mnl_nlmsg_get_payload_len(message) < sizeof(ifinfomsg)) return std::nullopt;
    const auto* link = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(message));
    if (link->ifi_family != AF_UNSPEC) return std::nullopt;
    LinkNews news;
    bool elsewhere = false; // the device under it, and its SAs, are in another namespace
    news.gone = message->nlmsg_type == RTM_DELLINK;
    news.facts.index = link->ifi_index;
    constexpr std::size_t head = MNL_ALIGN(sizeof(ifinfomsg));
    const std::size_t size = mnl_nlmsg_get_payload_len(message);
    if (size < head) return std::nullopt;
    each_attribute(reinterpret_cast<const std::uint8_t*>(link) + head, size - head,
                   [&](const nlattr* attribute) { read_link(attribute, news, elsewhere); });
    if (news.name.empty()) return std::nullopt;
    if (!elsewhere) return news;
    news.facts.lower = 0;
    news.match = {};
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
    const int index = news.facts.index;
    Link& link = known_.links[index];
    const bool named = link.name != news.name;
    if (named) {
        const auto old = known_.by_name.find(link.name);
        if (old != known_.by_name.end() && old->second == index) known_.by_name.erase(old);
        known_.by_name[news.name] = index;
    }
    if (news.match.empty())
        known_.ipsec_devices.erase(index);
    else
        known_.ipsec_devices[index] = {news.name, news.match};
    link = {std::move(news.name), std::move(news.facts)};
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
        remove(news->facts.index);
        handler_(Change::went, news->name, news->facts.kind);
    } else if (put(*news)) {
        handler_(Change::came, news->name, news->facts.kind);
    }
}

std::vector<IpsecDevice> LinkMonitor::ipsec_devices() const {
    std::vector<IpsecDevice> list;
    for (const auto& [index, device] : known_.ipsec_devices)
        list.push_back(device);
    return list;
}

std::optional<LinkFacts> LinkMonitor::facts(const std::string& device) const {
    const auto found = known_.by_name.find(device);
    if (found == known_.by_name.end()) return std::nullopt;
    return known_.links.at(found->second).facts;
}

std::optional<Device> LinkMonitor::name(int index) const {
    const auto found = known_.links.find(index);
    if (found == known_.links.end()) return std::nullopt;
    return found->second.name;
}

std::vector<Device> LinkMonitor::under(const std::string& device) const {
    std::vector<Device> list;
    const auto top = known_.by_name.find(device);
    if (top == known_.by_name.end()) return list;
    std::vector<int> open{top->second};
    std::set<int> seen{top->second};
    const auto put = [&](int index) {
        const auto found = known_.links.find(index);
        if (found == known_.links.end() || !seen.insert(index).second) return;
        open.push_back(index);
        list.push_back(found->second.name);
    };
    while (!open.empty()) {
        const auto found = known_.links.find(open.back());
        open.pop_back();
        const LinkFacts& facts = found->second.facts;
        if (facts.kind == "vlan" || facts.kind == "macvlan") put(facts.lower);
        if (facts.kind != "bond" && facts.kind != "team") continue;
        for (const auto& [index, link] : known_.links) {
            if (link.facts.master == facts.index) put(index);
        }
    }
    return list;
}

} // namespace tunqos::kernel
