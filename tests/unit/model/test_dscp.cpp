// SPDX-License-Identifier: GPL-2.0-or-later
#include "tunqos/dscp.hpp"

#include "catch.hpp"

using namespace tunqos;

TEST_CASE("every code point reads back from its name and its number") {
    for (int i = 0; i < 64; ++i) {
        const auto dscp = Dscp::from(i);
        REQUIRE(dscp);
        CHECK(parse_dscp(to_string(*dscp)) == dscp);
        CHECK(parse_dscp(std::to_string(i)) == dscp);
        char hex[8];
        std::snprintf(hex, sizeof hex, "0X%x", i);
        CHECK(parse_dscp(hex) == dscp);
    }
}
