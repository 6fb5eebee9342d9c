// SPDX-License-Identifier: GPL-2.0-or-later
//
// A grammar string as a graph of token positions (Glushkov's construction): a node per token of
// the string, edges to the tokens that may follow.
//
//   word       a keyword                        WORD     a variable of that type (types.hpp)
//   WORD...    one of that type or more
//   {a | b}    one of them                      [a | b]  one of them or none
//   ![a | b]   may be left out after `no` only  \|       the character '|'
//   [no]       at the beginning: the command has a `no` form
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "cli/grammar/command.hpp"
#include "cli/grammar/types.hpp"

namespace tunqos::cli {

struct Node {
    const Command* command = nullptr;
    bool negated = false;
    std::string_view text;              // the keyword, or the name of the variable's type
    std::string_view help;              // from the command's token list
    const VariableType* type = nullptr; // nullptr: a keyword
    bool final = false;                 // the command may end here
    std::vector<std::size_t> next;
};

// The commands of one mode. Keeps pointers into `Command`s, which must outlive it.
struct Graph {
    std::vector<Node> nodes;
    std::vector<std::size_t> start;

    // Adds the command, its `no` form and, where a mode has no command of this name, `default`,
    // which is another word for the same. Throws std::logic_error if the declaration is wrong:
    // syntax, unknown type, a token without help or a help without token.
    void add(const Command& command, bool with_default);
};

bool has_no_form(const Command& command);
// The grammar string without the marks for `no`: for people.
std::string plain_grammar(const Command& command);

} // namespace tunqos::cli
