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
    CHECK(desk.daemon.running.interfaces.at("gre1").tunnel->encap.value == Dscp{46});
    CHECK(desk.daemon.count("config.set") == 1); // entering the interface changed nothing
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

TEST_CASE("a stale generation is tried once more, on top of what the other one wrote") {
    Desk desk;
    desk.daemon.stale_answers = 1;
    CHECK(desk.type("conf t\ntable-map wan") == Status::ok);
    CHECK(desk.daemon.running.table_maps.contains("wan"));
    CHECK(desk.daemon.running.table_maps.contains("elsewhere"));
    desk.daemon.stale_answers = 2;
    CHECK(desk.type("table-map lan") == Status::refused);
    CHECK(desk.err.str() == "% it has changed meanwhile\n");
    CHECK(desk.session.context().name == "wan"); // where the user was
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
    CHECK(desk.daemon.count("config.set") == 1);
    CHECK(desk.daemon.generation == 2);
    CHECK(desk.daemon.running.interfaces.size() == 1);
}

TEST_CASE("a wrong line stops a script: its number, and nothing is changed") {
    Desk desk(batch());
    CHECK(run(desk,
              "conf t\ninterface gre1\n! comment\n tunnel tos 184\n tunnel nonsense\n"
              "table-map wan\n") == exit_refused);
    CHECK(desk.err.str() ==
          "line 5:  tunnel nonsense\n"
          "                ^\n"
          "% Invalid input detected at '^' marker.\n");
    CHECK(desk.daemon.running == Config{});
    CHECK(desk.daemon.count("config.set") == 0);
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
    CHECK(desk.daemon.count("config.set") == 1);
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
    CHECK(desk.err.str() ==
          "% NOTE: This new crypto map will remain disabled until a peer has been configured.\n"
          "% NOTE: interface gre9 does not exist yet; its settings are pending\n");
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

} // namespace
} // namespace tunqos::cli
