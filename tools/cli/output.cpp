// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/output.hpp"

#include <regex>
#include <sstream>

namespace tunqos::cli {
namespace {

class Pattern {
public:
    explicit Pattern(const std::string& text) : text_(text) {
        try {
            regex_ = std::regex(text, std::regex::extended);
        } catch (const std::regex_error&) {
            plain_ = true; // "10.0.0.1(" is meant as it stands
        }
    }
    bool found_in(const std::string& line) const {
        return plain_ ? line.find(text_) != std::string::npos : std::regex_search(line, regex_);
    }

private:
    std::string text_;
    std::regex regex_;
    bool plain_ = false;
};

} // namespace

Filter filter_of(const Match& match) {
    if (!match.has("|")) return {};
    Filter filter;
    if (match.has("begin")) filter.kind = Filter::Kind::begin;
    if (match.has("exclude")) filter.kind = Filter::Kind::exclude;
    if (match.has("include")) filter.kind = Filter::Kind::include;
    filter.pattern = match.get("LINE");
    return filter;
}

std::string filter(const std::string& text, const Filter& filter) {
    if (filter.kind == Filter::Kind::none) return text;
    const Pattern pattern(filter.pattern);
    std::istringstream lines(text);
    std::string kept;
    bool begun = false;
    for (std::string line; std::getline(lines, line);) {
        const bool found = pattern.found_in(line);
        begun = begun || found;
        const bool keep = filter.kind == Filter::Kind::begin     ? begun
                          : filter.kind == Filter::Kind::include ? found
                                                                 : !found;
        if (keep) kept += line + '\n';
    }
    return kept;
}

} // namespace tunqos::cli
