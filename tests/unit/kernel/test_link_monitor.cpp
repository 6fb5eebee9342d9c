// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>

#include "catch.hpp"
#include "kernel/link_monitor.hpp"

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
