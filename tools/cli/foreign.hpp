// SPDX-License-Identifier: GPL-2.0-or-later
//
// Commands of IOS that something else does on Linux: what a pasted configuration has beside the
// marks, and who does it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/grammar/command.hpp"

namespace tunqos::cli {

struct Foreign {
    std::string_view command; // its first words
    std::string_view who;     // "routes are those of ip(8) or of FRR"
    bool block = false;       // lines behind it belong to it
    bool whole = false;       // the line has just as many words
};

// The commands of this mode that the line can be, or its `no` form. A word may be abbreviated, but
// not to less than three letters. Of several the first is meant, unless they begin with different
// words and that is abbreviated.
std::vector<const Foreign*> find_all_foreign(Mode mode, std::string_view line);
// The first of them; nullptr if it is none.
const Foreign* find_foreign(Mode mode, std::string_view line);
// The show command of IOS that the line is, behind `do` or not; nullptr if it is none.
const Foreign* find_foreign_show(std::string_view line);
// "Not done by tunqos: routing is that of ip(8), or of FRR."
std::string not_done(const Foreign& foreign);
// It begins with `no`, or with `default`, and goes on.
bool is_negated(std::string_view line);
// A line inside of the foreign block with this opener that opens another one in it: how deep, from
// 1. Else 0.
unsigned nested_block(std::string_view opener, std::string_view line);
// It begins as one of the commands that open a block of tunqos does, or nearly so: a letter
// missing, too much, wrong, or two of them changed.
bool looks_like_block(std::string_view line);
// It would be a command of configuration mode of tunqos, but on IOS one of this block, too.
bool is_of_block_too(std::string_view opener, std::string_view line);

// The line begins a text that goes on in the lines behind it, such as that of banner: the mark that
// ends it, `^C` for the character, too. Nothing if the text ends in the line.
std::optional<std::string> text_mark(std::string_view line);
// A line of such a text has its mark.
bool ends_text(std::string_view line, std::string_view mark);
// The character of Ctrl-C, typed behind this, is the mark of a text.
bool takes_control_c(std::string_view line);

} // namespace tunqos::cli
