// SPDX-License-Identifier: GPL-2.0-or-later
//
// Table-maps as the entries that the module works with: by DSCP, or by CoS.
#include <bit>

#include "tunqos/config.hpp"

namespace tunqos {

namespace {

// `copy` is what the default `copy` gives for each value.
template <typename Array>
Array compile(const TableMap& map, const Array& copy) {
    Array table;
    table.fill(table_leave);
    if (map.fallback == TableDefault::copy) table = copy;
    if (map.fallback == TableDefault::value) table.fill(map.default_value);
    for (const auto& [from, to] : map.map) {
        if (from < table.size()) table[from] = to;
    }
    return table;
}

} // namespace

Table compile_table(const TableMap& map) {
    return compile(map, same_dscp_table());
}

Table compile_pcp_table(const TableMap& map) {
    return compile(map, class_selector_pcp_table());
}

CosMap compile_cos_map(const TableMap& map) {
    return compile(map, class_selectors());
}

std::optional<Dscp> without_room(const Table& table, std::uint32_t mask) {
    const int shift = mask == 0 ? 0 : std::countr_zero(mask);
    for (std::size_t i = 0; i < table.size(); ++i) {
        if (table[i] == table_leave) continue;
        const auto bits = std::uint64_t{table[i]} << shift;
        if (mask == 0 || (bits & ~std::uint64_t{mask}) != 0)
            return Dscp{static_cast<std::uint8_t>(i)};
    }
    return std::nullopt;
}

} // namespace tunqos
