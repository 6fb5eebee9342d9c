// SPDX-License-Identifier: GPL-2.0-or-later
//
// `mls qos` and `set dscp`: the maps that all ports share, and what a port does with the DSCP of
// what it receives.
#include <fmt/format.h>

#include <optional>
#include <utility>

#include "cli/edit.hpp"
#include "cli/grammar/types.hpp"

namespace tunqos::cli {
namespace {

std::uint8_t dscp_value(const std::string& text) {
    return parse_dscp(text).value_or(Dscp{}).value;
}

std::uint8_t cos_value(const std::string& text) {
    return static_cast<std::uint8_t>(parse_number(text, 0, 7).value_or(0));
}

// Lists with commas and ranges, or several words, as on IOS.
DscpSet listed(const Match& match) {
    DscpSet all;
    for (const std::string& list : match.all("DSCP-LIST"))
        all |= parse_dscp_set(list).value_or(DscpSet{});
    return all;
}

// The entries that are named; by `no` back to what they are by default, or all of them if none is
// named.
void edit_table(const Match& match, std::uint8_t to, const Table& as_default, Table& table) {
    const DscpSet named = match.has("to") ? listed(match) : DscpSet{}.set();
    for (std::size_t i = 0; i < table.size(); ++i) {
        if (named.test(i)) table[i] = match.negated ? as_default[i] : to;
    }
}

} // namespace

Result<Config> edit_cos_dscp(Config config, const Context&, const Match& match) {
    CosMap& map = config.qos_maps.cos_dscp;
    map = class_selectors();
    if (match.negated) return config;
    const auto dscps = match.all("DSCP");
    for (std::size_t cos = 0; cos < std::min(map.size(), dscps.size()); ++cos)
        map[cos] = dscp_value(dscps[cos]);
    return config;
}

Result<Config> edit_dscp_cos(Config config, const Context&, const Match& match) {
    edit_table(match, cos_value(match.get("COS")), class_selector_pcp_table(),
               config.qos_maps.dscp_cos);
    return config;
}

// One that is the DSCP itself again is taken away.
Result<Config> edit_mutation(Config config, const Context&, const Match& match) {
    auto& all = config.qos_maps.mutations;
    const std::string name = match.get("MUTATION");
    if (match.negated && !all.contains(name))
        return fail("mls qos map dscp-mutation " + name,
                    "there is no such map; show mls qos maps dscp-mutation lists them");
    Table& table = all.try_emplace(name, same_dscp_table()).first->second;
    edit_table(match, dscp_value(match.get("DSCP")), same_dscp_table(), table);
    if (match.negated && table == same_dscp_table()) all.erase(name);
    return config;
}

// `no` and a name or none: both maps as without a line.
Result<Config> edit_preset(Config config, const Context&, const Match& match) {
    QosMaps& maps = config.qos_maps;
    const QosMaps defaults;
    maps.cos_dscp = defaults.cos_dscp;
    maps.dscp_cos = defaults.dscp_cos;
    if (match.negated) return config;
    for (const QosPreset& preset : qos_presets()) {
        if (!match.has(preset.name)) continue;
        maps.cos_dscp = preset.cos_dscp;
        maps.dscp_cos = preset.dscp_cos;
    }
    return config;
}

namespace {

// The class's own range as by default, and nothing else.
void reset_class(Table& map, std::uint8_t cos) {
    static constexpr Table defaults = class_selector_pcp_table();
    for (std::size_t i = 0; i < map.size(); ++i) {
        if (map[i] == cos || defaults[i] == cos) map[i] = defaults[i];
    }
}

// As SonicOS does: a class has one range, and must not take from another. Class 0 has what no
// other class has, so that everything has a class at any time.
Result<Table> with_range(Table map, std::uint8_t cos, std::uint8_t begin, std::uint8_t end) {
    const std::string path = fmt::format("qos mapping {}", cos);
    if (end < begin)
        return fail(path, fmt::format("the range ends at {}, before it begins; type from {} to {}",
                                      end, end, begin));
    for (std::size_t i = 0; i < map.size(); ++i) {
        const bool inside = i >= begin && i <= end;
        if (inside && map[i] != cos && map[i] != 0)
            return fail(path,
                        fmt::format("DSCP range already exists or overlaps with another range: "
                                    "class {} has {}; give that class a range without it first",
                                    map[i], i));
        if (inside)
            map[i] = cos;
        else if (map[i] == cos)
            map[i] = 0;
    }
    return map;
}

} // namespace

Result<Config> edit_mapping_reset(Config config, const Context&, const Match&) {
    const QosMaps defaults;
    config.qos_maps.cos_dscp = defaults.cos_dscp;
    config.qos_maps.dscp_cos = defaults.dscp_cos;
    return config;
}

Result<Config> edit_mapping_to(Config config, const Context&, const Match& match) {
    const std::uint8_t cos = cos_value(match.get("COS"));
    config.qos_maps.cos_dscp.at(cos) =
        match.negated ? class_selectors().at(cos) : dscp_value(match.get("DSCP"));
    return config;
}

Result<Config> edit_mapping_from(Config config, const Context&, const Match& match) {
    Table& map = config.qos_maps.dscp_cos;
    const std::uint8_t cos = cos_value(match.get("COS"));
    if (match.negated) {
        reset_class(map, cos);
        return config;
    }
    const auto ends = match.all("DSCP");
    auto changed = with_range(map, cos, dscp_value(ends.front()), dscp_value(ends.back()));
    if (!changed) return tl::make_unexpected(changed.error());
    map = *changed;
    return config;
}

Result<Config> edit_trust(Config config, const Context& context, const Match& match) {
    PortTrust& trust = config.interfaces[context.name].mls_qos.trust;
    trust = match.has("cos") ? PortTrust::cos : PortTrust::dscp;
    if (match.negated) trust = PortTrust::none;
    forget_if_empty(config, context.name);
    return config;
}

Result<Config> edit_default_cos(Config config, const Context& context, const Match& match) {
    MlsQos& mls = config.interfaces[context.name].mls_qos;
    mls.cos = match.negated ? std::uint8_t{0} : cos_value(match.get("COS"));
    if (match.negated || match.has("override")) mls.override = !match.negated;
    forget_if_empty(config, context.name);
    return config;
}

Result<Config> edit_cos_override(Config config, const Context& context, const Match& match) {
    config.interfaces[context.name].mls_qos.override = !match.negated;
    forget_if_empty(config, context.name);
    return config;
}

Result<Config> edit_port_mutation(Config config, const Context& context, const Match& match) {
    std::string& mutation = config.interfaces[context.name].mls_qos.mutation;
    mutation = match.negated ? std::string() : match.get("MUTATION");
    forget_if_empty(config, context.name);
    return config;
}

Result<Config> edit_set_dscp(Config config, const Context& context, const Match& match) {
    std::optional<SetDscp> to;
    if (!match.negated) {
        to = SetDscp{};
        if (!match.has("cos")) to->dscp = {PortDscp::set, Dscp{dscp_value(match.get("DSCP"))}};
        if (match.has("table")) to->dscp = {PortDscp::table, match.get("TABLE-MAP")};
        to->override = match.has("override");
    }
    config.interfaces[context.name].set_dscp = std::move(to);
    forget_if_empty(config, context.name);
    return config;
}

} // namespace tunqos::cli
