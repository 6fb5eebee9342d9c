// SPDX-License-Identifier: GPL-2.0-or-later
//
// The DS field over all values, both families; the checksum against a computation from
// scratch (RFC 1071), which shares nothing with the incremental one.

#include <array>
#include <cstdint>
#include <random>
#include <vector>

#include "catch.hpp"
#include "core.hpp"

namespace {

using Bytes = std::vector<std::uint8_t>;

std::uint16_t checksum(const Bytes& header) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < header.size(); i += 2) {
        if (i == 10) continue; // the field itself
        sum += static_cast<std::uint32_t>(header[i] << 8 | header[i + 1]);
    }
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

void put_checksum(Bytes& header) {
    const auto sum = checksum(header);
    header[10] = static_cast<std::uint8_t>(sum >> 8);
    header[11] = static_cast<std::uint8_t>(sum);
}

std::uint16_t stored(const Bytes& header) {
    return static_cast<std::uint16_t>(header[10] << 8 | header[11]);
}

// A random IPv4 header with `words` of header length and a right checksum.
Bytes ipv4(std::mt19937& random, std::uint8_t words, std::uint8_t ds) {
    Bytes header(words * 4U);
    for (auto& byte : header)
        byte = static_cast<std::uint8_t>(random());
    header[0] = static_cast<std::uint8_t>(0x40 | words);
    header[1] = ds;
    put_checksum(header);
    return header;
}

} // namespace

TEST_CASE("the DSCP is the upper six bits, ECN the lower two") {
    for (unsigned ds = 0; ds < 256; ++ds) {
        CHECK(tunqos_ds_dscp(static_cast<u8>(ds)) == ds / 4);
        for (unsigned dscp = 0; dscp < 64; ++dscp)
            REQUIRE(tunqos_ds_with_dscp(static_cast<u8>(ds), static_cast<u8>(dscp)) ==
                    dscp * 4 + ds % 4);
    }
}

TEST_CASE("IPv4: every DS field and DSCP leaves a right checksum and nothing else changed") {
    std::mt19937 random(2983);
    for (unsigned ds = 0; ds < 256; ++ds) {
        for (unsigned dscp = 0; dscp < 64; ++dscp) {
            const auto before =
                ipv4(random, static_cast<std::uint8_t>(5 + random() % 11), static_cast<u8>(ds));
            auto after = before;
            tunqos_ds_write4(after.data(), static_cast<u8>(dscp));
            auto expected = before;
            expected[1] = static_cast<u8>(dscp * 4 + ds % 4);
            put_checksum(expected);
            REQUIRE(after == expected);
            REQUIRE(tunqos_ds_read(after.data()) == expected[1]);
        }
    }
}

TEST_CASE("IPv4: the edges of ones' complement, all words 0 or 0xffff") {
    for (const auto fill : {std::uint8_t{0x00}, std::uint8_t{0xff}}) {
        for (unsigned ds = 0; ds < 256; ++ds) {
            for (unsigned dscp = 0; dscp < 64; ++dscp) {
                Bytes header(20, fill);
                header[0] = 0x45;
                header[1] = static_cast<u8>(ds);
                put_checksum(header);
                tunqos_ds_write4(header.data(), static_cast<u8>(dscp));
                REQUIRE(stored(header) == checksum(header));
            }
        }
    }
}

TEST_CASE("IPv4: a damaged header stays damaged") {
    std::mt19937 random(1624);
    auto header = ipv4(random, 5, 0);
    header[11] ^= 0x01;
    tunqos_ds_write4(header.data(), 46);
    CHECK(stored(header) != checksum(header));
}

TEST_CASE("IPv6: every DS field and DSCP, version and flow label stay") {
    std::mt19937 random(8200);
    for (unsigned ds = 0; ds < 256; ++ds) {
        for (unsigned dscp = 0; dscp < 64; ++dscp) {
            const auto flow = static_cast<std::uint8_t>(random() & 0x0f);
            std::array<std::uint8_t, 4> header{static_cast<u8>(0x60 | ds >> 4),
                                               static_cast<u8>((ds & 0x0f) << 4 | flow), 0xab,
                                               0xcd};
            REQUIRE(tunqos_ds_read(header.data()) == ds);
            tunqos_ds_write6(header.data(), static_cast<u8>(dscp));
            REQUIRE(tunqos_ds_read(header.data()) == dscp * 4 + ds % 4);
            REQUIRE(header[0] >> 4 == 6);
            REQUIRE((header[1] & 0x0f) == flow);
            REQUIRE(header[2] == 0xab);
            REQUIRE(header[3] == 0xcd);
        }
    }
}

TEST_CASE("only IPv4 with a whole header and IPv6 are IP") {
    for (unsigned first = 0; first < 256; ++first) {
        const auto byte = static_cast<u8>(first);
        const int expected = first >> 4 == 4   ? ((first & 15) >= 5 ? 4 : 0)
                             : first >> 4 == 6 ? 6
                                               : 0;
        REQUIRE(tunqos_ip_version(&byte) == expected);
    }
}
