// SPDX-License-Identifier: GPL-2.0-or-later
#include "tunqos/aggregate.hpp"
#include "tunqos/dscp.hpp"

#include <cstdio>

#include "catch.hpp"

using namespace tunqos;

TEST_CASE("every code point reads back from its name, number and hex number") {
    for (int i = 0; i < 64; ++i) {
        const auto dscp = Dscp::from(i);
        REQUIRE(dscp);
        CHECK(parse_dscp(to_string(*dscp)) == dscp);
        CHECK(parse_dscp(std::to_string(i)) == dscp);
        char hex[8];
        std::snprintf(hex, sizeof hex, "0X%x", static_cast<unsigned>(i));
        CHECK(parse_dscp(hex) == dscp);
    }
}

TEST_CASE("names are those of the IANA registry") {
    // RFC 2597: AFxy = 8x + 2y; RFC 2474: CSx = 8x.
    for (int x = 1; x <= 4; ++x) {
        for (int y = 1; y <= 3; ++y)
            CHECK(parse_dscp("af" + std::to_string(x) + std::to_string(y)) ==
                  Dscp::from(8 * x + 2 * y));
    }
    for (int x = 0; x <= 7; ++x)
        CHECK(parse_dscp("CS" + std::to_string(x)) == Dscp::from(8 * x));
    CHECK(parse_dscp("EF") == Dscp{46});
    CHECK(parse_dscp("voice-admit") == Dscp{44});
    CHECK(parse_dscp("va") == Dscp{44});
    CHECK(parse_dscp("nqb") == Dscp{45});
    CHECK(parse_dscp("le") == Dscp{1});
    CHECK(to_string(Dscp{0}) == "default");
    CHECK(describe(Dscp{46}) == "ef (46)");
    CHECK(describe(Dscp{17}) == "17");
    std::uint8_t previous = 0;
    for (const auto& entry : dscp_names()) {
        CHECK(entry.dscp >= previous);
        previous = entry.dscp;
    }
}

TEST_CASE("what is no DSCP is refused, a TOS byte above all") {
    for (const char* text : {"", "64", "184", "0xb8", "256", "-1", "+1", "4 6", " 46", "46 ", "ef ",
                             "af44", "0x", "x2e", "4294967342", "cs8", "1.0"}) {
        INFO(text);
        CHECK_FALSE(parse_dscp(text));
    }
    CHECK_FALSE(Dscp::from(64));
    CHECK_FALSE(Dscp::from(-1));
}

TEST_CASE("a set reads names, numbers and ranges") {
    CHECK(to_string(*parse_dscp_set("ef,cs1,8-15")) == "8-15,46");
    CHECK(to_string(*parse_dscp_set(" 0-47 ")) == "0-47");
    CHECK(to_string(*parse_dscp_set("cs1-cs2, voice-admit")) == "8-16,44");
    CHECK(to_string(*parse_dscp_set("le-voice-admit")) == "1-44");
    CHECK(parse_dscp_set("0-63")->all());

    std::string bad;
    CHECK_FALSE(parse_dscp_set("ef,bogus,64", &bad));
    CHECK(bad == "bogus");
    for (const char* text : {"", ",", "ef,", "15-8", "0-64", "-", "ef--cs1"}) {
        INFO(text);
        CHECK_FALSE(parse_dscp_set(text));
    }
}

TEST_CASE("every set of one or two ranges reads back from its text") {
    for (std::size_t first = 0; first < 64; ++first) {
        for (std::size_t last = first; last < 64; ++last) {
            DscpSet set;
            for (std::size_t i = first; i <= last; ++i)
                set.set(i);
            CHECK(parse_dscp_set(to_string(set)) == set);
            set.flip();
            if (set.any()) CHECK(parse_dscp_set(to_string(set)) == set);
        }
    }
}

TEST_CASE("an AF class is one ordered aggregate, and so is each other code point") {
    // RFC 2597 section 6
    const std::uint8_t classes[4][3] = {{10, 12, 14}, {18, 20, 22}, {26, 28, 30}, {34, 36, 38}};
    int in_classes = 0;
    for (std::uint8_t i = 0; i < 64; ++i) {
        Aggregate expected{0, Dscp{i}};
        for (std::uint8_t af = 1; af <= 4; ++af) {
            for (const std::uint8_t one : classes[af - 1]) {
                if (one == i) expected = {af, {}}, ++in_classes;
            }
        }
        CHECK(aggregate_of(Dscp{i}) == expected);
        CHECK(brought_into({0, Dscp{17}}, Dscp{i}) == Dscp{17});
        for (std::uint8_t af = 1; af <= 4; ++af) {
            const bool stays = expected.af == af;
            CHECK(brought_into({af, {}}, Dscp{i}) == Dscp{stays ? i : classes[af - 1][0]});
        }
    }
    CHECK(in_classes == 12);
}

TEST_CASE("an aggregate is a class or a DSCP in text") {
    CHECK(parse_aggregate("af4") == Aggregate{4, {}});
    CHECK(parse_aggregate("AF1") == Aggregate{1, {}});
    CHECK(parse_aggregate("af11") == Aggregate{0, Dscp{10}});
    CHECK(parse_aggregate("0x2e") == Aggregate{0, Dscp{46}});
    for (const char* bad : {"", "af", "af0", "af5", "af44", "ag1", "64"})
        CHECK_FALSE(parse_aggregate(bad));
    for (const Aggregate& one : {Aggregate{3, {}}, Aggregate{0, Dscp{46}}, Aggregate{0, Dscp{17}}})
        CHECK(parse_aggregate(to_string(one)) == one);
    CHECK(to_string(Aggregate{3, {}}) == "af3");
}

TEST_CASE("a range may be of one code point, and never runs backwards") {
    for (const char* text : {"8-8", "cs1-8", "cs1-cs1", "0x8-8", " 8 - 8 "}) {
        INFO(text);
        const auto set = parse_dscp_set(text);
        REQUIRE(set);
        CHECK(set->to_ullong() == 1ULL << 8U);
    }
    CHECK(parse_dscp_set("63-63")->to_ullong() == 1ULL << 63U);
    CHECK(parse_dscp_set("0-0")->to_ullong() == 1);
    for (const char* text : {"9-8", "cs2-cs1", "8-", "-8", "8-8-8", "-", "8--8", "63-64"}) {
        INFO(text);
        CHECK_FALSE(parse_dscp_set(text));
    }
}
