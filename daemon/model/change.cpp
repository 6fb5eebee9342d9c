// SPDX-License-Identifier: GPL-2.0-or-later
//
// A change of a few objects among many, which costs nothing for the others.
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

void copy_interface(const std::string& name, const Config& from, Config& to) {
    const auto found = from.interfaces.find(name);
    if (found != from.interfaces.end()) to.interfaces.insert(*found);
}

// The table-maps that the interfaces of `part` use, as far as there are such.
void add_table_maps(const Config& config, Config& part) {
    const auto add = [&](const std::string& name) {
        const auto found = config.table_maps.find(name);
        if (found != config.table_maps.end()) part.table_maps.insert(*found);
    };
    for (const auto& [name, interface] : part.interfaces) {
        if (interface.port) add(interface.port->table);
        if (interface.mark) add(interface.mark->table);
        if (!interface.tunnel) continue;
        each_dscp_source(*interface.tunnel,
                         [&](const DscpSourceSetting&, const auto& source) { add(source.table); });
        add(interface.tunnel->pre_classify.table);
    }
}

} // namespace

bool Change::only_interfaces() const {
    return objects.table_maps.empty() && objects.crypto_maps.empty() &&
           removed_table_maps.empty() && removed_crypto_maps.empty();
}

void carry_out(const Change& change, Config& config) {
    carry_out(change.objects.table_maps, change.removed_table_maps, config.table_maps);
    carry_out(change.objects.interfaces, change.removed_interfaces, config.interfaces);
    carry_out(change.objects.crypto_maps, change.removed_crypto_maps, config.crypto_maps);
}

ChangedPart changed_part(const Change& change, const Config& config) {
    ChangedPart part;
    for (const auto& [name, interface] : change.objects.interfaces)
        copy_interface(name, config, part.before);
    for (const auto& name : change.removed_interfaces)
        copy_interface(name, config, part.before);
    part.after.interfaces = change.objects.interfaces;
    add_table_maps(config, part.after);
    part.before.table_maps = part.after.table_maps; // they do not change
    return part;
}

} // namespace tunqos
