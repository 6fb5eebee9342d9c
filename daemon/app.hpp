// SPDX-License-Identifier: GPL-2.0-or-later
//
// Puts the parts of the daemon together and runs them: one event loop, one thread.
#pragma once

#include <string>

#include "log.hpp"

namespace tunqos {

struct Options {
    std::string config = "/etc/tunqos/tunqos.json";
    std::string socket;           // empty: default_socket_path()
    std::string group = "tunqos"; // may read
};

// Serves until SIGTERM or SIGINT. Returns the exit code of the process.
int run_app(const Options& options, Log& log);

} // namespace tunqos
