// SPDX-License-Identifier: GPL-2.0-or-later
//
// A configuration of IOS, pasted as it is.
#pragma once

#include <sstream>
#include <string>
#include <string_view>

#include "cli_test.hpp"

namespace tunqos::cli {

// What became of a line: `=` done, `-` refused, `.` skipped.
struct Pasted {
    std::string fates, running, said;
};

// Each line of the text has its expected fate in the first column.
inline Pasted paste(std::string_view text, std::string& expected) {
    Desk desk;
    std::istringstream input{std::string(text)};
    REQUIRE(desk.type("configure terminal") == Status::ok);
    Pasted pasted;
    for (std::string line; std::getline(input, line);) {
        if (line.empty()) continue;
        expected += line[0] == ' ' ? "" : line + '\n';
        const bool comment = line[0] == ' ';
        line.erase(0, 1);
        if (comment && is_blank(line)) continue;
        const Status status = desk.session.execute(line);
        REQUIRE(status != Status::quit);
        const bool skipped = status == Status::ok && desk.session.context().mode == Mode::skip;
        pasted.fates += (skipped ? '.' : status == Status::ok ? '=' : '-') + line + '\n';
    }
    pasted.running = config_to_ios(desk.daemon.running);
    pasted.said = desk.err.str();
    return pasted;
}

} // namespace tunqos::cli
