// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/foreign.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "cli/foreign_commands.hpp"
#include "cli/grammar/walk.hpp"

namespace tunqos::cli {
namespace {

constexpr std::size_t shortest = 3;

// A word up to a hyphen is one of its own: network is no network-policy.
bool means(std::string_view typed, std::string_view word) {
    if (word == "WORD") return true;
    if (typed.size() < word.size() && word[typed.size()] == '-') return false;
    return typed.size() >= std::min(shortest, word.size()) && begins(word, typed);
}

// How a line is a command: which of its words are spelled and which abbreviated. More is better:
// `crypto key` is not crypto keyring, and ip sla is more than ip.
using Spelled = std::vector<bool>;

struct Found {
    Spelled spelled;
    const Foreign* command;
};

template <std::size_t size>
void find(const Foreign (&table)[size], const std::vector<Word>& typed, std::vector<Found>& found) {
    for (const Foreign& one : table) {
        const std::vector<Word> words = split(one.command);
        if (one.whole ? typed.size() != words.size() : typed.size() < words.size()) continue;
        Spelled spelled;
        for (std::size_t i = 0; i < words.size() && means(typed[i].text, words[i].text); ++i)
            spelled.push_back(words[i].text == "WORD" ||
                              words[i].text.size() == typed[i].text.size());
        if (spelled.size() == words.size()) found.push_back({std::move(spelled), &one});
    }
}

std::vector<Word> without_no(std::string_view line) {
    std::vector<Word> words = split(line);
    if (is_negated(line)) words.erase(words.begin());
    return words;
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Letters to put in, take out or change to make one word of the other.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j < row.size(); ++j)
        row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0]++;
        for (std::size_t j = 1; j < row.size(); ++j) {
            const std::size_t change = diagonal + (lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
        }
    }
    return row.back();
}

} // namespace

bool is_negated(std::string_view line) {
    const std::vector<Word> words = split(line);
    if (words.size() < 2) return false;
    const std::string_view first = words.front().text;
    return (first.size() == 2 && begins("no", first)) || means(first, "default");
}

std::vector<const Foreign*> find_all_foreign(Mode mode, std::string_view line) {
    const std::vector<Word> words = without_no(line);
    std::vector<Found> found;
    if (mode == Mode::interface) find(foreign::of_interface, words, found);
    if (mode == Mode::crypto_map) find(foreign::of_crypto_map, words, found);
    find(foreign::of_config, words, found);
    std::stable_sort(found.begin(), found.end(),
                     [](const Found& a, const Found& b) { return a.spelled > b.spelled; });
    std::vector<const Foreign*> commands;
    for (const Found& one : found) {
        // One that is spelled is not an abbreviation of another one.
        if (one.spelled.front() == found.front().spelled.front()) commands.push_back(one.command);
    }
    return commands;
}

const Foreign* find_foreign(Mode mode, std::string_view line) {
    const auto all = find_all_foreign(mode, line);
    return all.empty() ? nullptr : all.front();
}

const Foreign* find_foreign_show(std::string_view line) {
    std::vector<Word> words = split(line);
    if (!words.empty() && words.front().text.size() == 2 && begins("do", words.front().text))
        words.erase(words.begin());
    std::vector<Found> found;
    find(foreign::of_show, words, found);
    const auto best =
        std::max_element(found.begin(), found.end(),
                         [](const Found& a, const Found& b) { return a.spelled < b.spelled; });
    return best == found.end() ? nullptr : best->command;
}

std::string not_done(const Foreign& foreign) {
    return fmt::format("Not done by tunqos: {}.", foreign.who);
}

unsigned nested_block(std::string_view opener, std::string_view line) {
    const std::vector<Word> words = split(line);
    if (words.size() < 2) return 0;
    constexpr struct {
        std::string_view inside; // a word of the line that opens the outer one
        std::string_view opener;
        unsigned depth;
    } nested[] = {
        {"policy-map", "class", 1},      {"policy-map", "police", 2},
        {"router", "address-family", 1}, {"router", "service-family", 1},
        {"router", "af-interface", 2},   {"router", "topology", 2},
        {"router", "template", 1},       {"definition", "address-family", 1},
        {"keyring", "peer", 1},          {"isakmp", "address-family", 1},
        {"ethernet", "service", 1},
    };
    const std::vector<Word> outer = split(opener);
    for (const auto& one : nested) {
        if (!means(words.front().text, one.opener)) continue;
        for (const Word& word : outer) {
            if (means(word.text, one.inside)) return one.depth;
        }
    }
    return 0;
}

namespace {

bool is_nearly(std::string_view word, std::string_view keyword) {
    constexpr std::size_t near = 2;
    constexpr std::size_t long_enough = 6;
    return means(word, keyword) || (word.size() >= long_enough && distance(word, keyword) <= near);
}

} // namespace

bool looks_like_block(std::string_view line) {
    const std::vector<Word> words = split(line);
    if (words.size() < 2) return false;
    const std::string_view first = words[0].text;
    constexpr std::size_t entry = 4; // without a number it is of an interface
    if (means(first, "crypto") && begins("map", words[1].text)) return words.size() >= entry;
    return is_nearly(first, "interface") || is_nearly(first, "table-map");
}

bool is_of_block_too(std::string_view opener, std::string_view line) {
    const std::vector<Word> outer = split(opener);
    const std::vector<Word> words = without_no(line);
    if (outer.empty() || words.empty()) return false;
    if (means(outer.front().text, "router")) return means(words.front().text, "table-map");
    const Foreign* foreign = find_foreign(Mode::interface, line);
    return is_nearly(outer.front().text, "interface") && foreign != nullptr && foreign->whole &&
           means(words.front().text, "crypto");
}

namespace {

constexpr std::string_view control_c = "^C";

// Where the text begins in the line; nothing if it is no command with a text.
std::optional<std::size_t> text_column(std::string_view line) {
    const std::vector<Word> words = split(line);
    if (words.empty()) return std::nullopt;
    const auto is = [&](std::size_t i, std::string_view keyword) {
        return i < words.size() && means(words[i].text, keyword);
    };
    std::size_t text = 0;
    if (is(0, "banner")) {
        constexpr std::string_view kinds[] = {"config-save", "exec",           "incoming", "login",
                                              "motd",        "prompt-timeout", "slip-ppp"};
        const bool named = std::any_of(std::begin(kinds), std::end(kinds),
                                       [&](std::string_view kind) { return is(1, kind); });
        text = named ? 2 : 1;
    } else if (is(0, "vacant-message") || is(0, "refuse-message")) {
        text = 1;
    } else if ((is(0, "aaa") && is(1, "authentication") &&
                (is(2, "banner") || is(2, "fail-message"))) ||
               (is(0, "menu") && is(2, "title"))) {
        text = 3;
    }
    if (text == 0 || words.size() <= text) return std::nullopt;
    return words[text].column;
}

bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z');
}

} // namespace

std::optional<std::string> text_mark(std::string_view line) {
    const std::vector<Word> words = split(line);
    if (words.size() == 3 && means(words[0].text, "macro") && means(words[1].text, "name"))
        return "@";
    const auto column = text_column(line);
    if (!column) return std::nullopt;
    std::string_view text = line.substr(*column);
    std::string mark;
    if (text.starts_with(control_c)) {
        mark = control_c;
        text.remove_prefix(control_c.size());
    } else if (text.front() == '\x03') {
        mark = control_c;
        text.remove_prefix(1);
    } else {
        // A word has no mark in front of it: the text is that word.
        if (is_alphanumeric(text[0]) && text.size() > 1 && !is_space(text[1])) return std::nullopt;
        std::size_t size = 1; // of the character in UTF-8
        while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xc0U) == 0x80U)
            ++size;
        mark = text.substr(0, size);
        text.remove_prefix(size);
    }
    if (ends_text(text, mark)) return std::nullopt;
    return mark;
}

bool ends_text(std::string_view line, std::string_view mark) {
    if (line.find(mark) != std::string_view::npos) return true;
    return mark == control_c && line.find('\x03') != std::string_view::npos;
}

bool takes_control_c(std::string_view line) {
    return text_mark(std::string(line) + std::string(control_c)) == control_c ||
           text_mark(line) == control_c;
}

} // namespace tunqos::cli
