// SPDX-License-Identifier: GPL-2.0-or-later
//
// Output modifiers: `| include TEXT`, `| section TEXT` and the like; and the lists of `?`.
#pragma once

#include <optional>
#include <string>

#include "cli/grammar/grammar.hpp"

namespace tunqos::cli {

struct Filter {
    enum class Kind { none, begin, count, exclude, include, section };
    Kind kind = Kind::none;
    std::string pattern; // an extended regular expression
};

Filter filter_of(const Match& match);
// Its pattern is no regular expression: why, and what to do.
std::optional<std::string> filter_problem(const Filter& filter);
std::string filter(const std::string& text, const Filter& filter);

// A `?` list as it appears on the screen.
std::string format_help(const Help& help, std::size_t width);

} // namespace tunqos::cli
