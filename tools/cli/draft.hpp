// SPDX-License-Identifier: GPL-2.0-or-later
//
// Edits on their way to the daemon: read the running configuration, edit it, send the objects that
// differ under the generation that was read. If somebody else wrote in between, once more from the
// start: what he wrote stays.
// A script's edits are collected and arrive as one change: all or nothing.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "cli/client.hpp"
#include "cli/grammar/command.hpp"

namespace tunqos::cli {

enum class Purpose { apply, check };

struct Committed {
    Config before;
    Config after;
    std::vector<std::string> changes;
    std::vector<std::string> warnings;
};

class Draft {
public:
    Draft(Caller& caller, Purpose purpose) : caller_(caller), purpose_(purpose) {}

    bool empty() const { return edits_.empty(); }
    std::size_t size() const { return edits_.size(); }
    // Edits the working copy. On an error the draft is as it was before.
    std::optional<CallError> add(const Context& context, const Match& match);
    // Sends what was collected. The draft is empty afterwards, whatever happens.
    tl::expected<Committed, CallError> commit();
    void discard();
    // With the edits.
    const Config& config() const { return after_; }

private:
    struct Edit {
        Context context;
        Match match;
    };
    std::optional<CallError> load();
    std::optional<CallError> replay();
    std::optional<CallError> gone(const Context& context) const;
    std::optional<CallError> apply(const Edit& edit);
    tl::expected<Committed, CallError> send();

    Caller& caller_;
    Purpose purpose_;
    std::vector<Edit> edits_;
    bool loaded_ = false;
    Config before_;
    Config after_;
    nlohmann::json generation_;
};

} // namespace tunqos::cli
