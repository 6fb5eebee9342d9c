// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/grammar/grammar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "cli/grammar/modes.hpp"

namespace tunqos::cli {
namespace {

struct Word {
    std::string_view text;
    std::size_t column = 0;
};

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

std::string_view trim_end(std::string_view text) {
    while (!text.empty() && is_space(text.back()))
        text.remove_suffix(1);
    return text;
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Keywords in any case, as in IOS.
bool begins(std::string_view keyword, std::string_view word) {
    return word.size() <= keyword.size() &&
           std::equal(word.begin(), word.end(), keyword.begin(),
                      [](char a, char b) { return lower(a) == lower(b); });
}

// "a", "a or b", "a, b or c"
std::string list(const std::set<std::string_view>& words) {
    std::string text;
    std::size_t left = words.size();
    for (const std::string_view word : words) {
        text += word;
        --left;
        if (left > 0) text += left == 1 ? " or " : ", ";
    }
    return text;
}

} // namespace

// A way through the graph so far.
struct Path {
    std::vector<std::size_t> nodes;
    const Graph* graph = nullptr;
    std::vector<std::size_t> next; // in `graph`

    const Node& back() const { return graph->nodes[nodes.back()]; }
};

// The state after reading some words: the paths that are still possible.
struct Grammar::Walk {
    std::vector<Word> words;
    std::vector<Path> paths;
    std::vector<std::vector<Value>> values; // one for each path
    std::optional<Outcome> stop;            // Ambiguous or Invalid
};

Grammar::Grammar(std::vector<Command> commands) : commands_(std::move(commands)) {
    for (const Command& command : commands_) {
        for (const Mode mode : command.modes)
            graphs_[mode].add(command);
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

Fit fit(const Node& node, std::string_view word, bool exact_only) {
    if (node.type != nullptr) {
        return node.type->rest_of_line || node.type->problem(word).empty() ? Fit::variable
                                                                           : Fit::none;
    }
    if (!begins(node.text, word)) return Fit::none;
    if (node.text.size() == word.size()) return Fit::exact;
    return exact_only ? Fit::none : Fit::prefix;
}

// What to say about a word that nothing takes: the types' own words, then the keywords that
// would have been right.
Invalid refuse(const std::vector<Path>& paths, const Word& word) {
    Invalid invalid{word.column, {}};
    std::set<std::string_view> keywords;
    for (const Path& path : paths) {
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
    if (!invalid.message.empty() && !keywords.empty()) {
        invalid.message += fmt::format("; or {}", list(keywords));
    }
    return invalid;
}

} // namespace

Grammar::Walk Grammar::walk(Mode mode, std::string_view line, bool keep_last) const {
    Walk walk;
    walk.words = split(line);
    if (keep_last && !walk.words.empty()) walk.words.pop_back();
    const Graph& first = graph(mode);
    walk.paths = {{{}, &first, first.start}};
    walk.values = {{}};

    for (const Word& word : walk.words) {
        Fit best = Fit::none;
        std::vector<std::pair<Candidate, Fit>> candidates;
        for (std::size_t i = 0; i < walk.paths.size(); ++i) {
            for (const std::size_t index : walk.paths[i].next) {
                const Fit how = fit(walk.paths[i].graph->nodes[index], word.text, false);
                if (how != Fit::none) candidates.push_back({{i, index}, how});
                best = std::max(best, how);
            }
        }
        if (best == Fit::none) {
            walk.stop = refuse(walk.paths, word);
            return walk;
        }
        std::vector<Path> paths;
        std::vector<std::vector<Value>> values;
        std::set<std::string_view> keywords;
        bool rest_of_line = false;
        for (const auto& [candidate, how] : candidates) {
            if (how != best) continue;
            const Path& from = walk.paths[candidate.path];
            const Node& node = from.graph->nodes[candidate.node];
            Path path{from.nodes, from.graph, node.next};
            path.nodes.push_back(candidate.node);
            Value value{node.text, std::string(word.text), node.type == nullptr};
            if (value.keyword) {
                keywords.insert(node.text);
                value.text = node.text;
            } else if (node.type->rest_of_line) {
                rest_of_line = true;
                value.text = trim_end(line.substr(word.column));
            }
            if (node.command->nested) {
                path.graph = &graph(Mode::exec);
                path.next = path.graph->start;
                path.nodes.clear();
                values.push_back({});
            } else {
                values.push_back(walk.values[candidate.path]);
                values.back().push_back(std::move(value));
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
    }
    return walk;
}

Outcome Grammar::match(Mode mode, std::string_view line) const {
    Walk walk = this->walk(mode, line, false);
    if (walk.stop) return *walk.stop;
    for (std::size_t i = 0; i < walk.paths.size(); ++i) {
        const Path& path = walk.paths[i];
        if (path.nodes.empty() || !path.back().final) continue;
        return Match{path.back().command, path.back().negated, std::move(walk.values[i])};
    }
    return Incomplete{};
}

Grammar::Resolved Grammar::resolve(Mode mode, std::string_view line) const {
    Resolved first{mode, match(mode, line)};
    if (!std::holds_alternative<Invalid>(first.outcome)) return first;
    for (auto around = parent(mode); around; around = parent(*around)) {
        Outcome outcome = match(*around, line);
        const auto* invalid = std::get_if<Invalid>(&outcome);
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

namespace {

// The nodes that may come next, each word once, in the order of `?`: keywords by alphabet,
// variables, <cr>.
struct Next {
    std::map<std::string_view, std::string_view> keywords;
    std::vector<const Node*> variables;
    bool complete = false;
};

Next next_of(const std::vector<Path>& paths) {
    Next next;
    for (const Path& path : paths) {
        if (!path.nodes.empty() && path.back().final) next.complete = true;
        for (const std::size_t index : path.next) {
            const Node& node = path.graph->nodes[index];
            if (node.type == nullptr) {
                next.keywords.emplace(node.text, node.help);
            } else if (std::none_of(next.variables.begin(), next.variables.end(),
                                    [&](const Node* other) { return other->type == node.type; })) {
                next.variables.push_back(&node);
            }
        }
    }
    return next;
}

bool ends_in_word(std::string_view text) {
    return !text.empty() && !is_space(text.back());
}

} // namespace

Help Grammar::help_in(Mode mode, std::string_view text, const Names& names) const {
    const bool partial = ends_in_word(text);
    Walk walk = this->walk(mode, text, partial);
    Help help;
    if (walk.stop) {
        help.problem = std::holds_alternative<Ambiguous>(*walk.stop) ? explain(*walk.stop, text, 0)
                                                                     : "% Unrecognized command";
        return help;
    }
    const Next next = next_of(walk.paths);
    const std::vector<Word> words = split(text);
    const std::string_view word = partial ? words.back().text : std::string_view{};

    for (const auto& [keyword, about] : next.keywords) {
        if (begins(keyword, word)) help.lines.push_back({std::string(keyword), std::string(about)});
    }
    for (const Node* node : next.variables) {
        std::vector<HelpLine> values;
        if (node->type->values != nullptr) values = node->type->values(names);
        // A value is shown if it begins so; the variable itself, with its help, always.
        if (!partial)
            help.lines.push_back({std::string(node->type->shown), std::string(node->help)});
        for (HelpLine& value : values) {
            if (begins(value.word, word)) help.lines.push_back(std::move(value));
        }
    }
    if (partial) {
        help.words_only = !help.lines.empty();
        if (help.lines.empty()) {
            for (const Node* node : next.variables) {
                help.lines.push_back({std::string(node->type->shown), std::string(node->help)});
            }
        }
        if (help.lines.empty()) help.problem = "% Unrecognized command";
        return help;
    }
    if (next.complete) help.lines.push_back({"<cr>", ""});
    return help;
}

Help Grammar::help(Mode mode, std::string_view text, const Names& names) const {
    Help help = help_in(mode, text, names);
    for (auto around = parent(mode); around && !help.problem.empty(); around = parent(*around)) {
        Help outer = help_in(*around, text, names);
        if (outer.problem.empty()) return outer;
    }
    return help;
}

std::vector<std::string> Grammar::complete(Mode mode, std::string_view text,
                                           const Names& names) const {
    const bool partial = ends_in_word(text);
    const std::vector<Word> typed = split(text);
    const std::string_view word = partial ? typed.back().text : std::string_view{};
    std::vector<std::string> words;
    for (std::optional<Mode> in = mode; in && words.empty(); in = parent(*in)) {
        const Walk walk = this->walk(*in, text, partial);
        if (walk.stop) continue;
        const Next next = next_of(walk.paths);
        for (const auto& [keyword, about] : next.keywords) {
            if (begins(keyword, word)) words.emplace_back(keyword);
        }
        for (const Node* node : next.variables) {
            if (node->type->values == nullptr) continue;
            for (HelpLine& value : node->type->values(names)) {
                if (begins(value.word, word)) words.push_back(std::move(value.word));
            }
        }
    }
    return words;
}

std::string explain(const Outcome& outcome, std::string_view line, std::size_t indent,
                    std::size_t width) {
    if (std::holds_alternative<Ambiguous>(outcome)) {
        const auto& candidates = std::get<Ambiguous>(outcome).candidates;
        return fmt::format("% Ambiguous command: \"{}\"\n% It could be {}.", trim_end(line),
                           list({candidates.begin(), candidates.end()}));
    }
    if (std::holds_alternative<Incomplete>(outcome)) return "% Incomplete command.";
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
