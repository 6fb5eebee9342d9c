// SPDX-License-Identifier: GPL-2.0-or-later
//
// Connections that are made up, in a namespace that has no others.
#include "kernel/conntrack.hpp"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>

#include <map>

#include "catch.hpp"
#include "kernel/loaded.hpp"
#include "kernel/own_namespace.hpp"

using namespace tunqos::kernel;
using std::chrono::milliseconds;

namespace {

constexpr std::uint32_t mask = 0x00ff0000;

void put_tuple(nlmsghdr* message, std::uint16_t type, int family, bool reply, std::uint16_t port) {
    nlattr* const tuple = mnl_attr_nest_start(message, type);
    nlattr* const ip = mnl_attr_nest_start(message, CTA_TUPLE_IP);
    const char* const ends[] = {family == AF_INET ? "192.0.2.1" : "2001:db8::1",
                                family == AF_INET ? "192.0.2.2" : "2001:db8::2"};
    const int types[] = {family == AF_INET ? CTA_IP_V4_SRC : CTA_IP_V6_SRC,
                         family == AF_INET ? CTA_IP_V4_DST : CTA_IP_V6_DST};
    for (int i = 0; i < 2; ++i) {
        unsigned char address[sizeof(in6_addr)];
        inet_pton(family, ends[reply ? 1 - i : i], address);
        mnl_attr_put(message, static_cast<std::uint16_t>(types[i]), family == AF_INET ? 4 : 16,
                     address);
    }
    mnl_attr_nest_end(message, ip);
    nlattr* const proto = mnl_attr_nest_start(message, CTA_TUPLE_PROTO);
    mnl_attr_put_u8(message, CTA_PROTO_NUM, IPPROTO_UDP);
    mnl_attr_put_u16(message, CTA_PROTO_SRC_PORT, htons(reply ? 9 : port));
    mnl_attr_put_u16(message, CTA_PROTO_DST_PORT, htons(reply ? port : 9));
    mnl_attr_nest_end(message, proto);
    mnl_attr_nest_end(message, tuple);
}

Bytes connection(int family, std::uint16_t port, std::uint32_t mark, std::uint32_t seq,
                 std::uint16_t zone = 0) {
    Bytes buffer(1024);
    nlmsghdr* const message = mnl_nlmsg_put_header(buffer.data());
    message->nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW;
    message->nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK;
    message->nlmsg_seq = seq;
    auto* const netfilter =
        static_cast<nfgenmsg*>(mnl_nlmsg_put_extra_header(message, sizeof(nfgenmsg)));
    netfilter->nfgen_family = static_cast<std::uint8_t>(family);
    put_tuple(message, CTA_TUPLE_ORIG, family, false, port);
    put_tuple(message, CTA_TUPLE_REPLY, family, true, port);
    mnl_attr_put_u32(message, CTA_TIMEOUT, htonl(1000));
    mnl_attr_put_u32(message, CTA_MARK, htonl(mark));
    if (zone != 0) mnl_attr_put_u16(message, CTA_ZONE, htons(zone));
    buffer.resize(message->nlmsg_len);
    return buffer;
}

class Table {
public:
    bool add(int family, std::uint16_t port, std::uint32_t mark, std::uint16_t zone = 0) {
        const std::uint32_t seq = socket_.next_seq();
        const auto refusals = socket_.exchange(connection(family, port, mark, seq, zone), seq);
        return refusals && refusals->empty();
    }
    // How many there are of each mark.
    std::map<std::uint32_t, int> marks() {
        std::map<std::uint32_t, int> found;
        const std::uint32_t seq = socket_.next_seq();
        Bytes request(MNL_NLMSG_HDRLEN + MNL_ALIGN(sizeof(nfgenmsg)));
        nlmsghdr* const message = mnl_nlmsg_put_header(request.data());
        message->nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET;
        message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
        message->nlmsg_seq = seq;
        mnl_nlmsg_put_extra_header(message, sizeof(nfgenmsg));
        CHECK(socket_.dump(request, seq, [&](const nlmsghdr* one) {
            if (const auto decoded = decode_connection(one)) ++found[decoded->mark];
        }));
        return found;
    }

private:
    NetlinkSocket socket_{NETLINK_NETFILTER};
};

bool has_conntrack() {
    if (is_loaded("nf_conntrack")) return true;
    WARN("left out: nf_conntrack is not loaded");
    return false;
}

} // namespace

TEST_CASE("our bits of the mark go from every connection, and no others", "[conntrack]") {
    in_own_namespace([] {
        if (!has_conntrack()) return;
        Table table;
        REQUIRE(table.add(AF_INET, 1, 0x00120007));
        REQUIRE(table.add(AF_INET6, 1, 0x00ff0000));
        REQUIRE(table.add(AF_INET, 2, 0x01000001));
        REQUIRE(table.add(AF_INET, 3, 0x00030000, 77));
        REQUIRE(table.add(AF_INET, 4, 0));
        Conntrack conntrack;
        const auto cleared = conntrack.clear_mark(mask);
        REQUIRE(cleared);
        CHECK(*cleared == 3);
        CHECK(table.marks() == std::map<std::uint32_t, int>{{0, 3}, {7, 1}, {0x01000001, 1}});
        CHECK(*conntrack.clear_mark(mask) == 0);
    });
}

TEST_CASE("many connections take several batches", "[conntrack]") {
    in_own_namespace([] {
        if (!has_conntrack()) return;
        Table table;
        constexpr int count = 1500;
        for (int i = 0; i < count; ++i)
            REQUIRE(table.add(AF_INET, static_cast<std::uint16_t>(1000 + i), 0x00ff0001));
        const auto late = Conntrack(milliseconds(0)).clear_mark(mask);
        REQUIRE_FALSE(late);
        CHECK(late.error().problems[0].message == "there are too many to look at in 0 ms");
        CHECK(table.marks() == std::map<std::uint32_t, int>{{0x00ff0001, count}});
        CHECK(*Conntrack().clear_mark(mask) == count);
        CHECK(table.marks() == std::map<std::uint32_t, int>{{1, count}});
    });
}

TEST_CASE("a message that is no connection, or cut, is none", "[conntrack]") {
    Bytes whole = connection(AF_INET, 1, 5, 1);
    const auto* const message = reinterpret_cast<const nlmsghdr*>(whole.data());
    REQUIRE(decode_connection(message));
    CHECK(decode_connection(message)->mark == 5);
    CHECK(decode_connection(message)->family == AF_INET);
    auto* const header = reinterpret_cast<nlmsghdr*>(whole.data());
    for (std::uint32_t size = sizeof(nlmsghdr); size < whole.size(); ++size) {
        header->nlmsg_len = size;
        static_cast<void>(decode_connection(header));
    }
    header->nlmsg_len = NLMSG_HDRLEN + 4;
    CHECK_FALSE(decode_connection(header));
    header->nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE;
    CHECK_FALSE(decode_connection(header));
}
