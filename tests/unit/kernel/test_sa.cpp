// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/sa.hpp"

#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <linux/xfrm.h>
#include <netinet/in.h>

#include <array>
#include <cstring>
#include <set>

#include "catch.hpp"
#include "kernel/netlink_socket.hpp"

using namespace tunqos;
using namespace tunqos::kernel;

namespace {

// A message of the kernel under construction.
class Wire {
public:
    explicit Wire(std::uint16_t type) { header()->nlmsg_type = type; }
    template <typename Head>
    Wire& head(const Head& value) {
        std::memcpy(mnl_nlmsg_put_extra_header(header(), sizeof value), &value, sizeof value);
        return *this;
    }
    template <typename Value>
    Wire& put(std::uint16_t type, const Value& value) {
        mnl_attr_put(header(), type, sizeof value, &value);
        return *this;
    }
    nlmsghdr* header() { return header_; }

private:
    alignas(nlmsghdr) std::array<char, 1024> bytes_{};
    nlmsghdr* header_ = mnl_nlmsg_put_header(bytes_.data());
};

xfrm_usersa_info info4() {
    xfrm_usersa_info info{};
    info.family = AF_INET;
    info.saddr.a4 = inet_addr("203.0.113.2");
    info.id.daddr.a4 = inet_addr("192.0.2.1");
    info.id.spi = htonl(0x1001);
    info.id.proto = IPPROTO_ESP;
    info.reqid = 5;
    info.mode = XFRM_MODE_TUNNEL;
    info.replay_window = 32;
    info.stats = {.replay_window = 3, .replay = 2, .integrity_failed = 1};
    return info;
}

// The secret, for looking for it.
constexpr char key[] = "0123456789abcdef";

} // namespace

TEST_CASE("an SA has what concerns QoS, and no keys") {
    struct { // as struct xfrm_algo
        char name[64];
        unsigned bits;
        char bytes[sizeof key];
    } algorithm{"cbc(aes)", 128, {}};
    std::memcpy(algorithm.bytes, key, sizeof key);
    xfrm_usersa_info info = info4();
    info.flags = XFRM_STATE_DECAP_DSCP | XFRM_STATE_NOECN;
    const auto sa = decode_sa(Wire(XFRM_MSG_NEWSA)
                                  .head(info)
                                  .put(XFRMA_ALG_CRYPT, algorithm)
                                  .put(XFRMA_MARK, xfrm_mark{0x10, 0xff})
                                  .put(XFRMA_IF_ID, std::uint32_t{7})
                                  .put(XFRMA_SA_EXTRA_FLAGS, std::uint32_t{1})
                                  .put(XFRMA_ENCAP, xfrm_encap_tmpl{})
                                  .header());
    REQUIRE(sa);
    Sa expected;
    expected.source = "203.0.113.2";
    expected.destination = "192.0.2.1";
    expected.protocol = IPPROTO_ESP;
    expected.spi = 0x1001;
    expected.reqid = 5;
    expected.if_id = 7;
    expected.mark = Mark{0x10, 0xff};
    expected.mode = XFRM_MODE_TUNNEL;
    expected.decap_dscp = expected.dont_encap_dscp = expected.no_ecn = expected.natt = true;
    expected.window = 32;
    expected.drops = {3, 2, 1};
    CHECK(*sa == expected);
    CHECK(to_string(*sa) == "esp 0x1001 from 203.0.113.2 to 192.0.2.1");
}

TEST_CASE("each flag of an SA is its own") {
    const auto with = [](std::uint8_t flags, std::uint32_t extra) {
        xfrm_usersa_info info = info4();
        info.flags = flags;
        return *decode_sa(
            Wire(XFRM_MSG_NEWSA).head(info).put(XFRMA_SA_EXTRA_FLAGS, extra).header());
    };
    const auto flags = [](const Sa& sa) {
        return (sa.decap_dscp ? 1 : 0) + (sa.no_ecn ? 2 : 0) + (sa.dont_encap_dscp ? 4 : 0);
    };
    CHECK(flags(with(XFRM_STATE_DECAP_DSCP, 0)) == 1);
    CHECK(flags(with(XFRM_STATE_NOECN, 0)) == 2);
    CHECK(flags(with(0, XFRM_SA_XFLAG_DONT_ENCAP_DSCP)) == 4);
    CHECK(flags(with(static_cast<std::uint8_t>(~(XFRM_STATE_DECAP_DSCP | XFRM_STATE_NOECN)),
                     XFRM_SA_XFLAG_OSEQ_MAY_WRAP)) == 0);
}

TEST_CASE("a large window is in an attribute of its own, and IPv6 has its own length") {
    xfrm_usersa_info info = info4();
    info.family = AF_INET6;
    inet_pton(AF_INET6, "2001:db8::1", &info.saddr);
    inet_pton(AF_INET6, "2001:db8::2", &info.id.daddr);
    info.replay_window = 0;
    xfrm_replay_state_esn esn{};
    esn.replay_window = 1024;
    const auto sa =
        decode_sa(Wire(XFRM_MSG_NEWSA).head(info).put(XFRMA_REPLAY_ESN_VAL, esn).header());
    REQUIRE(sa);
    CHECK(sa->source == "2001:db8::1");
    CHECK(sa->destination == "2001:db8::2");
    CHECK(sa->window == 1024);
    CHECK_FALSE(sa->mark);
}

TEST_CASE("the direction is the kernel's word, or follows from our addresses") {
    constexpr std::uint16_t sa_dir = 33; // XFRMA_SA_DIR of Linux 6.10
    const auto with = [](std::uint8_t value) {
        return *decode_sa(Wire(XFRM_MSG_NEWSA).head(info4()).put(sa_dir, value).header());
    };
    using Direction = Sa::Direction;
    CHECK(with(1).direction == Direction::in);
    CHECK(with(2).direction == Direction::out);
    CHECK(with(3).direction == Direction::unknown);
    CHECK(to_string(with(1)) == "esp 0x1001 from 203.0.113.2");
    CHECK(to_string(with(2)) == "esp 0x1001 to 192.0.2.1");
    CHECK(with(1).peer() == "203.0.113.2");
    CHECK(with(2).peer() == "192.0.2.1");
    using Addresses = std::set<std::string>;
    const Sa sa = *decode_sa(Wire(XFRM_MSG_NEWSA).head(info4()).header());
    CHECK(direction_of(sa, Addresses{"192.0.2.1", "10.0.0.1"}) == Direction::in);
    CHECK(direction_of(sa, Addresses{"203.0.113.2"}) == Direction::out);
    CHECK(direction_of(sa, Addresses{"10.0.0.1"}) == Direction::unknown);
    CHECK(direction_of(sa, Addresses{"192.0.2.1", "203.0.113.2"}) == Direction::unknown);
}

TEST_CASE("protocols and modes have names") {
    CHECK(protocol_name(IPPROTO_AH) == "ah");
    CHECK(protocol_name(IPPROTO_COMP) == "comp");
    CHECK(protocol_name(1) == "protocol 1");
    CHECK(mode_name(XFRM_MODE_TRANSPORT) == "transport");
    CHECK(mode_name(XFRM_MODE_TUNNEL) == "tunnel");
    CHECK(mode_name(XFRM_MODE_BEET) == "beet");
    CHECK(mode_name(99) == "mode 99");
}

TEST_CASE("cut messages, and such about something else, are no SAs") {
    CHECK_FALSE(decode_sa(Wire(XFRM_MSG_NEWPOLICY).head(info4()).header()));
    xfrm_usersa_info odd = info4();
    odd.family = 77;
    CHECK_FALSE(decode_sa(Wire(XFRM_MSG_NEWSA).head(odd).header()));
    Wire wire(XFRM_MSG_NEWSA);
    wire.head(info4()).put(XFRMA_MARK, xfrm_mark{1, 1}).put(XFRMA_IF_ID, std::uint32_t{7});
    const std::uint32_t whole = wire.header()->nlmsg_len;
    for (std::uint32_t size = NLMSG_HDRLEN; size < whole; ++size) {
        wire.header()->nlmsg_len = size;
        CHECK(decode_sa(wire.header()).has_value() ==
              (size >= NLMSG_LENGTH(sizeof(xfrm_usersa_info))));
    }
}

TEST_CASE("our end of a point-to-point link is our address") {
    const auto address = [](std::uint8_t family, std::uint16_t type) {
        Wire wire(type);
        ifaddrmsg message{};
        message.ifa_family = family;
        wire.head(message);
        return wire;
    };
    Wire plain = address(AF_INET, RTM_NEWADDR);
    CHECK_FALSE(decode_address(plain.header()));
    plain.put(IFA_ADDRESS, in_addr{inet_addr("192.0.2.1")});
    CHECK(decode_address(plain.header()) == "192.0.2.1");
    plain.put(IFA_LOCAL, in_addr{inet_addr("192.0.2.9")});
    CHECK(decode_address(plain.header()) == "192.0.2.9");
    Wire v6 = address(AF_INET6, RTM_NEWADDR);
    v6.put(IFA_ADDRESS, in6_addr IN6ADDR_LOOPBACK_INIT);
    CHECK(decode_address(v6.header()) == "::1");
    Wire other = address(AF_INET, RTM_NEWLINK);
    other.put(IFA_ADDRESS, in_addr{1});
    CHECK_FALSE(decode_address(other.header()));
}
