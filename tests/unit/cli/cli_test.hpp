// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the tests of the CLI share.
#pragma once

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "cli/commands.hpp"
#include "cli/grammar/grammar.hpp"
#include "cli/session.hpp"
#include "fake_daemon.hpp"
#include "tunqos/config.hpp"
#include "tunqos/json.hpp"
#include "tunqos/rpc.hpp"

namespace tunqos::cli {

// The real commands.
inline const Grammar& grammar() {
    static const Grammar the_grammar(all_commands());
    return the_grammar;
}

// A session with a daemon of its own.
struct Desk {
    explicit Desk(SessionOptions options = {}) : session(grammar(), daemon, out, err, options) {}

    Status type(std::string_view lines) {
        std::istringstream input{std::string(lines)};
        Status status = Status::ok;
        for (std::string line; std::getline(input, line) && status == Status::ok;) {
            status = session.execute(line);
        }
        return status;
    }

    FakeDaemon daemon;
    std::ostringstream out;
    std::ostringstream err;
    Session session;
};

} // namespace tunqos::cli
