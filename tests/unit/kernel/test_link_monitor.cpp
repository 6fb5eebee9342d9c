// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/link_monitor.hpp"

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
    CHECK(news->index == 7);
    CHECK(news->name == "gre1");
    CHECK(news->kind == "gre");

    const auto plain = decode_link(Link(RTM_NEWLINK).name("eth0").header());
    REQUIRE(plain);
    CHECK(plain->kind.empty());

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
