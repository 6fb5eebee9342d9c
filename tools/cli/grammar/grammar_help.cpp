// SPDX-License-Identifier: GPL-2.0-or-later
//
// What can come next: `?` and Tab.
#include <algorithm>

#include "cli/grammar/modes.hpp"
#include "cli/grammar/walk.hpp"

namespace tunqos::cli {

Next next_of(const std::vector<Path>& paths) {
    Next next;
    for (const Path& path : paths) {
        if (!path.nodes.empty() && path.back().final) next.complete = true;
        for (const std::size_t index : path.next) {
            const Node& node = path.graph->nodes[index];
            if (node.text == "|") {
                next.modifiers = &node;
            } else if (node.type == nullptr) {
                next.keywords.emplace(node.text, node.help);
            } else if (std::none_of(next.variables.begin(), next.variables.end(),
                                    [&](const Node* other) { return other->type == node.type; })) {
                next.variables.push_back(&node);
            }
        }
    }
    return next;
}

namespace {

bool ends_in_word(std::string_view text) {
    return !text.empty() && !is_space(text.back());
}

// Without the word that is still being typed.
std::string_view whole_words(std::string_view text) {
    const std::vector<Word> words = split(text);
    return ends_in_word(text) && !words.empty() ? text.substr(0, words.back().column) : text;
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
    if (next.modifiers != nullptr && begins(next.modifiers->text, word)) {
        help.lines.push_back({"|", std::string(next.modifiers->help)});
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
        if (!outer.problem.empty()) continue;
        const auto refused = not_meant(mode, *around, whole_words(text));
        if (!refused) return outer;
        if (std::holds_alternative<Ambiguous>(*refused)) help.problem = explain(*refused, text, 0);
        break;
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
        if (walk.stop || (*in != mode && not_meant(mode, *in, whole_words(text)))) continue;
        const Next next = next_of(walk.paths);
        for (const auto& [keyword, about] : next.keywords) {
            if (begins(keyword, word)) words.emplace_back(keyword);
        }
        if (next.modifiers != nullptr && begins("|", word)) words.emplace_back("|");
        for (const Node* node : next.variables) {
            if (node->type->values == nullptr) continue;
            for (HelpLine& value : node->type->values(names)) {
                if (begins(value.word, word)) words.push_back(std::move(value.word));
            }
        }
    }
    return words;
}

} // namespace tunqos::cli
