// SPDX-License-Identifier: GPL-2.0-or-later
//
// Inside of the grammar: a line in words, and the ways through a graph that they leave open.
#pragma once

#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "cli/grammar/grammar.hpp"

namespace tunqos::cli {

struct Word {
    std::string_view text;
    std::size_t column = 0;
};

bool is_space(char c);
std::vector<Word> split(std::string_view line);
// Keywords in any case, as in IOS.
bool begins(std::string_view keyword, std::string_view word);

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

// The nodes that may come next, each word once, in the order of `?`: keywords by alphabet,
// variables, the output modifiers, <cr>.
struct Next {
    std::map<std::string_view, std::string_view> keywords;
    std::vector<const Node*> variables;
    const Node* modifiers = nullptr; // '|'
    bool complete = false;
};

Next next_of(const std::vector<Path>& paths);

} // namespace tunqos::cli
