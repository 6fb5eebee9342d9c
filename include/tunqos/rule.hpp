// SPDX-License-Identifier: GPL-2.0-or-later
//
// How a DSCP is made: the settings that are a word, a DSCP or a table. In JSON: "copy",
// {"set": "ef"}, {"table": "wan"}; on a line: copy, set ef, table wan. Each is declared here, once:
// its key in JSON, its words, its line and the attributes of the module come from the declaration.
// What they mean together (a model of RFC 2983) is model.hpp's.
#pragma once

#include <linux/tunqos.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "tunqos/dscp.hpp"

namespace tunqos {

enum class EncapDscp { copy, set, table, native };
enum class EncapInner { keep, set, table };
enum class DecapDscp { keep, copy, table };

// By the enumerator, which is the number in the module as well.
constexpr auto rule_words(EncapDscp) {
    return std::to_array<std::string_view>({"copy", "set", "table", "native"});
}
constexpr auto rule_words(EncapInner) {
    return std::to_array<std::string_view>({"keep", "set", "table"});
}
constexpr auto rule_words(DecapDscp) {
    return std::to_array<std::string_view>({"keep", "copy", "table"});
}

// Their first enumerator is the default. All have a table, and some a DSCP.
template <typename Mode>
concept CanSet = requires {
    Mode::set;
};

// Named: a table-map, by its name in a configuration, by its 64 values in the module.
template <typename Mode, typename Named>
struct BasicRule {
    Mode mode{};
    Dscp value{};  // for set
    Named table{}; // for table

    BasicRule() = default;
    BasicRule(Mode word) : mode(word) {} // NOLINT: a word is a rule
    BasicRule(Mode set, Dscp dscp) : mode(set), value(dscp) {}
    BasicRule(Mode by_table, Named name) : mode(by_table), table(std::move(name)) {}
    BasicRule(Mode, std::nullptr_t) = delete; // a number is no DSCP

    bool operator==(const BasicRule&) const = default;
    bool operator==(Mode word) const { return mode == word; }
    // Drops what the mode does not use.
    void normalise() {
        if constexpr (CanSet<Mode>)
            if (mode != Mode::set) value = {};
        if (mode != Mode::table) table = {};
    }
};

template <typename Mode>
using Rule = BasicRule<Mode, std::string>;

template <typename Mode>
std::string_view word_of(Mode mode) {
    static constexpr auto words = rule_words(Mode{});
    return words[static_cast<std::size_t>(mode)];
}

// "copy", "set ef", "table wan"
template <typename Mode>
std::string to_string(const Rule<Mode>& rule) {
    std::string text(word_of(rule.mode));
    if constexpr (CanSet<Mode>)
        if (rule == Mode::set) text += ' ' + to_string(rule.value);
    if (rule == Mode::table) text += ' ' + rule.table;
    return text;
}

struct RuleSetting {
    std::string_view key;             // in its section of a tunnel's JSON
    std::string_view line;            // in front of to_string()
    std::uint16_t mode, table, value; // TUNQOS_A_TUNNEL_*; value 0: has none
};

namespace settings {

inline constexpr RuleSetting encap_dscp{
    .key = "dscp",
    .line = "tunnel encap dscp",
    .mode = TUNQOS_A_TUNNEL_ENCAP_DSCP,
    .table = TUNQOS_A_TUNNEL_ENCAP_TABLE,
    .value = TUNQOS_A_TUNNEL_ENCAP_VALUE,
};
inline constexpr RuleSetting encap_inner{
    .key = "innerDscp",
    .line = "tunnel encap inner-dscp",
    .mode = TUNQOS_A_TUNNEL_ENCAP_INNER,
    .table = TUNQOS_A_TUNNEL_ENCAP_INNER_TABLE,
    .value = TUNQOS_A_TUNNEL_ENCAP_INNER_VALUE,
};
inline constexpr RuleSetting decap_dscp{
    .key = "dscp",
    .line = "tunnel decap dscp",
    .mode = TUNQOS_A_TUNNEL_DECAP_DSCP,
    .table = TUNQOS_A_TUNNEL_DECAP_TABLE,
    .value = 0,
};

} // namespace settings

// "tunnel encap dscp set ef"
template <typename Mode>
std::string line_of(const RuleSetting& setting, const Rule<Mode>& rule) {
    return std::string(setting.line) + ' ' + to_string(rule);
}

} // namespace tunqos
