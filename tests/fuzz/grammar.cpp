// SPDX-License-Identifier: GPL-2.0-or-later
//
// One line at the CLI's prompt: understood, explained, completed and helped with, and these
// four agree with each other.
//
// Input: the mode, then the line, of which the last word may be unfinished.
#include <set>

#include "cli/grammar/modes.hpp"
#include "model.hpp"

using namespace tunqos;
using namespace tunqos::cli;
using fuzz::grammar;
using fuzz::require;

namespace {

// Names as hostile as names can be: keywords, their beginnings, other types' values.
class HostileNames : public Names {
public:
    std::vector<std::string> interfaces() const override {
        return {"gre1", "gre10", "tunnel", "c", "46", "-", "\xff"};
    }
    std::vector<std::string> table_maps() const override { return {"wan", "permit", "p", "46"}; }
    std::vector<std::string> crypto_maps() const override { return {"vpn", "map", "10"}; }
    std::vector<std::string> tunnels() const override { return {"gre1", "|", "json", "vpn"}; }
};

std::string line_of(const Match& match) {
    std::string line;
    for (const Value& value : match.values)
        line += (line.empty() ? "" : " ") + value.text;
    return line;
}

// Written out in full it is the same command with the same values.
void check_match(Mode mode, const Match& match, const std::string& line) {
    const auto& modes = match.command->modes;
    if (std::find(modes.begin(), modes.end(), mode) == modes.end()) mode = Mode::exec; // after do
    const std::string full = line_of(match);
    const Outcome outcome = grammar().match(mode, full);
    const auto* again = std::get_if<Match>(&outcome);
    require(again != nullptr, "the full form is not understood", line + '\n' + full);
    require(again->command == match.command && again->negated == match.negated,
            "the full form is another command", line + '\n' + full);
    require(line_of(*again) == full, "the full form has other values", line + '\n' + full);
}

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool understood(Mode mode, const std::string& line) {
    return !std::holds_alternative<Invalid>(grammar().resolve(mode, line).outcome);
}

// Every word that is offered may be typed.
void check_offers(Mode mode, const std::string& line) {
    const HostileNames names;
    const auto words = grammar().complete(mode, line, names);
    const Help help = grammar().help(mode, line, names);
    std::size_t end = line.size();
    while (end > 0 && !is_space(line[end - 1]))
        --end;
    const std::string before = line.substr(0, end);
    // In a rest of a line (a description) everything may be typed.
    for (const auto& word : words)
        require(understood(mode, before + word), "a completion is not understood",
                before + '\n' + word);
    require(help.problem.empty() != help.lines.empty(), "help with a problem, or with nothing",
            line + '\n' + help.problem);
    if (help.words_only) {
        std::set<std::string> shown;
        for (const auto& one : help.lines)
            shown.insert(one.word);
        require(shown == std::set<std::string>(words.begin(), words.end()),
                "help and completion offer different words", line);
    }
}

void check_end(Mode mode, const std::string& line, const Outcome& outcome) {
    const HostileNames names;
    const Help help = grammar().help(mode, line + ' ', names);
    const bool complete = std::any_of(help.lines.begin(), help.lines.end(),
                                      [](const HelpLine& one) { return one.word == "<cr>"; });
    // Help looks into the mode around only if the line is wrong here; so does resolve().
    if (std::holds_alternative<Match>(outcome))
        require(complete, "a command that help does not let end", line);
    if (std::holds_alternative<Incomplete>(outcome) || std::holds_alternative<Ambiguous>(outcome))
        require(!complete, "help lets a line end that is no command", line);
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr Mode modes[] = {Mode::exec,      Mode::config, Mode::interface, Mode::crypto_map,
                              Mode::table_map, Mode::rule,   Mode::zone};
    fuzz::Input input(data, size);
    const Mode mode = modes[input.byte() % std::size(modes)];
    const std::string line(input.text());

    const auto resolved = grammar().resolve(mode, line);
    const std::string words = explain(resolved.outcome, line, 7, 80);
    if (const auto* match = std::get_if<Match>(&resolved.outcome)) {
        require(words.empty(), "a command is explained as an error", line);
        check_match(resolved.mode, *match, line);
    } else {
        require(words.find('%') != std::string::npos, "an error without a word", line);
    }
    if (const auto* invalid = std::get_if<Invalid>(&resolved.outcome)) {
        const std::size_t at = invalid->column;
        require(at < line.size() && !is_space(line[at]) && (at == 0 || is_space(line[at - 1])),
                "the caret is not under a word", line);
    }
    require(!is_blank(line) || !std::holds_alternative<Match>(resolved.outcome) ||
                line.find('!') != std::string::npos,
            "nothing is a command", line);
    check_offers(mode, line);
    check_end(mode, line, resolved.outcome);
    return 0;
}
