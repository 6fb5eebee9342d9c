// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/rule_table.hpp"

#include "planner/foreign_marks.hpp"
#include "planner/ruleset.hpp"

namespace tunqos {

namespace {

const kernel::NftTable our_table{std::string(planner::our_table_family),
                                 std::string(planner::our_table_name)};

bool is_as_wanted(const std::string& wanted, const std::optional<std::string>& there) {
    if (wanted.empty()) return !there;
    return there && planner::is_table_of(wanted, *there);
}

} // namespace

kernel::KernelResult<bool> RuleTable::put(const Config& config) {
    const std::string wanted = planner::ruleset_text(config);
    const auto there = ruleset_.table(our_table);
    // Who has no rules does not need nftables either.
    if (!there && wanted.empty()) return false;
    if (!there) return tl::make_unexpected(there.error());
    if (is_as_wanted(wanted, *there)) return false;
    if (auto unspeakable = planner::unspeakable_names(config); !unspeakable.empty())
        return tl::make_unexpected(
            kernel::Error{kernel::Error::Kind::refused, std::move(unspeakable)});
    const std::string text = wanted.empty() ? planner::ruleset_removal() : wanted;
    if (auto tried = ruleset_.check(text); !tried) return tl::make_unexpected(tried.error());
    if (!wanted.empty()) {
        if (auto alone = refuse_foreign(config); !alone) return tl::make_unexpected(alone.error());
    }
    if (auto done = ruleset_.apply(text); !done) return tl::make_unexpected(done.error());
    before_ = *there;
    return true;
}

kernel::KernelResult<void> RuleTable::put_back() {
    return ruleset_.apply(planner::ruleset_removal() + before_.value_or(""));
}

kernel::KernelResult<std::size_t> RuleTable::ask_again(std::uint32_t mark_mask) {
    return connections_.clear_mark(mark_mask);
}

kernel::KernelResult<void> RuleTable::refuse_foreign(const Config& config) {
    const auto listed = ruleset_.list();
    if (!listed) return tl::make_unexpected(listed.error());
    const auto found = planner::find_foreign_marks(*listed, config.rule_options.mark_mask);
    kernel::Error error{kernel::Error::Kind::refused, {}};
    if (!found) error.problems = found.error();
    for (const auto& one : found ? found->erasing : std::vector<planner::ForeignMark>())
        error.problems.push_back({one.place, one.text()});
    if (error.problems.empty()) return {};
    return tl::make_unexpected(std::move(error));
}

bool RuleTable::is_lost(const Config& config) {
    const std::string wanted = planner::ruleset_text(config);
    if (wanted.empty()) return false;
    const auto now = ruleset_.generation();
    if (now && now == looked_at_) return false;
    const auto there = ruleset_.table(our_table);
    if (!there) return false;
    looked_at_ = now;
    return !is_as_wanted(wanted, *there);
}

} // namespace tunqos
