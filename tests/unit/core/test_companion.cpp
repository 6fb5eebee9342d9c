// SPDX-License-Identifier: GPL-2.0-or-later
//
// The companion's bits, over all 65,536 values, against the table of the design.

#include "catch.hpp"
#include "core.hpp"

TEST_CASE("the match that users write for tc finds EF, whatever the namespace") {
    for (unsigned tag = 0; tag < 64; ++tag) {
        const unsigned c = tunqos_companion_make(TUNQOS_KIND_DONE, static_cast<u8>(tag), 46);
        REQUIRE((c & 0xf03fU) == 0x702eU);
    }
}

TEST_CASE("what is made is read back") {
    for (const auto kind : {TUNQOS_KIND_DONE, TUNQOS_KIND_QUEUE, TUNQOS_KIND_PENDING}) {
        for (unsigned x = 0; x < 64; ++x) {
            for (unsigned dscp = 0; dscp < 64; ++dscp) {
                const u16 c =
                    tunqos_companion_make(kind, static_cast<u8>(x), static_cast<u8>(dscp));
                REQUIRE(tunqos_companion_kind(c) == kind);
                REQUIRE(tunqos_companion_x(c) == x);
                REQUIRE(tunqos_companion_class(c) == dscp);
                REQUIRE(tunqos_companion_is(c, kind, static_cast<u8>(x)));
                REQUIRE_FALSE(tunqos_companion_is(c, kind, static_cast<u8>(x ^ 1)));
            }
        }
    }
}

TEST_CASE("the DS field as it arrived is read back, and only with the tag of this load") {
    for (unsigned ds = 0; ds < 256; ++ds) {
        for (unsigned tag = 0; tag < 16; ++tag) {
            const u16 c = tunqos_arrived_make(static_cast<u8>(ds), static_cast<u8>(tag));
            REQUIRE(tunqos_arrived_ds(c) == ds);
            for (unsigned other = 0; other < 16; ++other)
                REQUIRE(tunqos_arrived_is(c, static_cast<u8>(other)) == (other == tag));
        }
    }
}

TEST_CASE("of all 65536 values each has at most one meaning, and class minors have none") {
    for (unsigned value = 0; value < 65536; ++value) {
        const auto c = static_cast<u16>(value);
        unsigned meanings = 0;
        for (const auto kind : {TUNQOS_KIND_DONE, TUNQOS_KIND_QUEUE})
            for (unsigned tag = 0; tag < 64; ++tag)
                meanings += tunqos_companion_is(c, kind, static_cast<u8>(tag)) ? 1 : 0;
        for (unsigned tag = 0; tag < 16; ++tag)
            meanings += tunqos_arrived_is(c, static_cast<u8>(tag)) ? 1 : 0;
        meanings += tunqos_companion_kind(c) == TUNQOS_KIND_HIDDEN ? 1 : 0;
        meanings += c >= TUNQOS_PENDING_MIN ? 1 : 0;
        REQUIRE(meanings == (value >= 0x7000 ? 1 : 0));
        REQUIRE((c >= TUNQOS_COMPANION_MIN) == (value >= 0x7000));
    }
}

TEST_CASE("a pending mark says which bits of the DS field to write, and how") {
    for (unsigned ds = 0; ds < 256; ++ds) {
        const auto dscp = static_cast<u8>(ds >> 2);
        const u16 plain = tunqos_companion_make(TUNQOS_KIND_PENDING, dscp, 46);
        const u16 all = tunqos_pending_make_ecn(dscp, 46, static_cast<u8>(ds & 3));
        REQUIRE(plain >= TUNQOS_PENDING_MIN);
        REQUIRE(all >= TUNQOS_PENDING_MIN);
        REQUIRE(tunqos_pending_mask(plain) == 0xfc);
        REQUIRE(tunqos_pending_mask(all) == 0xff);
        REQUIRE((tunqos_pending_ds(plain) & 0xfc) == (ds & 0xfc));
        REQUIRE(tunqos_pending_ds(all) == ds);
        REQUIRE(tunqos_companion_class(plain) == 46);
        REQUIRE(tunqos_companion_class(all) == 46);
    }
}
