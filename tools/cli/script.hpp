// SPDX-License-Identifier: GPL-2.0-or-later
//
// Commands from the command line, a file or standard input, in one session.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "cli/session.hpp"

namespace tunqos::cli {

// Exit codes, documented in tunqos(8).
enum Exit : int { exit_ok = 0, exit_refused = 1, exit_usage = 2, exit_unreachable = 3 };

enum class OnError { stop, keep_going };

// Lines of a file: an error names its line, and a wrong line is a refusal like any other.
int run_script(Session& session, std::istream& input, OnError on_error);
// Lines of the command line: a wrong line is a usage error.
int run_commands(Session& session, const std::vector<std::string>& lines, OnError on_error);

} // namespace tunqos::cli
