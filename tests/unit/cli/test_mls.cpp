// SPDX-License-Identifier: GPL-2.0-or-later
//
// `mls qos`, `set dscp` and the maps, as they are typed and as they are shown.
#include "cli/render.hpp"
#include "cli_test.hpp"
#include "model/samples.hpp"

namespace tunqos::cli {
namespace {

// The running configuration after these lines of configuration mode, each of which is done.
Config after(std::string_view lines, const Config& before = {}) {
    Desk desk;
    desk.daemon.running = before;
    const Status status = desk.type("configure terminal\n" + std::string(lines));
    INFO(desk.err.str());
    CHECK(status == Status::ok);
    return desk.daemon.running;
}

// What is said of the last of these lines, which is refused.
std::string refused(std::string_view lines) {
    Desk desk;
    CHECK(desk.type("configure terminal\n" + std::string(lines)) != Status::ok);
    return desk.err.str();
}

MlsQos port(std::string_view lines) {
    const Config config =
        after("mls qos map dscp-mutation edge 46 to 34\ninterface eth0\n" + std::string(lines));
    const auto found = config.interfaces.find("eth0");
    return found == config.interfaces.end() ? MlsQos{} : found->second.mls_qos;
}

std::optional<SetDscp> set_of(std::string_view lines) {
    const Config config = after("table-map lan\ninterface eth0\n" + std::string(lines));
    const auto found = config.interfaces.find("eth0");
    return found == config.interfaces.end() ? std::nullopt : found->second.set_dscp;
}

// What a show command prints.
std::string shown(const std::string& line, const Config& config = {}) {
    Desk desk;
    desk.daemon.running = config;
    CHECK(desk.type(line) == Status::ok);
    return desk.out.str();
}

} // namespace

TEST_CASE("mls qos map") {
    QosMaps maps;
    maps.cos_dscp = {0, 8, 16, 26, 32, 46, 48, 56};
    CHECK(after("mls qos map cos-dscp 0 cs1 16 26 32 ef 0x30 56").qos_maps == maps);
    CHECK(after("mls qos map cos-dscp 0 8 16 26 32 46 48 56\nno mls qos map cos-dscp") == Config{});
    CHECK(after("mls qos map cos-dscp 0 8 16 26 32 46 48 56\ndefault mls qos map cos-dscp") ==
          Config{});
    maps = {};
    maps.dscp_cos[46] = maps.dscp_cos[44] = maps.dscp_cos[0] = maps.dscp_cos[1] = 6;
    CHECK(after("mls qos map dscp-cos ef va 0-1 to 6").qos_maps == maps);
    CHECK(after("mls qos map dscp-cos 0,1,44 46 to 6").qos_maps == maps);
    CHECK(after("mls qos map dscp-cos ef va 0-1 to 6\nno mls qos map dscp-cos") == Config{});
    CHECK(after("mls qos map dscp-cos 46 1 to 6\nno mls qos map dscp-cos 1 to 6")
              .qos_maps.dscp_cos[46] == 6);
    CHECK(after("mls qos map dscp-cos 46 1 to 6\nno mls qos map dscp-cos 1,46 to 6") == Config{});
}

TEST_CASE("mls qos map dscp-mutation") {
    const auto mutations = [](std::string_view lines) { return after(lines).qos_maps.mutations; };
    Table table = same_dscp_table();
    CHECK(mutations("mls qos map dscp-mutation m 5 to 5").at("m") == table);
    table[34] = table[36] = 26;
    table[0] = 63;
    const std::string lines =
        "mls qos map dscp-mutation m af41 af42 to af31\nmls qos map dscp-mutation m 0 to 63\n";
    CHECK(mutations(lines).at("m") == table);
    CHECK(mutations(lines + "no mls qos map dscp-mutation m").empty());
    table[36] = 36;
    CHECK(mutations(lines + "no mls qos map dscp-mutation m 36 to 26").at("m") == table);
    CHECK(mutations(lines + "no mls qos map dscp-mutation m 0-63 to 0").empty());
    CHECK(refused("no mls qos map dscp-mutation m") ==
          "% mls qos map dscp-mutation m: there is no such map; show mls qos maps dscp-mutation "
          "lists them\n");
    CHECK(refused(lines + "interface eth0\nmls qos trust\nmls qos dscp-mutation m\n"
                          "no mls qos map dscp-mutation m")
              .find("is used by interface eth0 / mls qos dscp-mutation; take it off there first") !=
          std::string::npos);
}

TEST_CASE("a preset is written into the maps, and not kept by its name") {
    for (const QosPreset& preset : qos_presets()) {
        const std::string line = "mls qos map preset " + std::string(preset.name);
        const Config config = after(line, after("mls qos map dscp-cos 9 to 7"));
        CHECK(config.qos_maps.cos_dscp == preset.cos_dscp);
        CHECK(config.qos_maps.dscp_cos == preset.dscp_cos);
        CHECK(after(line + "\nno mls qos map") == Config{});
        CHECK(after(line + "\ndefault mls qos map") == Config{});
    }
    CHECK(config_to_ios(after("mls qos map preset cisco")) ==
          "!\nmls qos map cos-dscp 0 8 16 24 32 46 48 56\n!\nend\n");
    const Config kept = after(
        "mls qos map dscp-mutation m 1 to 0\nmls qos map preset cisco\n"
        "default mls qos map");
    CHECK(kept.qos_maps.mutations.size() == 1);
}

TEST_CASE("what a port trusts") {
    CHECK(port("mls qos trust") == MlsQos{PortTrust::dscp});
    CHECK(port("mls qos trust dscp") == MlsQos{PortTrust::dscp});
    CHECK(port("mls qos trust cos") == MlsQos{PortTrust::cos});
    CHECK(port("mls qos trust cos\nno mls qos trust") == MlsQos{});
    CHECK(port("mls qos cos 3") == MlsQos{PortTrust::none, 3});
    CHECK(port("mls qos cos 3 override") == MlsQos{PortTrust::none, 3, true});
    // as IOS has them, in any order
    CHECK(port("mls qos cos 3\nmls qos cos override") == MlsQos{PortTrust::none, 3, true});
    CHECK(port("mls qos cos override\nmls qos cos 3") == MlsQos{PortTrust::none, 3, true});
    CHECK(port("mls qos cos 3 override\nno mls qos cos override") == MlsQos{PortTrust::none, 3});
    CHECK(port("mls qos cos 3 override\nno mls qos cos") == MlsQos{});
    CHECK(port("mls qos trust\nmls qos dscp-mutation edge") ==
          MlsQos{PortTrust::dscp, 0, false, "edge"});
    CHECK(port("mls qos trust\nmls qos dscp-mutation edge\nno mls qos dscp-mutation\n"
               "no mls qos trust") == MlsQos{});
}

TEST_CASE("set dscp") {
    CHECK(set_of("set dscp ef") == SetDscp{{PortDscp::set, Dscp{46}}, false});
    CHECK(set_of("set dscp none") == SetDscp{{PortDscp::set, Dscp{0}}, false});
    CHECK(set_of("set dscp nqb") == SetDscp{{PortDscp::set, Dscp{45}}, false});
    CHECK(set_of("set dscp cos") == SetDscp{PortDscp::cos, false});
    CHECK(set_of("set dscp cos override") == SetDscp{PortDscp::cos, true});
    CHECK(set_of("set dscp cos table lan") == SetDscp{{PortDscp::table, "lan"}, false});
    CHECK(set_of("set dscp cos table lan override") == SetDscp{{PortDscp::table, "lan"}, true});
    // The last one holds, without leftovers.
    CHECK(set_of("set dscp cos table lan override\nset dscp cos") == SetDscp{PortDscp::cos, false});
    CHECK_FALSE(set_of("set dscp cos table lan override\nno set dscp"));
    CHECK_FALSE(set_of("set dscp ef\nno set dscp cos"));
}

TEST_CASE("what does not go together, or is no value, is refused with the way out") {
    CHECK(
        refused("interface eth0\nmls qos trust cos\nset dscp ef")
            .ends_with("% interface eth0 / set dscp: does not go with mls qos trust, which decides "
                       "on the same DSCP; type no mls qos trust, or no set dscp\n"));
    CHECK(refused("interface eth0\nset dscp cos\nmls qos cos override")
              .find("mls qos cos override, ") != std::string::npos);
    CHECK(refused("interface eth0\nmls qos trust\nmls qos dscp-mutation edge")
              .find("there is no dscp-mutation edge; define it") != std::string::npos);
    CHECK(
        refused("interface eth0\nmls qos cos 8").find("\"8\" is not an 802.1p priority; use 0-7") !=
        std::string::npos);
    CHECK(refused("mls qos map cos-dscp 0 8 16 24 32 40 48").find("% Incomplete command.") !=
          std::string::npos);
    CHECK(refused("mls qos map cos-dscp 0 8 16 24 32 40 48 64")
              .find("\"64\" is not a dscp; use 0-63") != std::string::npos);
    CHECK(refused("mls qos map dscp-cos 46").find("% Incomplete command.") != std::string::npos);
    CHECK(refused("mls qos map dscp-cos 46 to 8").find("use 0-7") != std::string::npos);
    CHECK(refused("interface eth0\nmls qos trust phone")
              .find("\"phone\" is not a keyword here; use cos or dscp") != std::string::npos);
    CHECK(refused("mls qos").find("% Not done by tunqos: each port says what it trusts") !=
          std::string::npos);
    CHECK(refused("interface eth0\nmls qos trust device cisco-phone")
              .find("% Not done by tunqos: each port says what it trusts") != std::string::npos);
}

TEST_CASE("what can come next is listed") {
    const auto words = [](Mode mode, std::string_view text) {
        std::vector<std::string> all;
        for (const auto& line : grammar().help(mode, text, FixedNames()).lines)
            all.push_back(line.word);
        return all;
    };
    using Words = std::vector<std::string>;
    CHECK(words(Mode::config, "mls qos map ") ==
          Words{"cos-dscp", "dscp-cos", "dscp-mutation", "preset"});
    CHECK(words(Mode::config, "mls qos map preset ") ==
          Words{"802.1q", "cisco", "rfc8325", "sonicos"});
    CHECK(words(Mode::config, "mls qos map dscp-cos 46 ") == Words{"to", "LIST"});
    CHECK(words(Mode::interface, "mls qos ") == Words{"cos", "dscp-mutation", "trust"});
    CHECK(words(Mode::interface, "mls qos trust ") == Words{"cos", "dscp", "<cr>"});
    CHECK(words(Mode::interface, "set dscp cos ") == Words{"override", "table", "<cr>"});
}

TEST_CASE("show mls qos maps has the layout of a Catalyst") {
    const std::string all = shown("show mls qos maps");
    CHECK(
        all.starts_with("   Cos-dscp map:\n"
                        "        cos:   0  1  2  3  4  5  6  7\n"
                        "     --------------------------------\n"
                        "       dscp:   0  8 16 24 32 40 48 56\n"
                        "\n"
                        "   Dscp-cos map:\n"
                        "     d1 :  d2 0  1  2  3  4  5  6  7  8  9\n"
                        "     ---------------------------------------\n"
                        "      0 :    00 00 00 00 00 00 00 00 01 01\n"
                        "      1 :    01 01 01 01 01 01 02 02 02 02\n"));
    CHECK(all.find("      6 :    07 07 07 07\n\n   Dscp-dscp mutation map:\n"
                   "   Default DSCP Mutation Map:\n"
                   "     d1 :  d2 0  1  2  3  4  5  6  7  8  9\n"
                   "     ---------------------------------------\n"
                   "      0 :    00 01 02 03 04 05 06 07 08 09\n") != std::string::npos);
    Config config;
    config.qos_maps = samples::qos_maps();
    CHECK(shown("show mls qos maps cos-dscp", config) ==
          "   Cos-dscp map:\n"
          "        cos:   0  1  2  3  4  5  6  7\n"
          "     --------------------------------\n"
          "       dscp:   0  8 16 26 32 46 48 56\n\n");
    const std::string edge = shown("show mls qos maps dscp-mutation edge", config);
    CHECK(edge.starts_with("   Dscp-dscp mutation map:\n   edge:\n     d1 :  d2 0"));
    CHECK(edge.find("      0 :    63 01 02") != std::string::npos);
    CHECK(edge.find("      3 :    30 31 32 33 26 35 26 37 38 39\n") != std::string::npos);
    CHECK(edge.find("nothing") == std::string::npos);
    const auto json = nlohmann::json::parse(shown("show mls qos maps | json", config));
    CHECK(json["cosDscp"] == nlohmann::json(config.qos_maps.cos_dscp));
    CHECK(json["dscpCos"][46] == 6);
    CHECK(json["dscpMutations"]["edge"][0] == 63);
    Desk desk;
    CHECK(desk.type("show mls qos maps dscp-mutation none") == Status::refused);
    CHECK(desk.err.str() == "% there is no dscp-mutation none\n");
}

TEST_CASE("show mls qos interface has the layout of a Catalyst, and ours behind it") {
    Interface interface;
    interface.mls_qos = {PortTrust::dscp, 3, false, "edge"};
    CHECK(render_mls_interface("eth1", interface, nullptr) ==
          "eth1\n"
          "trust state: trust dscp\n"
          "trust mode: trust dscp\n"
          "trust enabled flag: ena\n"
          "COS override: dis\n"
          "default COS: 3\n"
          "DSCP Mutation Map: edge\n"
          "Trust device: none\n"
          "qos mode: port-based\n"
          "DSCP: mapped by dscp-mutation edge\n");
    const auto ports = ports_from_json(nlohmann::json::parse(R"({"ports": [
        {"name": "eth1", "state": "active", "hooks": ["port-arrival"], "port": null,
         "mark": {"mask": "0xff"}, "mlsQos": null,
         "setDscp": {"dscp": {"table": "lan"}, "override": true}, "egress": null,
         "ingress": {"packets": 9, "written": 7, "leftAlone": 2, "dropped": 0}},
        {"name": "eth2", "state": "active", "hooks": [], "port": null, "mark": null,
         "mlsQos": {"trust": "dscp", "cos": 0, "override": false, "dscpMutation": null},
         "setDscp": null, "egress": null, "ingress": null}]})"));
    REQUIRE(ports.size() == 2);
    interface = {};
    interface.set_dscp = SetDscp{{PortDscp::table, "lan"}, true};
    CHECK(render_mls_interface("eth1", interface, &ports[0])
              .ends_with("trust state: not trusted\n"
                         "trust mode: not trusted\n"
                         "trust enabled flag: ena\n"
                         "COS override: dis\n"
                         "default COS: 0\n"
                         "DSCP Mutation Map: Default DSCP Mutation Map\n"
                         "Trust device: none\n"
                         "qos mode: port-based\n"
                         "DSCP: from the CoS by table-map lan, whatever it was\n"
                         "state: active\n"
                         "received: 9 packets, 7 written, 2 left alone, 0 dropped\n"));
    // the counters are those of one of the two
    CHECK(render_port(ports[0]) ==
          "eth1 is active\n"
          "  DSCP of what arrives: from the CoS by table-map lan, whatever it was\n"
          "    9 packets, 7 written, 2 left alone, 0 dropped\n"
          "  Mark: the DSCP, mask 0xff\n"
          "  Hooks: port-arrival\n");
    CHECK(render_port(ports[1]) == "eth2 is active\n  DSCP of what arrives: kept\n  Hooks: none\n");
}

TEST_CASE("what becomes of the DSCP is a clause") {
    const auto text = [](const MlsQos& mls) { return arrival_text(mls, std::nullopt); };
    CHECK(text({}) == "kept");
    CHECK(text({PortTrust::dscp}) == "kept");
    CHECK(text({PortTrust::cos, 2}) == "from the CoS by the cos-dscp map, CoS 2 without a tag");
    CHECK(text({PortTrust::dscp, 2, true}) == "that of CoS 2 in the cos-dscp map");
    const auto set = [](const SetDscp& to) { return arrival_text({}, to); };
    CHECK(set({{PortDscp::set, Dscp{46}}, false}) == "ef");
    CHECK(set({PortDscp::cos, false}) == "from the CoS by the cos-dscp map, if it was 0");
}

TEST_CASE("show mls qos interface asks for one, or for those that say something") {
    Config config = after(
        "mls qos map dscp-mutation edge 46 to 34\ninterface eth0\nmls qos trust\n"
        "interface eth1\nset dscp ef\ninterface eth2\nset cos dscp");
    const std::string all = shown("show mls qos interface", config);
    CHECK(all.find("eth0\ntrust state: trust dscp\n") == 0);
    CHECK(all.find("\n\neth1\ntrust state: not trusted\n") != std::string::npos);
    CHECK(all.find("eth2") == std::string::npos);
    CHECK(shown("show mls qos interface eth2", config).find("DSCP: kept\n") != std::string::npos);
    CHECK(shown("show mls qos interface lo").find("lo\ntrust state: not trusted\n") == 0);
    CHECK(shown("show mls qos interface") == "No interface has mls qos or set dscp.\n");
    const auto json = nlohmann::json::parse(shown("show mls qos interface eth1 | json", config));
    CHECK(json["interfaces"][0] ==
          nlohmann::json::parse(R"({"name": "eth1", "port": null, "setDscp": {"dscp":
            {"set": "ef"}, "override": false}, "mlsQos": {"trust": "none", "cos": 0,
            "override": false, "dscpMutation": null}})"));
    Desk desk;
    CHECK(desk.type("show mls qos interface nope0") == Status::refused);
}

} // namespace tunqos::cli
