// SPDX-License-Identifier: GPL-2.0-or-later
//
// The half of the rules that nftables has: our table, which finds the rule of a connection, and
// the marks of connections that are there already. The other half is the module's, and Manager
// sees to it that both say the same.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kernel/conntrack.hpp"
#include "kernel/nftables.hpp"
#include "tunqos/model.hpp"

namespace tunqos {

class RuleTable {
public:
    RuleTable(kernel::IRuleset& ruleset, kernel::IConnections& connections)
        : ruleset_(ruleset), connections_(connections) {}

    // Puts the table of these rules in place, or takes it away if there are none; true if another
    // one was there. Refused, with nothing changed, if nft does not take it or somebody's ruleset
    // would erase the numbers of rules.
    kernel::KernelResult<bool> put(const Config& config);
    // What was there in front of the last put() is there again.
    kernel::KernelResult<void> put_back();
    // Connections that are there already are to be asked again.
    kernel::KernelResult<std::size_t> ask_again(std::uint32_t mark_mask);

    // Somebody has changed the ruleset since the last call, and our table is not as it should be:
    // a `flush ruleset` takes it along. Cheap where nothing has changed.
    bool is_lost(const Config& config);

private:
    kernel::KernelResult<void> refuse_foreign(const Config& config);

    kernel::IRuleset& ruleset_;
    kernel::IConnections& connections_;
    std::optional<std::string> before_; // the table, as it was listed
    std::optional<std::uint32_t> looked_at_;
};

} // namespace tunqos
