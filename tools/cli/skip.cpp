// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/skip.hpp"

#include <fmt/format.h>

#include "cli/foreign.hpp"
#include "cli/grammar/walk.hpp"

namespace tunqos::cli {
namespace {

// Words of a body that begin one of our keywords by chance are shorter than this.
constexpr std::size_t shortest = 3;

bool is_spelled(std::string_view line) {
    const auto words = split(line);
    if (words.empty()) return false;
    const bool no = words.front().text.size() == 2 && begins("no", words.front().text);
    const std::size_t first = no && words.size() > 1 ? 1 : 0;
    return words[first].text.size() >= shortest;
}

// Without indentation: is it a command of configuration mode, of ours or one that opens a block?
// `no crypto map NAME` in the body of an interface is not.
bool begins_another(bool is_ours, std::string_view line) {
    const Foreign* in_body = find_foreign(Mode::interface, line);
    if (in_body != nullptr && in_body->whole) return false;
    if (nested_block(line) > 0) return false; // class, which class-map begins with
    if (is_ours) return is_spelled(line);
    const Foreign* foreign = find_foreign(Mode::config, line);
    return (foreign != nullptr && foreign->block) || looks_like_block(line);
}

} // namespace

std::size_t indentation(std::string_view line) {
    return std::min(line.find_first_not_of(" \t"), line.size());
}

SkippedBlock::Verdict SkippedBlock::judge(const Grammar& grammar, std::string_view line) {
    const auto words = split(line);
    const bool is_do = begins("do", words.front().text) && words.front().text.size() == 2;
    const Outcome outcome = grammar.match(Mode::config, line);
    const auto* match = std::get_if<Match>(&outcome);
    if (match != nullptr && is_do) return Verdict::run;
    if (match != nullptr && match->command->grammar == "end" && is_spelled(line))
        return Verdict::end;
    const bool deeper = indentation(line) > indentation_;
    // After a body that was indented a line that is not is behind it.
    const bool is_exit = match != nullptr && match->command->grammar == "exit" && is_spelled(line);
    if (is_exit && !deeper) {
        if (indented_ || depth_ == 0) return Verdict::close;
        --depth_;
    } else if (!deeper && (indented_ || begins_another(match != nullptr, line))) {
        return Verdict::next;
    }
    indented_ = indented_ || deeper;
    if (const unsigned depth = nested_block(line); depth > 0) depth_ = depth;
    ++count_;
    return Verdict::skip;
}

std::string SkippedBlock::summary() const {
    if (count_ == 0) return {};
    return fmt::format("{} line{} skipped", count_, count_ == 1 ? "" : "s");
}

} // namespace tunqos::cli
