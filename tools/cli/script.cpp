// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/script.hpp"

#include <istream>

namespace tunqos::cli {
namespace {

int exit_code(Status status, Exit wrong_line) {
    switch (status) {
    case Status::ok:
    case Status::quit: return exit_ok;
    case Status::syntax: return wrong_line;
    case Status::refused: return exit_refused;
    case Status::unreachable: return exit_unreachable;
    }
    return exit_refused;
}

// Feeds one line. True: go on.
bool feed(Session& session, std::string_view line, std::string_view before, Exit wrong_line,
          OnError on_error, int& code) {
    const Status status = session.execute(line, before);
    if (status == Status::quit) return false;
    // The first error decides the exit code.
    if (code == exit_ok) code = exit_code(status, wrong_line);
    return status == Status::ok ||
           (on_error == OnError::keep_going && status != Status::unreachable);
}

// All or nothing: after an error that stops the script nothing more is sent.
int finish(Session& session, OnError on_error, int code) {
    if (code != exit_ok && on_error == OnError::stop) return code;
    if (code == exit_unreachable) return code;
    const int last = exit_code(session.finish(), exit_refused);
    return code == exit_ok ? last : code;
}

} // namespace

int run_script(Session& session, std::istream& input, OnError on_error) {
    int code = exit_ok;
    std::size_t number = 0;
    for (std::string line; std::getline(input, line);) {
        const std::string before = "line " + std::to_string(++number) + ": ";
        if (!line.empty() && line.back() == '\r') line.pop_back();
        if (!feed(session, line, before, exit_refused, on_error, code)) break;
    }
    return finish(session, on_error, code);
}

int run_commands(Session& session, const std::vector<std::string>& lines, OnError on_error) {
    int code = exit_ok;
    for (const std::string& line : lines) {
        if (!feed(session, line, {}, exit_usage, on_error, code)) break;
    }
    return finish(session, on_error, code);
}

} // namespace tunqos::cli
