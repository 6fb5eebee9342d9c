// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the show methods have in common: the module's statuses, and their parts that all have, as
// JSON.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "control/handlers.hpp"
#include "kernel/uapi_names.hpp"

namespace tunqos {

template <std::size_t size>
nlohmann::json names(const std::string_view (&of_bits)[size], std::uint64_t bits) {
    nlohmann::json list = nlohmann::json::array();
    for (std::size_t bit = 0; bit < size; ++bit) {
        if ((bits >> bit & 1U) != 0) list.push_back(of_bits[bit]);
    }
    return list;
}

inline const char* phase_name(kernel::Phase phase) {
    switch (phase) {
    case kernel::Phase::pending: return "pending";
    case kernel::Phase::active: return "active";
    case kernel::Phase::failed: break;
    }
    return "failed";
}

inline void put_counters(nlohmann::json& value, const kernel::Counters& counters) {
    value["packets"] = counters.packets;
    value["written"] = counters.written;
    value["leftAlone"] = counters.left_alone;
    value["dropped"] = counters.dropped;
}

// The module's statuses by key, or why there are none.
template <typename Key, typename Status>
struct Reported {
    std::map<Key, Status> by_key;
    std::optional<Problem> no_module;

    const Status* find(const Key& key) const {
        const auto found = by_key.find(key);
        return found == by_key.end() ? nullptr : &found->second;
    }
};

template <typename Key, typename Status, typename KeyOf>
RpcResult<Reported<Key, Status>> report(const kernel::KernelResult<std::vector<Status>>& answer,
                                        KeyOf key_of) {
    Reported<Key, Status> reported;
    if (answer) {
        for (const auto& status : *answer)
            reported.by_key.emplace(key_of(status), status);
    } else if (answer.error().kind == kernel::Error::Kind::no_module) {
        reported.no_module = answer.error().problems.front();
    } else {
        return tl::make_unexpected(rpc_error(answer.error()));
    }
    return reported;
}

template <typename Status>
void since_cleared(kernel::KernelResult<std::vector<Status>>& answer, const Baselines& baselines) {
    if (!answer) return;
    for (auto& status : *answer)
        baselines.subtract(status);
}

// state, problem and hooks of what the module does not have; `refusal` says why, if it is known.
inline void put_absence(nlohmann::json& value, const std::optional<Problem>& no_module,
                        const std::string& refusal) {
    value["hooks"] = nlohmann::json::array();
    value["state"] = no_module ? "no-module" : "failed";
    if (no_module)
        value["problem"] = no_module->message;
    else
        value["problem"] = refusal.empty() ? "the module does not have it yet" : refusal;
}

// The same of what it has, or of none if `status` is null.
template <typename Status>
void put_state(nlohmann::json& value, const Status* status, const std::optional<Problem>& no_module,
               const std::string& refusal) {
    if (status == nullptr) {
        put_absence(value, no_module, refusal);
        return;
    }
    value["state"] = phase_name(status->phase);
    value["problem"] = status->problem.empty() ? nlohmann::json() : nlohmann::json(status->problem);
    value["hooks"] = names(kernel::names::hooks, status->hooks);
}

} // namespace tunqos
