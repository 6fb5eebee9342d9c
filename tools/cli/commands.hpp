// SPDX-License-Identifier: GPL-2.0-or-later
//
// Every command of the CLI, as declarations. One file per mode:
// commands_exec.cpp, commands_show.cpp, commands_config.cpp, commands_tunnel.cpp,
// commands_crypto.cpp; and in all modes commands_mls.cpp for what a Catalyst calls mls qos,
// commands_rules.cpp for SonicOS's rules.
#pragma once

#include <vector>

#include "cli/grammar/command.hpp"

namespace tunqos::cli {

std::vector<Command> exec_commands();
std::vector<Command> show_commands();
std::vector<Command> config_commands(); // with table-map mode and the ways between the modes
std::vector<Command> tunnel_commands(); // interface mode, and what crypto map mode has of it
std::vector<Command> crypto_map_commands();
std::vector<Command> mls_commands();
std::vector<Command> rule_commands();

std::vector<Command> all_commands();

} // namespace tunqos::cli
