// SPDX-License-Identifier: GPL-2.0-or-later
//
// Output modifiers: `| include TEXT`, `| exclude TEXT`, `| begin TEXT`.
#pragma once

#include <string>

#include "cli/grammar/command.hpp"

namespace tunqos::cli {

struct Filter {
    enum class Kind { none, begin, exclude, include };
    Kind kind = Kind::none;
    std::string pattern; // an extended regular expression, or plain text if it is not one
};

Filter filter_of(const Match& match);
std::string filter(const std::string& text, const Filter& filter);

} // namespace tunqos::cli
