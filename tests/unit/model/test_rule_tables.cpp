// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a rule becomes in the module: all combinations of the two actions, by what they do to a
// packet and not by how the tables say it.
#include "catch.hpp"
#include "tunqos/rules.hpp"

using namespace tunqos;

namespace {

constexpr std::uint8_t p = 6;      // the priority that a packet arrives with
constexpr std::uint8_t d = 10;     // its DSCP
constexpr std::uint8_t e = 3;      // the explicit priority
constexpr std::uint8_t x = 46;     // the explicit DSCP
constexpr int port = -1;           // the priority is what else the port says
constexpr std::size_t no_tag = 16; // a packet that arrived without one

// No class selectors, so that nothing is right by accident.
QosMaps maps() {
    QosMaps maps;
    for (std::size_t cos = 0; cos < maps.cos_dscp.size(); ++cos)
        maps.cos_dscp[cos] = static_cast<std::uint8_t>(50 + cos);
    for (std::size_t dscp = 0; dscp < maps.dscp_cos.size(); ++dscp)
        maps.dscp_cos[dscp] = static_cast<std::uint8_t>((dscp + 5) % 8);
    return maps;
}

int p2d(std::uint8_t cos) {
    return maps().cos_dscp.at(cos);
}
int d2p(int dscp) {
    return maps().dscp_cos.at(static_cast<std::size_t>(dscp));
}

struct Packet {
    int dscp, cos;
    bool operator==(const Packet&) const = default;
};

// What the module does (include/uapi/linux/tunqos.yaml, rule) to a packet with this DSCP and the
// tag of this index.
Packet by(const RuleTables& tables, std::size_t tag, std::uint8_t dscp) {
    if (tables.dscp && (dscp == 0 || tables.dscp_override) && tables.dscp->at(tag) != table_leave)
        dscp = tables.dscp->at(tag);
    std::uint8_t leaves = table_leave;
    if (tables.tag) leaves = tables.tag->at(tag);
    if (leaves == table_leave && tables.dscp_tag) leaves = tables.dscp_tag->at(dscp);
    return {dscp, leaves == table_leave ? port : leaves / 2};
}

Rule rule(RuleAction dscp, RuleAction cos, bool override = true) {
    Rule rule;
    rule.dscp = dscp;
    rule.cos = cos;
    rule.override = override && dscp == RuleAction::map;
    if (dscp == RuleAction::set) rule.dscp_value = Dscp{x};
    if (cos == RuleAction::set) rule.cos_value = e;
    return rule;
}

std::string name(const Rule& rule) {
    return std::string(to_string(rule.dscp)) + ", 802.1p " + std::string(to_string(rule.cos));
}

struct Expected {
    RuleAction dscp, cos;
    Packet tagged, untagged;
};

constexpr auto none = RuleAction::none, preserve = RuleAction::preserve, set = RuleAction::set,
               map = RuleAction::map;

// The table of 16 of SonicOS, with override.
std::vector<Expected> all_combinations() {
    return {
        {none, none, {0, 0}, {0, 0}},
        {none, preserve, {0, p}, {0, port}},
        {none, set, {0, e}, {0, e}},
        {none, map, {0, d2p(0)}, {0, d2p(0)}},
        {preserve, none, {d, 0}, {d, 0}},
        {preserve, preserve, {d, p}, {d, port}},
        {preserve, set, {d, e}, {d, e}},
        {preserve, map, {d, d2p(d)}, {d, d2p(d)}},
        {set, none, {x, 0}, {x, 0}},
        {set, preserve, {x, p}, {x, port}},
        {set, set, {x, e}, {x, e}},
        {set, map, {x, d2p(x)}, {x, d2p(x)}}, // explicit first, then mapped
        {map, none, {p2d(p), 0}, {d, 0}},
        {map, preserve, {p2d(p), p}, {d, port}},
        {map, set, {p2d(e), e}, {p2d(e), e}}, // explicit first, then mapped
        {map, map, {p2d(p), p}, {d, d2p(d)}}, // one way only
    };
}

constexpr std::size_t tag_of(std::uint8_t cos, bool dei) {
    return std::size_t{cos} * 2 + (dei ? 1 : 0);
}

} // namespace

TEST_CASE("what the 16 combinations of a rule's actions do to a packet") {
    for (const auto& [dscp, cos, tagged, untagged] : all_combinations()) {
        const Rule made = rule(dscp, cos);
        INFO(name(made));
        const RuleTables tables = compile_rule(made, maps());
        CHECK(by(tables, tag_of(p, false), d) == tagged);
        CHECK(by(tables, tag_of(p, true), d) == tagged);
        CHECK(by(tables, no_tag, d) == untagged);
    }
}

TEST_CASE("without override a rule that maps leaves a DSCP that is not 0") {
    for (const auto& [dscp, cos, tagged, untagged] : all_combinations()) {
        if (dscp != RuleAction::map) continue;
        const Rule made = rule(dscp, cos, false);
        INFO(name(made));
        const RuleTables tables = compile_rule(made, maps());
        CHECK(by(tables, tag_of(p, false), d) == Packet{d, tagged.cos});
        CHECK(by(tables, no_tag, d) == Packet{d, untagged.cos});
        CHECK(by(tables, tag_of(p, false), 0) == tagged);
        const int without_tag = cos == RuleAction::set ? p2d(e) : 0;
        CHECK(by(tables, no_tag, 0).dscp == without_tag);
    }
}

TEST_CASE("each priority is mapped by its own entry, whatever its DEI") {
    const RuleTables tables = compile_rule(rule(map, preserve), maps());
    for (std::uint8_t cos = 0; cos < pcp_count; ++cos) {
        for (const bool dei : {false, true}) {
            const std::size_t tag = tag_of(cos, dei);
            CHECK(by(tables, tag, d) == Packet{p2d(cos), cos});
            CHECK(tables.tag->at(tag) == tag); // preserved with its DEI
        }
    }
    const RuleTables by_dscp = compile_rule(rule(preserve, map), maps());
    for (std::uint8_t dscp = 0; dscp < dscp_count; ++dscp)
        CHECK(by(by_dscp, no_tag, dscp) == Packet{dscp, d2p(dscp)});
}

TEST_CASE("a tag is inserted by every action but none, and a kept DSCP takes no table") {
    for (const auto& expected : all_combinations()) {
        const RuleTables tables = compile_rule(rule(expected.dscp, expected.cos), maps());
        CHECK(tables.insert_tag == (expected.cos != RuleAction::none));
        CHECK(tables.dscp.has_value() == (expected.dscp != RuleAction::preserve));
        if (!tables.dscp) CHECK_FALSE(tables.dscp_override);
    }
}
