// SPDX-License-Identifier: GPL-2.0-or-later
//
// `mls qos map`: the maps that all ports share, as a Catalyst has them.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tunqos/dscp.hpp"

namespace tunqos {

inline constexpr std::uint8_t table_leave = 255; // an entry that leaves the packet alone

using Table = std::array<std::uint8_t, dscp_count>; // by the DSCP
using CosMap = std::array<std::uint8_t, pcp_count>; // by the CoS

// DSCP -> its upper three bits.
constexpr Table class_selector_pcp_table() {
    Table table{};
    for (std::size_t i = 0; i < table.size(); ++i)
        table[i] = static_cast<std::uint8_t>(i >> 3U);
    return table;
}

// CoS -> its class selector.
constexpr CosMap class_selectors() {
    CosMap map{};
    for (std::size_t i = 0; i < map.size(); ++i)
        map[i] = static_cast<std::uint8_t>(i << 3U);
    return map;
}

// Each DSCP is itself.
constexpr Table same_dscp_table() {
    Table table{};
    for (std::size_t i = 0; i < table.size(); ++i)
        table[i] = static_cast<std::uint8_t>(i);
    return table;
}

struct QosMaps {
    CosMap cos_dscp = class_selectors();         // of what is received
    Table dscp_cos = class_selector_pcp_table(); // of what is sent, 0-7
    std::map<std::string, Table> mutations = {}; // dscp-mutation NAME: DSCP -> DSCP

    bool operator==(const QosMaps&) const = default;
};

// The eight classes as SonicOS calls them, by the priority.
inline constexpr std::array<std::string_view, pcp_count> sonicos_classes{
    "Best effort",           "Background",      "Spare",
    "Excellent effort",      "Controlled load", "Video (<100ms latency)",
    "Voice (<10ms latency)", "Network control"};

struct DscpRange {
    std::uint8_t begin = 0, end = 0; // both are in it

    bool operator==(const DscpRange&) const = default;
};
// The DSCPs that become this priority.
std::vector<DscpRange> dscp_ranges(const QosMaps& maps, std::size_t cos);

// `mls qos map preset NAME` writes both maps, and is no more known then.
struct QosPreset {
    std::string_view name, help;
    CosMap cos_dscp;
    Table dscp_cos;
};
std::span<const QosPreset> qos_presets();

} // namespace tunqos
