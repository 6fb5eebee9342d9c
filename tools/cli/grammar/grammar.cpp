// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/grammar/grammar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "cli/grammar/modes.hpp"
#include "cli/grammar/walk.hpp"

namespace tunqos::cli {

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

std::vector<Word> split(std::string_view line) {
    std::vector<Word> words;
    for (std::size_t i = 0; i < line.size();) {
        if (is_space(line[i])) {
            ++i;
            continue;
        }
        const std::size_t begin = i;
        while (i < line.size() && !is_space(line[i]))
            ++i;
        words.push_back({line.substr(begin, i - begin), begin});
    }
    return words;
}

namespace {

std::string_view trim_end(std::string_view text) {
    while (!text.empty() && is_space(text.back()))
        text.remove_suffix(1);
    return text;
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

} // namespace

bool begins(std::string_view keyword, std::string_view word) {
    return word.size() <= keyword.size() &&
           std::equal(word.begin(), word.end(), keyword.begin(),
                      [](char a, char b) { return lower(a) == lower(b); });
}

namespace {

// "a", "a or b", "a, b or c"
template <typename Words>
std::string list(const Words& words) {
    std::string text;
    std::size_t left = words.size();
    for (const auto& word : words) {
        text += word;
        --left;
        if (left > 0) text += left == 1 ? " or " : ", ";
    }
    return text;
}

} // namespace

Grammar::Grammar(std::vector<Command> commands) : commands_(std::move(commands)) {
    // Table-map mode has a command of this name.
    std::set<Mode> with_own_default;
    for (const Command& command : commands_) {
        if (command.grammar.starts_with("[no] default "))
            with_own_default.insert(command.modes.begin(), command.modes.end());
    }
    for (const Command& command : commands_) {
        for (const Mode mode : command.modes)
            graphs_[mode].add(command, !with_own_default.contains(mode));
    }
}

const Graph& Grammar::graph(Mode mode) const {
    static const Graph empty;
    const auto found = graphs_.find(mode);
    return found == graphs_.end() ? empty : found->second;
}

namespace {

struct Candidate {
    std::size_t path;
    std::size_t node;
};

enum class Fit { none, variable, prefix, exact };

Fit fit(const Node& node, std::string_view word) {
    if (node.type != nullptr) {
        return node.type->rest_of_line || node.type->problem(word).empty() ? Fit::variable
                                                                           : Fit::none;
    }
    if (!begins(node.text, word)) return Fit::none;
    if (node.text.size() == word.size()) return Fit::exact;
    return Fit::prefix;
}

// More keywords than these are for `?` to list.
constexpr std::size_t few_keywords = 6;

// What to say about a word that nothing takes: the types' own words, then the keywords that
// would have been right.
Invalid refuse(const std::vector<Path>& paths, const Word& word) {
    Invalid invalid{word.column, {}};
    std::set<std::string_view> keywords;
    bool first_word = false;
    for (const Path& path : paths) {
        first_word = first_word || path.nodes.empty();
        for (const std::size_t index : path.next) {
            const Node& node = path.graph->nodes[index];
            if (node.type == nullptr) {
                keywords.insert(node.text);
            } else if (invalid.message.empty()) {
                invalid.message = node.type->problem(word.text);
            }
        }
    }
    keywords.erase("|");
    if (!invalid.message.empty()) {
        if (!keywords.empty()) invalid.message += fmt::format("; or {}", list(keywords));
    } else if (keywords.empty()) {
        invalid.message = fmt::format("\"{}\" is too much: the command ends before it", word.text);
    } else if (!first_word && keywords.size() <= few_keywords) {
        invalid.message =
            fmt::format("\"{}\" is not a keyword here; use {}", word.text, list(keywords));
    }
    return invalid;
}

constexpr std::size_t longest_interface_name = 15;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_letter(char c) {
    return lower(c) >= 'a' && lower(c) <= 'z';
}

// `interface gre 1`, as IOS has it, is gre1: letters, then a number like 1 or 1.10.
bool are_one_name(std::string_view letters, std::string_view number) {
    if (letters.size() + number.size() > longest_interface_name) return false;
    const auto dot = std::min(number.find('.'), number.size());
    const std::string_view first = number.substr(0, dot);
    const std::string_view second = dot < number.size() ? number.substr(dot + 1) : first;
    const auto digits = [](std::string_view text) {
        return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
    };
    return std::all_of(letters.begin(), letters.end(), is_letter) && digits(first) &&
           digits(second);
}

// The candidates for one word, of which only the best fit counts.
struct Step {
    Fit best = Fit::none;
    std::vector<Candidate> candidates;
};

Step step_of(const std::vector<Path>& paths, std::string_view word) {
    Step step;
    for (std::size_t i = 0; i < paths.size(); ++i) {
        for (const std::size_t index : paths[i].next) {
            const Fit how = fit(paths[i].graph->nodes[index], word);
            if (how == Fit::none || how < step.best) continue;
            if (how > step.best) step = {how, {}};
            step.candidates.push_back({i, index});
        }
    }
    return step;
}

bool names_interface(const std::vector<Path>& paths, const Step& step) {
    return std::all_of(step.candidates.begin(), step.candidates.end(), [&](const Candidate& one) {
        return paths[one.path].graph->nodes[one.node].text == "INTERFACE";
    });
}

Value value_of(const Node& node, const Word& word, const Word* number, std::string_view line) {
    Value value{node.text, std::string(word.text), node.type == nullptr};
    if (value.keyword) {
        value.text = node.text;
    } else if (node.type->rest_of_line) {
        value.text = trim_end(line.substr(word.column));
    } else if (number != nullptr) {
        value.text += number->text;
        value.apart = true;
    }
    return value;
}

} // namespace

Grammar::Walk Grammar::walk_words(Mode mode, std::string_view line, bool keep_last) const {
    Walk walk;
    walk.words = split(line);
    if (keep_last && !walk.words.empty()) walk.words.pop_back();
    const Graph& first = graph(mode);
    walk.paths = {{{}, &first, first.start}};
    walk.values = {{}};

    for (std::size_t i = 0; i < walk.words.size(); ++i) {
        const Word& word = walk.words[i];
        const Step step = step_of(walk.paths, word.text);
        if (step.best == Fit::none) {
            walk.stop = refuse(walk.paths, word);
            return walk;
        }
        const Word* number = i + 1 < walk.words.size() ? &walk.words[i + 1] : nullptr;
        if (number != nullptr &&
            !(names_interface(walk.paths, step) && are_one_name(word.text, number->text)))
            number = nullptr;
        std::vector<Path> paths;
        std::vector<std::vector<Value>> values;
        std::set<std::string_view> keywords;
        bool rest_of_line = false;
        for (const Candidate& candidate : step.candidates) {
            const Path& from = walk.paths[candidate.path];
            const Node& node = from.graph->nodes[candidate.node];
            Path path{from.nodes, from.graph, node.next};
            path.nodes.push_back(candidate.node);
            if (node.type == nullptr) keywords.insert(node.text);
            rest_of_line = rest_of_line || (node.type != nullptr && node.type->rest_of_line);
            if (node.command->nested) {
                path.graph = &graph(Mode::exec);
                path.next = path.graph->start;
                path.nodes.clear();
                values.push_back({});
            } else {
                values.push_back(walk.values[candidate.path]);
                values.back().push_back(value_of(node, word, number, line));
            }
            paths.push_back(std::move(path));
        }
        if (keywords.size() > 1) {
            walk.stop = Ambiguous{{keywords.begin(), keywords.end()}};
            return walk;
        }
        walk.paths = std::move(paths);
        walk.values = std::move(values);
        if (rest_of_line) break;
        if (number != nullptr) ++i;
    }
    return walk;
}

Grammar::Walk Grammar::walk(Mode mode, std::string_view line, bool keep_last) const {
    Walk walk = walk_words(mode, line, keep_last);
    const auto bar = line.find('|');
    const bool wrong = walk.stop && std::holds_alternative<Invalid>(*walk.stop);
    if (!wrong || keep_last || bar == std::string_view::npos) return walk;
    // `show run|include x`, as IOS has it
    const std::string spaced = fmt::format("{} | {}", line.substr(0, bar), line.substr(bar + 1));
    Walk other = walk_words(mode, spaced, false);
    other.words.clear(); // they are of `spaced`
    return other.stop ? walk : other;
}

namespace {

// What would go on with a command that is right so far.
std::vector<std::string> continuation(const Next& next) {
    std::vector<std::string> words;
    for (const auto& [keyword, about] : next.keywords)
        words.emplace_back(keyword);
    for (const Node* node : next.variables)
        words.push_back(fmt::format("{} ({})", node->type->shown, node->help));
    return words;
}

} // namespace

Outcome Grammar::match(Mode mode, std::string_view line) const {
    Walk walk = this->walk(mode, line, false);
    if (walk.stop) return *walk.stop;
    for (std::size_t i = 0; i < walk.paths.size(); ++i) {
        const Path& path = walk.paths[i];
        if (path.nodes.empty() || !path.back().final) continue;
        return Match{path.back().command, path.back().negated, std::move(walk.values[i])};
    }
    return Incomplete{continuation(next_of(walk.paths))};
}

std::vector<Grammar::Reading> Grammar::reading(Mode mode, std::string_view line) const {
    std::vector<Reading> readings;
    const Walk walk = walk_words(mode, line, false);
    // Two keywords for one word are ambiguous, so that all ways through read the same.
    for (std::size_t i = 0; i < walk.paths.front().nodes.size() && i < walk.words.size(); ++i) {
        const Node& node = walk.paths.front().graph->nodes[walk.paths.front().nodes[i]];
        if (node.type != nullptr) break;
        readings.push_back({walk.words[i].text, walk.words[i].column, node.text});
    }
    return readings;
}

// A command of an outer mode takes the user out of his mode. It must be what he has typed, and
// not what an abbreviation comes to that means another command here, or a single letter.
std::optional<Outcome> Grammar::not_meant(Mode inner, Mode outer, std::string_view line) const {
    const auto here = reading(inner, line);
    const auto there = reading(outer, line);
    for (std::size_t i = 0; i < there.size(); ++i) {
        const auto& [typed, column, keyword] = there[i];
        if (keyword == "no" || keyword == "default") continue;
        const bool exact = typed.size() == keyword.size();
        if (!exact && i < here.size() && here[i].keyword != keyword)
            return Ambiguous{{std::string(here[i].keyword), std::string(keyword)}};
        if (typed.size() == 1)
            return Invalid{column, fmt::format("\"{}\" is too short for a command of another "
                                               "mode; use {}",
                                               typed, keyword)};
        if (i >= here.size()) break;
    }
    return std::nullopt;
}

Grammar::Resolved Grammar::resolve(Mode mode, std::string_view line) const {
    Resolved first{mode, match(mode, line)};
    if (!std::holds_alternative<Invalid>(first.outcome)) return first;
    for (auto around = parent(mode); around; around = parent(*around)) {
        Outcome outcome = match(*around, line);
        const auto* invalid = std::get_if<Invalid>(&outcome);
        if (invalid == nullptr) {
            if (auto refused = not_meant(mode, *around, line)) return {mode, std::move(*refused)};
        }
        // Of two errors the one further right is about what the user meant.
        const auto& so_far = std::get<Invalid>(first.outcome);
        if (invalid == nullptr || invalid->column > so_far.column) {
            first = {*around, std::move(outcome)};
        }
        if (invalid == nullptr) break;
    }
    return first;
}

bool Match::has(std::string_view keyword) const {
    return std::any_of(values.begin(), values.end(),
                       [&](const Value& value) { return value.keyword && value.token == keyword; });
}

std::string Match::get(std::string_view variable) const {
    for (const Value& value : values) {
        if (!value.keyword && value.token == variable) return value.text;
    }
    return {};
}

std::vector<std::string> Match::all(std::string_view variable) const {
    std::vector<std::string> texts;
    for (const Value& value : values) {
        if (!value.keyword && value.token == variable) texts.push_back(value.text);
    }
    return texts;
}

std::string explain(const Outcome& outcome, std::string_view line, std::size_t indent,
                    std::size_t width) {
    if (std::holds_alternative<Ambiguous>(outcome)) {
        const auto& candidates = std::get<Ambiguous>(outcome).candidates;
        return fmt::format("% Ambiguous command: \"{}\"\n% It could be {}.", trim_end(line),
                           list(candidates));
    }
    if (const auto* incomplete = std::get_if<Incomplete>(&outcome)) {
        const auto& next = incomplete->next;
        const bool few = !next.empty() && next.size() <= few_keywords;
        return "% Incomplete command." +
               (few ? fmt::format("\n% It goes on with {}.", list(next)) : std::string());
    }
    if (const auto* invalid = std::get_if<Invalid>(&outcome)) {
        // A line longer than the screen goes on in the next row.
        const std::size_t place = indent + invalid->column;
        std::string text(width == 0 ? place : place % width, ' ');
        text += "^\n% Invalid input detected at '^' marker.";
        if (!invalid->message.empty()) text += "\n% " + invalid->message;
        return text;
    }
    return {};
}

bool is_blank(std::string_view line) {
    const auto words = split(line);
    return words.empty() || words.front().text.starts_with('!');
}

} // namespace tunqos::cli
