// SPDX-License-Identifier: GPL-2.0-or-later
//
// Files that are made from the command table: packaging/man/tunqos.8 and
// packaging/completion/tunqos; and what packaging/schema and packaging/man/tunqos.json.5 say of
// the settings of settings.hpp.
#pragma once

#include <string>
#include <string_view>

#include "cli/grammar/grammar.hpp"

namespace tunqos::cli {

std::string generate_man(const Grammar& grammar);
std::string generate_bash_completion();
// Lines of $defs: "settings encap" for a configuration, "settings encap shown" for a status.
std::string generate_settings_schema();
// Items of a list: the keys of a section of the JSON.
std::string generate_settings_man(std::string_view section);

} // namespace tunqos::cli
