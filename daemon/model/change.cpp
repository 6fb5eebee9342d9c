// SPDX-License-Identifier: GPL-2.0-or-later
//
// A change of a few objects among many, which costs nothing for the others.
#include <algorithm>

#include "tunqos/config.hpp"

namespace tunqos {

namespace {

template <typename Objects, typename Removed>
void carry_out(const Objects& objects, const Removed& removed, Objects& all) {
    for (const auto& [key, object] : objects)
        all.insert_or_assign(key, object);
    for (const auto& key : removed)
        all.erase(key);
}

template <typename Objects>
void copy_named(const std::string& name, const Objects& from, Objects& to) {
    const auto found = from.find(name);
    if (found != from.end()) to.insert(*found);
}

// The maps that the interfaces of `part` use, as far as there are such.
void add_maps(const Config& config, Config& part) {
    part.qos_maps.cos_dscp = config.qos_maps.cos_dscp;
    part.qos_maps.dscp_cos = config.qos_maps.dscp_cos;
    const auto add = [&](const std::string& name) {
        copy_named(name, config.table_maps, part.table_maps);
    };
    for (const auto& [name, interface] : part.interfaces) {
        if (interface.port) add(interface.port->table);
        if (interface.mark) add(interface.mark->table);
        if (interface.set_dscp) add(interface.set_dscp->dscp.table);
        copy_named(interface.mls_qos.mutation, config.qos_maps.mutations, part.qos_maps.mutations);
        if (!interface.tunnel) continue;
        each_dscp_source(*interface.tunnel,
                         [&](const DscpSourceSetting&, const auto& source) { add(source.table); });
        add(interface.tunnel->pre_classify.table);
    }
}

} // namespace

bool Change::only_interfaces() const {
    return objects.table_maps.empty() && objects.crypto_maps.empty() &&
           removed_table_maps.empty() && removed_crypto_maps.empty() && !cos_dscp && !dscp_cos &&
           objects.qos_maps.mutations.empty() && removed_mutations.empty() &&
           objects.rules.empty() && removed_rules.empty() && objects.zones.empty() &&
           removed_zones.empty() && !rule_options;
}

bool concerns_rules(const Change& change, const Config& config) {
    if (config.rules.empty()) return false;
    // One puts a tag's priority where rules see it, the other may be in its way.
    const auto concerned = [](const Interface& interface) {
        return interface.dot1p || interface.mark;
    };
    const auto was = [&](const std::string& name) {
        const auto found = config.interfaces.find(name);
        return found != config.interfaces.end() && concerned(found->second);
    };
    return std::any_of(change.objects.interfaces.begin(), change.objects.interfaces.end(),
                       [&](const auto& one) { return concerned(one.second) || was(one.first); }) ||
           std::any_of(change.removed_interfaces.begin(), change.removed_interfaces.end(), was);
}

void carry_out(const Change& change, Config& config) {
    carry_out(change.objects.table_maps, change.removed_table_maps, config.table_maps);
    carry_out(change.objects.interfaces, change.removed_interfaces, config.interfaces);
    carry_out(change.objects.crypto_maps, change.removed_crypto_maps, config.crypto_maps);
    carry_out(change.objects.rules, change.removed_rules, config.rules);
    carry_out(change.objects.zones, change.removed_zones, config.zones);
    if (change.rule_options) config.rule_options = change.objects.rule_options;
    const QosMaps& maps = change.objects.qos_maps;
    carry_out(maps.mutations, change.removed_mutations, config.qos_maps.mutations);
    if (change.cos_dscp) config.qos_maps.cos_dscp = maps.cos_dscp;
    if (change.dscp_cos) config.qos_maps.dscp_cos = maps.dscp_cos;
}

ChangedPart changed_part(const Change& change, const Config& config) {
    ChangedPart part;
    for (const auto& [name, interface] : change.objects.interfaces)
        copy_named(name, config.interfaces, part.before.interfaces);
    for (const auto& name : change.removed_interfaces)
        copy_named(name, config.interfaces, part.before.interfaces);
    part.after.interfaces = change.objects.interfaces;
    add_maps(config, part.after);
    part.before.table_maps = part.after.table_maps; // they do not change
    part.before.qos_maps = part.after.qos_maps;
    return part;
}

} // namespace tunqos
