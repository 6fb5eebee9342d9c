// SPDX-License-Identifier: GPL-2.0-or-later
//
// A command is a declaration: a grammar string, one help text per token, an example and what it
// does. Parsing, abbreviation, `?`, tab completion, the `no` form, the caret, bash completion and
// the man page all come from these; see graph.hpp for the syntax of the grammar string.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tunqos/model.hpp"
#include "tunqos/result.hpp"

namespace tunqos::cli {

// skip has no commands: it is in a block that was refused (skip.hpp).
enum class Mode { exec, config, interface, crypto_map, table_map, rule, zone, skip };

// Where the user is: a mode and the object that it is about.
struct Context {
    Mode mode = Mode::exec;
    std::string name;           // interface, crypto map, table-map or zone
    std::uint32_t sequence = 0; // crypto map or rule

    bool operator==(const Context&) const = default;
};

using Token = Keyword; // as in the grammar string, and one line for `?`

struct Command;

// A token of the line and what it stands for.
struct Value {
    std::string_view token; // full keyword, or the variable's type name
    std::string text;       // as typed; for a keyword the full keyword
    bool keyword = true;
    bool apart = false; // the name of an interface, typed as a word and a number
};

// A line that is a complete command.
struct Match {
    const Command* command = nullptr;
    bool negated = false; // the `no` form, or `default`
    std::vector<Value> values;

    bool has(std::string_view keyword) const;
    // The text of a variable; empty if the optional part was not typed.
    std::string get(std::string_view variable) const;
    // Of one that stands there several times, or of several words.
    std::vector<std::string> all(std::string_view variable) const;
};

class Session;
enum class Status { ok, refused, syntax, unreachable, quit };

// Exactly one of `edit` and `run` says what a command does.
struct Command {
    std::vector<Mode> modes = {};
    std::string_view grammar;
    std::vector<Token> tokens;
    std::string_view summary; // a sentence for the man page
    std::string_view example; // one line that is this command; "no ..." forms follow by themselves

    // Configuration: a new configuration from an old one. Pure.
    using Edit = Result<Config> (*)(Config config, const Context& context, const Match& match);
    Edit edit = nullptr;
    // Where the user is afterwards, if the command enters a mode. Not called for `no`.
    Context (*enter)(const Match& match) = nullptr;
    // Everything else.
    Status (*run)(Session& session, const Match& match) = nullptr;

    // What is set is one of several, as on IOS: `no` takes away just what it names. Otherwise there
    // is one value, and `no` takes it away, whatever is typed behind it.
    bool entry = false;
    bool modifiers = false; // takes `| include TEXT` and the like
    bool nested = false;    // `do`: an exec command follows
};

} // namespace tunqos::cli
