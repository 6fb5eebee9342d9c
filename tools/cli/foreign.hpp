// SPDX-License-Identifier: GPL-2.0-or-later
//
// Commands of IOS that something else does on Linux: what a pasted configuration has beside the
// marks, and who does it.
#pragma once

#include <string_view>

#include "cli/grammar/command.hpp"

namespace tunqos::cli {

struct Foreign {
    std::string_view command; // its first words
    std::string_view who;     // "routes are those of ip(8) or of FRR"
    bool block = false;       // lines behind it belong to it
    bool whole = false;       // the line has just as many words
};

// The command of this mode that the line is, or its `no` form; nullptr if it is none of these. A
// word may be abbreviated, but not to less than three letters.
const Foreign* find_foreign(Mode mode, std::string_view line);
// A line inside of a foreign block that opens another one in it: how deep, from 1. Else 0.
unsigned nested_block(std::string_view line);
// It begins as one of the commands that open a block of tunqos does, or nearly so: a letter
// missing, too much, wrong, or two of them changed.
bool looks_like_block(std::string_view line);

} // namespace tunqos::cli
