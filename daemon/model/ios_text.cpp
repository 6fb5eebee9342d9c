// SPDX-License-Identifier: GPL-2.0-or-later
//
// The configuration as an IOS engineer writes it. Deterministic: one Config has one
// text. The CLI reads the same lines back, so a change of the wording is a change of its
// grammar (tools/cli).
#include "tunqos/config.hpp"

namespace tunqos {

namespace {

using Lines = std::vector<std::string>;

std::string section(const std::string& head, const Lines& lines) {
    std::string text = head + '\n';
    for (const auto& line : lines)
        text += ' ' + line + '\n';
    return text;
}

// The right side of a table: what it means depends on the use, so small numbers, which
// may be priorities, stay numbers ("1" rather than "le").
std::string table_value(std::uint8_t value) {
    return value < pcp_count ? std::to_string(value) : to_string(Dscp{value});
}

std::string with_permit(std::string text, const Decap& decap) {
    if (decap.permit) text += " permit " + to_string(*decap.permit);
    return text;
}

std::string with_table(std::string text, const std::string& table) {
    return table.empty() ? text : text + " table " + table;
}

std::string mode_line(const DiffservMode& mode) {
    std::string line = "tunnel diffserv-mode " + std::string(to_string(mode.model));
    if (mode.permit) line += " permit " + to_string(*mode.permit);
    if (mode.dscp == EncapDscp::set) line += " dscp " + to_string(mode.dscp.value);
    return with_table(std::move(line), mode.dscp.table);
}

// A line for what was typed: a model, and what differs from it or from the defaults.
void dscp_lines(const TunnelProfile& profile, Lines& lines) {
    const auto& encap = profile.encap;
    const auto& decap = profile.decap;
    const bool named = profile.mode.has_value();
    const SaidByMode said = said_by_mode(profile);
    if (named) lines.push_back(mode_line(*profile.mode));
    if (named ? !said.encap_dscp : !encap.implied)
        lines.push_back(line_of(settings::encap_dscp, encap.dscp));
    if (encap.single_aggregate)
        lines.push_back("tunnel encap single-aggregate " + to_string(*encap.single_aggregate));
    if (encap.inner != EncapInner::keep)
        lines.push_back(line_of(settings::encap_inner, encap.inner));
    if (named ? !said.decap_dscp : decap.dscp != DecapDscp::keep || decap.permit)
        // validate() refuses keep with a permit list; written all the same, not to hide it
        lines.push_back(with_permit(line_of(settings::decap_dscp, decap.dscp), decap));
    const bool outer = decap.queue_by == DecapClass::outer;
    if (named ? !said.decap_class : outer)
        lines.push_back(outer ? "tunnel decap class outer" : "tunnel decap class inner");
}

void profile_lines(const TunnelProfile& profile, Lines& lines) {
    dscp_lines(profile, lines);
    each_setting([&](const auto& setting) {
        const auto& value = profile.options.*setting.member;
        if (value != std::remove_cvref_t<decltype(value)>{})
            lines.push_back(line_of(setting) + ' ' + value_text(value));
    });
    const PreClassify& pre_classify = profile.pre_classify;
    if (pre_classify.enabled) lines.push_back("qos pre-classify" + to_string(pre_classify));
}

void match_lines(const Selector& match, Lines& lines) {
    if (!match.peer.empty()) lines.push_back("set peer " + match.peer);
    if (!match.local.empty()) lines.push_back("match local " + match.local);
    if (match.reqid) lines.push_back("match reqid " + std::to_string(*match.reqid));
    if (match.if_id) lines.push_back("match if-id " + std::to_string(*match.if_id));
    if (const auto& mark = match.mark) {
        const bool whole = mark->mask == Mark{}.mask;
        lines.push_back("match mark " + hexadecimal(mark->value) +
                        (whole ? std::string() : ' ' + hexadecimal(mark->mask)));
    }
    if (match.spi) lines.push_back("match spi " + hexadecimal(*match.spi));
}

// As IOS has them: the default CoS and its override have a line each.
void arrival_lines(const Interface& interface, Lines& lines) {
    const MlsQos& mls = interface.mls_qos;
    if (mls.trust != PortTrust::none)
        lines.push_back("mls qos trust " + std::string(to_string(mls.trust)));
    if (mls.cos != 0) lines.push_back("mls qos cos " + std::to_string(mls.cos));
    if (mls.override) lines.emplace_back("mls qos cos override");
    if (!mls.mutation.empty()) lines.push_back("mls qos dscp-mutation " + mls.mutation);
    if (interface.set_dscp) lines.push_back("set dscp " + to_string(*interface.set_dscp));
}

// As IOS takes and prints them: single DSCPs, so many in a line.
constexpr std::size_t dscps_in_line = 8;

void list_lines(const std::string& head, const DscpSet& from, std::uint8_t to, Lines& lines) {
    std::string line;
    std::size_t count = 0;
    const auto finish = [&] {
        if (count > 0) lines.push_back(head + line + " to " + std::to_string(to));
        line.clear();
        count = 0;
    };
    for (std::size_t i = 0; i < from.size(); ++i) {
        if (!from.test(i)) continue;
        line += ' ' + std::to_string(i);
        if (++count == dscps_in_line) finish();
    }
    finish();
}

// Lines for each value that some entries have and do not have by default.
void map_lines(const std::string& head, const Table& table, const Table& as_default, Lines& lines) {
    std::map<std::uint8_t, DscpSet> entries;
    for (std::size_t i = 0; i < table.size(); ++i) {
        if (table[i] != as_default[i]) entries[table[i]].set(i);
    }
    for (const auto& [to, from] : entries)
        list_lines(head, from, to, lines);
}

Lines qos_map_lines(const QosMaps& maps) {
    const QosMaps defaults;
    Lines lines;
    if (maps.cos_dscp != defaults.cos_dscp) {
        std::string& line = lines.emplace_back("mls qos map cos-dscp");
        for (const auto dscp : maps.cos_dscp)
            line += ' ' + std::to_string(dscp);
    }
    map_lines("mls qos map dscp-cos", maps.dscp_cos, defaults.dscp_cos, lines);
    for (const auto& [name, table] : maps.mutations) {
        const std::string head = "mls qos map dscp-mutation " + name;
        map_lines(head, table, same_dscp_table(), lines);
        // It is there, and has to be named.
        if (table == same_dscp_table()) lines.push_back(head + " 0 to 0");
    }
    return lines;
}

void description_line(const std::string& description, Lines& lines) {
    if (!description.empty()) lines.push_back("description " + description);
}

} // namespace

std::string interface_to_ios(const std::string& name, const Interface& interface) {
    Lines lines;
    description_line(interface.description, lines);
    if (interface.tunnel) profile_lines(*interface.tunnel, lines);
    if (interface.port) lines.push_back(with_table("set cos dscp", interface.port->table));
    for (std::size_t i = 0; i < port_protocols.size(); ++i) {
        if (const auto cos = interface.protocol_cos[i])
            lines.push_back("set cos " + std::string(port_protocols[i]) + ' ' +
                            std::to_string(*cos));
    }
    arrival_lines(interface, lines);
    if (interface.dot1p) lines.emplace_back("qos 802.1p");
    if (const auto& mark = interface.mark)
        lines.push_back(with_table("set mark dscp", mark->table) + " mask " +
                        hexadecimal(mark->mask));
    return section("interface " + name, lines);
}

std::string crypto_map_to_ios(const CryptoMapKey& key, const CryptoMap& map) {
    Lines lines;
    description_line(map.description, lines);
    match_lines(map.match, lines);
    profile_lines(map.tunnel, lines);
    return section("crypto map " + key.name + ' ' + std::to_string(key.sequence) + " ipsec-isakmp",
                   lines);
}

std::string table_map_to_ios(const std::string& name, const TableMap& map) {
    Lines lines;
    for (const auto& [from, to] : map.map)
        lines.push_back("map from " + to_string(Dscp{from}) + " to " + table_value(to));
    // Without a default all 64 are named, so that `copy` says nothing new.
    if (map.fallback == TableDefault::ignore)
        lines.emplace_back("default ignore");
    else if (map.fallback == TableDefault::value)
        lines.push_back("default " + table_value(map.default_value));
    else
        lines.emplace_back("default copy");
    return section("table-map " + name, lines);
}

std::string qos_maps_to_ios(const QosMaps& maps) {
    std::string text;
    for (const auto& line : qos_map_lines(maps))
        text += line + '\n';
    return text;
}

std::string rule_options_to_ios(const RuleOptions& options) {
    const RuleOptions defaults;
    std::string text;
    if (options.mark_mask != defaults.mark_mask)
        text += "qos rules mark-mask " + hexadecimal(options.mark_mask) + '\n';
    if (options.cos_mask != defaults.cos_mask)
        text += "qos rules cos-mask " + hexadecimal(options.cos_mask) + '\n';
    return text;
}

std::string rule_to_ios(RuleSequence sequence, const Rule& rule) {
    Lines lines;
    const auto line = [&](const char* head, const std::string& rest) {
        if (!rest.empty()) lines.push_back(head + rest);
    };
    const RuleMatch& match = rule.match;
    line("match from ", path_text(match));
    line("match ", traffic_text(match));
    line("match dscp ", dscp_words(match.dscp));
    line("match cos ", cos_words(match.cos));
    if (rule.dscp != RuleAction::preserve) line("set dscp ", dscp_action_text(rule));
    if (rule.cos != RuleAction::none) line("set cos ", cos_action_text(rule));
    const std::string name = rule.name.empty() ? std::string() : ' ' + rule.name;
    return section("qos rule " + std::to_string(sequence) + name, lines);
}

std::string zone_to_ios(const std::string& name, const Zone& zone) {
    Lines lines;
    for (const auto& member : zone)
        lines.push_back("member " + member);
    return section("qos zone " + name, lines);
}

namespace {

// With a separator if there is something.
std::string block(const std::string& text) {
    return text.empty() ? text : text + "!\n";
}

} // namespace

// What is named stands in front of what names it, so that it can be typed in line by line.
std::string config_to_ios(const Config& config) {
    std::string text = "!\n";
    text += block(qos_maps_to_ios(config.qos_maps));
    for (const auto& [name, map] : config.table_maps)
        text += table_map_to_ios(name, map) + "!\n";
    for (const auto& [name, zone] : config.zones)
        text += block(zone_to_ios(name, zone));
    text += block(rule_options_to_ios(config.rule_options));
    for (const auto& [sequence, rule] : config.rules)
        text += block(rule_to_ios(sequence, rule));
    for (const auto& [key, map] : config.crypto_maps)
        text += crypto_map_to_ios(key, map) + "!\n";
    for (const auto& [name, interface] : config.interfaces) {
        if (interface == Interface{}) continue;
        text += interface_to_ios(name, interface) + "!\n";
    }
    return text + "end\n";
}

} // namespace tunqos
