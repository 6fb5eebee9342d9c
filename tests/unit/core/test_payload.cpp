// SPDX-License-Identifier: GPL-2.0-or-later
//
// IP behind VLAN tags, PPPoE and MPLS, and in what the devices write whose payload is one
// of these or PPP. Every offset is counted from the RFCs' pictures of the headers.

#include <vector>

#include "catch.hpp"
#include "core.hpp"

namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes operator+(Bytes left, const Bytes& right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

Bytes ipv4(std::uint8_t ds) {
    Bytes header(20, 0);
    header[0] = 0x45;
    header[1] = ds;
    return header;
}

Bytes ipv6(std::uint8_t ds) {
    Bytes header(40, 0);
    header[0] = static_cast<std::uint8_t>(0x60 | ds >> 4);
    header[1] = static_cast<std::uint8_t>(ds << 4);
    return header;
}

// A label stack entry (RFC 3032 section 2.1), with traffic class 5 and TTL 64.
Bytes label(unsigned number, bool bottom) {
    return {static_cast<std::uint8_t>(number >> 12), static_cast<std::uint8_t>(number >> 4),
            static_cast<std::uint8_t>((number & 15) << 4 | 5 << 1 | (bottom ? 1 : 0)), 64};
}

// A session's header without the PPP protocol (RFC 2516 section 4).
const Bytes session{0x11, 0, 0, 7, 0, 40};
const Bytes ppp4{0, 0x21}, ppp6{0, 0x57}, ppp4_short{0x21}, ppp6_short{0x57}, lcp{0xc0, 0x21};
const Bytes udp(8, 0xee);
const Bytes macs(12, 0xaa);

struct Answer {
    int result;
    unsigned offset, ds;
    bool operator==(const Answer&) const = default;
};

Answer at(unsigned offset, unsigned ds) {
    return {0, offset, ds};
}

Answer no(tunqos_reason why) {
    return {-1 - static_cast<int>(why), 0, 0};
}

const Answer unknown = no(TUNQOS_REASON_UNKNOWN_HEADER);
const Answer not_ip = no(TUNQOS_REASON_NOT_IP);
const Answer truncated = no(TUNQOS_REASON_TRUNCATED);
const Answer in_band_tag = no(TUNQOS_REASON_IN_BAND_TAG);

Answer behind(unsigned type, const Bytes& bytes) {
    const Bytes exact(bytes);
    tunqos_inner inner{};
    const int result =
        tunqos_payload_type(exact.data(), static_cast<unsigned>(exact.size()), 0, type, &inner);
    return {result, inner.offset, inner.ds};
}

Answer in(tunqos_form form, const Bytes& bytes, std::uint8_t proto = 17) {
    const Bytes exact(bytes);
    tunqos_inner inner{};
    const int result =
        tunqos_inner_in(form, exact.data(), static_cast<unsigned>(exact.size()), proto, &inner);
    return {result, inner.offset, inner.ds};
}

// Whatever is cut off is named so, at every length.
template <typename Find>
void cut_everywhere(const Bytes& whole, const Find& find) {
    REQUIRE(find(whole).result == 0);
    for (std::size_t length = 0; length < whole.size(); ++length) {
        CAPTURE(length);
        REQUIRE(find(Bytes(whole.begin(), whole.begin() + static_cast<long>(length))) == truncated);
    }
}

} // namespace

TEST_CASE("every DS field in a PPPoE session, the protocol compressed or not") {
    for (unsigned ds = 0; ds < 256; ++ds) {
        const auto byte = static_cast<std::uint8_t>(ds);
        REQUIRE(behind(0x8864, session + ppp4 + ipv4(byte)) == at(8, ds));
        REQUIRE(behind(0x8864, session + ppp6 + ipv6(byte)) == at(8, ds));
        REQUIRE(behind(0x8864, session + ppp4_short + ipv4(byte)) == at(7, ds));
        REQUIRE(behind(0x8864, session + ppp6_short + ipv6(byte)) == at(7, ds));
    }
    CHECK(behind(0x8864, session + lcp + ipv4(1)) == not_ip);
    CHECK(behind(0x8864, session + Bytes{0x80, 0x21} + ipv4(1)) == not_ip);           // IPCP
    CHECK(behind(0x8863, session + ppp4 + ipv4(1)) == not_ip);                        // discovery
    CHECK(behind(0x8864, Bytes{0x11, 0xa7, 0, 7, 0, 40} + ppp4 + ipv4(1)) == not_ip); // PADT
    CHECK(behind(0x8864, Bytes{0x21, 0, 0, 7, 0, 40} + ppp4 + ipv4(1)) == not_ip);
    CHECK(behind(0x8864, session + ppp4 + Bytes(20, 0)) == not_ip);
}

TEST_CASE("every DS field behind the bottom label of an MPLS stack") {
    Bytes stack;
    for (unsigned depth = 1; depth <= TUNQOS_LABELS; ++depth) {
        for (unsigned ds = 0; ds < 256; ++ds) {
            const auto byte = static_cast<std::uint8_t>(ds);
            for (const unsigned type : {0x8847U, 0x8848U}) {
                REQUIRE(behind(type, stack + label(77, true) + ipv4(byte)) == at(4 * depth, ds));
                REQUIRE(behind(type, stack + label(77, true) + ipv6(byte)) == at(4 * depth, ds));
            }
        }
        stack = stack + label(1000 + depth, false);
    }
    CHECK(behind(0x8847, stack + label(77, true) + ipv4(9)) == unknown); // one too deep
}

TEST_CASE("explicit null labels, and what is not IP behind a label") {
    CHECK(behind(0x8847, label(0, true) + ipv4(9)) == at(4, 9));
    CHECK(behind(0x8847, label(2, true) + ipv6(9)) == at(4, 9));
    CHECK(behind(0x8847, label(0, false) + label(77, true) + ipv6(9)) == at(8, 9)); // RFC 4182
    CHECK(behind(0x8847, label(0, true) + ipv6(9)) == not_ip);
    CHECK(behind(0x8847, label(2, true) + ipv4(9)) == not_ip);
    // a pseudowire's control word (RFC 4385) begins with 0, its associated channel with 1
    CHECK(behind(0x8847, label(77, true) + Bytes{0, 0, 0, 1} + macs) == not_ip);
    CHECK(behind(0x8847, label(77, true) + Bytes{0x10, 0, 0, 0x21} + ipv4(9)) == not_ip);
}

TEST_CASE("tags, PPPoE and MPLS in each other") {
    const Bytes pppoe_tag{0xa0, 0x0a, 0x88, 0x64}, mpls_tag{0xa0, 0x0a, 0x88, 0x47};
    const Bytes tag_tag{0xa0, 0x14, 0x81, 0x00}, ip_tag{0xa0, 0x0a, 0x08, 0x00};
    CHECK(behind(0x8100, pppoe_tag + session + ppp4 + ipv4(7)) == at(12, 7));
    CHECK(behind(0x88a8, tag_tag + pppoe_tag + session + ppp6_short + ipv6(7)) == at(15, 7));
    CHECK(behind(0x88a8, tag_tag + mpls_tag + label(5, false) + label(6, true) + ipv4(7)) ==
          at(16, 7));
    CHECK(behind(0x8864, session + Bytes{0x02, 0x81} + label(6, true) + ipv4(7)) == at(12, 7));
    CHECK(behind(0x88a8, tag_tag + ip_tag + ipv4(7)) == at(8, 7));
    CHECK(behind(0x88a8, tag_tag + tag_tag + ip_tag + ipv4(7)) == in_band_tag);
}

TEST_CASE("PPPoE and MPLS in tunnels") {
    const Bytes vxlan{0x08, 0, 0, 0, 0, 0, 8, 0}, gpe{0x0c, 0, 0, 5, 0, 0, 8, 0};
    const Bytes type{0x88, 0x64};
    CHECK(in(TUNQOS_FORM_VXLAN, udp + vxlan + macs + type + session + ppp4 + ipv4(7)) == at(38, 7));
    CHECK(in(TUNQOS_FORM_VXLAN, udp + gpe + label(9, true) + ipv6(7)) == at(20, 7));
    CHECK(in(TUNQOS_FORM_GRE, Bytes{0, 0, 0x88, 0x47} + label(9, true) + ipv6(7), 47) == at(8, 7));
    CHECK(in(TUNQOS_FORM_GRE, Bytes{0, 0, 0x88, 0x48} + label(9, true) + ipv4(7), 47) == at(8, 7));
    CHECK(in(TUNQOS_FORM_GRE, Bytes{0, 0, 0x65, 0x58} + macs + type + session + ppp6 + ipv6(7),
             47) == at(26, 7));
    CHECK(in(TUNQOS_FORM_GENEVE,
             udp + Bytes{0, 0, 0x88, 0x47, 0, 0, 8, 0} + label(9, true) + ipv4(7)) == at(20, 7));
    CHECK(in(TUNQOS_FORM_IP, label(9, true) + ipv4(7), 137) == at(4, 7)); // RFC 4023
    CHECK(in(TUNQOS_FORM_GRE, label(9, true) + ipv4(7), 137) == unknown);
}

TEST_CASE("L2TPv2 data messages with every optional field") {
    const Bytes address{0xff, 0x03};
    for (unsigned bits = 0; bits < 8; ++bits) {
        const bool length = bits & 1, sequence = bits & 2, offset = bits & 4;
        Bytes header{static_cast<std::uint8_t>((length ? 0x40 : 0) | (sequence ? 0x08 : 0) |
                                               (offset ? 0x02 : 0)),
                     2};
        if (length) header = header + Bytes{0, 99};
        header = header + Bytes{0, 1, 0, 2};
        if (sequence) header = header + Bytes{0, 5, 0, 6};
        if (offset) header = header + Bytes{0, 3, 0xee, 0xee, 0xee};
        const auto begin = static_cast<unsigned>(8 + header.size());
        CHECK(in(TUNQOS_FORM_PPP, udp + header + address + ppp4 + ipv4(7)) == at(begin + 4, 7));
        CHECK(in(TUNQOS_FORM_PPP, udp + header + address + ppp6_short + ipv6(7)) ==
              at(begin + 3, 7));
        CHECK(in(TUNQOS_FORM_PPP, udp + header + ppp6 + ipv6(7)) == at(begin + 2, 7));
        CHECK(in(TUNQOS_FORM_PPP, udp + header + ppp4_short + ipv4(7)) == at(begin + 1, 7));
        CHECK(in(TUNQOS_FORM_PPP, udp + header + address + lcp + ipv4(7)) == not_ip);
        cut_everywhere(udp + header + address + ppp4 + Bytes{0x45, 0},
                       [](const Bytes& bytes) { return in(TUNQOS_FORM_PPP, bytes); });
    }
    CHECK(in(TUNQOS_FORM_PPP, udp + Bytes{0xc8, 2, 0, 12, 0, 1, 0, 0, 0, 0, 0, 0}) == unknown);
    CHECK(in(TUNQOS_FORM_PPP, udp + Bytes{0, 3, 0, 1, 0, 2} + address + ppp4 + ipv4(7)) == unknown);
    CHECK(in(TUNQOS_FORM_PPP, Bytes{0, 2, 0, 1, 0, 2} + address + ppp4 + ipv4(7), 115) == unknown);
}

TEST_CASE("GTP-U of both versions") {
    const Bytes one{0x30, 0xff, 0, 20, 0, 0, 0, 1};
    CHECK(in(TUNQOS_FORM_GTP, udp + one + ipv4(7)) == at(16, 7));
    CHECK(in(TUNQOS_FORM_GTP, udp + one + ipv6(7)) == at(16, 7));
    CHECK(in(TUNQOS_FORM_GTP, udp + Bytes{0x1e, 0xff} + Bytes(18, 0) + ipv4(7)) == at(28, 7));
    CHECK(in(TUNQOS_FORM_GTP, udp + Bytes{0x30, 1, 0, 20, 0, 0, 0, 1} + ipv4(7)) == not_ip); // echo
    CHECK(in(TUNQOS_FORM_GTP, udp + Bytes{0x40, 0xff, 0, 20, 0, 0, 0, 1} + ipv4(7)) == unknown);
    CHECK(in(TUNQOS_FORM_GTP, udp + Bytes{0x20, 0xff, 0, 20, 0, 0, 0, 1} + ipv4(7)) == unknown);
    // a sequence number; then two extension headers of 4 and 8 bytes
    const Bytes sequence{0x32, 0xff, 0, 20, 0, 0, 0, 1, 0, 5, 0, 0xaa};
    CHECK(in(TUNQOS_FORM_GTP, udp + sequence + ipv4(7)) == at(20, 7));
    const Bytes extended{0x34, 0xff, 0, 20,   0, 0, 0, 1, 0, 0, 0, 0x85,
                         1,    9,    9, 0x85, 2, 9, 9, 0, 9, 9, 9, 0};
    CHECK(in(TUNQOS_FORM_GTP, udp + extended + ipv4(7)) == at(32, 7));
    const Bytes nowhere{0x34, 0xff, 0, 20, 0, 0, 0, 1, 0, 0, 0, 0x85, 0, 9, 9, 0};
    CHECK(in(TUNQOS_FORM_GTP, udp + nowhere + ipv4(7)) == unknown);
    cut_everywhere(udp + extended + Bytes{0x45, 0},
                   [](const Bytes& bytes) { return in(TUNQOS_FORM_GTP, bytes); });
}

TEST_CASE("ERSPAN of three types") {
    const Bytes frame = macs + Bytes{0x08, 0} + ipv4(7), number{0, 0, 0, 1};
    const Bytes one{0, 0, 0x88, 0xbe}, two{0x10, 0, 0x88, 0xbe}, three{0x10, 0, 0x22, 0xeb};
    const Bytes head2{0x10, 0, 0, 1, 0, 0, 0, 2}, head3{0x20, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0};
    CHECK(in(TUNQOS_FORM_GRE, one + frame, 47) == at(18, 7));
    CHECK(in(TUNQOS_FORM_GRE, two + number + head2 + frame, 47) == at(30, 7));
    CHECK(in(TUNQOS_FORM_GRE, three + number + head3 + frame, 47) == at(34, 7));
    Bytes longer = head3;
    longer[11] = 1; // O: a platform's own eight bytes
    CHECK(in(TUNQOS_FORM_GRE, three + number + longer + Bytes(8, 0xee) + frame, 47) == at(42, 7));
    CHECK(in(TUNQOS_FORM_GRE, two + number + head3 + frame, 47) == unknown);
    CHECK(in(TUNQOS_FORM_GRE, three + number + head2 + Bytes(4, 0) + frame, 47) == unknown);
    cut_everywhere(three + number + longer + Bytes(8, 0xee) + macs + Bytes{8, 0, 0x45, 0},
                   [](const Bytes& bytes) { return in(TUNQOS_FORM_GRE, bytes, 47); });
}

TEST_CASE("what is cut off behind tags, PPPoE or labels is refused at every length") {
    const Bytes pppoe = Bytes{0, 9, 0x81, 0, 0, 9, 0x88, 0x64} + session + ppp4;
    cut_everywhere(pppoe + Bytes{0x45, 0},
                   [](const Bytes& bytes) { return behind(0x88a8, bytes); });
    cut_everywhere(label(7, false) + label(8, true) + Bytes{0x60, 0},
                   [](const Bytes& bytes) { return behind(0x8847, bytes); });
}
