// SPDX-License-Identifier: GPL-2.0-or-later
//
// The check of eight entries at a time against one of each.

#include <array>
#include <cstdint>

#include "catch.hpp"
#include "core.hpp"

namespace {

// What tunqos_table_bad() promises, one entry after the other.
int first_bad(const std::array<std::uint8_t, 64>& table, std::uint8_t max) {
    for (int i = 0; i < 64; ++i) {
        const std::uint8_t entry = table.at(static_cast<std::size_t>(i));
        if (entry > max && entry != 255) return i;
    }
    return -1;
}

} // namespace

TEST_CASE("each value at each place of a table, alone and beside others", "[table]") {
    for (const std::uint8_t max : {std::uint8_t{63}, std::uint8_t{7}}) {
        for (const std::uint8_t rest : {std::uint8_t{0}, max, std::uint8_t{255}}) {
            for (std::size_t place = 0; place < 64; ++place) {
                for (unsigned value = 0; value < 256; ++value) {
                    std::array<std::uint8_t, 64> table{};
                    table.fill(rest);
                    table.at(place) = static_cast<std::uint8_t>(value);
                    REQUIRE(tunqos_table_bad(table.data(), max) == first_bad(table, max));
                }
            }
        }
    }
}

TEST_CASE("the first of two bad entries of a table is named", "[table]") {
    for (std::size_t one = 0; one < 64; ++one) {
        for (std::size_t two = 0; two < 64; ++two) {
            std::array<std::uint8_t, 64> table{};
            table.at(one) = 64;
            table.at(two) = 254;
            REQUIRE(tunqos_table_bad(table.data(), 63) == first_bad(table, 63));
        }
    }
}
