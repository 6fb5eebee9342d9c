// SPDX-License-Identifier: GPL-2.0-or-later
//
// nftables with our table and what others have, and connections that may be asked again.
#pragma once

#include <deque>
#include <vector>

#include "kernel/conntrack.hpp"
#include "kernel/nftables.hpp"

namespace tunqos::kernel {

class FakeRuleset final : public IRuleset {
public:
    std::optional<std::string> ours; // as it was given
    std::string others;              // the answer of list()
    std::deque<Error> refusals;      // of the next tries
    std::deque<Error> failures;      // of the next changes
    std::optional<Error> unreadable;
    std::vector<std::string> applied;
    std::uint32_t number = 1;

    KernelResult<void> check(const std::string&) override { return next(refusals); }
    KernelResult<void> apply(const std::string& text) override {
        if (auto failed = next(failures); !failed) return failed;
        const auto begin = text.find("table inet tunqos {");
        ours = begin == std::string::npos ? std::nullopt : std::optional(text.substr(begin));
        applied.push_back(text);
        ++number;
        return {};
    }
    KernelResult<std::string> list() override {
        if (unreadable) return tl::make_unexpected(*unreadable);
        return others;
    }
    KernelResult<std::optional<std::string>> table(const NftTable&) override {
        if (unreadable) return tl::make_unexpected(*unreadable);
        return ours;
    }
    std::optional<std::uint32_t> generation() override { return number; }

    // As somebody's `flush ruleset`.
    void flush() {
        ours.reset();
        ++number;
    }

private:
    static KernelResult<void> next(std::deque<Error>& errors) {
        if (errors.empty()) return {};
        auto error = std::move(errors.front());
        errors.pop_front();
        return tl::make_unexpected(std::move(error));
    }
};

class FakeConnections final : public IConnections {
public:
    std::vector<std::uint32_t> cleared; // the masks
    std::optional<Error> failure;

    KernelResult<std::size_t> clear_mark(std::uint32_t mask) override {
        if (failure) return tl::make_unexpected(*failure);
        cleared.push_back(mask);
        return 3;
    }
};

} // namespace tunqos::kernel
