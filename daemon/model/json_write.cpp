// SPDX-License-Identifier: GPL-2.0-or-later
//
// The configuration as JSON: json.cpp reads it back to an equal one.
#include <nlohmann/json.hpp>

#include "json_syntax.hpp"
#include "tunqos/json.hpp"
#include "tunqos/json_parts.hpp"

namespace tunqos {

namespace {

using nlohmann::json;

json table_map_json(const TableMap& map) {
    json value = {{"map", json::object()}};
    for (const auto& [from, to] : map.map)
        value["map"][to_string(Dscp{from})] = to;
    if (map.fallback == TableDefault::copy) value["default"] = "copy";
    if (map.fallback == TableDefault::ignore) value["default"] = "ignore";
    if (map.fallback == TableDefault::value) value["default"] = map.default_value;
    return value;
}

template <typename Mode>
json source_json(const DscpSource<Mode>& source) {
    if constexpr (CanSet<Mode>)
        if (source == Mode::set) return {{"set", to_string(source.value)}};
    if (source == Mode::table) return {{"table", source.table}};
    return word_of(source.mode).text;
}

template <typename Mode>
void put_source(json& section, const DscpSourceSetting& setting, const DscpSource<Mode>& source) {
    section[std::string(setting.key)] = source_json(source);
}

// null if it is not set.
template <typename Value>
json text_or_null(const std::optional<Value>& value) {
    return value ? json(to_string(*value)) : json();
}

// Those of a section that are not at their default, or all of them.
void put_settings(json& value, std::string_view section, const TunnelOptions& options, Keys keys) {
    each_setting(section, [&](const auto& setting) {
        const auto& is = options.*setting.member;
        if (keys == Keys::set && is == std::remove_cvref_t<decltype(is)>{}) return;
        json& to = value[std::string(setting.key)];
        if (std::string text = value_text(is); !text.empty()) to = std::move(text);
    });
}

json encap_json(const TunnelProfile& profile, Keys keys) {
    const Encap& encap = profile.encap;
    const bool all = keys == Keys::all;
    json value = json::object();
    if (all || !encap.implied) put_source(value, settings::encap_dscp, encap.dscp);
    if (all || encap.inner != EncapInner::keep)
        put_source(value, settings::encap_inner, encap.inner);
    if (all || encap.single_aggregate)
        value["singleAggregate"] = text_or_null(encap.single_aggregate);
    put_settings(value, "encap", profile.options, keys);
    return value;
}

json decap_json(const TunnelProfile& profile, Keys keys) {
    const Decap& decap = profile.decap;
    const bool all = keys == Keys::all;
    json value;
    put_source(value, settings::decap_dscp, decap.dscp);
    if (all || decap.permit) value["permit"] = text_or_null(decap.permit);
    const bool outer = decap.queue_by == DecapClass::outer;
    if (all || outer || profile.mode) value["class"] = outer ? "outer" : "inner";
    put_settings(value, "decap", profile.options, keys);
    return value;
}

json pre_classify_json(const PreClassify& pre_classify) {
    if (!pre_classify.enabled) return false;
    json value;
    if (!pre_classify.table.empty()) value["table"] = pre_classify.table;
    if (pre_classify.handle != 0) value["handle"] = handle_text(pre_classify.handle);
    if (pre_classify.via == ClassVia::priority) value["via"] = "priority";
    if (pre_classify.via == ClassVia::mark) value["via"]["mark"] = hexadecimal(pre_classify.mask);
    return value.is_null() ? json(true) : value;
}

json mode_json(const DiffservMode& mode) {
    json value = {{"model", to_string(mode.model)}};
    if (mode.dscp != EncapDscp::copy) value["dscp"] = source_json(mode.dscp);
    if (mode.permit) value["permit"] = to_string(*mode.permit);
    return value;
}

json interface_json(const Interface& interface) {
    json value = json::object();
    if (!interface.description.empty()) value["description"] = interface.description;
    if (interface.tunnel) value["tunnel"] = tunnel_to_json(*interface.tunnel, Keys::set);
    if (interface.port) value["port"] = port_to_json(*interface.port);
    if (json cos = protocol_cos_to_json(interface.protocol_cos); !cos.is_null())
        value["protocolCos"] = std::move(cos);
    if (interface.mark) value["mark"] = mark_to_json(*interface.mark);
    if (interface.mls_qos != MlsQos{})
        value["mlsQos"] = mls_qos_to_json(interface.mls_qos, Keys::set);
    if (interface.set_dscp) value["setDscp"] = set_dscp_to_json(*interface.set_dscp, Keys::set);
    if (interface.dot1p) value["802.1p"] = true;
    return value;
}

json crypto_map_json(const CryptoMap& map) {
    json value = {{"tunnel", tunnel_to_json(map.tunnel, Keys::set)}};
    if (!map.description.empty()) value["description"] = map.description;
    if (!map.match.peer.empty()) value["peer"] = map.match.peer;
    if (json match = match_to_json(map.match); !match.empty()) value["match"] = std::move(match);
    return value;
}

} // namespace

json tunnel_to_json(const TunnelProfile& profile, Keys keys) {
    const bool all = keys == Keys::all;
    json value = {{"encap", encap_json(profile, keys)}, {"decap", decap_json(profile, keys)}};
    if (all || profile.mode)
        value["diffservMode"] = profile.mode ? mode_json(*profile.mode) : json();
    put_settings(value, "", profile.options, keys);
    if (all || profile.pre_classify.enabled)
        value["preClassify"] = pre_classify_json(profile.pre_classify);
    return value;
}

json port_to_json(const PortProfile& port) {
    return {{"cos", port.table.empty() ? json("dscp") : json{{"table", port.table}}}};
}

json protocol_cos_to_json(const ProtocolCos& cos) {
    json value;
    for (std::size_t i = 0; i < port_protocols.size(); ++i) {
        if (cos[i]) value[std::string(port_protocols[i])] = *cos[i];
    }
    return value;
}

json mark_to_json(const MarkProfile& mark) {
    json value = {{"mask", hexadecimal(mark.mask)}};
    if (!mark.table.empty()) value["table"] = mark.table;
    return value;
}

json mls_qos_to_json(const MlsQos& mls, Keys keys) {
    const bool all = keys == Keys::all;
    json value = json::object();
    if (all || mls.trust != PortTrust::none) value["trust"] = to_string(mls.trust);
    if (all || mls.cos != 0) value["cos"] = mls.cos;
    if (all || mls.override) value["override"] = mls.override;
    if (all) value["dscpMutation"] = nullptr;
    if (!mls.mutation.empty()) value["dscpMutation"] = mls.mutation;
    return value;
}

json set_dscp_to_json(const SetDscp& set, Keys keys) {
    json value = {{"dscp", source_json(set.dscp)}};
    if (keys == Keys::all || set.override) value["override"] = set.override;
    return value;
}

namespace {

void put_end(json& value, const char* address, const char* ports, const RuleEnd& end, Keys keys) {
    if (keys == Keys::all) value[address] = value[ports] = nullptr;
    if (end.address) value[address] = to_string(*end.address);
    if (!end.ports) return;
    const auto& [first, last] = *end.ports;
    value[ports] =
        first == last ? json(first) : json(std::to_string(first) + '-' + std::to_string(last));
}

json action_json(RuleAction action, const json& value) {
    return action == RuleAction::set ? value : json(to_string(action));
}

json dscps_json(const DscpSet& dscps) {
    json list = json::array();
    for (std::size_t i = 0; i < dscps.size(); ++i) {
        if (dscps.test(i)) list.push_back(to_string(Dscp{static_cast<std::uint8_t>(i)}));
    }
    return list;
}

json cos_json(const CosSet& cos) {
    json list = json::array();
    for (std::size_t i = 0; i < cos.size(); ++i) {
        if (cos.test(i)) list.push_back(i);
    }
    return list;
}

} // namespace

json rule_to_json(const Rule& rule, Keys keys) {
    const RuleMatch& match = rule.match;
    const bool all = keys == Keys::all;
    json value = json::object();
    const auto text = [&](const char* key, const std::string& is) {
        if (all || !is.empty()) value[key] = is.empty() ? json() : json(is);
    };
    text("name", rule.name);
    text("from", match.from);
    text("to", match.to);
    text("protocol", match.protocol);
    put_end(value, "source", "sourcePorts", match.source, keys);
    put_end(value, "destination", "destinationPorts", match.destination, keys);
    if (all) value["dscp"] = value["cos"] = nullptr;
    if (match.dscp.any()) value["dscp"] = dscps_json(match.dscp);
    if (match.cos.any()) value["cos"] = cos_json(match.cos);
    if (all || rule.dscp != RuleAction::preserve)
        value["setDscp"] = action_json(rule.dscp, to_string(rule.dscp_value));
    if (all || rule.override) value["override"] = rule.override;
    if (all || rule.cos != RuleAction::none)
        value["setCos"] = action_json(rule.cos, rule.cos_value);
    return value;
}

json match_to_json(const Selector& match) {
    json value = json::object();
    if (!match.local.empty()) value["local"] = match.local;
    if (match.reqid) value["reqid"] = *match.reqid;
    if (match.if_id) value["ifId"] = *match.if_id;
    if (match.mark) value["mark"] = to_string(*match.mark);
    if (match.spi) value["spi"] = hexadecimal(*match.spi);
    return value;
}

namespace {

std::string text_of(const std::string& name) {
    return name;
}
std::string text_of(const CryptoMapKey& key) {
    return key.name + ' ' + std::to_string(key.sequence);
}
std::string text_of(RuleSequence sequence) {
    return std::to_string(sequence);
}

// What is new or other goes to `changed`; what is gone is null in `section`.
template <typename Objects>
void compare(const Objects& before, const Objects& after, Objects& changed, json& section) {
    for (const auto& [key, object] : after) {
        const auto old = before.find(key);
        if (old == before.end() || !(old->second == object)) changed.emplace(key, object);
    }
    for (const auto& [key, object] : before) {
        if (!after.contains(key)) section[text_of(key)] = nullptr;
    }
}

} // namespace

namespace {

// What differs from `as_default`, by the DSCP.
json dscp_table_json(const Table& table, const Table& as_default) {
    json value = json::object();
    for (std::size_t i = 0; i < table.size(); ++i) {
        if (table[i] != as_default[i])
            value[to_string(Dscp{static_cast<std::uint8_t>(i)})] = table[i];
    }
    return value;
}

json qos_maps_json(const QosMaps& maps) {
    const QosMaps defaults;
    json value = json::object();
    if (maps.cos_dscp != defaults.cos_dscp) value["cosDscp"] = maps.cos_dscp;
    if (maps.dscp_cos != defaults.dscp_cos)
        value["dscpCos"] = dscp_table_json(maps.dscp_cos, defaults.dscp_cos);
    for (const auto& [name, table] : maps.mutations)
        value["dscpMutations"][name] = dscp_table_json(table, same_dscp_table());
    return value;
}

// As compare(): a map that is at its default again is null.
void compare(const QosMaps& before, const QosMaps& after, QosMaps& changed, json& section) {
    const QosMaps defaults;
    const auto one = [&](const char* key, auto map) {
        if (before.*map == after.*map) return;
        changed.*map = after.*map;
        if (after.*map == defaults.*map) section[key] = nullptr;
    };
    one("cosDscp", &QosMaps::cos_dscp);
    one("dscpCos", &QosMaps::dscp_cos);
    json mutations;
    compare(before.mutations, after.mutations, changed.mutations, mutations);
    if (!mutations.is_null()) section["dscpMutations"] = std::move(mutations);
}

} // namespace

namespace {

json rule_options_json(const RuleOptions& options) {
    const RuleOptions defaults;
    json value = json::object();
    if (options.mark_mask != defaults.mark_mask) value["markMask"] = hexadecimal(options.mark_mask);
    if (options.cos_mask != defaults.cos_mask) value["cosMask"] = hexadecimal(options.cos_mask);
    return value;
}

} // namespace

json change_to_json(const Config& before, const Config& after) {
    Config changed;
    json removed = json::object();
    compare(before.qos_maps, after.qos_maps, changed.qos_maps, removed["qosMaps"]);
    compare(before.table_maps, after.table_maps, changed.table_maps, removed["tableMaps"]);
    compare(before.zones, after.zones, changed.zones, removed["zones"]);
    compare(before.rules, after.rules, changed.rules, removed["rules"]);
    compare(before.interfaces, after.interfaces, changed.interfaces, removed["interfaces"]);
    compare(before.crypto_maps, after.crypto_maps, changed.crypto_maps, removed["cryptoMaps"]);
    // One without any setting is none.
    for (const auto& [name, interface] : changed.interfaces) {
        if (interface == Interface{}) removed["interfaces"][name] = nullptr;
    }
    changed.rule_options = after.rule_options;
    json value = config_to_json(changed);
    // It is one object, and not told if it stays.
    if (before.rule_options == after.rule_options)
        value.erase("ruleOptions");
    else if (after.rule_options == RuleOptions{})
        value["ruleOptions"] = nullptr;
    for (const auto& [section, objects] : removed.items()) {
        if (!objects.is_null()) value[section].update(objects, true);
    }
    return value;
}

json config_to_json(const Config& config) {
    json value = {{"version", json_format_version}};
    if (json maps = qos_maps_json(config.qos_maps); !maps.empty())
        value["qosMaps"] = std::move(maps);
    for (const auto& [name, map] : config.table_maps)
        value["tableMaps"][name] = table_map_json(map);
    for (const auto& [name, zone] : config.zones)
        value["zones"][name] = zone;
    if (json options = rule_options_json(config.rule_options); !options.empty())
        value["ruleOptions"] = std::move(options);
    for (const auto& [sequence, rule] : config.rules)
        value["rules"][text_of(sequence)] = rule_to_json(rule, Keys::set);
    for (const auto& [name, interface] : config.interfaces) {
        if (interface != Interface{}) value["interfaces"][name] = interface_json(interface);
    }
    for (const auto& [key, map] : config.crypto_maps)
        value["cryptoMaps"][text_of(key)] = crypto_map_json(map);
    return value;
}

std::string config_to_text(const Config& config) {
    return config_to_json(config).dump(2, ' ', false, json::error_handler_t::replace) + '\n';
}

} // namespace tunqos
