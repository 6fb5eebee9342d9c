// SPDX-License-Identifier: GPL-2.0-or-later
//
// A change as an IOS engineer reads it: the lines that go and the lines that come, below the head
// of what they belong to.
#include "tunqos/ios_diff.hpp"

#include <algorithm>
#include <sstream>

#include "tunqos/config.hpp"

namespace tunqos {

namespace {

using Lines = std::vector<std::string>;

Lines lines_of(const std::string& text) {
    Lines lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);)
        lines.push_back(line);
    return lines;
}

// The lines of `these`, from the first that counts, that `others` does not have, with a sign in
// front.
void only(const Lines& these, const Lines& others, const char* sign, Lines& lines,
          std::size_t first = 1) {
    for (std::size_t i = first; i < these.size(); ++i) {
        if (std::find(others.begin(), others.end(), these[i]) == others.end())
            lines.push_back(sign + these[i]);
    }
}

// Of one object; no text: there is none.
void compare_one(const std::string& before, const std::string& after, Lines& lines) {
    const Lines old = lines_of(before);
    const Lines young = lines_of(after);
    if (young.empty() || (!old.empty() && old.front() != young.front()))
        lines.push_back('-' + old.front());
    if (!young.empty())
        lines.push_back((old.empty() || old.front() != young.front() ? "+" : "") + young.front());
    only(old, young, "-", lines);
    only(young, old, "+", lines);
}

template <typename Objects, typename Print>
void compare_all(const Objects& before, const Objects& after, const Print& print, Lines& lines) {
    for (const auto& [key, object] : before) {
        const auto now = after.find(key);
        if (now != after.end() && now->second == object) continue;
        compare_one(print(key, object), now == after.end() ? "" : print(key, now->second), lines);
    }
    for (const auto& [key, object] : after) {
        if (!before.contains(key)) compare_one("", print(key, object), lines);
    }
}

// Of lines without a head.
void compare_lines(const std::string& before, const std::string& after, Lines& lines) {
    const Lines old = lines_of(before);
    const Lines young = lines_of(after);
    only(old, young, "-", lines, 0);
    only(young, old, "+", lines, 0);
}

} // namespace

std::vector<std::string> ios_diff(const Config& before, const Config& after) {
    Lines lines;
    compare_lines(qos_maps_to_ios(before.qos_maps), qos_maps_to_ios(after.qos_maps), lines);
    compare_all(before.table_maps, after.table_maps, table_map_to_ios, lines);
    compare_all(before.zones, after.zones, zone_to_ios, lines);
    compare_lines(rule_options_to_ios(before.rule_options), rule_options_to_ios(after.rule_options),
                  lines);
    compare_all(before.rules, after.rules, rule_to_ios, lines);
    compare_all(before.crypto_maps, after.crypto_maps, crypto_map_to_ios, lines);
    compare_all(before.interfaces, after.interfaces, interface_to_ios, lines);
    return lines;
}

} // namespace tunqos
