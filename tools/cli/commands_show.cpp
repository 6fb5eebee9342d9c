// SPDX-License-Identifier: GPL-2.0-or-later
//
// The show commands: each asks the daemon, has the answer rendered and hands both to the session,
// which prints the one that the user wants.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "cli/commands.hpp"
#include "cli/links.hpp"
#include "cli/render.hpp"
#include "cli/session.hpp"
#include "cli/show.hpp"
#include "cli/version.hpp"
#include "tunqos/config.hpp"
#include "tunqos/json.hpp"
#include "tunqos/rpc.hpp"

namespace tunqos::cli {
namespace {

using nlohmann::json;

// The part of a configuration that is about one object.
Config only(const Config& config, const Match& match) {
    Config part;
    if (const auto found = config.interfaces.find(match.get("INTERFACE"));
        found != config.interfaces.end()) {
        part.interfaces.insert(*found);
    }
    for (const auto& entry : config.crypto_maps) {
        if (is_asked_for(entry.first, match)) part.crypto_maps.insert(entry);
    }
    if (const auto found = config.table_maps.find(match.get("TABLE-MAP"));
        found != config.table_maps.end()) {
        part.table_maps.insert(*found);
    }
    return part;
}

// After a whole configuration: what would be lost when the machine starts anew. On the stream of
// the notes, so that the configuration can be typed in as it is.
void note_unsaved(Session& session) {
    const Reply reply = session.call("config.unsaved");
    if (!reply) return; // an older daemon, or a file that show startup-config complains of
    const std::size_t changes = reply->value("changes", json::array()).size();
    if (changes == 0) return;
    session.note(fmt::format("{} {} not in the startup-config; write memory saves {}", changes,
                             changes == 1 ? "change is" : "changes are",
                             changes == 1 ? "it" : "them"));
}

Status show_running_config(Session& session, const Match& match) {
    auto fetched = fetch_config(session, "running");
    if (!fetched) return session.refuse(fetched.error());
    if (!match.has("interface") && !match.has("crypto") && !match.has("table-map")) {
        const Status status = session.show(match, fetched->raw, config_to_ios(fetched->config));
        note_unsaved(session);
        return status;
    }
    const Config part = only(fetched->config, match);
    if (part == Config{}) {
        return session.refuse(fmt::format("{} has no configuration", typed(match)));
    }
    return session.show(match, config_to_json(part), config_to_ios(part));
}

Status show_startup_config(Session& session, const Match& match) {
    auto fetched = fetch_config(session, "startup");
    if (!fetched) return session.refuse(fetched.error());
    return session.show(match, fetched->raw, config_to_ios(fetched->config));
}

Status show_table_map(Session& session, const Match& match) {
    auto fetched = fetch_config(session, "running");
    if (!fetched) return session.refuse(fetched.error());
    const std::string name = match.get("TABLE-MAP");
    std::string text;
    Config shown;
    for (const auto& [key, map] : fetched->config.table_maps) {
        if (!name.empty() && key != name) continue;
        text += render_table_map(key, map);
        shown.table_maps.emplace(key, map);
    }
    if (text.empty() && !name.empty()) {
        return session.refuse(fmt::format("there is no table-map {}", name));
    }
    if (text.empty()) text = "No table-map is configured.\n";
    return session.show(match, config_to_json(shown), text);
}

// What the daemon says of this device, or of all without a name. Of a device that has no such
// profile it says nothing.
Reply status_of(Session& session, const char* method, const std::string& name) {
    Reply reply = session.call(method, named(name));
    const bool none = !reply && !name.empty() && reply.error().code == rpc::invalid_params;
    return none ? Reply(json::object()) : std::move(reply);
}

// The statuses of a list by their name.
std::map<std::string, const json*> by_name(const json& answer, const char* list) {
    std::map<std::string, const json*> all;
    const auto found = answer.find(list);
    if (found == answer.end() || !found->is_array()) return all;
    for (const json& one : *found) {
        if (one.is_object()) all.emplace(one.value("name", ""), &one);
    }
    return all;
}

template <typename T>
std::map<std::string, const T*> by_name(const std::vector<T>& list) {
    std::map<std::string, const T*> all;
    for (const T& one : list)
        all.emplace(one.name, &one);
    return all;
}

template <typename Value>
const Value* at(const std::map<std::string, const Value*>& all, const std::string& name) {
    const auto found = all.find(name);
    return found == all.end() ? nullptr : found->second;
}

Status show_interfaces(Session& session, const Match& match) {
    const std::string name = match.get("INTERFACE");
    auto fetched = fetch_config(session, "running", name);
    if (!fetched) return session.refuse(fetched.error());
    const Reply tunnels = status_of(session, "show.tunnels", name);
    if (!tunnels) return session.refuse(tunnels.error());
    const Reply ports = status_of(session, "show.ports", name);
    if (!ports) return session.refuse(ports.error());

    std::vector<std::string> names;
    for (const auto& [key, interface] : fetched->config.interfaces)
        names.push_back(key);
    for (std::string& link : link_names())
        names.push_back(std::move(link));
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    if (!name.empty()) {
        if (!std::binary_search(names.begin(), names.end(), name)) {
            return session.refuse(
                fmt::format("interface {} does not exist and has no configuration", name));
        }
        names = {name};
    }

    const auto all_tunnels = tunnels_from_json(*tunnels);
    const auto all_ports = ports_from_json(*ports);
    const auto tunnel_of = by_name(all_tunnels);
    const auto port_of = by_name(all_ports);
    const auto raw_tunnel_of = by_name(*tunnels, "tunnels");
    const auto raw_port_of = by_name(*ports, "ports");
    std::string text;
    json list = json::array();
    for (const std::string& one : names) {
        const auto found = fetched->config.interfaces.find(one);
        const bool configured = found != fetched->config.interfaces.end();
        const LinkState link = link_state(one);
        text += render_interface(one, link, configured ? &found->second : nullptr,
                                 at(tunnel_of, one), at(port_of, one));
        list.push_back(
            {{"name", one}, {"exists", link.exists}, {"up", link.up}, {"configured", configured}});
        const auto or_null = [](const json* status) { return status ? *status : json(); };
        list.back()["queueing"] = link.qdisc.empty() ? json() : json(link.qdisc);
        list.back()["tunnel"] = or_null(at(raw_tunnel_of, one));
        list.back()["port"] = or_null(at(raw_port_of, one));
    }
    return session.show(match, {{"interfaces", std::move(list)}}, text);
}

// The ports that have this part, or one of them whole.
template <typename Part>
Status show_ports(Session& session, const Match& match, Part PortStatus::*part,
                  std::string (*render)(const std::vector<PortStatus>&), const char* without) {
    const std::string name = match.get("INTERFACE");
    const Reply reply = session.call("show.ports", named(name));
    // The daemon says that it is no port of any kind.
    if (!reply && !name.empty() && reply.error().code == rpc::invalid_params)
        return session.refuse(name + without);
    if (!reply) return session.refuse(reply.error());
    const auto ports = ports_from_json(*reply);
    if (name.empty()) return session.show(match, *reply, render(ports));
    const PortStatus* port = find_named(ports, name);
    if (port == nullptr || !(port->*part)) return session.refuse(name + without);
    return session.show(match, *reply, render_port(*port));
}

Status show_cos(Session& session, const Match& match) {
    return show_ports(session, match, &PortStatus::cos, render_cos,
                      " is no 802.1p port; make it one with set cos dscp");
}

Status show_mark(Session& session, const Match& match) {
    return show_ports(session, match, &PortStatus::mark, render_marks,
                      " sets no mark; let it do so with set mark dscp");
}

Status show_reasons(Session& session, const Match& match) {
    const Reply reply = session.call("show.reasons");
    if (!reply) return session.refuse(reply.error());
    return session.show(match, *reply, render_reasons(reasons_from_json(*reply)));
}

Status show_watch(Session& session, const Match& match) {
    const Reply reply = session.call("show.watch");
    if (!reply) return session.refuse(reply.error());
    return session.show(match, *reply, render_watch(watch_from_json(*reply)));
}

Status show_changes(Session& session, const Match& match) {
    const Reply reply = session.call("config.log");
    if (!reply) return session.refuse(reply.error());
    return session.show(match, *reply, render_changes(changes_from_json(*reply)));
}

Status show_version(Session& session, const Match& match) {
    const Reply reply = session.call("version");
    if (!reply) return session.refuse(reply.error());
    json with_tool = *reply;
    with_tool["tool"] = version;
    return session.show(match, with_tool, render_version(version_from_json(*reply), version));
}

constexpr Token show{"show", "Show running system information"};
constexpr Token interface_name{"INTERFACE", "Name of the network device"};
constexpr Token crypto{"crypto", "Encryption"};
constexpr Token crypto_map{"map", "Crypto maps: the QoS of IPsec peers"};
constexpr Token crypto_name{"CRYPTO-MAP", "Name of the crypto map"};
constexpr Token sequence{"SEQUENCE", "Number of the entry"};
constexpr Token table_name{"TABLE-MAP", "Name of the table map"};

} // namespace

std::vector<Command> show_commands() {
    std::vector<Command> commands{
        {
            .grammar =
                "show running-config [interface INTERFACE | crypto map CRYPTO-MAP [SEQUENCE] "
                "| table-map TABLE-MAP]",
            .tokens = {show,
                       {"running-config", "The running configuration"},
                       {"interface", "Of one interface"},
                       interface_name,
                       crypto,
                       crypto_map,
                       crypto_name,
                       sequence,
                       {"table-map", "One table map"},
                       table_name},
            .summary = "Prints the running configuration, or one object's part of it. What it "
                       "prints can be typed in, pasted or read with -f.",
            .example = "show running-config",
            .run = show_running_config,
        },
        {
            .grammar = "write terminal",
            .tokens = {{"write", "Save the running configuration"},
                       {"terminal", "Print it instead of saving it"}},
            .summary = "Prints the running configuration, as show running-config does.",
            .example = "write terminal",
            .run = show_running_config,
        },
        {
            .grammar = "show startup-config",
            .tokens = {show, {"startup-config", "The configuration that the daemon starts with"}},
            .summary = "Prints the saved configuration.",
            .example = "show startup-config",
            .run = show_startup_config,
        },
        {
            .grammar = "show tunnel [TUNNEL [SEQUENCE]]",
            .tokens = {show,
                       {"tunnel", "Tunnels: modes, state and counters"},
                       {"TUNNEL", "Interface, or crypto map with its number"},
                       sequence},
            .summary = "Prints one line for every tunnel, or everything about one.",
            .example = "show tunnel gre1",
            .run = show_tunnel,
        },
        {
            .grammar = "show table-map [TABLE-MAP]",
            .tokens = {show, {"table-map", "Table maps"}, table_name},
            .summary = "Prints the table-maps.",
            .example = "show table-map wan",
            .run = show_table_map,
        },
        {
            .grammar = "show interfaces [INTERFACE]",
            .tokens = {show, {"interfaces", "Interfaces, as far as tunqos knows"}, interface_name},
            .summary = "Prints the QoS state of the interfaces.",
            .example = "show interfaces gre1",
            .run = show_interfaces,
        },
        {
            .grammar = "show crypto map [CRYPTO-MAP [SEQUENCE]]",
            .tokens = {show, crypto, crypto_map, crypto_name, sequence},
            .summary = "Prints the crypto maps, with what is wrong with the SAs that they bind.",
            .example = "show crypto map vpn 10",
            .run = show_crypto_map,
        },
        {
            .grammar = "show crypto session",
            .tokens = {show, crypto, {"session", "IPsec SAs of the kernel, and what binds them"}},
            .summary =
                "Prints the IPsec SAs of the kernel: what binds each, its flags that concern "
                "marks, what its replay check has dropped, and what is wrong with it.",
            .example = "show crypto session",
            .run = show_crypto_session,
        },
        {
            .grammar = "show crypto ipsec sa",
            .tokens = {show,
                       crypto,
                       {"ipsec", "IPsec"},
                       {"sa", "IPsec SAs: the same as show crypto session"}},
            .summary = "The same as show crypto session.",
            .example = "show crypto ipsec sa",
            .run = show_crypto_session,
        },
        {
            .grammar = "show cos [interface INTERFACE]",
            .tokens = {show,
                       {"cos", "802.1p ports: interfaces with set cos"},
                       {"interface", "One port"},
                       interface_name},
            .summary = "Prints one line for every 802.1p port, or everything about one.",
            .example = "show cos interface eth1.10",
            .run = show_cos,
        },
        {
            .grammar = "show mark [interface INTERFACE]",
            .tokens = {show,
                       {"mark", "Marks from the DSCP: interfaces with set mark"},
                       {"interface", "One interface"},
                       interface_name},
            .summary = "Prints one line for every interface with set mark, or everything about "
                       "one.",
            .example = "show mark interface eth0",
            .run = show_mark,
        },
        {
            .grammar = "show reasons",
            .tokens = {show, {"reasons", "Why packets were left alone, and what to do"}},
            .summary = "Prints how many packets were left alone, by reason, and what to do.",
            .example = "show reasons",
            .run = show_reasons,
        },
        {
            .grammar = "show watch",
            .tokens = {show, {"watch", "What else acts on marks, and what to do about it"}},
            .summary = "Prints all that is watched because it acts on marks beside tunqos or in "
                       "front of it (settings of devices and SAs, filters and programs, "
                       "flowtables, receive aggregation): where it is looked for, whether it is "
                       "there now and whose settings it harms, and the remedy.",
            .example = "show watch",
            .run = show_watch,
        },
        {
            .grammar = "show archive log config all",
            .tokens = {show,
                       {"archive", "What has become of the configuration"},
                       {"log", "The log of its changes"},
                       {"config", "Changes of the configuration"},
                       {"all", "All that are remembered"}},
            .summary = "Prints who changed what since tunqosd started, the last 1,000 lines: who "
                       "logged in and on which terminal (without one the program), when, and the "
                       "lines that went (-) and came (+). Of one change it has at most 200, of a "
                       "line 256 bytes. The system log has the same, and older ones.",
            .example = "show archive log config all",
            .run = show_changes,
        },
        {
            .grammar = "show version",
            .tokens = {show, {"version", "Versions of tool, daemon and module"}},
            .summary = "Prints the versions of tool, daemon and module.",
            .example = "show version",
            .run = show_version,
        },
    };
    for (Command& command : commands) {
        command.modes = {Mode::exec};
        command.modifiers = true;
    }
    return commands;
}

} // namespace tunqos::cli
