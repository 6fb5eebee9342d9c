// SPDX-License-Identifier: GPL-2.0-or-later
//
// The interactive shell: GNU readline around a Session.
#pragma once

#include "cli/client.hpp"
#include "cli/session.hpp"

namespace tunqos::cli {

// Reads lines until `exit` or the end of the input. Returns the exit code.
int run_shell(Session& session, Caller& caller);

// A `?` list as it appears on the screen.
std::string format_help(const Help& help, std::size_t width);

} // namespace tunqos::cli
