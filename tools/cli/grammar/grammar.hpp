// SPDX-License-Identifier: GPL-2.0-or-later
//
// The matcher: a typed line against the commands of a mode. No I/O, no exceptions after
// construction, no state: unit-tested and fuzzed as it is.
//
// A word means, in this order: the keyword that it spells, the keyword that it begins, a
// variable that takes it. The begin of two different keywords is ambiguous.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cli/grammar/command.hpp"
#include "cli/grammar/graph.hpp"
#include "cli/grammar/types.hpp"

namespace tunqos::cli {

// The line begins two commands or more.
struct Ambiguous {
    std::vector<std::string> candidates; // keywords
};
// The line is right but the command goes on.
struct Incomplete {
    std::vector<std::string> next = {}; // what with
};
// The line is wrong at `column` (0-based byte).
struct Invalid {
    std::size_t column = 0;
    std::string message; // what the value's type says; may be empty
};
using Outcome = std::variant<Match, Ambiguous, Incomplete, Invalid>;

// What `?` prints.
struct Help {
    std::vector<HelpLine> lines;
    bool words_only = false; // `tun?`: words that begin so, no help
    std::string problem;     // the line before the cursor is wrong: what to print instead
};

class Grammar {
public:
    explicit Grammar(std::vector<Command> commands);
    Grammar(const Grammar&) = delete;
    Grammar& operator=(const Grammar&) = delete;

    // The line in this mode only.
    Outcome match(Mode mode, std::string_view line) const;

    // The line as IOS reads it: in the mode, else in the modes around it. `mode` is where it was
    // understood.
    struct Resolved {
        Mode mode;
        Outcome outcome;
    };
    Resolved resolve(Mode mode, std::string_view line) const;

    // For the text before the cursor.
    Help help(Mode mode, std::string_view text, const Names& names) const;
    // The words that the last, unfinished word can become.
    std::vector<std::string> complete(Mode mode, std::string_view text, const Names& names) const;

    const std::vector<Command>& commands() const { return commands_; }

private:
    struct Walk;
    // The keywords that a line begins with, up to the first word that is none.
    struct Reading {
        std::string_view typed;
        std::size_t column;
        std::string_view keyword;
    };
    std::vector<Reading> reading(Mode mode, std::string_view line) const;
    std::optional<Outcome> not_meant(Mode inner, Mode outer, std::string_view line) const;
    const Graph& graph(Mode mode) const;
    std::vector<std::size_t> following(const Graph& graph, const Node& node) const;
    Walk walk(Mode mode, std::string_view line, bool keep_last) const;
    Walk walk_words(Mode mode, std::string_view line, bool keep_last) const;
    Help help_in(Mode mode, std::string_view text, const Names& names) const;

    std::vector<Command> commands_;
    std::map<Mode, Graph> graphs_;
};

// The outcome as IOS prints it, without the final newline; empty for a Match. `indent` is the
// width of what stands before the line on the screen (the prompt), `width` that of the screen; 0:
// endless.
std::string explain(const Outcome& outcome, std::string_view line, std::size_t indent,
                    std::size_t width = 0);

// True for an empty line or a `!` comment.
bool is_blank(std::string_view line);

} // namespace tunqos::cli
