// SPDX-License-Identifier: GPL-2.0-or-later
//
// Names become values here: each profile gets its own copy of the tables it uses.
#include "planner/planner.hpp"
#include "tunqos/config.hpp"

namespace tunqos::planner {

namespace {

using kernel::ArrivalMap;
using kernel::PriorityTable;
using kernel::Tunnel;

// A name that does not exist leaves every packet alone; validate() has refused it.
Table table_named(const Config& config, const std::string& name) {
    const auto found = config.table_maps.find(name);
    static const TableMap nothing{{}, TableDefault::ignore, 0};
    return compile_table(found == config.table_maps.end() ? nothing : found->second);
}

Table pcp_table_named(const Config& config, const std::string& name) {
    if (name.empty()) return config.qos_maps.dscp_cos;
    const auto found = config.table_maps.find(name);
    return found == config.table_maps.end() ? class_selector_pcp_table()
                                            : compile_pcp_table(found->second);
}

// With a handle each is a class of that queue, as skb->priority names one.
PriorityTable priorities(const Table& table, std::uint16_t handle) {
    const std::uint32_t major = std::uint32_t{handle} << 16U;
    PriorityTable wide{};
    for (std::size_t i = 0; i < table.size(); ++i)
        wide[i] = table[i] == table_leave ? kernel::priority_leave : major | table[i];
    return wide;
}

template <typename Mode>
kernel::DscpSource<Mode> compile_source(const Config& config, const DscpSource<Mode>& source) {
    if (source == Mode::table) return {source.mode, table_named(config, source.table)};
    return {source.mode, source.value};
}

// All outer marks in one aggregate, by what the module has anyway: another number or table.
void bring_into(const Aggregate& aggregate, Tunnel& tunnel) {
    if (tunnel.encap_dscp == EncapDscp::native) return; // validate() has refused it
    auto& source = tunnel.encap_dscp;
    if (aggregate.af == 0 || source == EncapDscp::set) {
        source = {EncapDscp::set, brought_into(aggregate, source.value)};
        return;
    }
    if (source == EncapDscp::copy) source = {EncapDscp::table, compile_table({})};
    for (auto& outer : *source.table) {
        if (outer != table_leave) outer = brought_into(aggregate, Dscp{outer}).value;
    }
}

Tunnel compile_tunnel(const Config& config, kernel::Binding binding, std::string label,
                      const TunnelProfile& profile) {
    const auto& [encap, decap, pre_classify, options, mode] = profile;
    Tunnel tunnel;
    tunnel.binding = std::move(binding);
    tunnel.label = std::move(label);
    tunnel.encap_dscp = compile_source(config, encap.dscp);
    tunnel.encap_inner = compile_source(config, encap.inner);
    tunnel.decap_dscp = compile_source(config, decap.dscp);
    if (encap.single_aggregate) bring_into(*encap.single_aggregate, tunnel);
    if (decap.permit) tunnel.decap_permit = decap.permit->to_ullong();
    tunnel.decap_class = decap.queue_by;
    tunnel.options = options;
    tunnel.pre_classify = pre_classify.enabled;
    if (!pre_classify.table.empty())
        tunnel.priority_table =
            priorities(table_named(config, pre_classify.table), pre_classify.handle);
    tunnel.class_via = pre_classify.via;
    tunnel.class_mask = pre_classify.mask;
    normalise(tunnel);
    return tunnel;
}

// Whatever the DEI.
ArrivalMap by_cos(const CosMap& map, std::uint8_t untagged) {
    ArrivalMap arrival;
    for (std::size_t i = 0; i < arrival.size(); ++i)
        arrival[i] = i < 2 * map.size() ? map[i / 2] : untagged;
    return arrival;
}

ArrivalMap always(std::uint8_t dscp) {
    ArrivalMap arrival;
    arrival.fill(dscp);
    return arrival;
}

CosMap cos_map_named(const Config& config, const std::string& name) {
    const auto found = config.table_maps.find(name);
    static const TableMap nothing{{}, TableDefault::ignore, 0};
    return compile_cos_map(found == config.table_maps.end() ? nothing : found->second);
}

void compile_set_dscp(const Config& config, const SetDscp& set, kernel::Port& port) {
    port.arrival_override = set.override || set.dscp == PortDscp::set;
    if (set.dscp == PortDscp::set) {
        port.arrival_dscp = always(set.dscp.value.value);
        return;
    }
    const CosMap map = set.dscp == PortDscp::table ? cos_map_named(config, set.dscp.table)
                                                   : config.qos_maps.cos_dscp;
    port.arrival_dscp = by_cos(map, table_leave);
}

void compile_trust(const QosMaps& maps, const MlsQos& mls, kernel::Port& port) {
    const std::uint8_t by_default = maps.cos_dscp[mls.cos % pcp_count];
    if (mls.override || mls.trust == PortTrust::cos) {
        port.arrival_dscp = mls.override ? always(by_default) : by_cos(maps.cos_dscp, by_default);
        port.arrival_override = true;
        return;
    }
    const auto mutation = maps.mutations.find(mls.mutation);
    if (mls.trust == PortTrust::dscp && mutation != maps.mutations.end())
        port.arrival_table = mutation->second;
}

void compile_arrival(const Config& config, const Interface& interface, kernel::Port& port) {
    if (interface.set_dscp)
        compile_set_dscp(config, *interface.set_dscp, port);
    else
        compile_trust(config.qos_maps, interface.mls_qos, port);
    // What changes nothing is not there.
    if (port.arrival_table == same_dscp_table()) port.arrival_table.reset();
    if (port.arrival_dscp != always(table_leave)) return;
    port.arrival_dscp.reset();
    port.arrival_override = false;
}

} // namespace

std::optional<kernel::Port> compile_port(const Config& config, const std::string& name,
                                         const Interface& interface) {
    kernel::Port port;
    port.device = name;
    const kernel::Port nothing = port;
    if (interface.port) port.dscp_pcp = pcp_table_named(config, interface.port->table);
    port.protocol_pcp = interface.protocol_cos;
    if (const auto& mark = interface.mark) {
        port.dscp_mark = mark->table.empty() ? same_dscp_table() : table_named(config, mark->table);
        port.mark_mask = mark->mask;
    }
    compile_arrival(config, interface, port);
    port.rules = interface.dot1p;
    if (port == nothing) return std::nullopt;
    return port;
}

bool several_aggregates(const Config& config, const Encap& encap, bool kernel_copies) {
    TunnelProfile profile;
    profile.encap = encap;
    const Tunnel tunnel = compile_tunnel(config, kernel::Device(), {}, profile);
    if (tunnel.encap_dscp == EncapDscp::set) return false;
    if (tunnel.encap_dscp == EncapDscp::native) return kernel_copies;
    if (tunnel.encap_dscp == EncapDscp::copy) return true;
    std::set<Aggregate> outside;
    for (std::size_t i = 0; i < dscp_count; ++i) {
        const auto written = (*tunnel.encap_dscp.table)[i];
        const auto left = kernel_copies ? static_cast<std::uint8_t>(i) : std::uint8_t{0};
        outside.insert(aggregate_of(Dscp{written == table_leave ? left : written}));
    }
    return outside.size() > 1;
}

namespace {

// The number of a rule is its place; the masks are alike in all of them.
std::map<std::uint8_t, kernel::Rule> compile_rules(const Config& config) {
    std::map<std::uint8_t, kernel::Rule> rules;
    const RuleOptions& options = config.rule_options;
    for (const auto& [sequence, rule] : config.rules) {
        const RuleTables tables = compile_rule(rule, config.qos_maps);
        kernel::Rule one;
        one.number = static_cast<std::uint8_t>(rules.size() + 1);
        one.mark_mask = options.mark_mask;
        one.cos_mask = matches_cos(config.rules) ? options.cos_mask : 0;
        one.arrival_dscp = tables.dscp;
        one.arrival_override = tables.dscp && tables.dscp_override;
        one.arrival_tag = tables.tag;
        one.dscp_tag = tables.dscp_tag;
        one.insert_tag = tables.insert_tag;
        rules.emplace(one.number, one);
    }
    return rules;
}

} // namespace

kernel::State compile(const Config& config) {
    kernel::State state;
    state.rules = compile_rules(config);
    for (const auto& [name, interface] : config.interfaces) {
        if (interface.tunnel)
            state.tunnels.emplace(name, compile_tunnel(config, name, {}, *interface.tunnel));
        if (auto port = compile_port(config, name, interface))
            state.ports.emplace(name, std::move(*port));
    }
    for (const auto& [key, map] : config.crypto_maps) {
        const auto binding = kernel::ipsec_binding(map.match);
        if (!binding) continue;
        const std::string label = key.name + ' ' + std::to_string(key.sequence);
        state.tunnels.emplace(*binding, compile_tunnel(config, *binding, label, map.tunnel));
    }
    return state;
}

kernel::State from_dump(const std::vector<kernel::TunnelStatus>& tunnels,
                        const std::vector<kernel::PortStatus>& ports,
                        const std::vector<kernel::RuleStatus>& rules) {
    kernel::State state;
    for (const auto& status : tunnels) {
        Tunnel tunnel = status.tunnel;
        normalise(tunnel);
        state.tunnels.insert_or_assign(tunnel.binding, std::move(tunnel));
    }
    for (const auto& status : ports)
        state.ports.insert_or_assign(status.port.device, status.port);
    for (const auto& status : rules)
        state.rules.insert_or_assign(status.rule.number, status.rule);
    return state;
}

} // namespace tunqos::planner
