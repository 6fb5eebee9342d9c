// SPDX-License-Identifier: GPL-2.0-or-later
//
// Who changed what.
#include "control/change_log.hpp"

#include <unistd.h>

#include <fstream>

#include "control/dispatcher_fixture.hpp"
#include "planner/planner.hpp"
#include "tunqos/printable.hpp"

using namespace tunqos;
using nlohmann::json;

namespace {

json gre1(const char* dscp) {
    return {{"version", 1},
            {"interfaces", {{"gre1", {{"tunnel", {{"encap", {{"dscp", {{"set", dscp}}}}}}}}}}}};
}

json logged(Fixture& f) {
    return f.result("config.log").at("changes");
}

Author somebody() {
    return {"console", "alice", "pts/0", "tunqos", 0, 7};
}

} // namespace

TEST_CASE("a change is logged with who made it, from where, and its lines") {
    Fixture f;
    CHECK(logged(f) == json::array());
    const auto change = [&](const json& params) {
        const json request = {
            {"jsonrpc", "2.0"}, {"id", 7}, {"method", "config.change"}, {"params", params}};
        return json::parse(
            f.dispatcher.answer(request.dump(), Requester{Right::write, 4000000, getpid()}));
    };
    change({{"config", gre1("ef")}});
    change({{"config", gre1("af41")}});
    json list = logged(f);
    REQUIRE(list.size() == 2);
    CHECK(list[0].at("number") == 1);
    CHECK(list[0].at("index") == 1);
    CHECK(list[0].at("time") > 1700000000);
    CHECK(list[0].at("from") == "console");
    CHECK(list[0].at("uid") == 4000000);
    CHECK(list[0].at("pid") == getpid());
    CHECK(list[0].at("program") == "test_daemon");
    CHECK(list[0].at("lines") == json{"+interface gre1", "+ tunnel encap dscp set ef"});
    CHECK(list[1].at("number") == 2);
    CHECK(list[1].at("index") == 3);
    CHECK(list[1].at("lines") ==
          json{"interface gre1", "- tunnel encap dscp set ef", "+ tunnel encap dscp set af41"});

    // What changes nothing, a check and a refusal are no change.
    change({{"config", gre1("af41")}});
    change({{"config", gre1("ef")}, {"check", true}});
    CHECK(change({{"config", gre1("ef")}, {"generation", 1}}).contains("error"));
    f.result("config.save");
    f.result("config.reload");
    CHECK(logged(f).size() == 2);

    f.result("config.set", {{"config", {{"version", 1}}}});
    f.result("config.reload");
    list = logged(f);
    REQUIRE(list.size() == 4);
    CHECK(list[2].at("from") == "console");
    CHECK(list[2].at("pid") == nullptr); // nobody has said who asks
    CHECK(list[2].at("line") == "unknown");
    CHECK(list[2].at("lines") == json{"-interface gre1", "- tunnel encap dscp set af41"});
    CHECK(list[3].at("from") == f.manager.file().path());
    CHECK(list[3].at("lines") == json{"+interface gre1", "+ tunnel encap dscp set af41"});
}

TEST_CASE("what the file gives at start is logged as a change of its own") {
    Fixture f;
    std::ofstream(f.manager.file().path()) << gre1("ef").dump();
    f.manager.start();
    const json list = logged(f);
    REQUIRE(list.size() == 1);
    CHECK(list[0].at("from") == f.manager.file().path());
    CHECK(list[0].at("user") == "tunqosd");
    CHECK(list[0].at("line") == "startup");
    CHECK(list[0].at("lines") == json{"+interface gre1", "+ tunnel encap dscp set ef"});
}

TEST_CASE("what is taken over from the module is logged as that") {
    Fixture f;
    Config config;
    config.interfaces["gre1"].tunnel.emplace();
    config.interfaces["gre1"].tunnel->encap.dscp = EncapDscp::native;
    f.kernel.state = planner::compile(config);
    f.manager.start();
    const json list = logged(f);
    REQUIRE(list.size() == 1);
    CHECK(list[0].at("from") == "the module");
    CHECK(list[0].at("line") == "recovery");
    CHECK(list[0].at("lines") == json{"+interface gre1", "+ tunnel encap dscp native"});
}

TEST_CASE("the last thousand lines are remembered, and of a long change its beginning") {
    Log log(Log::Sink::none);
    ChangeLog changes(log);
    for (int i = 0; i < 1003; ++i)
        changes.add(somebody(), {std::to_string(i)});
    REQUIRE(changes.changes().size() == 1000);
    CHECK(changes.changes().front().number == 4);
    CHECK(changes.changes().front().index == 4);
    CHECK(changes.changes().front().lines == std::vector<std::string>{"3"});
    changes.add(somebody(), {});
    CHECK(changes.changes().back().number == 1003);
    changes.add(somebody(), std::vector<std::string>(200, "x"));
    CHECK(changes.changes().back().lines.back() == "x");
    CHECK(changes.changes().size() == 801);
    CHECK(changes.changes().back().index == 1004);
    changes.add(somebody(), std::vector<std::string>(201, "x"));
    CHECK(changes.changes().back().lines.size() == 200);
    CHECK(changes.changes().back().lines.back() == "! and 2 more lines");
    CHECK(changes.changes().back().index == 1204);
    CHECK(changes.changes().size() == 602);
}

TEST_CASE("a logged line is short, and no terminal obeys it") {
    Log log(Log::Sink::none);
    ChangeLog changes(log);
    std::string wide = "1";
    while (wide.size() < 1000)
        wide += "\u00e9";
    changes.add(somebody(), {"a\nb\x1b[2J" + std::string(1000, 'c'), std::string(256, 'd'),
                             std::string(257, 'e'), wide});
    const auto& lines = changes.changes().back().lines;
    CHECK(lines[0] == "a?b?[2J" + std::string(246, 'c') + "...");
    CHECK(lines[1] == std::string(256, 'd'));
    CHECK(lines[2] == std::string(253, 'e') + "...");
    for (const auto& line : lines) {
        CHECK(line.size() <= ChangeLog::max_length);
        CHECK(is_printable(line));
    }
}
