// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "samples.hpp"
#include "tunqos/config.hpp"

using namespace tunqos;

TEST_CASE("each default fills what has no line, for all 64 code points") {
    for (std::uint8_t line = 0; line < 64; ++line) {
        const auto copy = compile_table(samples::table_map({{line, 7}}));
        const auto leave = compile_table(samples::table_map({{line, 7}}, TableDefault::ignore));
        const auto value = compile_table(samples::table_map({{line, 7}}, TableDefault::value, 33));
        const auto pcp = compile_pcp_table(samples::table_map({{line, 7}}));
        for (std::uint8_t i = 0; i < 64; ++i) {
            CHECK(copy[i] == (i == line ? 7 : i));
            CHECK(leave[i] == (i == line ? 7 : 255));
            CHECK(value[i] == (i == line ? 7 : 33));
            CHECK(pcp[i] == (i == line ? 7 : i / 8));
        }
    }
}

TEST_CASE("the class selector table is the upper three bits") {
    const auto table = class_selector_pcp_table();
    for (std::uint8_t i = 0; i < 64; ++i)
        CHECK(table[i] == i / 8);
    CHECK(table[46] == 5);
    CHECK(compile_pcp_table({}) == table);
}
