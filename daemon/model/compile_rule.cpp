// SPDX-License-Identifier: GPL-2.0-or-later
//
// A rule as the tables that the module works with. SonicOS has an order for two actions that
// depend on each other: what is explicit comes first, and what maps then maps that; where both
// map, a packet is mapped one way only, from the tag if it arrived with one.
#include "tunqos/rules.hpp"

namespace tunqos {

namespace {

constexpr std::size_t untagged = ByTag{}.size() - 1;

constexpr std::uint8_t tag_of(std::uint8_t cos) {
    return static_cast<std::uint8_t>(cos * 2); // DEI 0
}

ByTag always(std::uint8_t value) {
    ByTag table{};
    table.fill(value);
    return table;
}

ByTag by_priority(const CosMap& map) {
    ByTag table{};
    for (std::size_t tag = 0; tag < untagged; ++tag)
        table[tag] = map[tag / 2];
    table[untagged] = table_leave;
    return table;
}

ByTag kept() {
    ByTag table{};
    for (std::size_t tag = 0; tag < untagged; ++tag)
        table[tag] = static_cast<std::uint8_t>(tag);
    table[untagged] = table_leave;
    return table;
}

std::optional<ByTag> dscp_by_tag(const Rule& rule, const QosMaps& maps) {
    switch (rule.dscp) {
    case RuleAction::none: return always(0);
    case RuleAction::preserve: break;
    case RuleAction::set: return always(rule.dscp_value.value);
    case RuleAction::map:
        return rule.cos == RuleAction::set ? always(maps.cos_dscp.at(rule.cos_value))
                                           : by_priority(maps.cos_dscp);
    }
    return std::nullopt;
}

std::optional<ByTag> tag_by_tag(const Rule& rule) {
    switch (rule.cos) {
    case RuleAction::none: return always(0);
    case RuleAction::preserve: return kept();
    case RuleAction::set: return always(tag_of(rule.cos_value));
    case RuleAction::map: break;
    }
    // One way only: a priority that has become the DSCP is not made from it again.
    return rule.dscp == RuleAction::map ? std::optional(kept()) : std::nullopt;
}

Table tag_by_dscp(const QosMaps& maps) {
    Table table{};
    for (std::size_t dscp = 0; dscp < table.size(); ++dscp)
        table[dscp] = tag_of(maps.dscp_cos[dscp]);
    return table;
}

} // namespace

RuleTables compile_rule(const Rule& rule, const QosMaps& maps) {
    RuleTables tables;
    tables.dscp = dscp_by_tag(rule, maps);
    const bool always_written = rule.dscp == RuleAction::none || rule.dscp == RuleAction::set;
    tables.dscp_override = always_written || (rule.dscp == RuleAction::map && rule.override);
    tables.tag = tag_by_tag(rule);
    if (rule.cos == RuleAction::map) tables.dscp_tag = tag_by_dscp(maps);
    tables.insert_tag = rule.cos != RuleAction::none;
    return tables;
}

} // namespace tunqos
