// SPDX-License-Identifier: GPL-2.0-or-later
//
// Manager's way to the module and to nftables: what is there, the difference, and back if it fails.
#include <algorithm>
#include <span>

#include "control/manager.hpp"
#include "planner/planner.hpp"

namespace tunqos {

// Has nobody committed anything since it was read?
bool Manager::mirror_is_current() {
    if (!mirror_) return false;
    const auto info = kernel_.info();
    return info && mirror_->instance == info->instance && mirror_->generation == info->generation;
}

// The generation tells whether anything was committed since; the dump is read only then.
kernel::KernelResult<void> Manager::refresh_mirror() {
    const auto info = kernel_.info();
    if (!info) return tl::make_unexpected(info.error());
    baselines_.set_instance(info->instance);
    if (mirror_ && mirror_->instance == info->instance && mirror_->generation == info->generation)
        return {};
    mirror_.reset();
    const auto tunnels = kernel_.tunnels();
    if (!tunnels) return tl::make_unexpected(tunnels.error());
    const auto ports = kernel_.ports();
    if (!ports) return tl::make_unexpected(ports.error());
    const auto rules = kernel_.rules();
    if (!rules) return tl::make_unexpected(rules.error());
    // A commit between the dumps is found by the module: the generation is older.
    mirror_ = Mirror{info->instance, info->generation, info->capabilities,
                     planner::from_dump(*tunnels, *ports, *rules)};
    return {};
}

kernel::KernelResult<void> Manager::apply(std::uint32_t generation,
                                          std::span<const kernel::Operation> operations) {
    auto problems = planner::lacking(operations, mirror_->capabilities);
    if (!problems.empty()) {
        return tl::make_unexpected(
            kernel::Error{kernel::Error::Kind::refused, std::move(problems)});
    }
    auto applied = kernel_.apply(generation, operations);
    if (applied) baselines_.forget(operations, mirror_->state);
    return applied;
}

// Takes out what the module has refused before and nobody has changed since: a device of
// the wrong kind must not stand in the way of another one's settings.
void Manager::hold_back(std::vector<kernel::Operation>& operations) const {
    if (refused_.empty()) return;
    std::erase_if(operations, [&](const kernel::Operation& operation) {
        const auto found = refused_.find(kernel::object_of(operation));
        if (found == refused_.end()) return false;
        const auto& same = found->second.operations;
        return std::find(same.begin(), same.end(), operation) != same.end();
    });
}

kernel::KernelResult<void> Manager::apply_and_note(
    const std::vector<kernel::Operation>& operations) {
    auto applied = apply(mirror_->generation, operations);
    if (!applied) return applied;
    planner::carry_out(operations, mirror_->state);
    ++mirror_->generation;
    return {};
}

// From the mirror to `desired`, in one commit or, if rules get other masks, in two; the number of
// operations.
kernel::KernelResult<std::size_t> Manager::commit(const kernel::State& desired) {
    const auto rules = mirror_->state.rules;
    const auto first = planner::clear_for_other_masks(desired, mirror_->state);
    if (!first.empty()) {
        if (auto applied = apply_and_note(first); !applied)
            return tl::make_unexpected(applied.error());
    }
    auto operations = planner::reconcile(desired, mirror_->state);
    hold_back(operations);
    if (operations.empty()) return first.size();
    if (auto applied = apply_and_note(operations); !applied) {
        if (!first.empty()) restore_rules(rules);
        return tl::make_unexpected(applied.error());
    }
    return first.size() + operations.size();
}

// If this fails as well, the next resync() finds it.
void Manager::restore_rules(const std::map<std::uint8_t, kernel::Rule>& rules) {
    std::vector<kernel::Operation> operations;
    for (const auto& [number, rule] : rules)
        operations.emplace_back(rule);
    if (!apply_and_note(operations)) in_sync_ = false;
}

// Brings the module to `config`; the number of operations that it took.
kernel::KernelResult<std::size_t> Manager::push(const Config& config) {
    const kernel::State desired = planner::compile(config);
    for (int attempt = 1;; ++attempt) {
        if (auto read = refresh_mirror(); !read) return tl::make_unexpected(read.error());
        const auto applied = commit(desired);
        if (applied) return applied;
        // Somebody else was faster: once more from what is there now.
        const auto info = kernel_.info();
        const bool moved = info && (info->generation != mirror_->generation ||
                                    info->instance != mirror_->instance);
        mirror_.reset();
        if (!moved || attempt == 2) return tl::make_unexpected(applied.error());
    }
}

// The same with our table of nftables. It stands before the module learns of the rules, and is
// taken back if that refuses them; what the module cannot do is not asked of nftables.
kernel::KernelResult<std::size_t> Manager::push_with_table(const Config& config,
                                                           Warnings& warnings) {
    if (auto read = refresh_mirror(); !read) return tl::make_unexpected(read.error());
    auto lacking = planner::lacking(planner::reconcile(planner::compile(config), mirror_->state),
                                    mirror_->capabilities);
    if (!lacking.empty())
        return tl::make_unexpected(kernel::Error{kernel::Error::Kind::refused, std::move(lacking)});
    const std::uint32_t masks = mark_masks(config);
    const auto put = table_.put(config);
    // Whatever is the matter with nftables: tunnels do not take it.
    if (!put)
        return tl::make_unexpected(
            kernel::Error{kernel::Error::Kind::refused, put.error().problems});
    auto pushed = push(config);
    if (!*put) return pushed;
    if (pushed)
        ask_connections_again(masks, warnings);
    else
        take_table_back(masks, warnings);
    return pushed;
}

// Of the numbers that connections may have, and are to have.
std::uint32_t Manager::mark_masks(const Config& config) const {
    std::uint32_t masks = config.rules.empty() ? 0 : config.rule_options.mark_mask;
    for (const auto& [number, rule] : mirror_->state.rules)
        masks |= rule.mark_mask;
    return masks;
}

void Manager::take_table_back(std::uint32_t mark_masks, Warnings& warnings) {
    if (const auto back = table_.put_back(); !back)
        log_.problems("rules-not-put-back", back.error().problems);
    ask_connections_again(mark_masks, warnings); // some have a number of the new rules already
}

void Manager::ask_connections_again(std::uint32_t mark_masks, Warnings& warnings) {
    if (mark_masks == 0) return;
    const auto asked = table_.ask_again(mark_masks);
    if (asked) return log_.debug("connections-asked-again", {{"count", *asked}});
    log_.problems("connections-not-asked-again", asked.error().problems);
    warnings.push_back("connections that are there already may keep the rule that they had (" +
                       one_line(asked.error().problems.front()) + "); conntrack -F ends them all");
}

// The same for a part, with the mirror current. Nothing if the module refused.
std::optional<std::size_t> Manager::push_part(const ChangedPart& part) {
    const auto operations = planner::reconcile_part(planner::compile(part.after), mirror_->state,
                                                    part.before.interfaces);
    if (operations.empty()) return 0;
    if (!apply(mirror_->generation, operations)) {
        mirror_.reset();
        return std::nullopt;
    }
    ++mirror_->generation;
    planner::carry_out(operations, mirror_->state);
    return operations.size();
}

kernel::KernelResult<std::size_t> Manager::push_each() {
    if (auto read = refresh_mirror(); !read) return tl::make_unexpected(read.error());
    kernel::Error error{kernel::Error::Kind::refused, {}};
    const kernel::State desired = planner::compile(running_);
    // If this is refused, so are the rules with the other masks.
    if (const auto first = planner::clear_for_other_masks(desired, mirror_->state); !first.empty())
        static_cast<void>(apply_and_note(first));
    const auto operations = planner::reconcile(desired, mirror_->state);
    std::uint32_t generation = mirror_->generation;
    for (const auto& operation : operations) {
        const auto applied = apply(generation, std::span(&operation, 1));
        if (applied) {
            ++generation;
            continue;
        }
        if (applied.error().kind != kernel::Error::Kind::refused)
            return tl::make_unexpected(applied.error());
        note_refusal(operation, applied.error());
        error.problems.push_back(
            {kernel::object_of(operation), applied.error().problems.front().message});
    }
    mirror_.reset();
    if (auto read = refresh_mirror(); !read) return tl::make_unexpected(read.error());
    if (!error.problems.empty()) return tl::make_unexpected(std::move(error));
    return operations.size();
}

// The table of the running configuration, whatever the module takes of it.
kernel::KernelResult<void> Manager::put_table() {
    if (auto read = refresh_mirror(); !read) return read;
    const auto put = table_.put(running_);
    if (!put) return tl::make_unexpected(put.error());
    Warnings logged;
    if (*put) ask_connections_again(mark_masks(running_), logged);
    return {};
}

// All that can be had of the running configuration: a table that nftables does not take now keeps
// out nothing that the module takes, and what the module refuses keeps out no other.
kernel::KernelResult<std::size_t> Manager::push_running() {
    const auto is_refused = [](const kernel::KernelResult<std::size_t>& pushed) {
        return !pushed && pushed.error().kind == kernel::Error::Kind::refused;
    };
    refused_.clear();
    table_refused_ = false;
    Warnings logged;
    auto pushed = push_with_table(running_, logged);
    if (!is_refused(pushed)) return pushed;
    const auto table = put_table();
    if (table) return push_each();
    table_refused_ = true;
    pushed = push(running_);
    if (is_refused(pushed)) pushed = push_each();
    if (!pushed && !is_refused(pushed)) return pushed;
    Problems problems = table.error().problems;
    if (!pushed)
        problems.insert(problems.end(), pushed.error().problems.begin(),
                        pushed.error().problems.end());
    return tl::make_unexpected(kernel::Error{kernel::Error::Kind::refused, std::move(problems)});
}

void Manager::note_refusal(const kernel::Operation& operation, const kernel::Error& error) {
    Refused& refused = refused_[kernel::object_of(operation)];
    refused.problem = error.problems.front().message;
    refused.operations.push_back(operation);
}

} // namespace tunqos
