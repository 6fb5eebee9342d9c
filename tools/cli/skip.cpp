// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/skip.hpp"

#include <fmt/format.h>

#include <algorithm>

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

// `exit-address-family` and the like
bool leaves_nested(std::string_view line) {
    constexpr std::string_view exit = "exit-";
    const auto words = split(line);
    return words.front().text.size() > exit.size() &&
           begins(words.front().text.substr(0, exit.size()), exit);
}

} // namespace

std::size_t indentation(std::string_view line) {
    return std::min(line.find_first_not_of(" \t"), line.size());
}

SkippedBlock::SkippedBlock(std::string_view opener)
    : opener_(opener), mark_(text_mark(opener)), is_text_(mark_.has_value()) {}

// Without indentation: is it a command of configuration mode, of ours or one that opens a block?
bool SkippedBlock::begins_another(bool is_ours, std::string_view line) const {
    if (is_of_block_too(opener_, line)) return false;
    if (nested_block(opener_, line) > 0) return false; // class, which class-map begins with
    if (is_ours) return is_spelled(line);
    const auto all = find_all_foreign(Mode::config, line);
    const bool block =
        std::any_of(all.begin(), all.end(), [](const Foreign* one) { return one->block; });
    return block || looks_like_block(line);
}

SkippedBlock::Verdict SkippedBlock::judge(const Grammar& grammar, std::string_view line) {
    if (mark_) {
        ++count_;
        if (!ends_text(line, *mark_)) return Verdict::skip;
        mark_.reset();
        return is_text_ ? Verdict::close : Verdict::skip;
    }
    const auto words = split(line);
    const bool is_do = begins("do", words.front().text) && words.front().text.size() == 2;
    const Outcome outcome = grammar.match(Mode::config, line);
    const auto* match = std::get_if<Match>(&outcome);
    if (match != nullptr && is_do) return Verdict::run;
    if (match != nullptr && match->command->grammar == "end" && is_spelled(line))
        return Verdict::end;
    const bool deeper = indentation(line) > indentation(opener_);
    // After a body that was indented a line that is not is behind it.
    const bool is_exit = match != nullptr && match->command->grammar == "exit" && is_spelled(line);
    if (is_exit && !deeper) {
        if (indented_ || depth_ == 0) return Verdict::close;
        --depth_;
    } else if (!deeper && (indented_ || begins_another(match != nullptr, line))) {
        return Verdict::next;
    }
    indented_ = indented_ || deeper;
    if (const unsigned depth = nested_block(opener_, line); depth > 0) depth_ = depth;
    if (leaves_nested(line) && depth_ > 0) --depth_;
    mark_ = text_mark(line);
    ++count_;
    const bool is_ours = match != nullptr && match->command->grammar != "exit";
    return is_ours && !deeper ? Verdict::doubtful : Verdict::skip;
}

std::string SkippedBlock::summary() const {
    if (count_ == 0) return {};
    const std::string unended =
        mark_ ? fmt::format(", and {}, which ends them, did not come", *mark_) : std::string();
    return fmt::format("{} line{} skipped{}", count_, count_ == 1 ? "" : "s", unended);
}

} // namespace tunqos::cli
