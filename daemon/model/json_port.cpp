// SPDX-License-Identifier: GPL-2.0-or-later
//
// Ports and the maps that they share, in JSON.
#include <nlohmann/json.hpp>

#include "json_words.hpp"

namespace tunqos {

using nlohmann::json;

PortProfile ConfigReader::port(const json& value, Path path) {
    PortProfile profile;
    if (!object(value, path, {"cos"})) return profile;
    const json* cos = member(value, "cos");
    if (!cos || is(*cos, "dscp")) return profile;
    if (auto table = only_key(*cos, "table", path / "cos", "\"dscp\" or {\"table\": NAME}"))
        profile.table = std::move(*table);
    return profile;
}

ProtocolCos ConfigReader::protocol_cos(const json& value, Path path) {
    ProtocolCos cos;
    if (!object(value, path, std::span(port_protocols))) return cos;
    for (std::size_t i = 0; i < cos.size(); ++i) {
        if (const json* found = member(value, port_protocols[i]))
            cos[i] = number(*found, path / port_protocols[i]);
    }
    return cos;
}

MarkProfile ConfigReader::mark(const json& value, Path path) {
    MarkProfile profile;
    if (!object(value, path, {"table", "mask"})) return profile;
    profile.table = text(value, "table", path);
    constexpr std::string_view expected = "a number 1-4294967295 or a text such as \"0xff\"";
    if (const json* mask = member(value, "mask"))
        profile.mask = u32(*mask, path / "mask", expected).value_or(0);
    else
        problem(path / "mask", "is missing; give " + std::string(expected));
    return profile;
}

MlsQos ConfigReader::mls_qos(const json& value, Path path) {
    MlsQos mls;
    if (!object(value, path, {"trust", "cos", "override", "dscpMutation"})) return mls;
    if (const json* found = member(value, "trust")) setting(*found, path / "trust", mls.trust);
    if (const json* found = member(value, "cos"))
        mls.cos = number(*found, path / "cos", "a number 0-7").value_or(0);
    mls.override = truth(value, "override", path);
    mls.mutation = text(value, "dscpMutation", path);
    return mls;
}

SetDscp ConfigReader::set_dscp(const json& value, Path path) {
    SetDscp set;
    if (!object(value, path, {"dscp", "override"})) return set;
    if (const json* found = member(value, "dscp"))
        source(*found, path / "dscp", set.dscp);
    else
        problem(path / "dscp", "is missing; give " + forms_of<PortDscp>());
    set.override = truth(value, "override", path);
    if (set.override && set.dscp == PortDscp::set)
        problem(path / "override", "is not of a fixed DSCP, which every packet gets; leave it out");
    return set;
}

// false if it is left out.
bool ConfigReader::truth(const json& object, std::string_view key, Path path) {
    const json* const found = member(object, key);
    if (found != nullptr && !found->is_boolean())
        problem(path / key, "must be true or false, not " + excerpt(*found));
    return found != nullptr && found->is_boolean() && found->get<bool>();
}

CosMap ConfigReader::cos_dscp(const json& value, Path path) {
    CosMap map = class_selectors();
    if (!value.is_array() || value.size() != map.size()) {
        problem(path, "must be a list of 8 DSCPs, for CoS 0 to 7, not " + excerpt(value));
        return map;
    }
    for (std::size_t cos = 0; cos < map.size(); ++cos)
        map[cos] = number(value[cos], path / std::to_string(cos)).value_or(map[cos]);
    return map;
}

// What is not there is as in `table`.
Table ConfigReader::dscp_table(const json& value, Path path, Table table) {
    DscpSet seen;
    map_lines(value, path, [&](Dscp from, std::uint8_t to) {
        const bool is_new = !seen.test(from.value);
        seen.set(from.value);
        table[from.value] = to;
        return is_new;
    });
    return table;
}

QosMaps ConfigReader::qos_maps(const json& value, Path path) {
    QosMaps maps;
    if (!object(value, path, {"cosDscp", "dscpCos", "dscpMutations"})) return maps;
    const json* const cos_map = member(value, "cosDscp");
    const json* const dscp_map = member(value, "dscpCos");
    if (change) {
        change->cos_dscp = cos_map != nullptr;
        change->dscp_cos = dscp_map != nullptr;
    }
    if (cos_map != nullptr && !removes(*cos_map))
        maps.cos_dscp = cos_dscp(*cos_map, path / "cosDscp");
    if (dscp_map != nullptr && !removes(*dscp_map))
        maps.dscp_cos = dscp_table(*dscp_map, path / "dscpCos", maps.dscp_cos);
    const json* const mutations = member(value, "dscpMutations");
    const PathTo here = path / "dscpMutations";
    if (mutations == nullptr || !any_object(*mutations, here)) return maps;
    for (const auto& [name, item] : members(*mutations)) {
        if (removes(item))
            change->removed_mutations.insert(name);
        else
            maps.mutations.emplace(name, dscp_table(item, here / name, same_dscp_table()));
    }
    return maps;
}

} // namespace tunqos
