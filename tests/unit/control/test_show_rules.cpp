// SPDX-License-Identifier: GPL-2.0-or-later
//
// show.rules: what is configured of rules, with what the module says of each by its number.
#include "control/dispatcher_fixture.hpp"

using namespace tunqos;

namespace {

json rules_json() {
    return json::parse(R"({"version": 1, "zones": {"LAN": ["lan0"]}, "rules": {
        "20": {"name": "VOIP", "from": "LAN", "protocol": "udp", "source": "192.168.168.0/24",
               "sourcePorts": "5060-5090", "dscp": ["ef"], "cos": [5, 6], "setDscp": "map",
               "override": true, "setCos": 5},
        "7": {"setDscp": "ef"}, "100": {"name": "NEW"}},
        "interfaces": {"lan0": {"802.1p": true}}})");
}

struct WithRules : Fixture {
    WithRules() {
        kernel.module.capabilities = ~0ULL;
        result("config.set", {{"config", rules_json()}});
    }
    json rules() { return result("show.rules").at("rules"); }
};

} // namespace

TEST_CASE("rules are shown in their order, with the counters of both directions", "[rules]") {
    WithRules f;
    f.kernel.packets += 7; // since the rules came
    const json rules = f.rules();
    REQUIRE(rules.size() == 3);
    json expected = json::parse(R"({
        "sequence": 20, "number": 2, "name": "VOIP", "from": "LAN", "to": null, "protocol": "udp",
        "source": "192.168.168.0/24", "sourcePorts": "5060-5090", "destination": null,
        "destinationPorts": null, "dscp": ["ef"], "cos": [5, 6], "setDscp": "map",
        "override": true, "setCos": 5, "state": "active", "problem": null, "hooks": [],
        "original": {"packets": 7, "written": 7, "leftAlone": 0, "dropped": 0},
        "reply": {"packets": 7, "written": 0, "leftAlone": 0, "dropped": 0}})");
    CHECK(rules[1] == expected);
    CHECK(rules[0].at("sequence") == 7);
    CHECK(rules[0].at("number") == 1);
    CHECK(rules[0].at("setDscp") == "ef");
    CHECK(rules[2].at("state") == "incomplete");
    CHECK(rules[2].at("problem") == "has no match and sets nothing yet; use match or set");
    CHECK(f.result("show.ports").at("ports").at(0).at("802.1p") == true);
}

TEST_CASE("one rule is shown by its sequence number", "[rules]") {
    WithRules f;
    const json rules = f.result("show.rules", {{"sequence", 20}}).at("rules");
    REQUIRE(rules.size() == 1);
    CHECK(rules[0].at("name") == "VOIP");
    CHECK(f.error("show.rules", {{"sequence", 8}}).at("message") ==
          "there is no qos rule 8; see show qos rules");
    CHECK(f.error("show.rules", {{"sequence", "x"}}).at("message") ==
          "params / sequence: must be a number");
    f.result("config.set", {{"config", full_json()}});
    CHECK(f.rules() == json::array());
}

TEST_CASE("rules are shown without the module, and what it does not have", "[rules]") {
    WithRules f;
    f.kernel.state.rules.erase(1);
    const json missing = f.rules().at(0);
    CHECK(missing.at("state") == "failed");
    CHECK(missing.at("problem") == "the module does not have it yet");
    CHECK(missing.at("original").at("packets") == 0);
    f.kernel.loaded = false;
    const json rules = f.rules();
    CHECK(rules.at(1).at("state") == "no-module");
    CHECK(rules.at(1).at("name") == "VOIP");
    CHECK(rules.at(2).at("state") == "incomplete");
}

TEST_CASE("cleared counters of rules begin at 0", "[rules]") {
    WithRules f;
    f.result("counters.clear");
    CHECK(f.rules().at(1).at("original").at("packets") == 0);
    f.kernel.packets += 3;
    CHECK(f.rules().at(1).at("reply").at("packets") == 3);
}
