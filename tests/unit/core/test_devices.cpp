// SPDX-License-Identifier: GPL-2.0-or-later
//
// The inner header in what each kind of tunnel device writes, and where an outer header's
// payload begins.

#include <vector>

#include "catch.hpp"
#include "core.hpp"

namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes operator+(Bytes left, const Bytes& right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

const Bytes udp(8, 0xee);
const Bytes macs(12, 0xaa);
const Bytes ipv4_type{0x08, 0x00}, ipv6_type{0x86, 0xdd}, arp_type{0x08, 0x06};
const Bytes c_tag{0x81, 0x00, 0xa0, 0x0a}, s_tag{0x88, 0xa8, 0x00, 0x14};

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

struct Answer {
    int result;
    unsigned offset, ds;
    bool operator==(const Answer&) const = default;
};

// Where the quick finder says something, it says the same.
Answer in(tunqos_form form, const Bytes& bytes, std::uint8_t proto) {
    const Bytes exact(bytes);
    tunqos_inner inner{};
    const int result =
        tunqos_inner_in(form, exact.data(), static_cast<unsigned>(exact.size()), proto, &inner);
    tunqos_inner quick{};
    if (proto == 17 && exact.size() >= TUNQOS_FRAME_MIN &&
        tunqos_inner_quick_udp(form, exact.data(), &quick)) {
        REQUIRE(result == 0);
        REQUIRE(quick.offset == inner.offset);
        REQUIRE(quick.ds == inner.ds);
    }
    return {result, inner.offset, inner.ds};
}

Answer at(unsigned offset, unsigned ds) {
    return {0, offset, ds};
}

Answer no(tunqos_reason why) {
    return {-1 - static_cast<int>(why), 0, 0};
}

const Answer unknown = no(TUNQOS_REASON_UNKNOWN_HEADER);
const Answer not_ip = no(TUNQOS_REASON_NOT_IP);
const Answer in_band_tag = no(TUNQOS_REASON_IN_BAND_TAG);
const Answer truncated = no(TUNQOS_REASON_TRUNCATED);

} // namespace

TEST_CASE("frames in GRE, with and without tags") {
    const Bytes gre{0, 0, 0x65, 0x58};
    CHECK(in(TUNQOS_FORM_GRE, gre + macs + ipv4_type + ipv4(0xb9), 47) == at(18, 0xb9));
    CHECK(in(TUNQOS_FORM_GRE, gre + macs + ipv6_type + ipv6(0x2e), 47) == at(18, 0x2e));
    CHECK(in(TUNQOS_FORM_GRE, gre + macs + c_tag + ipv4_type + ipv4(1), 47) == at(22, 1));
    CHECK(in(TUNQOS_FORM_GRE, gre + macs + s_tag + c_tag + ipv6_type + ipv6(2), 47) == at(26, 2));
    CHECK(in(TUNQOS_FORM_GRE, gre + macs + s_tag + c_tag + c_tag + ipv4_type + ipv4(2), 47) ==
          in_band_tag);
    CHECK(in(TUNQOS_FORM_GRE, gre + macs + arp_type + ipv4(2), 47) == not_ip);
    // the type says IPv4, the bytes do not
    CHECK(in(TUNQOS_FORM_GRE, gre + macs + ipv4_type + Bytes(20, 0), 47) == not_ip);
    CHECK(in(TUNQOS_FORM_IP, gre + macs + ipv4_type + ipv4(2), 47) == unknown);
}

TEST_CASE("VXLAN and its generic protocol extension") {
    const Bytes vxlan{0x08, 0, 0, 0, 0, 0, 8, 0};
    CHECK(in(TUNQOS_FORM_VXLAN, udp + vxlan + macs + ipv4_type + ipv4(0x88), 17) == at(30, 0x88));
    CHECK(in(TUNQOS_FORM_VXLAN, udp + vxlan + macs + ipv4_type + ipv4(0x88), 4) == unknown);
    const auto gpe = [](std::uint8_t flags, std::uint8_t next) {
        return Bytes{flags, 0, 0, next, 0, 0, 8, 0};
    };
    CHECK(in(TUNQOS_FORM_VXLAN, udp + gpe(0x0c, 1) + ipv4(0x89), 17) == at(16, 0x89));
    CHECK(in(TUNQOS_FORM_VXLAN, udp + gpe(0x0c, 2) + ipv6(0x8a), 17) == at(16, 0x8a));
    CHECK(in(TUNQOS_FORM_VXLAN, udp + gpe(0x0c, 3) + macs + ipv4_type + ipv4(3), 17) == at(30, 3));
    CHECK(in(TUNQOS_FORM_VXLAN, udp + gpe(0x0c, 4) + ipv4(3), 17) == not_ip); // NSH
    CHECK(in(TUNQOS_FORM_VXLAN, udp + gpe(0x0d, 1) + ipv4(3), 17) == unknown);
    CHECK(in(TUNQOS_FORM_VXLAN, udp + gpe(0x1c, 1) + ipv4(3), 17) == unknown);
    CHECK(in(TUNQOS_FORM_VXLAN, udp + gpe(0x00, 1) + ipv4(3), 17) == unknown);
}

TEST_CASE("Geneve, with options") {
    const auto geneve = [](unsigned words, std::uint8_t flags, std::uint16_t type) {
        Bytes header(8 + 4 * words, 0x77);
        header[0] = static_cast<std::uint8_t>(words);
        header[1] = flags;
        header[2] = static_cast<std::uint8_t>(type >> 8);
        header[3] = static_cast<std::uint8_t>(type);
        return header;
    };
    const Bytes frame = macs + ipv6_type + ipv6(0x5a);
    for (unsigned words = 0; words < 64; ++words)
        CHECK(in(TUNQOS_FORM_GENEVE, udp + geneve(words, 0, 0x6558) + frame, 17) ==
              at(30 + 4 * words, 0x5a));
    CHECK(in(TUNQOS_FORM_GENEVE, udp + geneve(1, 0x40, 0x0800) + ipv4(7), 17) == at(20, 7));
    CHECK(in(TUNQOS_FORM_GENEVE, udp + geneve(1, 0x80, 0x0800) + ipv4(7), 17) == unknown);
    CHECK(in(TUNQOS_FORM_GENEVE, udp + geneve(1, 0, 0x894f) + ipv4(7), 17) == not_ip); // NSH
}

TEST_CASE("frames in VXLAN and Geneve are found quickly") {
    const auto quick = [](tunqos_form form, const Bytes& bytes) {
        tunqos_inner inner{};
        const bool found = tunqos_inner_quick_udp(form, bytes.data(), &inner);
        return Answer{found ? 0 : -1, inner.offset, inner.ds};
    };
    const Bytes vxlan{0x08, 0, 0, 0, 0, 0, 8, 0}, gpe{0x0c, 0, 0, 3, 0, 0, 8, 0};
    const Bytes geneve{0, 0, 0x65, 0x58, 0, 0, 8, 0}, options{1, 0, 0x65, 0x58, 0, 0, 8, 0};
    const Bytes control{0, 0x80, 0x65, 0x58, 0, 0, 8, 0};
    for (unsigned ds = 0; ds < 256; ++ds) {
        const auto byte = static_cast<std::uint8_t>(ds);
        for (const Bytes& frame : {macs + ipv4_type + ipv4(byte), macs + ipv6_type + ipv6(byte)}) {
            CHECK(quick(TUNQOS_FORM_VXLAN, udp + vxlan + frame) == at(30, ds));
            CHECK(quick(TUNQOS_FORM_GENEVE, udp + geneve + frame) == at(30, ds));
        }
    }
    const Answer slowly{-1, 0, 0};
    const Bytes frame = macs + ipv4_type + ipv4(7);
    CHECK(quick(TUNQOS_FORM_VXLAN, udp + gpe + frame) == slowly);
    CHECK(quick(TUNQOS_FORM_VXLAN, udp + Bytes(8, 0) + frame) == slowly);
    CHECK(quick(TUNQOS_FORM_GENEVE, udp + options + frame) == slowly);
    CHECK(quick(TUNQOS_FORM_GENEVE, udp + control + frame) == slowly);
    CHECK(quick(TUNQOS_FORM_VXLAN, udp + vxlan + macs + c_tag + ipv4_type + ipv4(7)) == slowly);
    CHECK(quick(TUNQOS_FORM_VXLAN, udp + vxlan + macs + arp_type + ipv4(7)) == slowly);
    CHECK(quick(TUNQOS_FORM_GRE, udp + vxlan + frame) == slowly);
}

TEST_CASE("FOU and GUE around what the device writes") {
    const Bytes gre{0, 0, 0x08, 0}, gre_key{0x20, 0, 0x08, 0, 0, 0, 0, 7};
    CHECK(in(TUNQOS_FORM_GRE, udp + gre + ipv4(4), 17) == at(12, 4));
    CHECK(in(TUNQOS_FORM_GRE, udp + gre_key + ipv4(4), 17) == at(16, 4));
    CHECK(in(TUNQOS_FORM_IP, udp + ipv4(5), 17) == at(8, 5));
    CHECK(in(TUNQOS_FORM_IP, udp + ipv6(6), 17) == at(8, 6));
    const auto gue = [](std::uint8_t first, std::uint8_t proto, std::size_t more = 0) {
        return Bytes{first, proto, 0, 0} + Bytes(more, 0x55);
    };
    CHECK(in(TUNQOS_FORM_GRE, udp + gue(0, 47) + gre + ipv4(4), 17) == at(16, 4));
    CHECK(in(TUNQOS_FORM_GRE, udp + gue(2, 47, 8) + gre + ipv4(4), 17) == at(24, 4));
    CHECK(in(TUNQOS_FORM_IP, udp + gue(0, 4) + ipv4(5), 17) == at(12, 5));
    CHECK(in(TUNQOS_FORM_IP, udp + gue(0, 41) + ipv6(6), 17) == at(12, 6));
    CHECK(in(TUNQOS_FORM_IP, udp + gue(0, 47) + gre + ipv4(5), 17) == unknown);
    CHECK(in(TUNQOS_FORM_GRE, udp + gue(0, 4) + ipv4(5), 17) == unknown);
    CHECK(in(TUNQOS_FORM_IP, udp + gue(0x20, 4) + ipv4(5), 17) == unknown); // control
    CHECK(in(TUNQOS_FORM_IP, udp + gue(31, 4) + ipv4(5), 17) == truncated);
}

TEST_CASE("what does not tell where its inner header is") {
    CHECK(in(TUNQOS_FORM_L2TP, udp + ipv4(4), 17) == unknown);
    CHECK(in(TUNQOS_FORM_WIREGUARD, udp + ipv4(4), 17) == unknown);
}

TEST_CASE("what is cut off is refused at every length") {
    const Bytes whole[] = {
        udp + Bytes{0x08, 0, 0, 0, 0, 0, 8, 0} + macs + c_tag + ipv4_type + Bytes{0x45, 0},
        udp + Bytes{0x01, 0, 0x65, 0x58, 0, 0, 0, 0, 1, 2, 3, 4} + macs + ipv4_type +
            Bytes{0x45, 0},
        udp + Bytes{0x01, 47, 0, 0, 1, 2, 3, 4} + Bytes{0x20, 0, 8, 0, 1, 2, 3, 4} +
            Bytes{0x45, 0}};
    const tunqos_form forms[] = {TUNQOS_FORM_VXLAN, TUNQOS_FORM_GENEVE, TUNQOS_FORM_GRE};
    for (unsigned i = 0; i < 3; ++i) {
        REQUIRE(in(forms[i], whole[i], 17).result == 0);
        for (std::size_t length = 0; length < whole[i].size(); ++length) {
            const Bytes cut(whole[i].begin(), whole[i].begin() + static_cast<long>(length));
            REQUIRE(in(forms[i], cut, 17) == truncated);
        }
    }
}

TEST_CASE("where the payload of an outer header begins") {
    const auto payload = [](const Bytes& bytes) {
        u8 proto = 0;
        const int result =
            tunqos_outer_payload(bytes.data(), static_cast<unsigned>(bytes.size()), &proto);
        return std::pair<int, unsigned>(result, result < 0 ? 0 : proto);
    };
    using Place = std::pair<int, unsigned>;
    Bytes four = ipv4(0) + Bytes(4, 0);
    four[9] = 47;
    CHECK(payload(four) == Place(20, 47));
    four[0] = 0x46;
    CHECK(payload(four) == Place(24, 47));
    four[0] = 0x47;
    CHECK(payload(four) == Place(truncated.result, 0));
    four[0] = 0x44;
    CHECK(payload(four) == Place(not_ip.result, 0));
    CHECK(payload(Bytes(19, 0x45)) == Place(truncated.result, 0));

    Bytes six = ipv6(0);
    six[6] = 17;
    CHECK(payload(six) == Place(40, 17));
    six[6] = 60; // the option of ip6tnl, then IPv4
    CHECK(payload(six) == Place(truncated.result, 0));
    CHECK(payload(six + Bytes{4, 0, 4, 1, 4, 1, 1, 0}) == Place(48, 4));
    CHECK(payload(six + Bytes{47, 1, 0, 0, 0, 0, 0, 0} + Bytes(8, 0)) == Place(56, 47));
    Bytes chain = six;
    for (int i = 0; i < TUNQOS_EXTENSIONS - 1; ++i)
        chain = chain + Bytes{60, 0, 1, 4, 0, 0, 0, 0};
    CHECK(payload(chain + Bytes{41, 0, 1, 4, 0, 0, 0, 0}) == Place(unknown.result, 0));
    chain = six;
    for (int i = 0; i < TUNQOS_EXTENSIONS - 2; ++i)
        chain = chain + Bytes{60, 0, 1, 4, 0, 0, 0, 0};
    CHECK(payload(chain + Bytes{41, 0, 1, 4, 0, 0, 0, 0}) ==
          Place(40 + 8 * (TUNQOS_EXTENSIONS - 1), 41));
}
