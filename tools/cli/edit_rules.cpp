// SPDX-License-Identifier: GPL-2.0-or-later
//
// Rules and zones: making and removing them, what they match and what they set. The grammar has
// checked every value already.
#include <fmt/format.h>

#include "cli/edit.hpp"
#include "cli/grammar/types.hpp"

namespace tunqos::cli {
namespace {

template <typename Number>
Number number(const std::string& text, std::uint32_t most) {
    return static_cast<Number>(parse_number(text, 0, most).value_or(0));
}

Rule& rule_of(Config& config, const Context& context) {
    return config.rules[context.sequence];
}

// As it is in the configuration: empty.
std::string place(const std::string& typed) {
    return typed == "any" ? std::string() : typed;
}

// What stands behind `source` or `destination`.
RuleEnd typed_end(const Match& match, std::string_view which) {
    RuleEnd end;
    bool here = false;
    for (const Value& value : match.values) {
        if (value.token == "source" || value.token == "destination") here = value.token == which;
        if (!here) continue;
        if (value.token == "NETWORK") end.address = parse_network(value.text);
        if (value.token != "PORT") continue;
        const auto port = number<std::uint16_t>(value.text, UINT16_MAX);
        if (!end.ports) end.ports = PortRange{port, port};
        end.ports->last = port;
    }
    return end;
}

std::string typed_protocol(const Match& match) {
    for (const RuleProtocol& protocol : rule_protocols()) {
        if (match.has(protocol.word)) return std::string(protocol.word);
    }
    return {};
}

} // namespace

Result<Config> edit_rule(Config config, const Context&, const Match& match) {
    const auto sequence = number<RuleSequence>(match.get("RULE"), 65535);
    if (match.negated) {
        if (config.rules.erase(sequence) == 0)
            return fail(fmt::format("qos rule {}", sequence),
                        "there is no such rule; show qos rules lists them");
        return config;
    }
    Rule& rule = config.rules[sequence];
    if (const std::string name = match.get("NAME"); !name.empty()) rule.name = name;
    return config;
}

Result<Config> edit_zone(Config config, const Context&, const Match& match) {
    const std::string name = match.get("ZONE");
    if (!match.negated)
        config.zones.try_emplace(name);
    else if (config.zones.erase(name) == 0)
        return fail("qos zone " + name, "there is no such zone");
    return config;
}

Result<Config> edit_member(Config config, const Context& context, const Match& match) {
    Zone& zone = config.zones[context.name];
    const std::string name = match.get("INTERFACE");
    if (!match.negated)
        zone.insert(name);
    else if (zone.erase(name) == 0)
        return fail("qos zone " + context.name, name + " is no member of it");
    return config;
}

Result<Config> edit_mark_mask(Config config, const Context&, const Match& match) {
    std::uint32_t& mask = config.rule_options.mark_mask;
    mask = RuleOptions{}.mark_mask;
    if (!match.negated) mask = parse_u32(match.get("MASK")).value_or(mask);
    return config;
}

Result<Config> edit_cos_mask(Config config, const Context&, const Match& match) {
    std::uint32_t& mask = config.rule_options.cos_mask;
    mask = RuleOptions{}.cos_mask;
    if (!match.negated) mask = parse_u32(match.get("MASK")).value_or(mask);
    return config;
}

Result<Config> edit_dot1p(Config config, const Context& context, const Match& match) {
    config.interfaces[context.name].dot1p = !match.negated;
    forget_if_empty(config, context.name);
    return config;
}

Result<Config> edit_rule_path(Config config, const Context& context, const Match& match) {
    RuleMatch& rule = rule_of(config, context).match;
    const auto places = match.all("PLACE");
    const bool both = !match.negated && places.size() == 2;
    rule.from = both ? place(places.front()) : std::string();
    rule.to = both ? place(places.back()) : std::string();
    return config;
}

Result<Config> edit_rule_traffic(Config config, const Context& context, const Match& match) {
    RuleMatch& rule = rule_of(config, context).match;
    rule.protocol.clear();
    rule.source = rule.destination = {};
    if (match.negated) return config;
    rule.protocol = typed_protocol(match);
    rule.source = typed_end(match, "source");
    rule.destination = typed_end(match, "destination");
    return config;
}

Result<Config> edit_rule_dscps(Config config, const Context& context, const Match& match) {
    DscpSet& dscps = rule_of(config, context).match.dscp;
    dscps.reset();
    if (match.negated) return config;
    for (const std::string& list : match.all("DSCP-LIST"))
        dscps |= parse_dscp_set(list).value_or(DscpSet{});
    return config;
}

Result<Config> edit_rule_cos_list(Config config, const Context& context, const Match& match) {
    CosSet& cos = rule_of(config, context).match.cos;
    cos.reset();
    if (match.negated) return config;
    for (const std::string& one : match.all("COS"))
        cos.set(number<std::size_t>(one, 7));
    return config;
}

Result<Config> edit_rule_dscp(Config config, const Context& context, const Match& match) {
    Rule& rule = rule_of(config, context);
    rule.dscp = RuleAction::preserve;
    rule.dscp_value = {};
    rule.override = !match.negated && match.has("override");
    if (match.negated) return config;
    if (match.has("none")) rule.dscp = RuleAction::none;
    if (match.has("cos")) rule.dscp = RuleAction::map;
    if (const std::string dscp = match.get("DSCP"); !dscp.empty()) {
        rule.dscp = RuleAction::set;
        rule.dscp_value = parse_dscp(dscp).value_or(Dscp{});
    }
    return config;
}

Result<Config> edit_rule_cos(Config config, const Context& context, const Match& match) {
    Rule& rule = rule_of(config, context);
    rule.cos = RuleAction::none;
    rule.cos_value = 0;
    if (match.negated) return config;
    if (match.has("preserve")) rule.cos = RuleAction::preserve;
    if (match.has("dscp")) rule.cos = RuleAction::map;
    if (const std::string cos = match.get("COS"); !cos.empty()) {
        rule.cos = RuleAction::set;
        rule.cos_value = number<std::uint8_t>(cos, 7);
    }
    return config;
}

} // namespace tunqos::cli
