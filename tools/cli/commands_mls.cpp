// SPDX-License-Identifier: GPL-2.0-or-later
//
// What becomes of the DSCP of what a port receives: `mls qos`, `set dscp` and the maps, in
// configuration mode, interface mode and exec mode.
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/edit.hpp"
#include "cli/foreign.hpp"
#include "cli/links.hpp"
#include "cli/render.hpp"
#include "cli/show.hpp"
#include "tunqos/json_parts.hpp"
#include "tunqos/rpc.hpp"

namespace tunqos::cli {
namespace {

using nlohmann::json;

// All of them, or those that are named.
Status show_maps(Session& session, const Match& match) {
    auto fetched = fetch_config(session, "running");
    if (!fetched) return session.refuse(fetched.error());
    const QosMaps& maps = fetched->config.qos_maps;
    const std::string name = match.get("MUTATION");
    if (!name.empty() && !maps.mutations.contains(name))
        return session.refuse(fmt::format("there is no dscp-mutation {}", name));
    const bool all =
        !match.has("cos-dscp") && !match.has("dscp-cos") && !match.has("dscp-mutation");
    json answer = json::object();
    std::string text;
    if (all || match.has("cos-dscp")) {
        answer["cosDscp"] = maps.cos_dscp;
        text += render_cos_dscp(maps.cos_dscp);
    }
    if (all || match.has("dscp-cos")) {
        answer["dscpCos"] = maps.dscp_cos;
        text += render_dscp_cos(maps.dscp_cos);
    }
    if (all || match.has("dscp-mutation")) {
        answer["dscpMutations"] = json::object();
        text += "   Dscp-dscp mutation map:\n";
        if (name.empty()) text += render_mutation("Default DSCP Mutation Map", same_dscp_table());
        for (const auto& [key, table] : maps.mutations) {
            if (!name.empty() && key != name) continue;
            answer["dscpMutations"][key] = table;
            text += render_mutation(key, table);
        }
    }
    return session.show(match, answer, text);
}

json mls_json(const std::string& name, const Interface& interface, const json& ports) {
    const auto& set = interface.set_dscp;
    json one = {{"name", name},
                {"mlsQos", mls_qos_to_json(interface.mls_qos, Keys::all)},
                {"setDscp", set ? set_dscp_to_json(*set, Keys::all) : json()},
                {"port", nullptr}};
    for (const json& port : ports.value("ports", json::array())) {
        if (port.value("name", "") == name) one["port"] = port;
    }
    return one;
}

// Those of which something is said, or one.
Status show_mls_interface(Session& session, const Match& match) {
    const std::string name = match.get("INTERFACE");
    auto fetched = fetch_config(session, "running", name);
    if (!fetched) return session.refuse(fetched.error());
    Reply reply = session.call("show.ports", named(name));
    const bool no_port = !reply && !name.empty() && reply.error().code == rpc::invalid_params;
    if (no_port) reply = json::object();
    if (!reply) return session.refuse(reply.error());
    auto& interfaces = fetched->config.interfaces;
    if (!name.empty() && !interfaces.contains(name)) {
        const Foreign* other = find_foreign_show("show mls qos interface " + name);
        const bool exists = link_state(name).exists;
        if (!exists && other != nullptr) return session.refuse(not_done(*other));
        if (!exists)
            return session.refuse(
                fmt::format("interface {} does not exist and has no configuration", name));
        interfaces[name];
    }
    const auto ports = ports_from_json(*reply);
    std::string text;
    json list = json::array();
    for (const auto& [one, interface] : interfaces) {
        if (name.empty() ? !interface.has_arrival() : one != name) continue;
        text += (text.empty() ? "" : "\n") +
                render_mls_interface(one, interface, find_named(ports, one));
        list.push_back(mls_json(one, interface, *reply));
    }
    if (text.empty()) text = "No interface has mls qos or set dscp.\n";
    return session.show(match, {{"interfaces", std::move(list)}}, text);
}

Status show_mls(Session& session, const Match& match) {
    auto fetched = fetch_config(session, "running");
    if (!fetched) return session.refuse(fetched.error());
    json list = json::array();
    for (const auto& [name, interface] : fetched->config.interfaces) {
        if (interface.has_arrival())
            list.push_back(
                {{"name", name}, {"dscp", arrival_text(interface.mls_qos, interface.set_dscp)}});
    }
    return session.show(match, {{"interfaces", std::move(list)}},
                        render_mls(fetched->config.interfaces));
}

constexpr Token mls{"mls", "QoS of ports, as on a Catalyst"};
constexpr Token qos{"qos", "Quality of service"};
constexpr Token map{"map", "Maps of marks that all ports share"};
constexpr Token to{"to", "What they are mapped to"};
constexpr Token mutation{"MUTATION", "Name of the mutation map"};

// "[no] mls qos map ![preset {cisco | ...}]"
Command preset_command() {
    static std::vector<Token> tokens{mls, qos, map, {"preset", "Write both maps by a standard"}};
    static const std::string grammar = [] {
        std::string names;
        for (const QosPreset& preset : qos_presets()) {
            names.append(names.empty() ? "" : " | ").append(preset.name);
            tokens.push_back({preset.name, preset.help});
        }
        return "[no] mls qos map ![preset {" + names + "}]";
    }();
    return {.modes = {Mode::config},
            .grammar = grammar,
            .tokens = tokens,
            .summary =
                "Writes the cos-dscp and the dscp-cos map. Which preset it was is not kept: "
                "the running configuration has what differs from the defaults. no mls qos "
                "map, or default mls qos map, sets both back. See tunqos(7), Trust.",
            .example = "mls qos map preset rfc8325",
            .edit = edit_preset};
}

std::vector<Command> map_commands() {
    return {
        {
            .modes = {Mode::config},
            .grammar = "[no] mls qos map cos-dscp ![DSCP DSCP DSCP DSCP DSCP DSCP DSCP DSCP]",
            .tokens = {mls,
                       qos,
                       map,
                       {"cos-dscp", "From the CoS of what arrives to its DSCP"},
                       {"DSCP", "One of eight DSCPs with spaces between: those of CoS 0 to 7"}},
            .summary = "Says which DSCP a port that trusts the CoS, or has set dscp cos, gives to "
                       "each of CoS 0 to 7. The default is 0 8 16 24 32 40 48 56.",
            .example = "mls qos map cos-dscp 0 8 16 24 32 46 48 56",
            .edit = edit_cos_dscp,
        },
        {
            .modes = {Mode::config},
            .grammar = "[no] mls qos map dscp-cos ![DSCP-LIST... to COS]",
            .tokens = {mls,
                       qos,
                       map,
                       {"dscp-cos", "From the DSCP of what is sent to its CoS"},
                       {"DSCP-LIST", "DSCPs to map, with spaces or commas: ef cs1 or ef,cs1,8-15"},
                       to,
                       {"COS", "CoS of these DSCPs: the priority in the VLAN tag"}},
            .summary = "Says which priority set cos dscp without a table gives to these DSCPs. The "
                       "default is the upper three bits. With no and a list these entries are set "
                       "back, without one all of them.",
            .example = "mls qos map dscp-cos 46 44 to 6",
            .edit = edit_dscp_cos,
        },
        {
            .modes = {Mode::config},
            .grammar = "[no] mls qos map dscp-mutation MUTATION ![DSCP-LIST... to DSCP]",
            .tokens = {mls,
                       qos,
                       map,
                       {"dscp-mutation", "From the DSCP as it arrived to another one"},
                       mutation,
                       {"DSCP-LIST",
                        "DSCPs as they arrive, with spaces or commas: ef cs1 or ef,cs1,8-15"},
                       to,
                       {"DSCP", "DSCP that they become"}},
            .summary = "Makes a mutation map, for mls qos dscp-mutation, or changes entries of it; "
                       "those of which nothing is said stay as they are. With no and a list these "
                       "entries are set back, without one the map is removed.",
            .example = "mls qos map dscp-mutation edge af41 af42 to af31",
            .edit = edit_mutation,
        },
        preset_command(),
    };
}

// The same maps in the words of SonicOS.
std::vector<Command> mapping_commands() {
    constexpr Token mapping{"mapping", "The maps of mls qos map, in the words of SonicOS"};
    constexpr Token cos{"COS", "The 802.1p class"};
    return {
        {
            .modes = {Mode::config},
            .grammar = "[no] qos mapping COS to-dscp ![DSCP]",
            .tokens = {qos, mapping, cos, {"to-dscp", "What the class becomes"}, {"DSCP", "DSCP"}},
            .summary = "Says which DSCP a class becomes: one entry of mls qos map cos-dscp, which "
                       "is what the running configuration has.",
            .example = "qos mapping 4 to-dscp 43",
            .edit = edit_mapping_to,
        },
        {
            .modes = {Mode::config},
            .grammar = "[no] qos mapping COS from ![DSCP to DSCP]",
            .tokens = {qos,
                       mapping,
                       cos,
                       {"from", "The range of DSCPs that become the class; 0 has the rest"},
                       {"DSCP", "An end of the range"},
                       {"to", "The last one of the range"}},
            .summary = "Says which DSCPs become a class, in mls qos map dscp-cos. A class has one "
                       "range, which must not overlap with another one. To move 15 from class 1 to "
                       "2 end class 1 at 14 first, and then begin class 2 at 15; in between it is "
                       "of class 0, which has what no other class has.",
            .example = "qos mapping 1 from 8 to 14",
            .edit = edit_mapping_from,
        },
        {
            .modes = {Mode::config},
            .grammar = "[no] qos mapping ![reset]",
            .tokens = {qos, mapping, {"reset", "Both maps as they are by default"}},
            .summary = "Sets both maps back (SonicOS: Reset QoS Settings), as no qos mapping and "
                       "default qos mapping do.",
            .example = "qos mapping reset",
            .edit = edit_mapping_reset,
        },
    };
}

std::vector<Command> port_commands() {
    return {
        {
            .modes = {Mode::interface},
            .grammar = "[no] mls qos trust [cos | dscp]",
            .tokens = {mls,
                       qos,
                       {"trust", "Which mark of what arrives is believed"},
                       {"cos", "The 802.1p priority: it becomes the DSCP"},
                       {"dscp", "The DSCP, which stays or is mutated; meant without a word"}},
            .summary =
                "With cos the DSCP of all that arrives comes from the priority in the tag "
                "of its frame, by mls qos map cos-dscp; without a tag from mls qos cos. With "
                "dscp it stays, or is mapped by mls qos dscp-mutation. A port without it "
                "keeps all marks, as one with dscp does: unlike on a Catalyst nothing is "
                "set to 0. Not together with set dscp.",
            .example = "mls qos trust cos",
            .edit = edit_trust,
        },
        {
            .modes = {Mode::interface},
            .grammar = "[no] mls qos cos ![COS [override]]",
            .tokens = {mls,
                       qos,
                       {"cos", "CoS of what arrives without a tag"},
                       {"COS", "Priority of frames without a tag"},
                       {"override", "Of all other frames as well, whatever is trusted"}},
            .summary = "Says which CoS frames without a tag count as, where the CoS is trusted. "
                       "The default is 0. no mls qos cos takes override away, too.",
            .example = "mls qos cos 3",
            .edit = edit_default_cos,
        },
        {
            .modes = {Mode::interface},
            .grammar = "[no] mls qos cos override",
            .tokens = {mls,
                       qos,
                       {"cos", "CoS of what arrives without a tag"},
                       {"override", "Of all other frames as well, whatever is trusted"}},
            .summary = "Lets the CoS of mls qos cos count for all frames, so that all that arrives "
                       "gets the DSCP of this CoS. Not together with set dscp.",
            .example = "mls qos cos override",
            .edit = edit_cos_override,
        },
        {
            .modes = {Mode::interface},
            .grammar = "[no] mls qos dscp-mutation ![MUTATION]",
            .tokens = {mls,
                       qos,
                       {"dscp-mutation", "Map the DSCP of what arrives to another one"},
                       mutation},
            .summary =
                "Maps the DSCP of what arrives by a map of mls qos map dscp-mutation. Not in "
                "force without mls qos trust dscp, or beside mls qos cos override.",
            .example = "mls qos dscp-mutation edge",
            .edit = edit_port_mutation,
        },
        {
            .modes = {Mode::interface},
            .grammar = "[no] set dscp ![{DSCP | none | cos [table TABLE-MAP] [override]}]",
            .tokens = {{"set", "Set marks"},
                       {"dscp", "The DSCP of what arrives"},
                       {"DSCP", "DSCP of all that arrives"},
                       {"none", "DSCP 0, best effort"},
                       {"cos", "From the priority in the tag, by mls qos map cos-dscp"},
                       {"table", "By a table map instead, from CoS 0-7"},
                       {"TABLE-MAP", "Name of the table map"},
                       {"override", "Also of what arrives with a DSCP other than 0"}},
            .summary = "Says which DSCP all that arrives gets. With cos it is that of the priority "
                       "in the tag of the frame; frames without a tag, and without override "
                       "packets with a DSCP other than 0, keep theirs. Of the table map the "
                       "default copy is the class selector. Not together with mls qos trust and "
                       "mls qos cos override.",
            .example = "set dscp cos table lan override",
            .edit = edit_set_dscp,
        },
    };
}

std::vector<Command> mls_show_commands() {
    constexpr Token show{"show", "Show running system information"};
    return {
        {
            .modes = {Mode::exec},
            .grammar = "show mls qos",
            .tokens = {show, mls, qos},
            .summary = "Prints, in a line each, the interfaces that do something to the DSCP of "
                       "what they receive.",
            .example = "show mls qos",
            .run = show_mls,
            .modifiers = true,
        },
        {
            .modes = {Mode::exec},
            .grammar = "show mls qos maps [cos-dscp | dscp-cos | dscp-mutation [MUTATION]]",
            .tokens = {show,
                       mls,
                       qos,
                       {"maps", "Maps of marks that all ports share"},
                       {"cos-dscp", "From the CoS to the DSCP"},
                       {"dscp-cos", "From the DSCP to the CoS"},
                       {"dscp-mutation", "From the DSCP to another one"},
                       mutation},
            .summary = "Prints the maps: the tens of a DSCP are in d1, its units in d2.",
            .example = "show mls qos maps dscp-cos",
            .run = show_maps,
            .modifiers = true,
        },
        {
            .modes = {Mode::exec},
            .grammar = "show mls qos interface [INTERFACE]",
            .tokens = {show,
                       mls,
                       qos,
                       {"interface", "What a port does with the DSCP of what it receives"},
                       {"INTERFACE", "Name of the network device"}},
            .summary = "Prints what the interfaces trust, and what was done to what they received.",
            .example = "show mls qos interface eth1",
            .run = show_mls_interface,
            .modifiers = true,
        },
    };
}

} // namespace

std::vector<Command> mls_commands() {
    std::vector<Command> commands = map_commands();
    for (auto& more : {mapping_commands(), port_commands(), mls_show_commands()})
        commands.insert(commands.end(), more.begin(), more.end());
    return commands;
}

} // namespace tunqos::cli
