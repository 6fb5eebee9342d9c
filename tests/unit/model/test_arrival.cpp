// SPDX-License-Identifier: GPL-2.0-or-later
//
// `mls qos`, `set dscp` and the maps: read, written, checked and compared.
#include <nlohmann/json.hpp>

#include "catch.hpp"
#include "samples.hpp"
#include "tunqos/ios_diff.hpp"
#include "tunqos/json.hpp"

using namespace tunqos;
using nlohmann::json;

namespace {

using Lines = std::vector<std::string>;

std::string problems_of(const Problems& problems) {
    std::string text;
    for (const auto& problem : problems)
        text += problem.path + ": " + problem.message + '\n';
    return text;
}

Config with_maps() {
    Config config = samples::full();
    config.qos_maps = samples::qos_maps();
    return config;
}

Config with(const Interface& interface) {
    Config config = with_maps();
    config.interfaces["eth0"] = interface;
    return config;
}

Interface trusting(const MlsQos& mls) {
    Interface interface;
    interface.mls_qos = mls;
    return interface;
}

Interface setting(const SetDscp& set) {
    Interface interface;
    interface.set_dscp = set;
    return interface;
}

std::string wrong_with(const Interface& interface) {
    return problems_of(validate(with(interface)));
}

std::string text_of(const Interface& interface) {
    return interface_to_ios("eth0", interface);
}

} // namespace

TEST_CASE("what a port does with the DSCP that arrives reads back from JSON") {
    samples::each_arrival([](const Interface& interface) {
        Config config = with(interface);
        config.interfaces["eth1.10"].mls_qos = interface.mls_qos;
        config.interfaces["gre1"].set_dscp = interface.set_dscp;
        if (interface.set_dscp) config.interfaces["eth1.20"].mark = MarkProfile{"", 0x3f};
        CHECK(validate(config).empty());
        const auto again = config_from_text(config_to_text(config));
        REQUIRE(again);
        CHECK(*again == config);
    });
    const auto read = config_from_text(R"({"version": 1, "interfaces": {
        "a": {"mlsQos": {"trust": "none", "cos": 0, "override": false, "dscpMutation": ""}},
        "b": {"mlsQos": {}}, "c": {"setDscp": {"dscp": {"set": 46}, "override": false}}}})");
    REQUIRE(read);
    CHECK(read->interfaces.size() == 1);
    CHECK(read->interfaces.at("c") == setting({{PortDscp::set, Dscp{46}}, false}));
}

TEST_CASE("maps read back from JSON, and only what is not by default is there") {
    CHECK_FALSE(config_to_json(samples::full()).contains("qosMaps"));
    const json maps = config_to_json(with_maps()).at("qosMaps");
    CHECK(maps == json::parse(R"({"cosDscp": [0, 8, 16, 26, 32, 46, 48, 56],
        "dscpCos": {"le": 1, "voice-admit": 6, "ef": 6},
        "dscpMutations": {"edge": {"default": 63, "af41": 26, "af42": 26}, "nothing": {}}})"));
    const auto again = config_from_json(config_to_json(with_maps()));
    REQUIRE(again);
    CHECK(*again == with_maps());
    const auto named = config_from_text(
        R"({"version": 1, "qosMaps": {"cosDscp": [0, "cs1", 16, "26", 32, "ef", 48, 56]}})");
    REQUIRE(named);
    CHECK(named->qos_maps.cos_dscp == samples::qos_maps().cos_dscp);
}

TEST_CASE("a line for each setting of a port, as on IOS") {
    CHECK(text_of(trusting({PortTrust::dscp, 3, true, "edge"})) ==
          "interface eth0\n mls qos trust dscp\n mls qos cos 3\n mls qos cos override\n"
          " mls qos dscp-mutation edge\n");
    CHECK(text_of(trusting({PortTrust::cos})) == "interface eth0\n mls qos trust cos\n");
    CHECK(text_of(setting({{PortDscp::set, Dscp{0}}, false})) ==
          "interface eth0\n set dscp default\n");
    CHECK(text_of(setting({PortDscp::cos, true})) == "interface eth0\n set dscp cos override\n");
    CHECK(text_of(setting({{PortDscp::table, "lan"}, false})) ==
          "interface eth0\n set dscp cos table lan\n");
    CHECK(qos_maps_to_ios({}).empty());
    CHECK(qos_maps_to_ios(samples::qos_maps()) ==
          "mls qos map cos-dscp 0 8 16 26 32 46 48 56\n"
          "mls qos map dscp-cos 1 to 1\n"
          "mls qos map dscp-cos 44 46 to 6\n"
          "mls qos map dscp-mutation edge 34 36 to 26\n"
          "mls qos map dscp-mutation edge 0 to 63\n"
          "mls qos map dscp-mutation nothing 0 to 0\n");
    // a Catalyst takes eight DSCPs in a line, and no ranges
    QosMaps long_map;
    for (std::size_t i = 20; i < 30; ++i)
        long_map.dscp_cos[i] = 7;
    CHECK(qos_maps_to_ios(long_map) ==
          "mls qos map dscp-cos 20 21 22 23 24 25 26 27 to 7\n"
          "mls qos map dscp-cos 28 29 to 7\n");
}

TEST_CASE("what is wrong in JSON has its path") {
    const auto problem = [](const std::string& interface) {
        const auto config =
            config_from_text(R"({"version": 1, "interfaces": {"e": )" + interface + "}}");
        return config ? std::string() : problems_of(config.error());
    };
    CHECK(problem(R"({"mlsQos": {"trust": "both"}})") ==
          "interfaces / e / mlsQos / trust: must be one of \"none\", \"cos\", \"dscp\", not "
          "\"both\"\n");
    CHECK(problem(R"({"mlsQos": {"cos": "x"}})") ==
          "interfaces / e / mlsQos / cos: must be a number 0-7, not \"x\"\n");
    CHECK(problem(R"({"mlsQos": {"override": 1}})") ==
          "interfaces / e / mlsQos / override: must be true or false, not 1\n");
    CHECK(problem(R"({"mlsQos": {"dscp": 1}})").find("unknown key; this object may have") !=
          std::string::npos);
    CHECK(problem(R"({"setDscp": {}})") ==
          "interfaces / e / setDscp / dscp: is missing; give \"cos\", {\"set\": DSCP} or "
          "{\"table\": NAME}\n");
    CHECK(problem(R"({"setDscp": {"dscp": "copy"}})") ==
          "interfaces / e / setDscp / dscp: must be \"cos\", {\"set\": DSCP} or {\"table\": NAME}, "
          "not \"copy\"\n");
    CHECK(problem(R"({"setDscp": {"dscp": {"set": 1}, "override": true}})")
              .find("is not of a fixed DSCP") != std::string::npos);

    const auto maps = [](const std::string& text) {
        const auto config = config_from_text(R"({"version": 1, "qosMaps": )" + text + "}");
        return problems_of(config ? validate(*config) : config.error());
    };
    CHECK(maps(R"({"cosDscp": [0, 8]})") ==
          "qosMaps / cosDscp: must be a list of 8 DSCPs, for CoS 0 to 7, not [0,8]\n");
    CHECK(maps(R"({"cosDscp": [0, 8, 16, 24, 32, 40, 48, 64]})")
              .find("qosMaps / cosDscp / 7: must be a number 0-63") == 0);
    CHECK(maps(R"({"dscpCos": {"ef": 8}})") == "mls qos map dscp-cos / ef: 8 is no CoS; use 0-7\n");
    CHECK(maps(R"({"dscpCos": {"ef": 5, "46": 5}})") ==
          "qosMaps / dscpCos / ef: code point ef (46) is there twice\n");
    CHECK(maps(R"({"dscpMutations": {"a b": {}}})") ==
          "mls qos map dscp-mutation a b: a name has 1-64 letters, digits, - and _\n");
    CHECK(maps(R"({"dscpMutations": {"m": null}})")
              .find("qosMaps / dscpMutations / m: must be an object") == 0);
    CHECK(maps(R"({"cosDscp": null})").find("must be a list of 8 DSCPs") != std::string::npos);
}

TEST_CASE("what a port cannot have is refused with the way out") {
    CHECK(wrong_with(trusting({PortTrust::cos, 8})) ==
          "interface eth0 / mls qos cos: 8 is no CoS; use 0-7\n");
    CHECK(wrong_with(trusting({PortTrust::dscp, 0, false, "none"})) ==
          "interface eth0 / mls qos dscp-mutation: there is no dscp-mutation none; define it (mls "
          "qos map dscp-mutation none DSCP-LIST to DSCP), or take this setting out\n");
    // as on IOS it waits for trust in the DSCP
    for (const auto trust : {PortTrust::none, PortTrust::cos})
        CHECK(wrong_with(trusting({trust, 0, false, "edge"})).empty());
    Interface both = setting({PortDscp::cos, false});
    both.mls_qos.trust = PortTrust::dscp;
    CHECK(wrong_with(both) ==
          "interface eth0 / set dscp: does not go with mls qos trust, which decides on the same "
          "DSCP; type no mls qos trust, or no set dscp\n");
    both.mls_qos = {PortTrust::none, 3, true};
    CHECK(wrong_with(both).find("does not go with mls qos cos override, ") != std::string::npos);
    both.mls_qos.override = false;
    CHECK(wrong_with(both).empty());
    CHECK(
        wrong_with(setting({{PortDscp::table, "none"}, false})) ==
        "interface eth0 / set dscp: there is no table-map none; define it, or change this setting "
        "before removing it\n");

    // of what was removed the user is named
    const Config before = with(trusting({PortTrust::dscp, 0, false, "edge"}));
    Config after = before;
    after.qos_maps.mutations.erase("edge");
    CHECK(problems_of(validate(after, &before)) ==
          "mls qos map dscp-mutation edge: is used by interface eth0 / mls qos dscp-mutation; take "
          "it off there first (no mls qos dscp-mutation)\n");
}

TEST_CASE("what was perhaps not meant is said") {
    Config config;
    config.qos_maps.mutations["m"] = same_dscp_table();
    config.table_maps["t"] = samples::table_map({{5, 46}});
    CHECK(advise(config) ==
          Lines{"table-map t: is not used", "mls qos map dscp-mutation m: is not used"});
    config.interfaces["e"].mls_qos = {PortTrust::dscp, 0, false, "m"};
    config.interfaces["f"].set_dscp = SetDscp{{PortDscp::table, "t"}, false};
    CHECK(advise(config).empty());
    config.interfaces["e"].mls_qos = {PortTrust::cos};
    config.qos_maps.mutations.clear();
    CHECK(advise(config) ==
          Lines{"interface e: CoS 5 becomes DSCP cs5 (40), and not ef (46); if that is voice here, "
                "type mls qos map cos-dscp 0 8 16 24 32 46 48 56"});
    config.qos_maps.cos_dscp[5] = 46;
    CHECK(advise(config).empty());
}

TEST_CASE("what a port is told and what does nothing there is said") {
    const auto advice = [](const Interface& interface) {
        Config config;
        config.qos_maps.mutations["m"] = same_dscp_table();
        config.table_maps["t"] = samples::table_map({{5, 46}, {9, 46}, {10, 46}, {12, 0}});
        config.interfaces["e"] = interface;
        Lines lines = advise(config);
        std::erase_if(lines, [](const auto& line) { return line.ends_with("is not used"); });
        return lines;
    };
    for (const auto trust : {PortTrust::none, PortTrust::cos})
        CHECK(advice(trusting({trust, 0, false, "m"})).front() ==
              "interface e: mls qos dscp-mutation m is not in force until mls qos trust dscp is "
              "typed; type that, or no mls qos dscp-mutation");
    CHECK(advice(trusting({PortTrust::dscp, 3, false, "m"})).empty());
    CHECK(advice(trusting({PortTrust::none, 3, true})).empty());
    const std::string beside =
        " beside mls qos cos override, by which all that arrives has CoS 3; type no mls qos cos "
        "override if it is to count";
    CHECK(advice(trusting({PortTrust::dscp, 3, true, "m"})) ==
          Lines{"interface e: mls qos trust dscp and mls qos dscp-mutation m: no effect" + beside});
    CHECK(advice(trusting({PortTrust::cos, 3, true})) ==
          Lines{"interface e: mls qos trust cos: no effect" + beside});
    CHECK(advice(trusting({PortTrust::none, 3, true, "m"})) ==
          Lines{"interface e: mls qos dscp-mutation m: no effect" + beside});
    const auto voice = [&](const MlsQos& mls) {
        const Lines lines = advice(trusting(mls));
        return !lines.empty() && lines.back().find("CoS 5 becomes DSCP cs5") != std::string::npos;
    };
    CHECK(voice({PortTrust::none, 5, true}));
    CHECK_FALSE(voice({PortTrust::cos, 4, true}));
    Interface mutating = setting({{PortDscp::set, Dscp{46}}, false});
    mutating.mls_qos.mutation = "m";
    CHECK(advice(mutating) == Lines{"interface e: mls qos dscp-mutation m: no effect beside set "
                                    "dscp; type no mls qos dscp-mutation"});
    CHECK(advice(setting({{PortDscp::table, "t"}, false})) ==
          Lines{"interface e: set dscp cos reads table-map t by CoS 0 to 7, so that its lines from "
                "9-10,12 are never used; write them as lines from 0 to 7"});
}

TEST_CASE("a changed map or port is a line for each value") {
    const Config before = samples::full();
    Config after = with(trusting({PortTrust::cos, 3, true}));
    CHECK(diff(before, after) ==
          Lines{"mls qos map cos-dscp: 3 24 -> 26", "mls qos map cos-dscp: 5 40 -> 46",
                "mls qos map dscp-cos: le 0 -> 1", "mls qos map dscp-cos: voice-admit 5 -> 6",
                "mls qos map dscp-cos: ef 5 -> 6",
                "mls qos map dscp-mutation edge: added (default 63, af41 26, af42 26)",
                "mls qos map dscp-mutation nothing: added",
                "interface eth0: added (mls qos trust cos, mls qos cos 3 override)"});
    const Config with_set = with(setting({{PortDscp::set, Dscp{46}}, false}));
    CHECK(diff(after, with_set) == Lines{"interface eth0: mls qos trust cos -> none",
                                         "interface eth0: mls qos cos 3 override -> none",
                                         "interface eth0: set dscp none -> ef"});
    after = with_set;
    after.qos_maps.mutations.at("edge")[34] = 34;
    after.qos_maps.mutations.erase("nothing");
    CHECK(diff(with_set, after) == Lines{"mls qos map dscp-mutation edge: af41 26 -> 34",
                                         "mls qos map dscp-mutation nothing: removed"});
}

TEST_CASE("a change names just the maps that differ") {
    const Config before = with_maps();
    Config after = before;
    CHECK(change_to_json(before, after) == json{{"version", 1}});
    after.qos_maps.cos_dscp = class_selectors();
    after.qos_maps.dscp_cos[10] = 2;
    after.qos_maps.mutations.erase("edge");
    after.qos_maps.mutations["new"] = same_dscp_table();
    const json change = change_to_json(before, after);
    CHECK(change == json::parse(R"({"version": 1, "qosMaps": {"cosDscp": null,
            "dscpCos": {"le": 1, "voice-admit": 6, "ef": 6, "af11": 2},
            "dscpMutations": {"edge": null, "new": {}}}})"));
    for (const auto& [from, to] : {std::pair{before, after}, std::pair{after, before},
                                   std::pair{Config{}, before}, std::pair{before, Config{}}}) {
        const auto read = change_from_json(change_to_json(from, to));
        REQUIRE(read);
        CHECK_FALSE(read->only_interfaces());
        Config config = from;
        carry_out(*read, config);
        CHECK(config == to);
    }
}

TEST_CASE("a change of a port alone takes the maps that it uses, and no others") {
    Config config = with_maps();
    Change change;
    change.objects.interfaces["eth0"] = trusting({PortTrust::dscp, 0, false, "edge"});
    change.objects.interfaces["eth2"] = setting({{PortDscp::table, "lan"}, false});
    CHECK(change.only_interfaces());
    const auto part = changed_part(change, config);
    CHECK(part.after.qos_maps.cos_dscp == config.qos_maps.cos_dscp);
    CHECK(part.after.qos_maps.dscp_cos == config.qos_maps.dscp_cos);
    CHECK(part.after.qos_maps.mutations.size() == 1);
    CHECK(part.after.qos_maps.mutations.contains("edge"));
    CHECK(part.after.table_maps.size() == 1);
    CHECK(part.before.qos_maps == part.after.qos_maps);
    CHECK(validate(part.after).empty());
}

TEST_CASE("a preset is two maps") {
    CHECK(qos_presets().size() == 4);
    for (const QosPreset& preset : qos_presets()) {
        Config config;
        config.qos_maps.cos_dscp = preset.cos_dscp;
        config.qos_maps.dscp_cos = preset.dscp_cos;
        CAPTURE(preset.name);
        CHECK(validate(config).empty());
        // What a priority becomes on the way in has it again on the way out.
        for (const std::size_t cos : {0, 1, 3, 4, 5, 6, 7})
            CHECK(preset.dscp_cos[preset.cos_dscp[cos]] == cos);
        CHECK((preset.name == "sonicos") == (config == Config{}));
    }
    const auto preset = [](std::string_view name) {
        for (const QosPreset& one : qos_presets())
            if (one.name == name) return one;
        return QosPreset{};
    };
    CHECK(preset("cisco").cos_dscp == CosMap{0, 8, 16, 24, 32, 46, 48, 56});
    CHECK(preset("802.1q").dscp_cos[1] == 1);
    CHECK(preset("802.1q").dscp_cos[14] == 2);
    // RFC 8325, figure 1
    CHECK(preset("rfc8325").dscp_cos[46] == 6);
    CHECK(preset("rfc8325").dscp_cos[26] == 4);
    CHECK(preset("rfc8325").dscp_cos[16] == 0);
    CHECK(preset("rfc8325").dscp_cos[20] == 3);
}

TEST_CASE("the lines of a change of maps have no head") {
    Config config = samples::full();
    config.qos_maps.cos_dscp[5] = 46;
    CHECK(ios_diff(samples::full(), config) ==
          Lines{"+mls qos map cos-dscp 0 8 16 24 32 46 48 56"});
    Config other = config;
    other.qos_maps.cos_dscp[3] = 26;
    CHECK(ios_diff(config, other) == Lines{"-mls qos map cos-dscp 0 8 16 24 32 46 48 56",
                                           "+mls qos map cos-dscp 0 8 16 26 32 46 48 56"});
}
