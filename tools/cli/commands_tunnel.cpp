// SPDX-License-Identifier: GPL-2.0-or-later
//
// What interface mode and crypto map mode share, and the rest of interface mode.
#include <iterator>

#include "cli/commands.hpp"
#include "cli/edit.hpp"

namespace tunqos::cli {
namespace {

const std::vector<Mode> either{Mode::interface, Mode::crypto_map};

using settings::decap, settings::encap, settings::tunnel;

constexpr Token permit{"permit", "Outer DSCPs that may become inner ones"};
constexpr Token permit_list{"DSCP-LIST", "DSCPs and ranges, separated by commas: ef,cs1,8-15"};
constexpr Token table{"table", "Map by a table map"};
constexpr Token table_name{"TABLE-MAP", "Name of the table map"};
constexpr Token set_mark{"set", "Set marks"};

template <Worded Value>
void read_typed(const Match& match, const TunnelSetting<Value>&, Value& value) {
    for (const auto& word : words_of(value)) {
        if (match.has(word.text)) read_value(word.text, value);
    }
}
void read_typed(const Match& match, const TunnelSetting<std::optional<Dscp>>& setting,
                std::optional<Dscp>& value) {
    read_value(match.get(setting.value.text), value);
}

template <const auto& setting>
Result<Config> edit_setting(Config config, const Context& context, const Match& match) {
    return edit_profile(std::move(config), context, [&](TunnelProfile& profile) {
        auto& value = profile.options.*setting.member;
        value = {};
        if (!match.negated) read_typed(match, setting, value);
    });
}

// "{native | rfc6040}", or the type of the value.
template <Worded Value>
std::string values_of(const TunnelSetting<Value>&, std::vector<Token>& tokens) {
    std::string text;
    for (const auto& word : words_of(Value{})) {
        text.append(text.empty() ? "{" : " | ").append(word.text);
        tokens.push_back({word.text, word.help});
    }
    return text + '}';
}
std::string values_of(const TunnelSetting<std::optional<Dscp>>& setting,
                      std::vector<Token>& tokens) {
    tokens.push_back(setting.value);
    return std::string(setting.value.text);
}

template <const auto& setting>
Command setting_command() {
    static std::vector<Token> tokens(setting.line.begin(), setting.line.end());
    static const std::string grammar =
        "[no] " + line_of(setting) + " ![" + values_of(setting, tokens) + ']';
    static const std::string example = line_of(setting) + ' ' + std::string(setting.example);
    return {.modes = setting.not_on_sas.empty() ? either : std::vector{Mode::interface},
            .grammar = grammar,
            .tokens = tokens,
            .summary = setting.summary,
            .example = example,
            .edit = edit_setting<setting>};
}

template <const auto&... setting>
std::vector<Command> setting_commands(SettingList<setting...>) {
    return {setting_command<setting>()...};
}

// "copy [permit DSCP-LIST]", "set DSCP": the form of a word, and what it is made of.
std::string form_of(const DscpSourceSetting& setting, const Word& word, bool is_default,
                    std::vector<Token>& tokens) {
    std::string form(word.text);
    tokens.push_back({word.text, word.help});
    if (word.text == "set") {
        form.append(" ").append(setting.value.text);
        tokens.push_back(setting.value);
    }
    if (word.text == "table") {
        form.append(" ").append(table_name.text);
        tokens.push_back(table_name);
    }
    if (setting.permit && !is_default) form += " [permit DSCP-LIST]";
    return form;
}

template <typename Mode>
std::string forms_of(const DscpSourceSetting& setting, std::vector<Token>& tokens) {
    std::string forms;
    for (const Word& word : words_of_source(Mode{})) {
        const bool is_default = forms.empty();
        forms.append(is_default ? "{" : " | ");
        forms.append(form_of(setting, word, is_default, tokens));
    }
    if (setting.permit) tokens.insert(tokens.end(), {permit, permit_list});
    return forms + '}';
}

template <const DscpSourceSetting& setting, typename Mode>
Command source_command(Command::Edit edit) {
    static std::vector<Token> tokens(setting.line.begin(), setting.line.end());
    static const std::string grammar =
        "[no] " + line_of(setting) + " ![" + forms_of<Mode>(setting, tokens) + ']';
    static const std::string example = line_of(setting) + ' ' + std::string(setting.example);
    return {.modes = either,
            .grammar = grammar,
            .tokens = tokens,
            .summary = setting.summary,
            .example = example,
            .edit = edit};
}

} // namespace

std::vector<Command> tunnel_commands() {
    std::vector<Command> commands{
        {
            .modes = either,
            .grammar = "[no] description ![LINE]",
            .tokens = {{"description", "Text about this entry"}, {"LINE", "Up to 240 characters"}},
            .summary = "Keeps a note.",
            .example = "description to branch b",
            .edit = edit_description,
        },
        {
            .modes = either,
            .grammar = "[no] tunnel diffserv-mode ![{uniform [permit DSCP-LIST] | {pipe | "
                       "short-pipe} [dscp DSCP | table TABLE-MAP]}]",
            .tokens = {tunnel,
                       {"diffserv-mode", "Both directions by a model of RFC 2983 and RFC 3270"},
                       {"uniform", "One mark end to end: copied out and back in"},
                       {"pipe", "The inner mark is kept; queued by the outer one at the end"},
                       {"short-pipe", "The inner mark is kept; queued by it at the end"},
                       permit,
                       permit_list,
                       {"dscp", "Set this outer DSCP"},
                       {"DSCP", "Outer DSCP"},
                       table,
                       table_name},
            .summary = "Sets encap and decap together. What is not named goes to its default; the "
                       "outer DSCP of pipe and short-pipe is a copy unless dscp or table is given.",
            .example = "tunnel diffserv-mode pipe dscp af21",
            .edit = edit_diffserv_mode,
        },
        source_command<settings::encap_dscp, EncapDscp>(edit_encap_dscp),
        {
            .modes = either,
            .grammar = "[no] tunnel encap single-aggregate ![{DSCP | af1 | af2 | af3 | af4}]",
            .tokens = {tunnel,
                       encap,
                       {"single-aggregate", "Outer DSCPs of one class only, against replay drops"},
                       {"DSCP", "All of them are this one"},
                       {"af1", "AF11, AF12 and AF13 stay, all others become AF11"},
                       {"af2", "AF21, AF22 and AF23 stay, all others become AF21"},
                       {"af3", "AF31, AF32 and AF33 stay, all others become AF31"},
                       {"af4", "AF41, AF42 and AF43 stay, all others become AF41"}},
            .summary = "Brings every outer DSCP that tunnel encap dscp makes into one ordered "
                       "aggregate, so that no packet overtakes another one and an IPsec receiver "
                       "finds all of them in its replay window (RFC 2983 section 4.1). With a DSCP "
                       "all outer DSCPs are that one. With af1 to af4 the three code points of "
                       "this class stay and any other becomes the first of them. A later tunnel "
                       "diffserv-mode takes it off. Not together with tunnel encap dscp native or "
                       "a table-map that ignores some code points.",
            .example = "tunnel encap single-aggregate af4",
            .edit = edit_single_aggregate,
        },
        source_command<settings::encap_inner, EncapInner>(edit_inner_dscp),
        {
            .modes = {Mode::interface},
            .grammar = "[no] tunnel tos ![TOS]",
            .tokens = {tunnel,
                       {"tos", "Fixed TOS byte of the outer header (IOS)"},
                       {"TOS", "TOS byte without ECN bits: four times the DSCP"}},
            .summary = "The IOS spelling of tunnel encap dscp set, which is what the running "
                       "configuration shows: 184 is set ef. The no form takes away a fixed value, "
                       "by either name, and no table.",
            .example = "tunnel tos 184",
            .edit = edit_tos,
        },
        source_command<settings::decap_dscp, DecapDscp>(edit_decap_dscp),
        {
            .modes = either,
            .grammar = "[no] tunnel decap class ![{inner | outer}]",
            .tokens = {tunnel,
                       decap,
                       {"class", "What packets out of the tunnel are queued by"},
                       {"inner", "The inner DSCP; the default"},
                       {"outer", "The outer DSCP as it arrived"}},
            .summary = "Says which DSCP a packet out of the tunnel is queued by.",
            .example = "tunnel decap class outer",
            .edit = edit_decap_class,
        },
        {
            .modes = either,
            .grammar = "[no] qos pre-classify [table TABLE-MAP [handle HANDLE]] [via {companion | "
                       "priority | mark MASK}]",
            .tokens = {{"qos", "Quality of service"},
                       {"pre-classify", "Classify by the packet before encapsulation"},
                       {"table", "Queueing priority by a table map"},
                       table_name,
                       {"handle", "The table's numbers are classes or tins of this queue"},
                       {"HANDLE", "Handle of the queue, as tc qdisc show has it"},
                       {"via", "Where tc finds the class"},
                       {"companion", "meta(tc_index); the default, lost behind clsact and tcx"},
                       {"priority", "In meta(priority) as well, which they leave"},
                       {"mark", "In bits of the packet's mark as well, which they leave"},
                       {"MASK", "The bits: six or more in a row"}},
            .summary = "Lets the class of the inner packet reach the queues of the output "
                       "interface, beyond encryption. Programs on the egress of a device (clsact, "
                       "tcx) that say TC_ACT_OK overwrite the companion: use via priority or via "
                       "mark there. See tunqos(7), Class behind encryption.",
            .example = "qos pre-classify via priority",
            .edit = edit_pre_classify,
        },
        {
            .modes = {Mode::interface},
            .grammar = "[no] set cos ![dscp [table TABLE-MAP]]",
            .tokens = {set_mark,
                       {"cos", "802.1p priority of frames that leave"},
                       {"dscp", "From the DSCP, by mls qos map dscp-cos: its upper three bits"},
                       {"table", "From the DSCP by a table map"},
                       table_name},
            .summary = "Makes the interface an 802.1p port: the priority in the VLAN tag follows "
                       "the DSCP. no set cos alone takes away what is set for protocols, too.",
            .example = "set cos dscp",
            .edit = edit_cos,
        },
        {
            .modes = {Mode::interface},
            .grammar = "[no] set cos {non-ip | arp | dhcp | nd | pppoe-discovery | ppp-control} "
                       "![COS]",
            .tokens = {set_mark,
                       {"cos", "802.1p priority of frames that leave"},
                       {"non-ip", "All that is not IP and has no line of its own"},
                       {"arp", "ARP"},
                       {"dhcp", "DHCP and DHCPv6, also of programs with packet sockets"},
                       {"nd", "Neighbor Discovery of IPv6, router messages too"},
                       {"pppoe-discovery", "PPPoE's discovery of its concentrator"},
                       {"ppp-control", "LCP, authentication and the other control of PPPoE"},
                       {"COS", "Priority in the VLAN tag"}},
            .summary = "Gives a protocol its own priority in the VLAN tag, whatever its DSCP; "
                       "without it nothing is written where there is no IP header. IP in PPPoE, "
                       "behind MPLS labels or a second tag is IP: set cos dscp is for it.",
            .example = "set cos ppp-control 6",
            .edit = edit_protocol_cos,
        },
        {
            .modes = {Mode::interface},
            .grammar = "[no] set mark ![dscp [table TABLE-MAP] mask MASK]",
            .tokens = {set_mark,
                       {"mark", "The kernel's mark of what arrives, which routing selects by"},
                       {"dscp", "From the DSCP: its number, 0-63"},
                       {"table", "From the DSCP by a table map"},
                       table_name,
                       {"mask", "Bits of the mark that may change"},
                       {"MASK", "The number stands at its lowest bit"}},
            .summary = "Selects tunnels by DSCP: a number for the DSCP of each packet that the "
                       "interface receives goes into the bits of the mask of the packet's mark, in "
                       "front of routing and of IPsec policies. Rules (ip rule add fwmark 0x1/0x1) "
                       "then choose the tunnel, and policies with a mark choose the SA. The other "
                       "bits stay. What the router itself sends does not arrive: mark that by "
                       "nftables.",
            .example = "set mark dscp table classes mask 0x1",
            .edit = edit_dscp_mark,
        },
    };
    auto settings = setting_commands(AllSettings());
    std::move(settings.begin(), settings.end(), std::back_inserter(commands));
    return commands;
}

} // namespace tunqos::cli
