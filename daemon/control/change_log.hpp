// SPDX-License-Identifier: GPL-2.0-or-later
//
// Who changed what: in the log, in the words of IOS, and the last changes for `show archive log
// config all`.
#pragma once

#include <cstdint>
#include <ctime>
#include <deque>
#include <string>
#include <vector>

#include "control/author.hpp"
#include "log.hpp"

namespace tunqos {

struct LoggedChange {
    std::uint64_t number = 0; // 1, 2, ... since the daemon started
    std::uint64_t index = 0;  // of its first line, counted as well
    std::time_t time = 0;
    Author by;
    std::vector<std::string> lines; // ios_diff()
};

class ChangeLog {
public:
    static constexpr std::size_t max_kept = 1000;  // lines of all changes that are remembered
    static constexpr std::size_t max_lines = 200;  // of one; the last says how many more
    static constexpr std::size_t max_length = 256; // of a line, in bytes

    enum class Tell { lines, nothing_else };

    explicit ChangeLog(Log& log) : log_(log) {}

    // A change without lines is none.
    void add(Author by, std::vector<std::string> lines, Tell tell = Tell::lines);
    const std::deque<LoggedChange>& changes() const { return changes_; } // the oldest first

private:
    Log& log_;
    std::deque<LoggedChange> changes_;
    std::size_t kept_ = 0; // lines of them
    std::uint64_t last_number_ = 0, last_index_ = 0;
};

} // namespace tunqos
