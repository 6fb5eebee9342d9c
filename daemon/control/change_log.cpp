// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/change_log.hpp"

#include "tunqos/printable.hpp"

namespace tunqos {

namespace {

// On one line of a terminal, and not longer than max_length.
std::string bounded(std::string line) {
    constexpr std::string_view more = "...";
    line = printable(std::move(line));
    if (line.size() <= ChangeLog::max_length) return line;
    std::size_t end = 0;
    for (std::size_t at = 0; at <= ChangeLog::max_length - more.size();) {
        end = at;
        next_code_point(line, at);
    }
    return line.substr(0, end).append(more);
}

void bound(std::vector<std::string>& lines) {
    if (lines.size() > ChangeLog::max_lines) {
        const std::size_t more = lines.size() - ChangeLog::max_lines + 1;
        lines.resize(ChangeLog::max_lines - 1);
        lines.push_back("! and " + std::to_string(more) + " more lines");
    }
    for (auto& line : lines)
        line = bounded(std::move(line));
}

} // namespace

void ChangeLog::add(Author by, std::vector<std::string> lines, Tell tell) {
    if (lines.empty()) return;
    bound(lines);
    log_.info("%SYS-5-CONFIG_I: Configured from " + by.from + " by " + to_string(by));
    if (tell == Tell::lines) {
        for (const auto& line : lines)
            log_.info("%PARSER-5-CFGLOG_LOGGEDCMD: User:" + by.user + "  logged command:" + line);
    }
    kept_ += lines.size();
    changes_.push_back(
        {++last_number_, last_index_ + 1, std::time(nullptr), std::move(by), std::move(lines)});
    last_index_ += changes_.back().lines.size();
    for (; kept_ > max_kept; changes_.pop_front())
        kept_ -= changes_.front().lines.size();
}

} // namespace tunqos
