// SPDX-License-Identifier: GPL-2.0-or-later
//
// Files that are made from the command table: packaging/man/tunqos.8 and
// packaging/completion/tunqos.
#pragma once

#include <string>

#include "cli/grammar/grammar.hpp"

namespace tunqos::cli {

std::string generate_man(const Grammar& grammar);
std::string generate_bash_completion();

} // namespace tunqos::cli
