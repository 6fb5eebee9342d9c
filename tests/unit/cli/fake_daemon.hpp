// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the CLI talks to, without a socket: the unit tests and the fuzzers use it.
#pragma once

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "cli/client.hpp"
#include "cli/grammar/types.hpp"
#include "tunqos/config.hpp"
#include "tunqos/json.hpp"
#include "tunqos/rpc.hpp"

namespace tunqos::cli {

// Names that never change.
class FixedNames : public Names {
public:
    std::vector<std::string> interfaces() const override { return {"gre2", "gre1", "lo"}; }
    std::vector<std::string> table_maps() const override { return {"wan", "lan"}; }
    std::vector<std::string> crypto_maps() const override { return {"vpn"}; }
    std::vector<std::string> tunnels() const override { return {"gre1", "vpn"}; }
};

// A daemon in a variable: a configuration with a generation, and what was asked of it.
class FakeDaemon : public Caller {
public:
    Config running;
    int generation = 1;
    int stale_answers = 0; // config.change says stale so often, as if somebody else had written
    bool up = true;
    std::vector<std::string> calls;
    nlohmann::json tunnels = nlohmann::json::array();
    nlohmann::json rules = nlohmann::json::array();
    nlohmann::json last_params, last_change;
    std::vector<std::string> counted, cleared; // names with counters; those that were cleared

    Reply call(const std::string& method, nlohmann::json params) override {
        calls.push_back(method);
        last_params = params;
        if (!up) {
            return tl::make_unexpected(
                CallError{CallError::Kind::unreachable, 0, "cannot reach tunqosd", {}});
        }
        if (method == "config.get") {
            return nlohmann::json{{"config", config_to_json(running)}, {"generation", generation}};
        }
        if (method == "config.change") return change(params);
        if (method == "counters.clear") return clear(params.value("name", ""));
        if (method == "show.tunnels") return nlohmann::json{{"tunnels", tunnels}};
        if (method == "show.rules") return nlohmann::json{{"rules", rules}};
        if (method == "show.ports" && params.is_object() && params.contains("name")) {
            const std::string name = params.value("name", "");
            const auto found = running.interfaces.find(name);
            if (found == running.interfaces.end() || !found->second.is_port())
                return tl::make_unexpected(CallError{CallError::Kind::refused,
                                                     rpc::invalid_params,
                                                     name + " has no port profile",
                                                     {}});
        }
        return nlohmann::json::object();
    }

    long count(std::string_view method) const {
        return std::count(calls.begin(), calls.end(), method);
    }

private:
    Reply clear(const std::string& name) {
        if (!name.empty() && std::count(counted.begin(), counted.end(), name) == 0) {
            return tl::make_unexpected(
                CallError{CallError::Kind::refused, 0, name + " has no counters", {}});
        }
        cleared.push_back(name);
        return nlohmann::json::object();
    }

    Reply change(const nlohmann::json& params) {
        if (stale_answers > 0) {
            --stale_answers;
            ++generation;
            running.table_maps.try_emplace("elsewhere");
        }
        if (params.value("generation", 0) != generation) {
            return tl::make_unexpected(
                CallError{CallError::Kind::refused, rpc::stale, "it has changed meanwhile", {}});
        }
        last_change = params.at("config");
        const auto change = change_from_json(params.at("config"));
        Config config = running;
        if (change) carry_out(*change, config);
        Problems problems = change ? validate(config, &running) : change.error();
        if (!problems.empty()) {
            return tl::make_unexpected(CallError{CallError::Kind::refused, rpc::invalid_config,
                                                 problems.front().message, problems});
        }
        const auto changes = diff(running, config);
        if (!params.value("check", false)) {
            running = config;
            ++generation;
        }
        return nlohmann::json{{"changes", changes}, {"warnings", advise(config)}};
    }
};

} // namespace tunqos::cli
