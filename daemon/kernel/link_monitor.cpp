// SPDX-License-Identifier: GPL-2.0-or-later
//
// By libnl-route, a message at a time: its cache finds a device by looking at all of them (with
// 10,000 devices each event took 3.5 million instructions), keeps ten times as much of each, and
// ends at the first attribute that it refuses.
#include "kernel/link_monitor.hpp"

#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <linux/ip6_tunnel.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <netlink/attr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/ip6tnl.h>
#include <netlink/route/link/ip6vti.h>
#include <netlink/route/link/ipvti.h>
#include <netlink/route/link/vlan.h>
#include <netlink/route/link/xfrmi.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <set>
#include <string_view>
#include <utility>

namespace tunqos::kernel {

namespace {

// All devices, without their counters.
NlMessage request() {
    NlMessage message(nlmsg_alloc_simple(RTM_GETLINK, 0));
    ifinfomsg all{};
    if (!message || nlmsg_append(message.get(), &all, sizeof all, NLMSG_ALIGNTO) < 0 ||
        nla_put_u32(message.get(), IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS) < 0)
        throw std::bad_alloc();
    return message;
}

struct PutLink {
    void operator()(rtnl_link* link) const { rtnl_link_put(link); }
};
using Link = std::unique_ptr<rtnl_link, PutLink>;

void keep(nl_object* object, void* link) {
    nl_object_get(object);
    static_cast<Link*>(link)->reset(reinterpret_cast<rtnl_link*>(object));
}

// Nothing if the library refuses one of its attributes.
Link parse(nl_msg* message) {
    Link link;
    if (nl_msg_parse(message, keep, &link) < 0) link.reset();
    return link;
}

// An address that is not given is all zeros: any.
std::string address(int family, const void* bytes) {
    const auto* const begin = static_cast<const std::uint8_t*>(bytes);
    const std::size_t size = family == AF_INET ? sizeof(in_addr) : sizeof(in6_addr);
    if (std::all_of(begin, begin + size, [](std::uint8_t byte) { return byte == 0; })) return {};
    std::array<char, INET6_ADDRSTRLEN> chars{};
    return inet_ntop(family, bytes, chars.data(), chars.size());
}
std::string address(std::uint32_t network_order) {
    return address(AF_INET, &network_order);
}
std::string address(rtnl_link* link, int (*get)(rtnl_link*, in6_addr*)) {
    in6_addr found{};
    return get(link, &found) == 0 ? address(AF_INET6, &found) : std::string();
}
std::string address(const nlattr* attribute) {
    const int size = nla_len(attribute);
    if (size == sizeof(in_addr)) return address(AF_INET, nla_data(attribute));
    return size == sizeof(in6_addr) ? address(AF_INET6, nla_data(attribute)) : std::string();
}

// Each accessor is for one kind, and ends the program on another.
// The module goes by the addresses of vti alone: the keys, which are marks, may be two.
void read_sas(rtnl_link* link, const std::string& kind, Selector& match) {
    if (kind == "xfrm") {
        std::uint32_t number = 0;
        if (rtnl_link_xfrmi_get_if_id(link, &number) == 0 && number != 0) match.if_id = number;
    } else if (kind == "vti") {
        match.local = address(rtnl_link_ipvti_get_local(link));
        match.peer = address(rtnl_link_ipvti_get_remote(link));
    } else if (kind == "vti6") {
        match.local = address(link, rtnl_link_ip6vti_get_local);
        match.peer = address(link, rtnl_link_ip6vti_get_remote);
    }
}

bool has_qos_map(rtnl_link* link) {
    int count = 0;
    return rtnl_link_vlan_get_egress_map(link, &count) != nullptr && count > 0;
}

// Where each kind of tunnel says what; 0: nowhere. The library has no accessors for erspan,
// ip6gretap and ip6erspan, nor for `external` of most.
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
    const int size = nla_len(attribute);
    return size == 0 || (size == 1 && nla_get_u8(attribute) != 0);
}

void read_tunnel(const nlattr* attribute, const Layout& layout, LinkFacts& facts) {
    const int type = nla_type(attribute);
    if (type == 0) return;
    if (type == layout.remote || type == layout.remote6) {
        if (auto found = address(attribute); !found.empty()) facts.remote = std::move(found);
    } else if (type == layout.tos) {
        // The lowest bit is the word `inherit`.
        facts.inherits_tos = nla_len(attribute) == 1 && (nla_get_u8(attribute) & 1U) != 0;
    } else if (type == layout.flags) {
        const std::uint32_t flags =
            nla_len(attribute) == sizeof(std::uint32_t) ? nla_get_u32(attribute) : 0;
        facts.no_encaplimit = (flags & IP6_TNL_F_IGN_ENCAP_LIMIT) != 0;
        facts.copies_dscp = (flags & IP6_TNL_F_RCV_DSCP_COPY) != 0;
        facts.inherits_tos = (flags & IP6_TNL_F_USE_ORIG_TCLASS) != 0;
    } else if (type == layout.external) {
        facts.external = is_on(attribute);
    }
}

// The attribute of this type inside; nullptr if there is none.
const nlattr* inside(const nlattr* nest, int type) {
    return nest ? nla_find(static_cast<const nlattr*>(nla_data(nest)), nla_len(nest), type)
                : nullptr;
}

void read_tunnels(const nlattr* info, LinkFacts& facts) {
    const nlattr* const data = inside(info, IFLA_INFO_DATA);
    if (!data) return;
    for (const Layout& layout : layouts) {
        if (facts.kind != layout.kind) continue;
        const nlattr* at = static_cast<const nlattr*>(nla_data(data));
        for (int left = nla_len(data); nla_ok(at, left); at = nla_next(at, &left))
            read_tunnel(at, layout, facts);
    }
}

std::string text(const char* chars) {
    return chars ? chars : "";
}
std::string text(const nlattr* attribute) {
    if (!attribute) return {};
    const auto* const chars = static_cast<const char*>(nla_data(attribute));
    return {chars, strnlen(chars, static_cast<std::size_t>(nla_len(attribute)))};
}

} // namespace

std::optional<LinkNews> decode_link(nl_msg* message) {
    const nlmsghdr* const header = nlmsg_hdr(message);
    if (header->nlmsg_type != RTM_NEWLINK && header->nlmsg_type != RTM_DELLINK) return std::nullopt;
    if (!nlmsg_valid_hdr(header, sizeof(ifinfomsg))) return std::nullopt;
    // The library calls a bridge's own device one of the bridge's family, too.
    const auto* const fixed = static_cast<const ifinfomsg*>(nlmsg_data(header));
    if (fixed->ifi_family != AF_UNSPEC) return std::nullopt;
    const Link link = parse(message);
    LinkNews news;
    LinkFacts& facts = news.facts;
    news.gone = header->nlmsg_type == RTM_DELLINK;
    facts.index = fixed->ifi_index;
    const auto attribute = [&](int type) {
        return nlmsg_find_attr(const_cast<nlmsghdr*>(header), sizeof(ifinfomsg), type);
    };
    const nlattr* const info = attribute(IFLA_LINKINFO);
    if (link) {
        news.name = text(rtnl_link_get_name(link.get()));
        facts.kind = text(rtnl_link_get_type(link.get()));
        facts.master = rtnl_link_get_master(link.get());
        facts.has_qos_map = facts.kind == "vlan" && has_qos_map(link.get());
    } else { // what it is called is known all the same
        news.name = text(attribute(IFLA_IFNAME));
        facts.kind = text(inside(info, IFLA_INFO_KIND));
    }
    if (news.name.empty()) return std::nullopt;
    read_tunnels(info, facts);
    if (const nlattr* xdp = inside(attribute(IFLA_XDP), IFLA_XDP_ATTACHED))
        facts.has_xdp = is_on(xdp);
    std::int32_t netns = 0; // of the device under it, and of its SAs
    if (!link || rtnl_link_get_link_netnsid(link.get(), &netns) == 0) return news;
    facts.lower = rtnl_link_get_link(link.get());
    read_sas(link.get(), facts.kind, news.match);
    return news;
}

std::optional<LinkNews> decode_link(const nlmsghdr* message) {
    // The library copies it.
    const NlMessage copy(nlmsg_convert(const_cast<nlmsghdr*>(message)));
    if (!copy) throw std::bad_alloc();
    nlmsg_set_proto(copy.get(), NETLINK_ROUTE);
    return decode_link(copy.get());
}

LinkMonitor::LinkMonitor(asio::io_context& io, Handler handler, OnFailure on_failure)
    : handler_(std::move(handler)),
      on_failure_(std::move(on_failure)),
      events_(RouteSocket::Use::events),
      requests_(RouteSocket::Use::requests),
      descriptor_(io, events_.fd()) {}

LinkMonitor::~LinkMonitor() {
    descriptor_.release();
}

// Subscribe first: what changes while the list is read is not missed.
std::string LinkMonitor::start() {
    if (const int error = events_.join(RTNLGRP_LINK)) return std::strerror(error);
    const RouteError error = read_all();
    stale_ = static_cast<bool>(error);
    wait();
    return stale_ ? error.text() : std::string();
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
    const bool lost = events_.receive_ready([this](nl_msg* message) { on_message(message); });
    if (!lost && !stale_) return;
    const bool known = std::exchange(stale_, true);
    const RouteError error = read_all();
    if (!error)
        stale_ = false;
    else if (!known)
        on_failure_(error.text());
}

// What was known stays if this fails.
RouteError LinkMonitor::read_all() {
    Known before = std::exchange(known_, {});
    RouteError error = requests_.dump(
        request().get(), [this] { known_ = {}; },
        [this](nl_msg* message) {
            if (auto news = decode_link(message)) put(std::move(*news));
        });
    if (error) known_ = std::move(before);
    return error;
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

void LinkMonitor::on_message(nl_msg* message) {
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
