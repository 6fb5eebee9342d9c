// SPDX-License-Identifier: GPL-2.0-or-later
//
// SonicOS's marking rules: `qos rule`, `qos zone` and their modes, the masks, 802.1p of an
// interface, and what shows them.
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/edit.hpp"
#include "cli/grammar/types.hpp"
#include "cli/render.hpp"
#include "cli/show.hpp"

namespace tunqos::cli {
namespace {

using nlohmann::json;

constexpr Token qos{"qos", "Quality of service"};
constexpr Token match_packets{"match", "Which connections this rule is about, by the first packet"};
constexpr Token set_marks{"set", "Set marks"};

Status show_rules(Session& session, const Match& match) {
    const std::string sequence = match.get("RULE");
    json params = json::object();
    if (!sequence.empty()) params["sequence"] = parse_number(sequence, 1, 65535).value_or(0);
    const Reply reply = session.call("show.rules", std::move(params));
    if (!reply) return session.refuse(reply.error());
    const auto rules = rules_from_json(*reply);
    return session.show(
        match, *reply,
        sequence.empty() || rules.empty() ? render_rules(rules) : render_rule(rules.front()));
}

json mapping_json(const QosMaps& maps) {
    json classes = json::array();
    for (std::size_t cos = 0; cos < pcp_count; ++cos) {
        json ranges = json::array();
        for (const auto& [begin, end] : dscp_ranges(maps, cos))
            ranges.push_back({{"begin", begin}, {"end", end}});
        classes.push_back({{"cos", cos},
                           {"name", sonicos_classes[cos]},
                           {"toDscp", maps.cos_dscp[cos]},
                           {"fromDscp", std::move(ranges)}});
    }
    return {{"classes", std::move(classes)}};
}

Status show_mapping(Session& session, const Match& match) {
    auto fetched = fetch_config(session, "running");
    if (!fetched) return session.refuse(fetched.error());
    const QosMaps& maps = fetched->config.qos_maps;
    return session.show(match, mapping_json(maps), render_mapping(maps));
}

Context enter_rule(const Match& match) {
    return {Mode::rule, {}, parse_number(match.get("RULE"), 1, 65535).value_or(0)};
}

Context enter_zone(const Match& match) {
    return {Mode::zone, match.get("ZONE"), 0};
}

std::vector<Command> objects() {
    constexpr Token rules{"rules", "What all rules have in common"};
    return {
        {
            .modes = {Mode::config},
            .grammar = "[no] qos rule RULE [NAME]",
            .tokens = {qos,
                       {"rule", "Configure a marking rule"},
                       {"RULE", "Its place in the order"},
                       {"NAME", "Its name"}},
            .summary =
                "Enters rule mode, and makes the rule if there is none: it says what becomes of "
                "the DSCP and of the 802.1p priority of the connections that it matches, in both "
                "directions. The first rule that matches the first packet of a connection counts. "
                "It does nothing until it matches or sets something; with a match alone, tags "
                "leave with priority 0.",
            .example = "qos rule 10 VOIP",
            .edit = edit_rule,
            .enter = enter_rule,
        },
        {
            .modes = {Mode::config},
            .grammar = "[no] qos zone ZONE",
            .tokens = {qos, {"zone", "Configure interfaces under one name"}, {"ZONE", "Its name"}},
            .summary = "Enters zone mode, and makes the zone if there is none. match from of a "
                       "rule takes its name for all interfaces that are in it.",
            .example = "qos zone LAN",
            .edit = edit_zone,
            .enter = enter_zone,
        },
        {
            .modes = {Mode::config},
            .grammar = "[no] qos rules mark-mask ![MASK]",
            .tokens = {qos,
                       rules,
                       {"mark-mask", "Where a connection's mark has the number of its rule"},
                       {"MASK", "2 to 8 bits in a row"}},
            .summary = "Says which bits of the mark of connections (ct mark of nftables) are "
                       "tunqos's. The default is 0xff0000, with room for 253 rules. Your own rules "
                       "must leave these bits as they are.",
            .example = "qos rules mark-mask 0xff000000",
            .edit = edit_mark_mask,
        },
        {
            .modes = {Mode::config},
            .grammar = "[no] qos rules cos-mask ![MASK]",
            .tokens = {qos,
                       rules,
                       {"cos-mask", "Where a packet's mark has the CoS while it is classified"},
                       {"MASK", "4 bits in a row"}},
            .summary = "Says which bits of the mark of packets hold the CoS from FORWARD to "
                       "POSTROUTING, if a rule has match cos. The default is 0xf000000.",
            .example = "qos rules cos-mask 0xf0000000",
            .edit = edit_cos_mask,
        },
        {
            .modes = {Mode::interface},
            .grammar = "[no] qos 802.1p",
            .tokens = {qos, {"802.1p", "Rules know the tags of this interface, and write them"}},
            .summary = "Lets rules know the priority in the tag of what arrives, and decide on "
                       "that of what leaves (SonicOS: Enable 802.1p tagging). Nothing is inserted "
                       "or changed until a rule says so.",
            .example = "qos 802.1p",
            .edit = edit_dot1p,
        },
        {
            .modes = {Mode::zone},
            .grammar = "[no] member INTERFACE",
            .tokens = {{"member", "An interface of the zone"},
                       {"INTERFACE", "Name of the network device"}},
            .summary = "Puts an interface into the zone. It need not exist yet.",
            .example = "member lan0",
            .edit = edit_member,
            .entry = true,
        },
    };
}

// "[no] match {ip | tcp ...} [source ...] [destination ...]"
Command traffic_command() {
    static std::vector<Token> tokens{match_packets,
                                     {"source", "Where the first packet comes from"},
                                     {"destination", "Where it goes to"},
                                     {"any", "Any address"},
                                     {"NETWORK", "An address, or a network with its length"},
                                     {"port", "Of these ports"},
                                     {"PORT", "A port; two are the first and the last of a range"}};
    static const std::string grammar = [] {
        std::string words;
        for (const RuleProtocol& protocol : rule_protocols()) {
            words.append(words.empty() ? "" : " | ").append(protocol.word);
            tokens.push_back({protocol.word, protocol.help});
        }
        const std::string end = " {any | NETWORK} [port PORT [PORT]]";
        return "[no] match {" + words + "} [source" + end + "] [destination" + end + "]";
    }();
    return {
        .modes = {Mode::rule},
        .grammar = grammar,
        .tokens = tokens,
        .summary =
            "Matches by protocol, addresses and ports of the first packet of a "
            "connection, whose replies then have them the other way round. One line for "
            "all of them: another one takes its place.",
        .example = "match udp source 192.168.168.0/24 port 5060 5090 destination 10.50.165.0/24",
        .edit = edit_rule_traffic};
}

std::vector<Command> matches() {
    return {
        {
            .modes = {Mode::rule},
            .grammar = "[no] match from ![PLACE to PLACE]",
            .tokens = {match_packets,
                       {"from", "Where it arrives"},
                       {"PLACE", "An interface, a zone, or any"},
                       {"to", "Where it leaves"}},
            .summary = "Matches by where the first packet of a connection arrives and leaves. A "
                       "tunnel is an interface, too.",
            .example = "match from LAN to any",
            .edit = edit_rule_path,
        },
        traffic_command(),
        {
            .modes = {Mode::rule},
            .grammar = "[no] match dscp ![DSCP-LIST...]",
            .tokens = {match_packets,
                       {"dscp", "By the DSCP that it arrives with"},
                       {"DSCP-LIST", "DSCPs: ef af41, or ef,af41,8-15"}},
            .summary = "Matches one of these DSCPs. Another line takes its place.",
            .example = "match dscp ef af41",
            .edit = edit_rule_dscps,
        },
        {
            .modes = {Mode::rule},
            .grammar = "[no] match cos ![COS...]",
            .tokens = {match_packets,
                       {"cos", "By the priority in the tag that it arrives with"},
                       {"COS", "One of these priorities"}},
            .summary = "Matches one of these 802.1p priorities, of what arrives with a tag at an "
                       "interface with qos 802.1p. Another line takes its place.",
            .example = "match cos 5 6",
            .edit = edit_rule_cos_list,
        },
    };
}

std::vector<Command> actions() {
    return {
        {
            .modes = {Mode::rule},
            .grammar = "[no] set dscp ![{DSCP | none | preserve | cos [override]}]",
            .tokens = {set_marks,
                       {"dscp", "The DSCP"},
                       {"DSCP", "This one (SonicOS: Explicit)"},
                       {"none", "DSCP 0 (None)"},
                       {"preserve", "As it arrived; the default (Preserve)"},
                       {"cos", "From the priority in the tag, by mls qos map cos-dscp (Map)"},
                       {"override", "Also of what arrives with a DSCP other than 0"}},
            .summary = "Says what becomes of the DSCP. With cos it is that of the priority that "
                       "the packet arrived with, or of set cos if that is a number, which comes "
                       "first; without a tag it stays.",
            .example = "set dscp cos override",
            .edit = edit_rule_dscp,
        },
        {
            .modes = {Mode::rule},
            .grammar = "[no] set cos ![{COS | none | preserve | dscp}]",
            .tokens = {set_marks,
                       {"cos", "The 802.1p priority, at interfaces with qos 802.1p"},
                       {"COS", "This one (SonicOS: Explicit)"},
                       {"none", "0, and no tag is inserted; the default (None)"},
                       {"preserve", "As it arrived (Preserve)"},
                       {"dscp", "From the DSCP, by mls qos map dscp-cos (Map)"}},
            .summary = "Says which priority packets leave with. All but none insert a tag of VLAN "
                       "ID 0 on an Ethernet device. With set dscp cos and set cos dscp a packet is "
                       "mapped one way only: from its tag, if it arrived with one.",
            .example = "set cos dscp",
            .edit = edit_rule_cos,
        },
    };
}

std::vector<Command> rule_shows() {
    constexpr Token show{"show", "Show running system information"};
    return {
        {
            .modes = {Mode::exec},
            .grammar = "show qos rules [RULE]",
            .tokens = {show, qos, {"rules", "Marking rules"}, {"RULE", "One of them"}},
            .summary = "Prints the rules in their order, and what they did to the packets of both "
                       "directions.",
            .example = "show qos rules 10",
            .run = show_rules,
            .modifiers = true,
        },
        {
            .modes = {Mode::exec},
            .grammar = "show qos mapping",
            .tokens = {show, qos, {"mapping", "The maps of mls qos map, as SonicOS has them"}},
            .summary = "Prints for each 802.1p class its DSCP, and the DSCPs that it is made from.",
            .example = "show qos mapping",
            .run = show_mapping,
            .modifiers = true,
        },
    };
}

} // namespace

std::vector<Command> rule_commands() {
    std::vector<Command> commands = objects();
    for (auto& more : {matches(), actions(), rule_shows()})
        commands.insert(commands.end(), more.begin(), more.end());
    return commands;
}

} // namespace tunqos::cli
