// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where a DSCP comes from: the settings that are a word, a DSCP or a table. In JSON: "copy",
// {"set": "ef"}, {"table": "wan"}; on a line: copy, set ef, table wan. Each is declared here, once:
// its key in JSON, its command with its help, what `show tunnel` says and the attributes of the
// module come from the declaration. What they mean together (a model of RFC 2983) is model.hpp's.
#pragma once

#include <linux/tunqos.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "tunqos/dscp.hpp"
#include "tunqos/settings.hpp"

namespace tunqos {

enum class EncapDscp { copy, set, table, native };
enum class EncapInner { keep, set, table };
enum class DecapDscp { keep, copy, table };

// By the enumerator, which is the number in the module as well. {}: the DSCP or the table.
constexpr auto words_of_source(EncapDscp) {
    return std::to_array<Word>({
        {"copy", "From the inner header; the default",
         "the outer DSCP is copied from the inner header"},
        {"set", "A fixed value", "the outer DSCP is set to {}"},
        {"table", "Map by a table map",
         "the outer DSCP is mapped from the inner one by table-map {}"},
        {"native", "Whatever the kernel writes", "the outer DSCP is left as the kernel wrote it"},
    });
}
constexpr auto words_of_source(EncapInner) {
    return std::to_array<Word>({
        {"keep", "Leave it; the default", ""},
        {"set", "A fixed value", "the inner DSCP is then set to {}"},
        {"table", "Map by a table map", "the inner DSCP is then mapped by table-map {}"},
    });
}
constexpr auto words_of_source(DecapDscp) {
    return std::to_array<Word>({
        {"keep", "Leave the inner DSCP; the default", "the inner DSCP is kept"},
        {"copy", "From the outer header as it arrived",
         "the inner DSCP is copied from the outer header"},
        {"table", "Map by a table map",
         "the inner DSCP is mapped from the outer one by table-map {}"},
    });
}

// Their first enumerator is the default. All have a table, and some a DSCP.
template <typename Mode>
concept CanSet = requires {
    Mode::set;
};

// Named: a table-map, by its name in a configuration, by its 64 values in the module.
template <typename Mode, typename Named>
struct BasicDscpSource {
    Mode mode{};
    Dscp value{};  // for set
    Named table{}; // for table

    BasicDscpSource() = default;
    BasicDscpSource(Mode word) : mode(word) {} // NOLINT: most words say all
    BasicDscpSource(Mode set, Dscp dscp) : mode(set), value(dscp) {}
    BasicDscpSource(Mode by_table, Named name) : mode(by_table), table(std::move(name)) {}
    BasicDscpSource(Mode, std::nullptr_t) = delete; // a number is no DSCP

    bool operator==(const BasicDscpSource&) const = default;
    bool operator==(Mode word) const { return mode == word; }
    // Drops what the mode does not use.
    void normalise() {
        if constexpr (CanSet<Mode>)
            if (mode != Mode::set) value = {};
        if (mode != Mode::table) table = {};
    }
};

template <typename Mode>
using DscpSource = BasicDscpSource<Mode, std::string>;

template <typename Mode>
const Word& word_of(Mode mode) {
    static constexpr auto words = words_of_source(Mode{});
    return words[static_cast<std::size_t>(mode)];
}

// "copy", "set ef", "table wan"
template <typename Mode>
std::string to_string(const DscpSource<Mode>& source) {
    std::string text(word_of(source.mode).text);
    if constexpr (CanSet<Mode>)
        if (source == Mode::set) text += ' ' + to_string(source.value);
    if (source == Mode::table) text += ' ' + source.table;
    return text;
}

struct DscpSourceSetting {
    std::string_view key; // in its section of a tunnel's JSON
    std::array<Keyword, 3> line;
    Keyword value{};                                // of set: its type in the grammar
    bool permit = false;                            // a list of the DSCPs that it may come from
    std::string_view summary, example;              // for the manual page; the example's value
    std::uint16_t mode, table, value_attribute = 0; // TUNQOS_A_TUNNEL_*
};

namespace settings {

inline constexpr DscpSourceSetting encap_dscp{
    .key = "dscp",
    .line = {tunnel, encap, {"dscp", "The DSCP"}},
    .value = {"DSCP", "Outer DSCP"},
    .summary = "Says how the outer DSCP is made.",
    .example = "set ef",
    .mode = TUNQOS_A_TUNNEL_ENCAP_DSCP,
    .table = TUNQOS_A_TUNNEL_ENCAP_TABLE,
    .value_attribute = TUNQOS_A_TUNNEL_ENCAP_VALUE,
};
inline constexpr DscpSourceSetting encap_inner{
    .key = "innerDscp",
    .line = {tunnel, encap, {"inner-dscp", "The DSCP of the inner header"}},
    .value = {"DSCP", "Inner DSCP"},
    .summary =
        "Rewrites the inner DSCP as well ([3 Inner] of RFC 2983). The outer one is made from "
        "what it was before. Not together with tunnel encap dscp native.",
    .example = "set default",
    .mode = TUNQOS_A_TUNNEL_ENCAP_INNER,
    .table = TUNQOS_A_TUNNEL_ENCAP_INNER_TABLE,
    .value_attribute = TUNQOS_A_TUNNEL_ENCAP_INNER_VALUE,
};
inline constexpr DscpSourceSetting decap_dscp{
    .key = "dscp",
    .line = {tunnel, decap, {"dscp", "The DSCP"}},
    .permit = true,
    .summary =
        "Says what becomes of the inner DSCP. On a crypto map, copy and table need a permit list.",
    .example = "copy permit 0-47",
    .mode = TUNQOS_A_TUNNEL_DECAP_DSCP,
    .table = TUNQOS_A_TUNNEL_DECAP_TABLE,
};

} // namespace settings

// "tunnel encap dscp set ef"
template <typename Mode>
std::string line_of(const DscpSourceSetting& setting, const DscpSource<Mode>& source) {
    return line_of(setting) + ' ' + to_string(source);
}

} // namespace tunqos
