// SPDX-License-Identifier: GPL-2.0-or-later
//
// The finder of inner headers: each kind of GRE header, tunnels in tunnels, and bytes that
// are anything at all, with every length from none up (run under a sanitizer it proves that
// nothing beyond the length is read).

#include <cstdint>
#include <memory>
#include <random>
#include <vector>

#include "catch.hpp"
#include "core.hpp"

namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes operator+(Bytes left, const Bytes& right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

Bytes ipv4(std::uint8_t ds, std::uint8_t proto, std::uint8_t words = 5, std::uint16_t frag = 0) {
    Bytes header(words * 4U, 0);
    header[0] = static_cast<std::uint8_t>(0x40 | words);
    header[1] = ds;
    header[6] = static_cast<std::uint8_t>(frag >> 8);
    header[7] = static_cast<std::uint8_t>(frag);
    header[9] = proto;
    return header;
}

Bytes ipv6(std::uint8_t ds, std::uint8_t next) {
    Bytes header(40, 0);
    header[0] = static_cast<std::uint8_t>(0x60 | ds >> 4);
    header[1] = static_cast<std::uint8_t>(ds << 4);
    header[6] = next;
    return header;
}

Bytes gre(std::uint8_t flags, std::uint16_t proto, std::uint8_t version = 0) {
    Bytes header{flags, version, static_cast<std::uint8_t>(proto >> 8),
                 static_cast<std::uint8_t>(proto)};
    for (const unsigned bit : {0x80U, 0x20U, 0x10U})
        if (flags & bit) header.resize(header.size() + 4, 0xee);
    return header;
}

// A copy of exactly the size, so that a sanitizer sees a read beyond the end. Where the
// quick finder says something, it says the same.
int find(const Bytes& bytes, std::uint8_t proto, tunqos_inner& inner) {
    const auto exact = std::make_unique<std::uint8_t[]>(bytes.size());
    std::copy(bytes.begin(), bytes.end(), exact.get());
    const int result =
        tunqos_inner_find(exact.get(), static_cast<unsigned>(bytes.size()), proto, &inner);
    tunqos_inner quick{};
    const bool tunnel = proto == 4 || proto == 41 || proto == 47;
    if (tunnel && bytes.size() >= TUNQOS_INNER_MIN &&
        tunqos_inner_quick(exact.get(), proto, &quick)) {
        REQUIRE(result == 0);
        REQUIRE(quick.offset == inner.offset);
        REQUIRE(quick.ds == inner.ds);
    }
    return result;
}

int reason(tunqos_reason r) {
    return -1 - static_cast<int>(r);
}

} // namespace

TEST_CASE("every DS field behind every GRE header of RFC 2784 and 2890") {
    for (unsigned bits = 0; bits < 8; ++bits) {
        const auto flags = static_cast<std::uint8_t>((bits & 1 ? 0x80 : 0) | (bits & 2 ? 0x20 : 0) |
                                                     (bits & 4 ? 0x10 : 0));
        const auto length = 4U + 4U * static_cast<unsigned>(__builtin_popcount(bits));
        for (unsigned ds = 0; ds < 256; ++ds) {
            tunqos_inner inner{};
            REQUIRE(find(gre(flags, 0x0800) + ipv4(static_cast<u8>(ds), 17), 47, inner) == 0);
            REQUIRE(inner.offset == length);
            REQUIRE(inner.ds == ds);
            REQUIRE(find(gre(flags, 0x86dd) + ipv6(static_cast<u8>(ds), 17), 47, inner) == 0);
            REQUIRE(inner.offset == length);
            REQUIRE(inner.ds == ds);
        }
    }
}

TEST_CASE("what most packets are is found quickly") {
    for (unsigned bits = 0; bits < 8; ++bits) {
        const auto flags = static_cast<std::uint8_t>((bits & 1 ? 0x80 : 0) | (bits & 2 ? 0x20 : 0) |
                                                     (bits & 4 ? 0x10 : 0));
        for (const auto& whole :
             {gre(flags, 0x0800) + ipv4(0xb8, 17), gre(flags, 0x86dd) + ipv6(0xb8, 17)}) {
            tunqos_inner inner{};
            REQUIRE(tunqos_inner_quick(whole.data(), 47, &inner));
            REQUIRE(inner.ds == 0xb8);
        }
    }
    tunqos_inner inner{};
    CHECK(tunqos_inner_quick(ipv4(0x2e, 17).data(), 4, &inner));
    CHECK(inner.ds == 0x2e);
    CHECK_FALSE(tunqos_inner_quick((gre(0x40, 0x0800) + ipv4(0, 17)).data(), 47, &inner));
    CHECK_FALSE(tunqos_inner_quick((gre(0, 0x0800, 1) + ipv4(0, 17)).data(), 47, &inner));
    CHECK_FALSE(tunqos_inner_quick((gre(0, 0x6558) + ipv4(0, 17)).data(), 47, &inner));
}

TEST_CASE("IP in IP, both families") {
    tunqos_inner inner{};
    for (unsigned ds = 0; ds < 256; ++ds) {
        REQUIRE(find(ipv4(static_cast<u8>(ds), 6), 4, inner) == 0);
        REQUIRE(inner.ds == ds);
        REQUIRE(inner.offset == 0);
        REQUIRE(find(ipv6(static_cast<u8>(ds), 6), 41, inner) == 0);
        REQUIRE(inner.ds == ds);
    }
}

TEST_CASE("what is not understood is refused with its reason") {
    tunqos_inner inner{};
    CHECK(find(gre(0x40, 0x0800) + ipv4(0, 17), 47, inner) == reason(TUNQOS_REASON_UNKNOWN_HEADER));
    CHECK(find(gre(0, 0x0800, 1) + ipv4(0, 17), 47, inner) == reason(TUNQOS_REASON_UNKNOWN_HEADER));
    CHECK(find(gre(0, 0x6558) + ipv4(0, 17), 47, inner) == reason(TUNQOS_REASON_NOT_IP));
    CHECK(find(gre(0, 0x880b) + ipv4(0, 17), 47, inner) == reason(TUNQOS_REASON_NOT_IP));
    CHECK(find(ipv4(0, 17), 17, inner) == reason(TUNQOS_REASON_UNKNOWN_HEADER));
    CHECK(find(ipv4(0, 17), 50, inner) == reason(TUNQOS_REASON_UNKNOWN_HEADER));
    CHECK(find({0x44, 0, 0, 0}, 4, inner) == reason(TUNQOS_REASON_NOT_IP));
    CHECK(find({0x51, 0, 0, 0}, 4, inner) == reason(TUNQOS_REASON_NOT_IP));
}

TEST_CASE("a header that is cut off is refused at every length") {
    const auto whole = gre(0xb0, 0x0800) + ipv4(0xb8, 17);
    for (std::size_t length = 0; length < 18; ++length) {
        tunqos_inner inner{};
        const Bytes cut(whole.begin(), whole.begin() + static_cast<long>(length));
        REQUIRE(find(cut, 47, inner) == reason(TUNQOS_REASON_TRUNCATED));
    }
}

TEST_CASE("the innermost header of tunnels in tunnels") {
    tunqos_inner inner{};
    const auto innermost = [&inner](const Bytes& bytes, std::uint8_t proto) {
        REQUIRE(find(bytes, proto, inner) == 0);
        return tunqos_innermost(bytes.data(), static_cast<unsigned>(bytes.size()), inner);
    };
    const auto ef = ipv4(0xb8, 17) + Bytes(8, 0);
    CHECK(innermost(gre(0, 0x0800) + ef, 47) == 46);
    CHECK(innermost(gre(0, 0x0800) + ipv4(0x20, 47) + gre(0x20, 0x0800) + ef, 47) == 46);
    CHECK(innermost(ipv6(0x20, 4) + ef, 41) == 46);
    CHECK(innermost(ipv4(0x20, 41, 7) + ipv6(0xb9, 17), 4) == 46);
    // encrypted: what is inside can't be seen
    CHECK(innermost(gre(0, 0x0800) + ipv4(0x20, 50) + Bytes(40, 0x45), 47) == 8);
    // a later fragment has no header inside
    CHECK(innermost(gre(0, 0x0800) + ipv4(0x20, 4, 5, 0x0010) + ef, 47) == 8);
    CHECK(innermost(gre(0, 0x0800) + ipv4(0x20, 4, 5, 0x2000) + ef, 47) == 46);
    // deeper than it follows: the deepest it has seen
    Bytes deep = ef;
    for (unsigned i = 1; i < 8; ++i)
        deep = ipv4(static_cast<std::uint8_t>(i << 2), 4) + deep;
    CHECK(innermost(deep, 4) == 7 - (TUNQOS_INNER_DEPTH - 1));
}

TEST_CASE("any bytes of any length are answered without reading beyond them") {
    std::mt19937 random(6040);
    const std::uint8_t protos[] = {4, 41, 47, 17};
    unsigned found = 0;
    for (unsigned round = 0; round < 200000; ++round) {
        Bytes bytes(random() % 96);
        for (auto& byte : bytes)
            byte = static_cast<std::uint8_t>(random());
        // make headers likely
        if (bytes.size() > 4 && random() % 2) {
            bytes[0] = static_cast<std::uint8_t>(random() % 2 ? 0x45 : bytes[0] & 0xb0);
            bytes[1] = 0;
            bytes[2] = 0x08;
            bytes[3] = 0x00;
        }
        const auto exact = std::make_unique<std::uint8_t[]>(bytes.size());
        std::copy(bytes.begin(), bytes.end(), exact.get());
        tunqos_inner inner{};
        const auto length = static_cast<unsigned>(bytes.size());
        const int result = tunqos_inner_find(exact.get(), length, protos[random() % 4], &inner);
        if (result == 0) {
            ++found;
            REQUIRE(inner.offset + 2 <= length);
            REQUIRE(tunqos_innermost(exact.get(), length, inner) < 64);
        } else {
            const int why = -1 - result;
            REQUIRE((why <= static_cast<int>(TUNQOS_REASON_UNKNOWN_HEADER) ||
                     why == static_cast<int>(TUNQOS_REASON_IN_BAND_TAG)));
        }
    }
    CHECK(found > 1000);
}
