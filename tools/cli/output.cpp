// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <regex>
#include <sstream>

namespace tunqos::cli {
namespace {

class Pattern {
public:
    // Of a text that is_pattern(); any other is found nowhere.
    explicit Pattern(const std::string& text) : regex_(compiled(text)) {}
    bool found_in(const std::string& line) const {
        return regex_ && std::regex_search(line, *regex_);
    }
    bool good() const { return regex_.has_value(); }

private:
    static std::optional<std::regex> compiled(const std::string& text) {
        try {
            return std::regex(text, std::regex::extended);
        } catch (const std::regex_error&) {
            return std::nullopt;
        }
    }

    std::optional<std::regex> regex_;
};

// Which lines a filter keeps, one after another.
class Sieve {
public:
    explicit Sieve(const Filter& filter) : kind_(filter.kind), pattern_(filter.pattern) {}

    bool keeps(const std::string& line) {
        const bool found = pattern_.found_in(line);
        switch (kind_) {
        case Filter::Kind::none: return true;
        case Filter::Kind::begin: return begun_ = begun_ || found;
        case Filter::Kind::count:
        case Filter::Kind::include: return found;
        case Filter::Kind::exclude: return !found;
        case Filter::Kind::section: break;
        }
        // What stands deeper than a line that matched belongs to it.
        const std::size_t depth = std::min(line.find_first_not_of(' '), line.size());
        if (found && (!section_ || depth <= *section_))
            section_ = depth;
        else if (section_ && depth <= *section_)
            section_.reset();
        return section_.has_value();
    }

private:
    Filter::Kind kind_;
    Pattern pattern_;
    bool begun_ = false;
    std::optional<std::size_t> section_; // depth of the line that began it
};

} // namespace

Filter filter_of(const Match& match) {
    if (!match.has("|")) return {};
    constexpr std::pair<const char*, Filter::Kind> kinds[] = {
        {"begin", Filter::Kind::begin},     {"count", Filter::Kind::count},
        {"exclude", Filter::Kind::exclude}, {"include", Filter::Kind::include},
        {"section", Filter::Kind::section},
    };
    Filter filter;
    for (const auto& [word, kind] : kinds) {
        if (match.has(word)) filter.kind = kind;
    }
    filter.pattern = match.get("LINE");
    return filter;
}

std::optional<std::string> filter_problem(const Filter& filter) {
    if (filter.kind == Filter::Kind::none || Pattern(filter.pattern).good()) return std::nullopt;
    return fmt::format(
        "\"{}\" is not an extended regular expression; put a backslash before a character that is "
        "meant as it stands, as in \"\\[\"",
        filter.pattern);
}

std::string filter(const std::string& text, const Filter& filter) {
    if (filter.kind == Filter::Kind::none) return text;
    Sieve sieve(filter);
    std::istringstream lines(text);
    std::string kept;
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line);) {
        if (!sieve.keeps(line)) continue;
        ++count;
        kept += line + '\n';
    }
    if (filter.kind == Filter::Kind::count)
        return fmt::format("Number of lines which match regexp = {}\n", count);
    return kept;
}

} // namespace tunqos::cli
