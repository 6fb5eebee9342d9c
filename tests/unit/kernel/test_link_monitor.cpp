// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/link_monitor.hpp"

#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>

#include "catch.hpp"

using namespace tunqos::kernel;

namespace {

// A message of rtnetlink about one device.
class Link {
public:
    explicit Link(std::uint16_t type, unsigned char family = AF_UNSPEC) {
        header()->nlmsg_type = type;
        auto* link =
            static_cast<ifinfomsg*>(mnl_nlmsg_put_extra_header(header(), sizeof(ifinfomsg)));
        link->ifi_family = family;
        link->ifi_index = 7;
    }
    Link& name(const char* text) {
        mnl_attr_put_strz(header(), IFLA_IFNAME, text);
        return *this;
    }
    Link& kind(const char* text) {
        nlattr* const nest = mnl_attr_nest_start(header(), IFLA_LINKINFO);
        mnl_attr_put_strz(header(), IFLA_INFO_KIND, text);
        mnl_attr_nest_end(header(), nest);
        return *this;
    }
    // With what a device of this kind says of itself.
    template <typename Value>
    Link& detail(const char* kind, std::uint16_t type, const Value& value) {
        nlattr* const nest = mnl_attr_nest_start(header(), IFLA_LINKINFO);
        mnl_attr_put_strz(header(), IFLA_INFO_KIND, kind);
        nlattr* const data = mnl_attr_nest_start(header(), IFLA_INFO_DATA);
        mnl_attr_put(header(), type, sizeof value, &value);
        mnl_attr_nest_end(header(), data);
        mnl_attr_nest_end(header(), nest);
        return *this;
    }
    nlmsghdr* header() { return header_; }

private:
    alignas(nlmsghdr) std::array<char, 512> bytes_{};
    nlmsghdr* header_ = mnl_nlmsg_put_header(bytes_.data());
};

} // namespace

TEST_CASE("a device has a name and a kind") {
    const auto news = decode_link(Link(RTM_NEWLINK).name("gre1").kind("gre").header());
    REQUIRE(news);
    CHECK_FALSE(news->gone);
    CHECK(news->facts.index == 7);
    CHECK(news->name == "gre1");
    CHECK(news->facts.kind == "gre");

    const auto plain = decode_link(Link(RTM_NEWLINK).name("eth0").header());
    REQUIRE(plain);
    CHECK(plain->facts.kind.empty());

    const auto gone = decode_link(Link(RTM_DELLINK).name("gre1").header());
    REQUIRE(gone);
    CHECK(gone->gone);
}

TEST_CASE("an xfrm or vti device tells its SAs") {
    const auto match = [](const char* kind, std::uint16_t type, const auto& value) {
        return decode_link(Link(RTM_NEWLINK).name("ipsec0").detail(kind, type, value).header())
            ->match;
    };
    const std::array<std::uint8_t, 4> v4{192, 0, 2, 1};
    const std::array<std::uint8_t, 16> v6{0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    CHECK(match("xfrm", IFLA_XFRM_IF_ID, std::uint32_t{7}) == tunqos::Selector{.if_id = 7});
    CHECK(match("xfrm", IFLA_XFRM_IF_ID, std::uint32_t{0}).empty()); // external: many
    CHECK(match("vti", IFLA_VTI_REMOTE, v4) == tunqos::Selector{.peer = "192.0.2.1"});
    CHECK(match("vti", IFLA_VTI_LOCAL, v4) == tunqos::Selector{.local = "192.0.2.1"});
    CHECK(match("vti6", IFLA_VTI_REMOTE, v6) == tunqos::Selector{.peer = "2001:db8::1"});
    CHECK(match("vti", IFLA_VTI_REMOTE, std::uint32_t{0}).empty()); // any
    CHECK(match("vti6", IFLA_VTI_LOCAL, std::uint16_t{1}).empty());
    CHECK(match("gre", IFLA_XFRM_IF_ID, std::uint32_t{7}).empty());
    // Moved here from another namespace, which its SAs have not left.
    Link moved(RTM_NEWLINK);
    moved.name("ipsec0").detail("xfrm", IFLA_XFRM_IF_ID, std::uint32_t{7});
    mnl_attr_put_u32(moved.header(), IFLA_LINK_NETNSID, 0);
    CHECK(decode_link(moved.header())->facts.kind == "xfrm");
    CHECK(decode_link(moved.header())->match.empty());
}

TEST_CASE("a tunnel device tells what it does with marks by itself") {
    const auto facts = [](const char* kind, std::uint16_t type, const auto& value) {
        return decode_link(Link(RTM_NEWLINK).name("tun").detail(kind, type, value).header())->facts;
    };
    // As the kernel has it: ip6tnl and ip6gre in a word of flags, each in its own attribute.
    CHECK(facts("ip6tnl", IFLA_IPTUN_FLAGS, std::uint32_t{0x30010}).copies_dscp);
    CHECK_FALSE(facts("ip6tnl", IFLA_IPTUN_FLAGS, std::uint32_t{0x30010}).inherits_tos);
    CHECK(facts("ip6tnl", IFLA_IPTUN_FLAGS, std::uint32_t{0x30012}).inherits_tos);
    CHECK(facts("ip6tnl", IFLA_IPTUN_FLAGS, std::uint32_t{0x30001}).no_encaplimit);
    CHECK_FALSE(facts("ip6tnl", IFLA_IPTUN_FLAGS, std::uint32_t{0x30000}).no_encaplimit);
    for (const char* kind : {"ip6gre", "ip6gretap", "ip6erspan"}) {
        CHECK(facts(kind, IFLA_GRE_FLAGS, std::uint32_t{0x10}).copies_dscp);
        CHECK_FALSE(facts(kind, IFLA_GRE_FLAGS, std::uint32_t{0x2}).copies_dscp);
        CHECK_FALSE(facts(kind, IFLA_IPTUN_FLAGS, std::uint32_t{0x10}).copies_dscp);
    }
    CHECK_FALSE(facts("gre", IFLA_GRE_FLAGS, std::uint32_t{0x10}).copies_dscp);
    CHECK(facts("gre", IFLA_GRE_TOS, std::uint8_t{1}).inherits_tos);
    CHECK(facts("erspan", IFLA_GRE_TOS, std::uint8_t{1}).inherits_tos);
    CHECK(facts("sit", IFLA_IPTUN_TOS, std::uint8_t{0xb9}).inherits_tos);
    CHECK_FALSE(facts("ipip", IFLA_IPTUN_TOS, std::uint8_t{0xb8}).inherits_tos);
    CHECK(facts("vxlan", IFLA_VXLAN_TOS, std::uint8_t{1}).inherits_tos);
    CHECK(facts("vxlan", IFLA_VXLAN_COLLECT_METADATA, std::uint8_t{1}).external);
    CHECK_FALSE(facts("vxlan", IFLA_VXLAN_COLLECT_METADATA, std::uint8_t{0}).external);
    CHECK(facts("ip6tnl", IFLA_IPTUN_REMOTE, std::array<std::uint8_t, 16>{0xfd, 1}).remote ==
          "fd01::");
    struct Mapping {
        nlattr head{sizeof(nlattr) + sizeof(ifla_vlan_qos_mapping), IFLA_VLAN_QOS_MAPPING};
        ifla_vlan_qos_mapping body{5, 6};
    };
    CHECK(facts("vlan", IFLA_VLAN_EGRESS_QOS, Mapping()).has_qos_map);
    CHECK_FALSE(facts("vlan", IFLA_VLAN_INGRESS_QOS, Mapping()).has_qos_map);
    // What the library refuses is known by name and kind.
    const auto odd = decode_link(
        Link(RTM_NEWLINK).name("odd").detail("vlan", IFLA_VLAN_ID, std::uint8_t{1}).header());
    REQUIRE(odd);
    CHECK(odd->name == "odd");
    CHECK(odd->facts.kind == "vlan");
}

TEST_CASE("what a device stands on, and an XDP program on it") {
    Link link(RTM_NEWLINK);
    link.name("eth0.10");
    mnl_attr_put_u32(link.header(), IFLA_LINK, 3);
    mnl_attr_put_u32(link.header(), IFLA_MASTER, 4);
    nlattr* const nest = mnl_attr_nest_start(link.header(), IFLA_XDP);
    mnl_attr_put_u8(link.header(), IFLA_XDP_ATTACHED, 2); // XDP_ATTACHED_SKB
    mnl_attr_nest_end(link.header(), nest);
    const auto facts = decode_link(link.header())->facts;
    CHECK(facts.lower == 3);
    CHECK(facts.master == 4);
    CHECK(facts.has_xdp);
    mnl_attr_put_u32(link.header(), IFLA_LINK_NETNSID, 0);
    CHECK(decode_link(link.header())->facts.lower == 0); // a number of another namespace
}

TEST_CASE("a port that leaves its bridge is no device that goes") {
    CHECK_FALSE(decode_link(Link(RTM_DELLINK, AF_BRIDGE).name("eth0").header()));
}

TEST_CASE("messages about something else, and cut ones, are no news") {
    CHECK_FALSE(decode_link(Link(RTM_NEWADDR).name("eth0").header()));
    CHECK_FALSE(decode_link(Link(RTM_NEWLINK).header()));
    for (std::uint32_t size = NLMSG_HDRLEN; size < NLMSG_LENGTH(sizeof(ifinfomsg)) + 8; ++size) {
        Link link(RTM_NEWLINK);
        link.name("gre1").kind("gre").header()->nlmsg_len = size;
        CHECK_FALSE(decode_link(link.header()));
    }
}
