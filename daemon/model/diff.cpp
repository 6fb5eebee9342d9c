// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a change does, one line a change, in the words of the configuration.
#include <utility>

#include "tunqos/config.hpp"

namespace tunqos {

namespace {

// A setting and its value, in the order in which people read them. No value: not set.
using Settings = std::vector<std::pair<std::string, std::optional<std::string>>>;
using Text = std::optional<std::string>;

Text if_any(const std::string& text) {
    return text.empty() ? Text{} : Text{text};
}

Text encap_text(const TunnelProfile& profile) {
    switch (profile.encap.dscp) {
    case EncapDscp::copy: return "copy";
    case EncapDscp::set: return "set " + to_string(profile.encap.value);
    case EncapDscp::table: return "table " + profile.encap.table;
    case EncapDscp::native: break;
    }
    return "native";
}

Text decap_text(const TunnelProfile& profile) {
    const Decap& decap = profile.decap;
    std::string text = "keep";
    if (decap.dscp == DecapDscp::copy) text = "copy";
    if (decap.dscp == DecapDscp::table) text = "table " + decap.table;
    if (decap.permit) text += " permit " + to_string(*decap.permit);
    return text;
}

Text pre_classify_text(const TunnelProfile& profile) {
    if (!profile.pre_classify.enabled) return "off";
    const std::string& table = profile.pre_classify.table;
    return table.empty() ? "on" : "table " + table;
}

// The same rows for every profile and for none, so that two can be compared.
void add_profile(const TunnelProfile* profile, Settings& rows) {
    rows.emplace_back("encap dscp", profile ? encap_text(*profile) : Text{});
    rows.emplace_back("decap dscp", profile ? decap_text(*profile) : Text{});
    rows.emplace_back("decap class", !profile ? Text{}
                                     : profile->decap.queue_by == DecapClass::outer
                                         ? Text{"outer"}
                                         : Text{"inner"});
    rows.emplace_back("pre-classify", profile ? pre_classify_text(*profile) : Text{});
}

Settings settings(const Interface& interface) {
    Settings rows = {{"description", if_any(interface.description)}};
    add_profile(interface.tunnel ? &*interface.tunnel : nullptr, rows);
    Text cos;
    if (interface.port)
        cos = interface.port->table.empty() ? "dscp" : "dscp table " + interface.port->table;
    rows.emplace_back("set cos", cos);
    return rows;
}

Settings settings(const CryptoMap& map) {
    Settings rows = {{"description", if_any(map.description)}, {"peer", if_any(map.peer)}};
    add_profile(&map.tunnel, rows);
    return rows;
}

Settings settings(const TableMap& map) {
    Settings rows;
    for (std::size_t i = 0; i < dscp_count; ++i) {
        const auto from = static_cast<std::uint8_t>(i);
        const auto found = map.map.find(from);
        rows.emplace_back("map " + to_string(Dscp{from}),
                          found == map.map.end() ? Text{} : std::to_string(found->second));
    }
    Text fallback;
    if (map.fallback == TableDefault::copy) fallback = "copy";
    if (map.fallback == TableDefault::ignore) fallback = "ignore";
    if (map.fallback == TableDefault::value) fallback = std::to_string(map.default_value);
    rows.emplace_back("default", fallback);
    return rows;
}

std::string title(const CryptoMapKey& key) {
    return key.name + ' ' + std::to_string(key.sequence);
}
std::string title(const std::string& name) {
    return name;
}

void compare(const std::string& object, const Settings& before, const Settings& after,
             std::vector<std::string>& changes) {
    for (std::size_t i = 0; i < before.size(); ++i) {
        const auto& [name, from] = before[i];
        const auto& to = after[i].second;
        if (from == to) continue;
        changes.push_back(object + ": " + name + ' ' + from.value_or("none") + " -> " +
                          to.value_or("none"));
    }
}

// "added (encap dscp copy, decap dscp keep)": what is set of a new object.
std::string summary(const Settings& rows) {
    std::string text;
    for (const auto& [name, value] : rows) {
        if (!value) continue;
        text += (text.empty() ? "" : ", ") + name + ' ' + *value;
    }
    return text.empty() ? text : " (" + text + ')';
}

template <typename Objects>
void compare_all(const std::string& noun, const Objects& before, const Objects& after,
                 std::vector<std::string>& changes) {
    for (const auto& [key, object] : before) {
        const std::string name = noun + ' ' + title(key);
        const auto found = after.find(key);
        if (found == after.end())
            changes.push_back(name + ": removed");
        else if (found->second != object)
            compare(name, settings(object), settings(found->second), changes);
    }
    for (const auto& [key, object] : after) {
        if (!before.contains(key))
            changes.push_back(noun + ' ' + title(key) + ": added" + summary(settings(object)));
    }
}

} // namespace

std::vector<std::string> diff(const Config& before, const Config& after) {
    std::vector<std::string> changes;
    compare_all("table-map", before.table_maps, after.table_maps, changes);
    compare_all("crypto map", before.crypto_maps, after.crypto_maps, changes);
    compare_all("interface", before.interfaces, after.interfaces, changes);
    return changes;
}

} // namespace tunqos
