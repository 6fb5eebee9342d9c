// SPDX-License-Identifier: GPL-2.0-or-later
//
// The module's state as a configuration. Names of table-maps may be lost, meanings are not.
#include <algorithm>
#include <charconv>
#include <tuple>

#include "planner/planner.hpp"
#include "tunqos/config.hpp"

namespace tunqos::planner {

namespace {

// The table-map that compiles to `table` where its default `copy` means `copied`.
TableMap decompile(const Table& table, const Table& copied) {
    TableMap map;
    const bool leaves = std::find(table.begin(), table.end(), table_leave) != table.end();
    map.fallback = leaves ? TableDefault::ignore : TableDefault::copy;
    for (std::size_t i = 0; i < table.size(); ++i) {
        const bool is_default = leaves ? table[i] == table_leave : table[i] == copied[i];
        if (!is_default) map.map.emplace(static_cast<std::uint8_t>(i), table[i]);
    }
    return map;
}

// Of both values of the DEI, which a configuration does not tell apart.
CosMap by_cos(const kernel::ArrivalMap& arrival) {
    CosMap map{};
    for (std::size_t cos = 0; cos < map.size(); ++cos)
        map[cos] = arrival[2 * cos];
    return map;
}

// The DSCP that all frames get, if it is one.
std::optional<Dscp> same_for_all(const kernel::Port& port) {
    const auto& arrival = *port.arrival_dscp;
    const bool same = std::all_of(arrival.begin(), arrival.end(),
                                  [&](std::uint8_t dscp) { return dscp == arrival.front(); });
    return same && port.arrival_override ? Dscp::from(arrival.front()) : std::nullopt;
}

// `set dscp` has nothing to say of frames without a tag, and trust something of all frames.
bool trusts_cos(const kernel::Port& port) {
    const auto& arrival = port.arrival_dscp;
    return arrival && port.arrival_override && !same_for_all(port) &&
           std::find(arrival->begin(), arrival->end(), table_leave) == arrival->end();
}

class Recovery {
public:
    explicit Recovery(const Config& known) : known_(known), expected_(compile(known)) {}

    Config run(const kernel::State& actual) {
        config_.table_maps = known_.table_maps;
        config_.qos_maps = known_.qos_maps;
        // What a rule matches the module does not know.
        config_.rules = known_.rules;
        config_.zones = known_.zones;
        config_.rule_options = known_.rule_options;
        for (const auto& [name, map] : known_.table_maps)
            names_.try_emplace(content(map), name);
        for (const auto& [name, interface] : known_.interfaces) {
            if (!interface.description.empty())
                config_.interfaces[name].description = interface.description;
            if (interface.has_arrival() && !arrives_in_module(name)) copy_arrival(name, interface);
        }
        find_cos_dscp(actual);
        for (const auto& [binding, tunnel] : actual.tunnels) {
            if (const auto* device = std::get_if<kernel::Device>(&binding))
                config_.interfaces[*device].tunnel = is_known(binding, tunnel)
                                                         ? known_.interfaces.at(*device).tunnel
                                                         : profile(tunnel);
        }
        known_crypto_maps(actual);
        for (const auto& [binding, tunnel] : actual.tunnels) {
            if (!std::holds_alternative<kernel::Device>(binding) && !is_known(binding, tunnel))
                crypto_map(binding, tunnel);
        }
        for (const auto& [device, port] : actual.ports)
            put(port, config_.interfaces[device]);
        return std::move(config_);
    }

private:
    using Content =
        std::tuple<std::map<std::uint8_t, std::uint8_t>, std::optional<TableDefault>, std::uint8_t>;

    static Content content(const TableMap& map) {
        return {map.map, map.fallback, map.default_value};
    }

    bool is_known(const kernel::Binding& binding, const kernel::Tunnel& tunnel) const {
        const auto found = expected_.tunnels.find(binding);
        return found != expected_.tunnels.end() && found->second == tunnel;
    }

    // As they are in the module, or not complete, so that they never were.
    void known_crypto_maps(const kernel::State& actual) {
        for (const auto& [key, map] : known_.crypto_maps) {
            const auto binding = kernel::ipsec_binding(map.match);
            const auto found = binding ? actual.tunnels.find(*binding) : actual.tunnels.end();
            const bool here = found != actual.tunnels.end() && is_known(*binding, found->second);
            if (map.match.empty() || here) config_.crypto_maps.emplace(key, map);
        }
    }

    bool arrives_in_module(const std::string& name) const {
        const auto found = expected_.ports.find(name);
        return found != expected_.ports.end() && found->second.has_arrival();
    }

    void copy_arrival(const std::string& name, const Interface& known) {
        config_.interfaces[name].mls_qos = known.mls_qos;
        config_.interfaces[name].set_dscp = known.set_dscp;
    }

    // Where nothing is known the first port that trusts the CoS shows the map of all of them.
    void find_cos_dscp(const kernel::State& actual) {
        if (!known_.interfaces.empty() || known_.qos_maps != QosMaps{}) return;
        for (const auto& [device, port] : actual.ports) {
            if (!trusts_cos(port)) continue;
            config_.qos_maps.cos_dscp = by_cos(*port.arrival_dscp);
            return;
        }
    }

    void put(const kernel::Port& port, Interface& interface) {
        const auto expected = expected_.ports.find(port.device);
        if (expected != expected_.ports.end() && expected->second == port) {
            const Interface& known = known_.interfaces.at(port.device);
            interface.port = known.port;
            interface.mark = known.mark;
            interface.protocol_cos = known.protocol_cos;
            interface.dot1p = known.dot1p;
            copy_arrival(port.device, known);
            return;
        }
        interface.protocol_cos = port.protocol_pcp;
        interface.dot1p = port.rules;
        if (port.dscp_pcp) {
            PortProfile& to = interface.port.emplace();
            if (*port.dscp_pcp != config_.qos_maps.dscp_cos)
                to.table = name_of(decompile(*port.dscp_pcp, class_selector_pcp_table()));
        }
        if (port.dscp_mark) {
            MarkProfile& to = interface.mark.emplace();
            to.mask = port.mark_mask;
            if (*port.dscp_mark != same_dscp_table()) to.table = name_of(*port.dscp_mark);
        }
        if (port.has_arrival()) put_arrival(port, interface);
    }

    void put_arrival(const kernel::Port& port, Interface& interface) {
        MlsQos& mls = interface.mls_qos = {};
        interface.set_dscp.reset();
        if (!port.arrival_dscp) {
            mls.trust = PortTrust::dscp;
            mls.mutation = mutation_of(*port.arrival_table);
            return;
        }
        const CosMap map = by_cos(*port.arrival_dscp);
        const CosMap& known = config_.qos_maps.cos_dscp;
        const auto* const untagged =
            std::find(known.begin(), known.end(), port.arrival_dscp->back());
        if (const auto dscp = same_for_all(port)) {
            interface.set_dscp = SetDscp{{PortDscp::set, *dscp}, false};
        } else if (trusts_cos(port) && map == known && untagged != known.end()) {
            mls.trust = PortTrust::cos;
            mls.cos = static_cast<std::uint8_t>(untagged - known.begin());
        } else if (map == known) {
            interface.set_dscp = SetDscp{PortDscp::cos, port.arrival_override};
        } else {
            interface.set_dscp =
                SetDscp{{PortDscp::table, name_of(cos_table(map))}, port.arrival_override};
        }
    }

    static TableMap cos_table(const CosMap& map) {
        TableMap table{{}, TableDefault::ignore, 0};
        for (std::size_t cos = 0; cos < map.size(); ++cos) {
            if (map[cos] != table_leave)
                table.map.emplace(static_cast<std::uint8_t>(cos), map[cos]);
        }
        return table;
    }

    // A mutation has no entry that leaves the packet: the DSCP itself comes to the same.
    std::string mutation_of(Table table) {
        for (std::size_t i = 0; i < table.size(); ++i) {
            if (table[i] == table_leave) table[i] = static_cast<std::uint8_t>(i);
        }
        auto& all = config_.qos_maps.mutations;
        const auto found = std::find_if(all.begin(), all.end(),
                                        [&](const auto& one) { return one.second == table; });
        if (found != all.end()) return found->first;
        std::string name;
        do {
            name = "recovered-" + std::to_string(++mutations_);
        } while (!all.emplace(name, table).second);
        return name;
    }

    // Equal tables share one table-map.
    std::string name_of(const TableMap& map) {
        auto [at, is_new] = names_.try_emplace(content(map), std::string());
        if (is_new) {
            do {
                at->second = "recovered-" + std::to_string(++tables_);
            } while (!config_.table_maps.emplace(at->second, map).second);
        }
        return at->second;
    }

    template <typename Mode>
    DscpSource<Mode> named(const kernel::DscpSource<Mode>& source) {
        if (source.table) return {source.mode, name_of(*source.table)};
        return {source.mode, source.value};
    }

    std::string name_of(const Table& table) { return name_of(decompile(table, same_dscp_table())); }

    TunnelProfile profile(const kernel::Tunnel& tunnel) {
        TunnelProfile profile;
        profile.encap.dscp = named(tunnel.encap_dscp);
        profile.encap.inner = named(tunnel.encap_inner);
        profile.decap.dscp = named(tunnel.decap_dscp);
        if (tunnel.decap_permit) profile.decap.permit = DscpSet(*tunnel.decap_permit);
        profile.decap.queue_by = tunnel.decap_class;
        profile.options = tunnel.options;
        profile.pre_classify.enabled = tunnel.pre_classify;
        if (tunnel.priority_table) {
            const std::uint16_t handle = major_of(*tunnel.priority_table);
            if (const auto table = narrow(*tunnel.priority_table, handle)) {
                profile.pre_classify.table = name_of(*table);
                profile.pre_classify.handle = handle;
            }
        }
        profile.pre_classify.via = tunnel.class_via;
        profile.pre_classify.mask = tunnel.class_mask;
        return profile;
    }

    // The queue whose classes a table names; 0: none.
    static std::uint16_t major_of(const kernel::PriorityTable& wide) {
        for (const std::uint32_t priority : wide) {
            if (priority != kernel::priority_leave)
                return static_cast<std::uint16_t>(priority >> 16U);
        }
        return 0;
    }

    static std::optional<Table> narrow(const kernel::PriorityTable& wide, std::uint16_t handle) {
        const std::uint32_t major = std::uint32_t{handle} << 16U;
        Table table{};
        for (std::size_t i = 0; i < wide.size(); ++i) {
            if (wide[i] == kernel::priority_leave)
                table[i] = table_leave;
            else if ((wide[i] ^ major) < dscp_count)
                table[i] = static_cast<std::uint8_t>(wide[i] ^ major);
            else
                return std::nullopt;
        }
        return table;
    }

    // "vpn 10"
    static std::optional<CryptoMapKey> read_label(const std::string& label) {
        const auto space = label.rfind(' ');
        if (space == std::string::npos) return std::nullopt;
        CryptoMapKey key{label.substr(0, space), 0};
        const char* const end = label.data() + label.size();
        const auto read = std::from_chars(label.data() + space + 1, end, key.sequence);
        if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
        Config alone; // what validate() does not take would stand in the way of every change
        alone.crypto_maps[key];
        return validate(alone).empty() ? std::optional(key) : std::nullopt;
    }

    // A label that is not ours, or of another entry already, gets a key of its own.
    CryptoMapKey key_of(const std::string& label) {
        if (const auto key = read_label(label); key && !config_.crypto_maps.contains(*key))
            return *key;
        CryptoMapKey key{"recovered", 0};
        do {
            key.sequence = ++unnamed_;
        } while (config_.crypto_maps.contains(key));
        return key;
    }

    void crypto_map(const kernel::Binding& binding, const kernel::Tunnel& tunnel) {
        CryptoMap& map = config_.crypto_maps[key_of(tunnel.label)];
        map.match = std::get<Selector>(binding);
        map.tunnel = profile(tunnel);
    }

    const Config& known_;
    const kernel::State expected_; // of it
    Config config_;
    std::map<Content, std::string> names_; // of the table-maps
    std::uint32_t unnamed_ = 0, tables_ = 0, mutations_ = 0;
};

} // namespace

Config recover(const kernel::State& actual, const Config& known) {
    return Recovery(known).run(actual);
}

} // namespace tunqos::planner
