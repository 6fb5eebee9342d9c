// SPDX-License-Identifier: GPL-2.0-or-later
//
// A line that is not done: what is said of it, and what to type instead.
#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <set>

#include "cli/grammar/types.hpp"
#include "cli/grammar/walk.hpp"
#include "cli/session.hpp"

namespace tunqos::cli {

namespace {

// How to come to a mode from configuration mode.
struct Entrance {
    Mode mode;
    std::string_view name;
    std::string_view command;
};
constexpr Entrance entrances[] = {
    {Mode::interface, "interface mode", "interface NAME"},
    {Mode::crypto_map, "crypto map mode", "crypto map NAME NUMBER"},
    {Mode::table_map, "table-map mode", "table-map NAME"},
    {Mode::rule, "rule mode", "qos rule NUMBER"},
    {Mode::zone, "zone mode", "qos zone NAME"},
};

// The mode that understands two words of the line or more, if none understands all of them, and
// this one less.
const Entrance* begun_in(const Grammar& grammar, Mode here, std::string_view line) {
    const auto words = split(line);
    const auto understood = [&](Mode mode) {
        const Outcome outcome = grammar.resolve(mode, line).outcome;
        const auto* invalid = std::get_if<Invalid>(&outcome);
        return invalid == nullptr ? words.size()
                                  : static_cast<std::size_t>(std::count_if(
                                        words.begin(), words.end(), [&](const Word& word) {
                                            return word.column < invalid->column;
                                        }));
    };
    const Entrance* best = nullptr;
    std::size_t most = std::max<std::size_t>(understood(here), 1);
    for (const Entrance& entrance : entrances) {
        if (const std::size_t count = understood(entrance.mode); count > most) {
            best = &entrance;
            most = count;
        }
    }
    return best;
}

// What IOS has and tunqos says otherwise: a `*` is any word, and stands in the advice as {0}.
struct Instead {
    std::string_view line;
    std::string_view advice;
};
constexpr std::string_view by_table =
    "One priority for every packet is a table-map: table-map NAME with default {0}, then in "
    "interface mode set cos dscp table NAME, and set cos non-ip {0}";
constexpr std::string_view outer_dscp =
    "The outer DSCP is a setting of the tunnel: interface mode of its device, then tunnel encap "
    "dscp set DSCP";
constexpr std::string_view selector =
    "An IP precedence from 0 to 7 is the class selector of this number: set dscp cs5";
constexpr std::string_view group =
    "Linux has no qos-group: a rule of nft(8) writes the DSCP by the mark of the packet";
constexpr Instead instead[] = {
    {"set cos cos",
     "The CoS is not kept from one port to the other: mls qos trust cos makes a DSCP of it where "
     "it arrives, and set cos dscp a CoS where it leaves"},
    {"set dscp tunnel", outer_dscp},
    {"set ip dscp tunnel", outer_dscp},
    {"set precedence tunnel", outer_dscp},
    {"set ip precedence tunnel", outer_dscp},
    {"set dscp qos-group", group},
    {"set precedence qos-group", group},
    {"set ip dscp *", "It is of IPv4 and IPv6 alike: set dscp {0}"},
    {"set ip dscp", "It is of IPv4 and IPv6 alike: set dscp DSCP"},
    {"set ip precedence", selector},
    {"set precedence", selector},
};

bool is_begun_by(std::string_view pattern, const std::vector<Word>& typed) {
    const std::vector<Word> words = split(pattern);
    return typed.size() >= words.size() &&
           std::equal(words.begin(), words.end(), typed.begin(), [](const Word& a, const Word& b) {
               return a.text == "*" || begins(a.text, b.text);
           });
}

std::string instead_of(std::string_view line) {
    const auto words = split(line);
    if (words.empty()) return {};
    const auto text = [&](std::string_view advice) {
        return fmt::format("% {}\n", fmt::format(fmt::runtime(advice), words.back().text));
    };
    if (words.size() == 3 && is_begun_by("set cos *", words) && parse_number(words[2].text, 0, 7))
        return text(by_table);
    for (const Instead& one : instead) {
        if (is_begun_by(one.line, words)) return text(one.advice);
    }
    return {};
}

} // namespace

// Right, but not here: what to type before it. Empty if it is right nowhere.
std::string Session::other_mode(std::string_view line) const {
    const auto is_for = [&](Mode mode, bool settings_only) {
        const Outcome outcome = grammar_.match(mode, line);
        const auto* match = std::get_if<Match>(&outcome);
        return match != nullptr && (!settings_only || match->command->edit != nullptr);
    };
    const bool in_exec = context_.mode == Mode::exec;
    if (in_exec && is_for(Mode::config, true))
        return "% It is for configuration mode: configure terminal first\n";
    if (!in_exec && is_for(Mode::exec, false))
        return "% It is for exec mode: type do before it, or end first\n";
    std::string names;
    std::string commands;
    for (const Entrance& entrance : entrances) {
        if (!is_for(entrance.mode, true)) continue;
        names += fmt::format("{}{}", names.empty() ? "" : " and ", entrance.name);
        commands += fmt::format("{}{}", commands.empty() ? "" : " or ", entrance.command);
    }
    if (names.empty()) {
        const Entrance* begun = begun_in(grammar_, context_.mode, line);
        if (begun == nullptr) return {};
        names = begun->name;
        commands = begun->command;
    }
    return fmt::format("% It is for {}: {}{} first\n", names,
                       in_exec && !options_.batch ? "configure terminal and " : "", commands);
}

// Says what is wrong, and whether lines that belong to this one come behind it.
Status Session::wrong(const Outcome& outcome, std::string_view line, std::string_view before) {
    std::size_t indent = before.size();
    if (options_.batch) {
        err_ << before << line << '\n';
    } else if (apart_) { // what was said of a skipped block stands between the line and the caret
        err_ << line << '\n';
        indent = 0;
    }
    const bool invalid = std::holds_alternative<Invalid>(outcome);
    const Foreign* show = invalid ? find_foreign_show(line) : nullptr;
    if (show != nullptr) {
        refuse(not_done(*show));
        return Status::syntax;
    }
    const bool no = is_negated(line);
    const auto foreign = foreign_meaning(outcome, line);
    if (const auto names = could_be(foreign, line); names.size() > 1) {
        err_ << explain(Ambiguous{names}, line, indent, width_) << '\n';
        const bool block = std::any_of(foreign.begin(), foreign.end(),
                                       [](const Foreign* one) { return one->block; });
        if (block && !no && split(line).size() > 1) skip(line);
        return Status::syntax;
    }
    if (!foreign.empty()) {
        const bool opens = !no && (foreign.front()->block || text_mark(line));
        err_ << "% " << not_done(*foreign.front()) << (opens ? " " : "\n");
        if (opens) skip(line, "");
        return Status::syntax;
    }
    const std::string right_in = invalid ? other_mode(line) : std::string();
    // What this mode would have taken is not what the line is about, if it is for another one.
    const Outcome shown =
        right_in.empty() ? outcome : Outcome(Invalid{std::get<Invalid>(outcome).column, {}});
    err_ << explain(shown, line, indent, width_) << '\n' << right_in << instead_of(line);
    // In a script such a line opens a block that nobody here knows; at a keyboard it is a slip.
    const bool left_of_body = options_.batch && right_in.empty() && body_indentation_ &&
                              indentation(line) < *body_indentation_;
    const bool in_block = context_.mode != Mode::exec && context_.mode != Mode::config;
    if (configures() && (looks_like_block(line) || text_mark(line) || (in_block && left_of_body))) {
        skip(line);
    }
    return Status::syntax;
}

// Commands of IOS that the line can be. Not if it is the beginning of a command of ours, unless the
// line is whole as it is.
std::vector<const Foreign*> Session::foreign_meaning(const Outcome& outcome,
                                                     std::string_view line) const {
    if (!configures()) return {};
    auto foreign = find_all_foreign(context_.mode, line);
    const bool begun =
        std::holds_alternative<Incomplete>(outcome) || std::holds_alternative<Ambiguous>(outcome);
    if (begun && could_be(foreign, line).size() < 2)
        std::erase_if(foreign, [](const Foreign* one) { return !one->whole; });
    return foreign;
}

// The first words that an abbreviated one can be; one if it can be but that, or is spelled.
std::vector<std::string> Session::could_be(const std::vector<const Foreign*>& foreign,
                                           std::string_view line) const {
    std::set<std::string> names;
    const auto words = split(line);
    const auto& first = words[is_negated(line) ? 1 : 0];
    for (const Foreign* one : foreign)
        names.emplace(split(one->command).front().text);
    if (names.empty() || (names.size() == 1 && names.begin()->size() == first.text.size()))
        return {names.begin(), names.end()};
    const std::string_view typed = line.substr(0, first.column + first.text.size());
    std::vector<Mode> modes{context_.mode};
    if (options_.batch && context_.mode == Mode::exec) modes.push_back(Mode::config);
    for (const Mode mode : modes) {
        for (std::string& word : grammar_.complete(mode, typed, Names()))
            names.insert(std::move(word));
    }
    return {names.begin(), names.end()};
}

} // namespace tunqos::cli
