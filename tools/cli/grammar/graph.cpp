// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/grammar/graph.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <stdexcept>

namespace tunqos::cli {
namespace {

constexpr std::string_view no_mark = "[no] ";
constexpr std::string_view several = "...";
constexpr std::string_view modifiers =
    R"([\| {begin LINE | count LINE | exclude LINE | include LINE | json | section LINE}])";
constexpr std::array modifier_tokens{
    Token{"|", "Output modifiers"},
    Token{"begin", "Begin with the line that matches"},
    Token{"count", "Count the lines that match"},
    Token{"exclude", "Exclude lines that match"},
    Token{"include", "Include lines that match"},
    Token{"json", "Print JSON"},
    Token{"section", "Lines that match, with what is indented below them"},
    Token{"LINE", "Regular expression"},
};
constexpr Token no_token{"no", "Negate a command or set its defaults"};
constexpr Token default_token{"default", "Set a command to its defaults"};

// A part of a grammar string: where it can begin, where it can end, whether it can be empty.
struct Fragment {
    std::vector<std::size_t> first;
    std::vector<std::size_t> last;
    bool nullable = true;
};

void append(std::vector<std::size_t>& to, const std::vector<std::size_t>& from) {
    to.insert(to.end(), from.begin(), from.end());
}

[[noreturn]] void wrong(const Command& command, std::string_view what) {
    throw std::logic_error("command \"" + std::string(command.grammar) +
                           "\": " + std::string(what));
}

// One pass over one form (plain, or negated by a word in front of it) of one command.
class Builder {
public:
    Builder(Graph& graph, const Command& command, const Token* negation)
        : graph_(graph), command_(command), negation_(negation) {}

    void build() {
        std::string_view grammar = command_.grammar;
        if (grammar.starts_with(no_mark)) grammar.remove_prefix(no_mark.size());
        Fragment whole;
        if (negation_ != nullptr) whole = token_node(negation_->text, negation_->help);
        whole = join(whole, parse(grammar));
        if (command_.modifiers) {
            in_modifiers_ = true;
            whole = join(whole, parse(modifiers));
        }
        if (whole.nullable) wrong(command_, "may be empty");
        append(graph_.start, whole.first);
        for (const std::size_t index : whole.last)
            graph_.nodes[index].final = true;
        for (const Token& token : command_.tokens) {
            if (!used_.contains(token.text)) {
                wrong(command_, "help for \"" + std::string(token.text) + "\", which is not in it");
            }
        }
    }

private:
    Fragment parse(std::string_view text) {
        rest_ = text;
        Fragment fragment = sequence();
        if (!rest_.empty()) wrong(command_, "unbalanced at \"" + std::string(rest_) + "\"");
        return fragment;
    }

    void skip_spaces() {
        while (rest_.starts_with(' '))
            rest_.remove_prefix(1);
    }

    bool take(std::string_view mark) {
        if (!rest_.starts_with(mark)) return false;
        rest_.remove_prefix(mark.size());
        return true;
    }

    Fragment sequence() {
        Fragment whole;
        for (skip_spaces(); !rest_.empty(); skip_spaces()) {
            const char c = rest_.front();
            if (c == '|' || c == '}' || c == ']') break;
            whole = join(whole, item());
        }
        return whole;
    }

    Fragment item() {
        if (take("{")) return alternatives("}", false);
        if (take("![")) return alternatives("]", negation_ != nullptr);
        if (take("[")) return alternatives("]", true);
        if (take("\\|")) return token("|");
        const std::size_t end = std::min(rest_.find_first_of(" |{}[]"), rest_.size());
        const std::string_view text = rest_.substr(0, end);
        rest_.remove_prefix(end);
        return token(text);
    }

    Fragment alternatives(std::string_view close, bool optional) {
        Fragment any;
        any.nullable = optional;
        do {
            const Fragment one = sequence();
            if (one.nullable) wrong(command_, "an alternative may be empty");
            append(any.first, one.first);
            append(any.last, one.last);
        } while (take("|"));
        if (!take(close)) wrong(command_, "no closing " + std::string(close));
        return any;
    }

    Fragment join(const Fragment& left, const Fragment& right) {
        for (const std::size_t from : left.last)
            append(graph_.nodes[from].next, right.first);
        Fragment both{left.first, right.last, left.nullable && right.nullable};
        if (left.nullable) append(both.first, right.first);
        if (right.nullable) append(both.last, left.last);
        return both;
    }

    Fragment token(std::string_view text) {
        if (text.ends_with(several)) {
            Fragment fragment = token(text.substr(0, text.size() - several.size()));
            append(graph_.nodes[fragment.last.front()].next, fragment.first);
            return fragment;
        }
        const Token* found = nullptr;
        if (in_modifiers_) {
            found = std::find_if(modifier_tokens.begin(), modifier_tokens.end(),
                                 [&](const Token& token) { return token.text == text; });
        } else {
            const auto place = std::find_if(command_.tokens.begin(), command_.tokens.end(),
                                            [&](const Token& token) { return token.text == text; });
            if (place == command_.tokens.end() || place->help.empty()) {
                wrong(command_, "no help for \"" + std::string(text) + "\"");
            }
            used_.insert(text);
            found = &*place;
        }
        return token_node(found->text, found->help);
    }

    Fragment token_node(std::string_view text, std::string_view help) {
        Node node{&command_, negation_ != nullptr, text, help, nullptr, false, {}};
        if (text.front() >= 'A' && text.front() <= 'Z') {
            node.type = find_type(text);
            if (node.type == nullptr) wrong(command_, "no type \"" + std::string(text) + "\"");
        }
        graph_.nodes.push_back(std::move(node));
        const std::size_t index = graph_.nodes.size() - 1;
        return {{index}, {index}, false};
    }

    Graph& graph_;
    const Command& command_;
    const Token* negation_;
    bool in_modifiers_ = false;
    std::string_view rest_;
    std::set<std::string_view> used_;
};

} // namespace

void Graph::add(const Command& command, bool with_default) {
    Builder(*this, command, nullptr).build();
    if (!has_no_form(command)) return;
    Builder(*this, command, &no_token).build();
    if (with_default) Builder(*this, command, &default_token).build();
}

bool has_no_form(const Command& command) {
    return command.grammar.starts_with(no_mark);
}

std::string plain_grammar(const Command& command) {
    std::string_view grammar = command.grammar;
    if (grammar.starts_with(no_mark)) grammar.remove_prefix(no_mark.size());
    std::string plain;
    // ![a] is an obligatory part: a, or {a | b}.
    for (std::size_t i = 0; i < grammar.size(); ++i) {
        if (grammar.substr(i, 2) != "![") {
            plain += grammar[i];
            continue;
        }
        std::size_t depth = 0;
        std::size_t end = i + 1;
        do {
            if (grammar[end] == '[' || grammar[end] == '{') ++depth;
            if (grammar[end] == ']' || grammar[end] == '}') --depth;
            ++end;
        } while (depth > 0);
        plain += grammar.substr(i + 2, end - i - 3);
        i = end - 1;
    }
    return plain;
}

} // namespace tunqos::cli
