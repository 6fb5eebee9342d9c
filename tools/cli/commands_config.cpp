// SPDX-License-Identifier: GPL-2.0-or-later
//
// Configuration mode, table-map mode, and the ways between the modes.
#include "cli/commands.hpp"
#include "cli/edit.hpp"
#include "cli/grammar/modes.hpp"
#include "cli/grammar/types.hpp"
#include "cli/session.hpp"

namespace tunqos::cli {
namespace {

Context enter_table_map(const Match& match) {
    return {Mode::table_map, match.get("TABLE-MAP"), 0};
}

Context enter_interface(const Match& match) {
    return {Mode::interface, match.get("INTERFACE"), 0};
}

Context enter_crypto_map(const Match& match) {
    return {Mode::crypto_map, match.get("CRYPTO-MAP"),
            parse_number(match.get("SEQUENCE"), 1, 65535).value_or(0)};
}

Status exit_mode(Session& session, const Match&) {
    const auto around = parent(session.context().mode);
    session.go_to({around.value_or(Mode::exec), {}, 0});
    return Status::ok;
}

Status end(Session& session, const Match&) {
    session.go_to({});
    return Status::ok;
}

const std::vector<Mode> configuration{Mode::config,    Mode::interface, Mode::crypto_map,
                                      Mode::table_map, Mode::rule,      Mode::zone};

} // namespace

std::vector<Command> config_commands() {
    constexpr Token table_map{"table-map", "Configure a table of DSCPs"};
    constexpr Token interface { "interface", "Configure an interface" };
    return {
        {
            .modes = {Mode::config},
            .grammar = "[no] table-map TABLE-MAP",
            .tokens = {table_map, {"TABLE-MAP", "Name of the table map"}},
            .summary = "Enters table-map mode, and makes the table-map if there is none.",
            .example = "table-map wan",
            .edit = edit_table_map,
            .enter = enter_table_map,
        },
        {
            .modes = {Mode::config},
            .grammar = "[no] interface INTERFACE",
            .tokens = {interface, {"INTERFACE", "Name of the network device"}},
            .summary = "Enters interface mode. The device need not exist yet. The no form, or "
                       "default interface, removes everything configured for it.",
            .example = "interface gre1",
            .edit = edit_interface,
            .enter = enter_interface,
        },
        {
            .modes = {Mode::config},
            .grammar = "[no] crypto map CRYPTO-MAP ![SEQUENCE [ipsec-isakmp]]",
            .tokens = {{"crypto", "Encryption"},
                       {"map", "Configure a crypto map entry: the QoS of IPsec"},
                       {"CRYPTO-MAP", "Name of the crypto map"},
                       {"SEQUENCE", "Number of the entry"},
                       {"ipsec-isakmp", "Accepted as in IOS; the keys are not tunqos's concern"}},
            .summary = "Enters crypto map mode, and makes the entry if there is none. It does "
                       "nothing until it has a peer or a match. The no form without a number "
                       "removes all entries of this name.",
            .example = "crypto map vpn 10 ipsec-isakmp",
            .edit = edit_crypto_map,
            .enter = enter_crypto_map,
        },
        {
            .modes = {Mode::table_map},
            .grammar = "[no] map from DSCP ![to VALUE]",
            .tokens = {{"map", "Map one value to another"},
                       {"from", "The value to map from"},
                       {"DSCP", "DSCP to map from"},
                       {"to", "The value to map to"},
                       {"VALUE", "DSCP to map to; CoS (0-7) or priority, where used as such"}},
            .summary = "Maps one code point.",
            .example = "map from af41 to af21",
            .edit = edit_table_map_line,
            .entry = true,
        },
        {
            .modes = {Mode::table_map},
            .grammar = "[no] default ![{copy | ignore | VALUE}]",
            .tokens = {{"default", "What to do with a value that has no map line"},
                       {"copy", "The same value; the default"},
                       {"ignore", "Leave the packet alone"},
                       {"VALUE", "This value"}},
            .summary = "Says what becomes of the code points without a map line.",
            .example = "default ignore",
            .edit = edit_table_map_default,
        },
        {
            .modes = configuration,
            .grammar = "exit",
            .tokens = {{"exit", "Leave this mode"}},
            .summary = "Leaves the mode for the one around it.",
            .example = "exit",
            .run = exit_mode,
        },
        {
            .modes = configuration,
            .grammar = "end",
            .tokens = {{"end", "Leave configuration mode"}},
            .summary = "Goes back to exec mode, as Ctrl-Z does.",
            .example = "end",
            .run = end,
        },
        {
            .modes = configuration,
            .grammar = "do",
            .tokens = {{"do", "Run an exec command"}},
            .summary = "Runs an exec command in a configuration mode: do show running-config.",
            .example = "do show version",
            .nested = true,
        },
    };
}

} // namespace tunqos::cli
