// SPDX-License-Identifier: GPL-2.0-or-later
#include "tunqos/qos_maps.hpp"

#include <initializer_list>

#include "tunqos/arrival.hpp"

namespace tunqos {

namespace {

struct Exception {
    std::uint8_t first, last, cos; // DSCPs
};

constexpr Table with(Table table, std::initializer_list<Exception> exceptions) {
    for (const auto& [first, last, cos] : exceptions) {
        for (std::size_t dscp = first; dscp <= last; ++dscp)
            table[dscp] = cos;
    }
    return table;
}

// CS5 is another class than voice, which is EF: AutoQoS writes this map.
constexpr CosMap voice_is_ef{0, 8, 16, 24, 32, 46, 48, 56};

// LE and CS1 are the background, which is below best effort, and AF1x is above it: 802.1Q has 0
// between 1 and 2.
constexpr Table of_8021q =
    with(class_selector_pcp_table(), {{1, 1, 1}, {10, 10, 2}, {12, 12, 2}, {14, 14, 2}});

// Figure 1 of RFC 8325, section 4.3; what is not in it is best effort.
constexpr Table of_rfc8325 = with(Table{}, {{1, 1, 1},
                                            {8, 8, 1},
                                            {18, 18, 3},
                                            {20, 20, 3},
                                            {22, 22, 3},
                                            {24, 24, 4},
                                            {26, 26, 4},
                                            {28, 28, 4},
                                            {30, 30, 4},
                                            {32, 32, 4},
                                            {34, 34, 4},
                                            {36, 36, 4},
                                            {38, 38, 4},
                                            {40, 40, 5},
                                            {44, 44, 6},
                                            {46, 46, 6},
                                            {48, 48, 7},
                                            {56, 56, 7}});

constexpr QosPreset presets[] = {
    {"cisco", "As AutoQoS writes them: CoS 5 is EF", voice_is_ef, class_selector_pcp_table()},
    {"sonicos", "As SonicOS has them: the class selectors", class_selectors(),
     class_selector_pcp_table()},
    {"802.1q", "By the classes of IEEE 802.1Q: 1 is below 0, 5 is voice", voice_is_ef, of_8021q},
    {"rfc8325", "By the user priorities of Wi-Fi (RFC 8325): 6 is voice",
     CosMap{0, 8, 8, 18, 34, 40, 46, 48}, of_rfc8325},
};

} // namespace

std::span<const QosPreset> qos_presets() {
    return presets;
}

std::string to_string(const SetDscp& set) {
    if (set.dscp == PortDscp::set) return to_string(set.dscp.value);
    std::string text = "cos";
    if (set.dscp == PortDscp::table) text += " table " + set.dscp.table;
    return set.override ? text + " override" : text;
}

std::vector<DscpRange> dscp_ranges(const QosMaps& maps, std::size_t cos) {
    std::vector<DscpRange> ranges;
    for (std::size_t i = 0; i < dscp_count; ++i) {
        if (maps.dscp_cos[i] != cos) continue;
        const auto dscp = static_cast<std::uint8_t>(i);
        const bool goes_on = !ranges.empty() && ranges.back().end + 1 == dscp;
        if (goes_on)
            ranges.back().end = dscp;
        else
            ranges.push_back({dscp, dscp});
    }
    return ranges;
}

} // namespace tunqos
