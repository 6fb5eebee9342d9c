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
}

TEST_CASE("a mutation may be typed before trust, and stays when trust is changed") {
    CHECK(port("mls qos dscp-mutation edge\nmls qos trust") ==
          MlsQos{PortTrust::dscp, 0, false, "edge"});
    CHECK(port("mls qos trust\nmls qos dscp-mutation edge\nmls qos trust cos") ==
          MlsQos{PortTrust::cos, 0, false, "edge"});
    CHECK(port("mls qos trust\nmls qos dscp-mutation edge\nno mls qos trust") ==
          MlsQos{PortTrust::none, 0, false, "edge"});
    const auto said = [](const std::string& lines) {
        Desk desk;
        CHECK(desk.type("conf t\nmls qos map dscp-mutation edge 46 to 34\nint lo\n" + lines +
                        "\nend") == Status::ok);
        return desk.err.str();
    };
    CHECK(said("mls qos dscp-mutation edge") ==
          "% Warning: interface lo: mls qos dscp-mutation edge is not in force until mls qos trust "
          "dscp is typed; type that, or no mls qos dscp-mutation\n");
    CHECK(said("mls qos dscp-mutation edge\nmls qos trust").empty());
    CHECK(said("mls qos trust\nmls qos cos 3 override")
              .starts_with("% Warning: interface lo: mls qos trust dscp: no effect beside mls qos "
                           "cos override"));
}

TEST_CASE("what a Catalyst has and Linux does otherwise is said by its own text") {
    const auto is_said = [](std::string_view text, const std::string& line) {
        CAPTURE(line);
        CHECK(text.find("% Not done by tunqos: " + line) != std::string::npos);
    };
    const std::string eth0 = "interface eth0\n";
    is_said(refused(eth0 + "mls qos trust ip-precedence"), "the IP precedence is the upper three");
    is_said(refused(eth0 + "mls qos trust device cisco-phone"), "no phone is looked for");
    is_said(refused(eth0 + "mls qos trust cos pass-through dscp"), "a port without mls qos trust");
    is_said(refused(eth0 + "mls qos vlan-based"), "a VLAN is a device with settings of its own");
    is_said(refused(eth0 + "auto qos voip trust"), "mls qos map preset cisco writes the maps");
    is_said(refused("auto qos voip"), "mls qos map preset cisco writes the maps");
    is_said(refused("mls qos rewrite ip dscp"), "a port with mls qos trust cos");
    is_said(refused("no mls qos rewrite ip dscp"), "a port with mls qos trust cos");
    is_said(refused("mls qos map ip-prec-dscp 0 8 16 24 32 40 48 56"), "the IP precedence is");
    const auto shows = [](const std::string& line) {
        Desk desk;
        CHECK(desk.type(line) != Status::ok);
        return desk.err.str();
    };
    const std::string port = "show mls qos interface lo ";
    is_said(shows(port + "statistics"), "frames by DSCP, CoS and queue are counted by tc(8)");
    is_said(shows(port + "policers"), "queues and policers are tc(8)'s");
    is_said(shows("show mls qos interface statistics"), "frames by DSCP, CoS and queue");
    is_said(shows("conf t\ndo " + port + "stat"), "frames by DSCP, CoS and queue");
    is_said(shows("show mls qos vlan 10"), "a VLAN is a device");
    is_said(shows("show mls qos input-queue"), "queues and policers are tc(8)'s");
    is_said(shows("show mls qos maps ip-prec-dscp"), "the IP precedence is");
    is_said(shows("show mls qos maps policed-dscp"), "queues and policers are tc(8)'s");
    is_said(shows("show policy-map interface lo"), "queues and policers are tc(8)'s");
    CHECK(shows("show mls qos maps nothing").find("Not done") == std::string::npos);
}

TEST_CASE("? says as well who does what tunqos does not") {
    Desk desk;
    const auto problem = [&](std::string_view text) { return desk.session.help(text).problem; };
    CHECK(problem("mls qos trust device ") == "% Unrecognized command");
    CHECK(problem("show mls qos input-queue ").starts_with("% Not done by tunqos: queues"));
    REQUIRE(desk.type("conf t\nint lo") == Status::ok);
    CHECK(problem("mls qos trust device ").starts_with("% Not done by tunqos: no phone"));
    CHECK(problem("service-policy output ").starts_with("% Not done by tunqos: queues"));
    CHECK(problem("nonsense ") == "% Unrecognized command");
}

TEST_CASE("words of IOS for the same thing are told the one of tunqos") {
    const auto hint = [](const std::string& line) {
        std::string text = refused("interface eth0\n" + line);
        text.pop_back();
        return text.substr(text.rfind('\n') + 1);
    };
    CHECK(hint("set ip dscp ef") == "% It is of IPv4 and IPv6 alike: set dscp ef");
    CHECK(hint("set precedence 5").ends_with("class selector of this number: set dscp cs5"));
    CHECK(hint("set ip precedence 5").ends_with("class selector of this number: set dscp cs5"));
    CHECK(hint("set dscp tunnel ef").starts_with("% The outer DSCP is a setting of the tunnel"));
    CHECK(hint("set dscp qos-group").starts_with("% Linux has no qos-group"));
    CHECK(hint("set cos cos").starts_with("% The CoS is not kept from one port to the other"));
    CHECK(hint("set dscp 99").find("99") != std::string::npos);
}

TEST_CASE("a line for interface mode is not told what configuration mode would take") {
    CHECK(refused("mls qos trust cos")
              .ends_with("marker.\n% It is for interface mode: interface NAME first\n"));
    CHECK(refused("mls qos trust").find("not a keyword here") == std::string::npos);
}

TEST_CASE("interface range makes no device, and its settings go nowhere") {
    Desk desk;
    CHECK(desk.type("conf t\nint lo") == Status::ok);
    const std::string line = "interface range gi0/1 - 4";
    CHECK(desk.session.execute(line) == Status::syntax);
    CHECK(desk.err.str() ==
          "% Not done by tunqos: each interface is configured by its own name; type interface NAME "
          "and the settings for every one of them. Lines up to the next command of configuration "
          "mode are skipped.\n");
    CHECK(desk.session.execute("mls qos trust cos") == Status::ok);
    CHECK(desk.daemon.running == Config{});
    for (const std::string line_of_one : {"interface range", "int RANGE", "interface range 1"}) {
        CHECK(refused(line_of_one)
                  .starts_with("% interface range: there is no such device; type interface NAME "
                               "and the settings for "
                               "each device\n"));
    }
    CHECK(refused("no interface range gi0/1 - 4").find("Not done") != std::string::npos);
    CHECK(after("interface ranger\nmls qos trust").interfaces.contains("ranger"));
    CHECK(refused("define interface-range x gi0/1 - 2").find("Not done") != std::string::npos);
}

TEST_CASE("what is wrong with a list of DSCPs is named") {
    const auto said = [](const std::string& list) {
        return refused("mls qos map dscp-cos " + list + " to 6");
    };
    CHECK(said("64").find("% \"64\" is not a dscp list: out of range; use 0-63") !=
          std::string::npos);
    CHECK(said("8,60-70").find("% \"60-70\" is not a dscp list: out of range; use 0-63") !=
          std::string::npos);
    CHECK(said("15-8").find("% \"15-8\" is not a dscp list: the range is backwards") !=
          std::string::npos);
    CHECK(said("ef-cs1").find("the range is backwards") != std::string::npos);
    for (const char* list : {"8,", ",8", "8,,9"})
        CHECK(said(list).find("has a comma without a dscp on both sides") != std::string::npos);
    CHECK(said("af99").find("\"af99\" is not a dscp list; use 0-63 or a name") !=
          std::string::npos);
    CHECK(said("8-").find("\"8-\" is not a dscp list; use") != std::string::npos);
}

TEST_CASE("show mls qos is a line for each interface that says something") {
    CHECK(shown("show mls qos") ==
          "QoS is enabled\nDSCP of what arrives: kept on all interfaces\n");
    const Config config = after("interface eth0\nmls qos trust cos\ninterface eth1\nset dscp ef");
    CHECK(shown("show mls qos", config) ==
          "QoS is enabled\n"
          "DSCP of what arrives: kept, if nothing else is said here\n"
          "  eth0: from the CoS by the cos-dscp map, CoS 0 without a tag\n"
          "  eth1: ef\n");
    CHECK(nlohmann::json::parse(shown("show mls qos | json", config)) ==
          nlohmann::json::parse(R"({"interfaces": [
              {"name": "eth0", "dscp": "from the CoS by the cos-dscp map, CoS 0 without a tag"},
              {"name": "eth1", "dscp": "ef"}]})"));
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
    // What is not in force is not shown as if it were.
    const auto text_of = [](const MlsQos& mls) {
        Interface port;
        port.mls_qos = mls;
        return render_mls_interface("eth1", port, nullptr);
    };
    CHECK(text_of({PortTrust::dscp, 3, true, "edge"}) ==
          "eth1\n"
          "trust state: trust dscp (not in force: COS override decides)\n"
          "trust mode: trust dscp (not in force: COS override decides)\n"
          "trust enabled flag: dis\n"
          "COS override: ena\n"
          "default COS: 3\n"
          "DSCP Mutation Map: edge (not in force)\n"
          "Trust device: none\n"
          "qos mode: port-based\n"
          "DSCP: that of CoS 3 in the cos-dscp map\n");
    CHECK(text_of({PortTrust::none, 3, true})
              .starts_with("eth1\ntrust state: not trusted (COS override decides)\n"));
    CHECK(text_of({PortTrust::cos, 0, false, "edge"})
              .find("DSCP Mutation Map: edge (not in force)") != std::string::npos);
    CHECK(text_of({PortTrust::none, 0, false, "edge"}).ends_with("DSCP: kept\n"));
    CHECK(
        text_of({}).starts_with("eth1\ntrust state: not trusted (all marks are kept)\n"
                                "trust mode: not trusted (all marks are kept)\n"
                                "trust enabled flag: dis\n"));
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
              .ends_with("trust state: not trusted (set dscp decides)\n"
                         "trust mode: not trusted (set dscp decides)\n"
                         "trust enabled flag: dis\n"
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
    CHECK(all.find("\n\neth1\ntrust state: not trusted (set dscp decides)\n") != std::string::npos);
    CHECK(all.find("eth2") == std::string::npos);
    CHECK(shown("show mls qos interface eth2", config).find("DSCP: kept\n") != std::string::npos);
    CHECK(shown("show mls qos interface lo")
              .find("lo\ntrust state: not trusted (all marks are kept)\n") == 0);
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
