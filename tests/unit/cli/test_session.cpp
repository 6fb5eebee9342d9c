// SPDX-License-Identifier: GPL-2.0-or-later
//
// Modes, and edits on their way to the daemon.
#include "cli/script.hpp"
#include "cli_test.hpp"

namespace tunqos::cli {
namespace {

SessionOptions batch() {
    SessionOptions options;
    options.batch = true;
    return options;
}

int run(Desk& desk, const std::string& lines, OnError on_error = OnError::stop) {
    std::istringstream input(lines);
    return run_script(desk.session, input, on_error);
}

TEST_CASE("the modes: in, out, around") {
    Desk desk;
    const auto mode = [&] { return desk.session.context().mode; };
    CHECK(desk.type("conf t") == Status::ok);
    CHECK(mode() == Mode::config);
    CHECK(desk.type("int gre1\ntable-map wan") == Status::ok); // walks up
    CHECK(desk.session.context() == Context{Mode::table_map, "wan", 0});
    CHECK(desk.type("no interface gre1") == Status::ok); // a command of the outer mode
    CHECK(mode() == Mode::config);
    CHECK(desk.type("crypto map vpn 10\ndo show version") == Status::ok);
    CHECK(mode() == Mode::crypto_map); // `do` stays
    CHECK(desk.type("exit") == Status::ok);
    CHECK(mode() == Mode::config);
    CHECK(desk.type("int gre1\nend") == Status::ok);
    CHECK(mode() == Mode::exec);
    CHECK(desk.type("exit") == Status::quit);
}

TEST_CASE("an interactive line takes effect at once") {
    Desk desk;
    CHECK(desk.type("conf t\nint gre1\ntunnel tos 184") == Status::ok);
    CHECK(desk.daemon.running.interfaces.at("gre1").tunnel->encap.dscp.value == Dscp{46});
    CHECK(desk.daemon.count("config.change") == 1); // entering the interface changed nothing
}

TEST_CASE("a configuration command in exec mode is an error for a person, not for a script") {
    Desk person;
    CHECK(person.type("interface gre1") == Status::syntax);
    CHECK(person.err.str() ==
          "^\n% Invalid input detected at '^' marker.\n"
          "% It is for configuration mode: configure terminal first\n");
    Desk script(batch());
    CHECK(run(script, "interface gre1\n tunnel tos 184\nend\n") == exit_ok);
    CHECK(script.daemon.running.interfaces.size() == 1);
}

TEST_CASE("a setting in the wrong mode: what to type before it") {
    const auto said = [](std::string_view before, std::string_view line) {
        Desk desk;
        REQUIRE(desk.type(before) == Status::ok);
        CHECK(desk.type(line) == Status::syntax);
        const std::string text = desk.err.str();
        return text.substr(text.rfind("% "));
    };
    CHECK(said("conf t", "map from ef to 0") ==
          "% It is for table-map mode: table-map NAME first\n");
    CHECK(said("conf t\nint gre1", "set peer 10.0.0.1") ==
          "% It is for crypto map mode: crypto map NAME NUMBER first\n");
    CHECK(said("", "qos pre-classify") ==
          "% It is for interface mode and crypto map mode: configure terminal and interface NAME "
          "or crypto map NAME NUMBER first\n");
    CHECK(said("conf t", "show version") ==
          "% It is for exec mode: type do before it, or end first\n");
    CHECK(said("", "end") == "% Invalid input detected at '^' marker.\n");
}

TEST_CASE("of a script's two errors the one further right is told") {
    Desk desk(batch());
    CHECK(run_commands(desk.session, {"crypto map vpn"}, OnError::stop) == exit_usage);
    CHECK(desk.err.str().find("% Incomplete command.\n% It goes on with <1-65535>") !=
          std::string::npos);
}

TEST_CASE("a question in a script prints the list and changes nothing") {
    Desk desk(batch());
    CHECK(run_commands(desk.session, {"show reasons | ?", "int ?", "conf t", "sh?"},
                       OnError::keep_going) == exit_usage);
    CHECK(desk.out.str().find("  begin    Begin with the line that matches\n") == 0);
    CHECK(desk.out.str().find("\n  WORD  ") != std::string::npos);
    CHECK(desk.err.str() == "% Unrecognized command\n"); // sh? in configuration mode
    CHECK(desk.daemon.running == Config{});
    CHECK(run_commands(desk.session, {"interface gre1", "tunnel encap dscp ?"}, OnError::stop) ==
          exit_ok);
    CHECK(desk.out.str().find("  native  Whatever the kernel writes\n") != std::string::npos);
    // A text may end so.
    CHECK(run_commands(desk.session, {"description why?"}, OnError::stop) == exit_ok);
    CHECK(desk.daemon.running.interfaces.at("gre1").description == "why?");
}

TEST_CASE("of two sessions none undoes what the other one does") {
    Desk one;
    std::ostringstream out;
    std::ostringstream err;
    Session two(grammar(), one.daemon, out, err, {});
    const auto type_two = [&](std::initializer_list<std::string_view> lines) {
        Status status = Status::ok;
        for (const auto line : lines)
            status = two.execute(line);
        return status;
    };
    CHECK(one.type("conf t\nint gre1\ntunnel encap dscp set ef") == Status::ok);
    CHECK(type_two({"conf t", "int gre1", "tunnel decap class outer"}) == Status::ok);
    CHECK(one.type("tunnel encap ecn rfc6040") == Status::ok);
    const TunnelProfile& gre1 = *one.daemon.running.interfaces.at("gre1").tunnel;
    CHECK(gre1.encap.dscp.value == Dscp{46});
    CHECK(gre1.options.encap_ecn == EncapEcn::rfc6040);
    CHECK(gre1.decap.queue_by == DecapClass::outer);

    // What is gone is not made again by a setting.
    CHECK(one.type("crypto map vpn 10\nset peer 10.0.0.1") == Status::ok);
    CHECK(type_two({"no crypto map vpn 10"}) == Status::ok);
    CHECK(one.type("qos pre-classify") == Status::refused);
    CHECK(
        one.err.str().ends_with("% crypto map vpn 10: was removed meanwhile; type crypto map vpn "
                                "10 to make it again\n"));
    CHECK(one.daemon.running.crypto_maps.empty());
    CHECK(one.type("table-map wan\nmap from ef to 0") == Status::ok);
    CHECK(type_two({"no table-map wan"}) == Status::ok);
    CHECK(one.type("default ignore") == Status::refused);
    CHECK(one.daemon.running.table_maps.empty());
}

TEST_CASE("only what is edited is sent") {
    Desk desk;
    desk.daemon.running.interfaces["gre2"].description = "of somebody else";
    CHECK(desk.type("conf t\nint gre1\ntunnel tos 184") == Status::ok);
    CHECK(desk.daemon.last_change.at("interfaces").size() == 1);
    CHECK(desk.type("no interface gre1") == Status::ok);
    CHECK(desk.daemon.last_change.at("interfaces") == nlohmann::json{{"gre1", nullptr}});
    CHECK(desk.daemon.running.interfaces.size() == 1);
}

TEST_CASE("a name that differs by case only is noticed") {
    Desk desk;
    desk.daemon.tunnels = {{{"name", "LO"}, {"state", "pending"}}};
    CHECK(desk.type("conf t\nint LO\ntunnel tos 4") == Status::ok);
    CHECK(
        desk.err.str() ==
        "% NOTE: interface LO does not exist yet; its settings are pending "
        "(there is lo: upper and lower case differ)\n"
        "% NOTE: a device of another network namespace is configured by the daemon of that one: ip "
        "netns exec NAMESPACE tunqosd, then ip netns exec NAMESPACE tunqos\n");
}

TEST_CASE("a device is not taken for another one of the same name") {
    Desk desk;
    desk.daemon.tunnels = {{{"name", "lo"}, {"state", "pending"}}};
    CHECK(desk.type("conf t\nint lo\ntunnel tos 4") == Status::ok);
    CHECK(desk.err.str().find("there is lo") == std::string::npos);
}

TEST_CASE("show mark and show cos say what an interface is not, and how it becomes one") {
    const auto said = [](std::string_view line) {
        Desk desk;
        CHECK(desk.type(line) == Status::refused);
        return desk.err.str();
    };
    CHECK(said("show mark interface lo") == "% lo sets no mark; let it do so with set mark dscp\n");
    CHECK(said("show cos interface lo") ==
          "% lo is no 802.1p port; make it one with set cos dscp\n");
}

TEST_CASE("clear counters names what it is about") {
    Desk desk;
    desk.daemon.counted = {"gre1", "vpn 10"};
    CHECK(desk.type("clear counters\nclear counters gre1\nclear counters vpn 10") == Status::ok);
    CHECK(desk.daemon.count("counters.clear") == 3);
    CHECK(desk.daemon.last_params == nlohmann::json{{"name", "vpn 10"}});
}

TEST_CASE("a stale generation is tried once more, on top of what the other one wrote") {
    Desk desk;
    desk.daemon.stale_answers = 1;
    CHECK(desk.type("conf t\ntable-map wan") == Status::ok);
    CHECK(desk.daemon.running.table_maps.contains("wan"));
    CHECK(desk.daemon.running.table_maps.contains("elsewhere"));
    desk.daemon.stale_answers = 2;
    CHECK(desk.type("table-map lan") == Status::refused);
    CHECK(desk.err.str() ==
          "% it has changed meanwhile\n"
          "% Lines up to the next command of configuration mode are skipped.\n");
    // What is typed for it does not land where the user was.
    CHECK(desk.session.context().mode == Mode::skip);
}

TEST_CASE("every problem of the daemon is printed and nothing is kept of the change") {
    Desk desk;
    CHECK(desk.type("conf t\ninterface gre1\ntunnel encap dscp table wan") == Status::refused);
    CHECK(
        desk.err.str().starts_with("% interface gre1 / tunnel encap dscp: there is no table-map"));
    CHECK(desk.type("tunnel tos 4") == Status::ok);
    CHECK(desk.daemon.running.interfaces.at("gre1").tunnel->encap.dscp == EncapDscp::set);
}

TEST_CASE("a script is one change") {
    Desk desk(batch());
    CHECK(run(desk,
              "conf t\ninterface gre1\ntunnel encap dscp table wan\ntable-map wan\n"
              "map from ef to af41\nend\n") == exit_ok);
    CHECK(desk.daemon.count("config.change") == 1);
    CHECK(desk.daemon.generation == 2);
    CHECK(desk.daemon.running.interfaces.size() == 1);
}

TEST_CASE("a wrong line stops a script: its number, and nothing is changed") {
    Desk desk(batch());
    CHECK(run(desk,
              "conf t\ninterface gre1\n! comment\n tunnel tos 184\n tunnel nonsense\n"
              "table-map wan\n") == exit_refused);
    CHECK(
        desk.err.str() ==
        "line 5:  tunnel nonsense\n"
        "                ^\n"
        "% Invalid input detected at '^' marker.\n"
        "% \"nonsense\" is not a keyword here; use control, decap, diffserv-mode, encap or tos\n");
    CHECK(desk.daemon.running == Config{});
    CHECK(desk.daemon.count("config.change") == 0);
}

TEST_CASE("a line that the CLI refuses for its meaning names its number, too") {
    Desk desk(batch());
    CHECK(run(desk, "table-map wan\nno table-map lan\n") == exit_refused);
    CHECK(desk.err.str() ==
          "% table-map lan: there is no such table-map\n"
          "  in line 2: no table-map lan\n");
    CHECK(desk.daemon.running == Config{});
}

TEST_CASE("keep going applies the lines that are right, and still tells of the wrong one") {
    Desk desk(batch());
    CHECK(run(desk, "nonsense\ntable-map wan\nno table-map lan\n", OnError::keep_going) ==
          exit_refused);
    CHECK(desk.daemon.running.table_maps.size() == 1);
}

TEST_CASE("a show or write in a script applies what stands before it") {
    Desk desk(batch());
    CHECK(run(desk, "table-map wan\ndo write\ntable-map lan\nnonsense\n") == exit_refused);
    CHECK(desk.daemon.running.table_maps.size() == 1);
    CHECK(desk.daemon.count("config.save") == 1);
}

TEST_CASE("a check changes and saves nothing") {
    SessionOptions options = batch();
    options.check = true;
    Desk desk(options);
    CHECK(run(desk, "table-map wan\ndo write\ntable-map lan\n") == exit_ok);
    CHECK(desk.daemon.running == Config{});
    CHECK(desk.daemon.count("config.save") == 0);
    CHECK(desk.daemon.count("config.change") == 1);
    CHECK(desk.out.str().ends_with("The configuration is valid; nothing was changed.\n"));
}

TEST_CASE("commands of the command line: a wrong one is wrong usage") {
    Desk desk(batch());
    CHECK(run_commands(desk.session, {"conf t", "int gre1", "tunnel tos 184"}, OnError::stop) ==
          exit_ok);
    CHECK(desk.daemon.running.interfaces.size() == 1);
    CHECK(run_commands(desk.session, {"shw"}, OnError::stop) == exit_usage);
}

TEST_CASE("without a daemon nothing works and the exit code says so") {
    Desk desk(batch());
    desk.daemon.up = false;
    CHECK(run(desk, "show tunnel\n", OnError::keep_going) == exit_unreachable);
    CHECK(run(desk, "table-map wan\n") == exit_unreachable);
    CHECK(desk.err.str().starts_with("% cannot reach tunqosd\n"));
}

TEST_CASE("notes: a crypto map without a peer, an interface that does not exist") {
    Desk desk;
    desk.daemon.tunnels = {{{"name", "gre9"}, {"state", "pending"}},
                           {{"name", "gre8"}, {"state", "pending"}}};
    CHECK(desk.type("conf t\ncrypto map vpn 10\nint gre9\ntunnel tos 4\ntunnel tos 8") ==
          Status::ok);
    CHECK(
        desk.err.str() ==
        "% NOTE: This new crypto map will remain disabled until a peer has been configured.\n"
        "% NOTE: interface gre9 does not exist yet; its settings are pending\n"
        "% NOTE: a device of another network namespace is configured by the daemon of that one: ip "
        "netns exec NAMESPACE tunqosd, then ip netns exec NAMESPACE tunqos\n");
}

TEST_CASE("in a script the note about a peer comes only if there is still none") {
    Desk desk(batch());
    CHECK(run(desk, "crypto map vpn 10\nset peer 10.0.0.1\n") == exit_ok);
    CHECK(desk.err.str().find("NOTE") == std::string::npos);
}

TEST_CASE("advice comes once, on leaving configuration mode") {
    Desk desk;
    CHECK(desk.type("conf t\ntable-map wan") == Status::ok);
    CHECK(desk.err.str().empty());
    CHECK(desk.type("end") == Status::ok);
    CHECK(desk.err.str().find("% Warning: ") == 0);
    const auto size = desk.err.str().size();
    CHECK(desk.type("conf t\ntable-map wan\nmap from 1 to 2\nend") == Status::ok);
    CHECK(desk.err.str().size() == size);
}

TEST_CASE("a bad pattern is refused, and nothing is shown") {
    Desk desk;
    CHECK(desk.type("show table-map | include [") == Status::refused);
    CHECK(desk.out.str().empty());
    CHECK(desk.err.str().starts_with("% \"[\" is not an extended regular expression; "));
}

TEST_CASE("show table-map with none says so") {
    Desk desk;
    CHECK(desk.type("show table-map") == Status::ok);
    CHECK(desk.out.str() == "No table-map is configured.\n");
    CHECK(desk.type("show table-map wan") == Status::refused);
    CHECK(desk.err.str() == "% there is no table-map wan\n");
}

TEST_CASE("a table-map that is used is not removed: by whom, and the way out") {
    Desk desk;
    REQUIRE(desk.type("conf t\ntable-map wan\nint gre1\ntunnel encap dscp table wan") ==
            Status::ok);
    CHECK(desk.type("no table-map wan") == Status::refused);
    CHECK(desk.err.str() ==
          "% table-map wan: is used by interface gre1 / tunnel encap dscp; take it off there first "
          "(no tunnel encap dscp), or use another table-map there\n");
    CHECK(desk.type("int gre1\nno tunnel encap dscp\nno table-map wan") == Status::ok);
    CHECK(desk.daemon.running.table_maps.empty());
}

TEST_CASE("clear counters takes the names that show tunnel takes") {
    const auto cleared = [](std::string_view line, Status want) {
        Desk desk;
        desk.daemon.counted = {"gre1", "vpn 10", "vpn 20", "lan.10"};
        desk.daemon.tunnels = {{{"name", "gre1"}}, {{"name", "vpn 10"}}, {{"name", "vpn 20"}}};
        CAPTURE(line);
        CHECK(desk.type(line) == want);
        CHECK(desk.err.str().empty() == (want == Status::ok));
        return desk.daemon.cleared;
    };
    using Names = std::vector<std::string>;
    CHECK(cleared("clear counters", Status::ok) == Names{""});
    CHECK(cleared("clear counters gre1", Status::ok) == Names{"gre1"});
    CHECK(cleared("clear counters gre 1", Status::ok) == Names{"gre1"});
    CHECK(cleared("clear counters lan.10", Status::ok) == Names{"lan.10"});
    CHECK(cleared("clear counters vpn 10", Status::ok) == Names{"vpn 10"});
    CHECK(cleared("clear counters vpn", Status::ok) == Names{"vpn 10", "vpn 20"});
    CHECK(cleared("clear counters gre 2", Status::refused).empty());
    CHECK(cleared("clear counters vp", Status::refused).empty());
    CHECK(cleared("clear counters vpn 30", Status::refused).empty());
}

} // namespace
} // namespace tunqos::cli
