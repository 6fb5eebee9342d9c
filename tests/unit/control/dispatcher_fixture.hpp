// SPDX-License-Identifier: GPL-2.0-or-later
//
// A dispatcher with everything behind it but the kernel.
#pragma once

#include <nlohmann/json.hpp>

#include "catch.hpp"
#include "control/answers.hpp"
#include "control/dispatcher.hpp"
#include "control/sa_watch.hpp"
#include "control/surroundings_watch.hpp"
#include "control/temporary_directory.hpp"
#include "kernel/fake_kernel.hpp"
#include "kernel/fake_ruleset.hpp"
#include "model/samples.hpp"
#include "tunqos/json.hpp"

namespace tunqos {

using nlohmann::json;

struct Fixture {
    TemporaryDirectory directory;
    kernel::FakeKernel kernel;
    kernel::FakeLinks links;
    Log log{Log::Sink::none};
    kernel::FakeRuleset ruleset;
    kernel::FakeConnections connections;
    RuleTable table{ruleset, connections};
    Manager manager{kernel, table, ConfigFile(directory.path() + "/tunqos.json"), log, 100};
    kernel::FakeSas sas;
    SaWatch watch{sas, links, [this]() -> const Config& { return manager.running(); }, log};
    kernel::FakeSurroundings surroundings;
    SurroundingsWatch beside{surroundings, links,
                             [this]() -> const Config& { return manager.running(); }, log};
    Dispatcher dispatcher{{manager, links, watch, beside, {4026531833, "blue"}}, log};

    json call(const std::string& method, const json& params = json::object(),
              Right right = Right::write) {
        const json request = {
            {"jsonrpc", "2.0"}, {"id", 7}, {"method", method}, {"params", params}};
        const std::string answer = dispatcher.answer(request.dump(), right);
        CHECK(answer.find('\n') == std::string::npos);
        const json value = json::parse(answer);
        CHECK(value.at("jsonrpc") == "2.0");
        CHECK(value.at("id") == 7);
        write_down(method, value);
        return value;
    }
    json result(const std::string& method, const json& params = json::object()) {
        const json value = call(method, params);
        INFO(value.dump());
        REQUIRE(value.contains("result"));
        return value.at("result");
    }
    json error(const std::string& method, const json& params = json::object(),
               Right right = Right::write) {
        const json value = call(method, params, right);
        INFO(value.dump());
        REQUIRE(value.contains("error"));
        return value.at("error");
    }
    int raw_error(const std::string& message) {
        return json::parse(dispatcher.answer(message, Right::write)).at("error").at("code");
    }
};

inline json full_json() {
    return config_to_json(samples::full());
}

} // namespace tunqos
