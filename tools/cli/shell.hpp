// SPDX-License-Identifier: GPL-2.0-or-later
//
// The interactive shell: GNU readline around a Session.
#pragma once

#include "cli/client.hpp"
#include "cli/session.hpp"

namespace tunqos::cli {

// Reads lines until `exit` or the end of the input. Returns the exit code.
int run_shell(Session& session, Caller& caller);

} // namespace tunqos::cli
