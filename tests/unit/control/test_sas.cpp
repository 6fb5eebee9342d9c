// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the daemon says of SAs: on the socket, and in its log.
#include <fcntl.h>
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <functional>

#include "catch.hpp"
#include "control/answers.hpp"
#include "control/dispatcher.hpp"
#include "control/sa_watch.hpp"
#include "control/surroundings_watch.hpp"
#include "control/temporary_directory.hpp"
#include "kernel/fake_kernel.hpp"
#include "kernel/fake_ruleset.hpp"
#include "model/samples.hpp"

using namespace tunqos;
using nlohmann::json;

namespace {

// From the peer of the sample's crypto map vpn 10, which copies at decap.
kernel::Sa inbound() {
    kernel::Sa sa;
    sa.direction = kernel::Sa::Direction::in;
    sa.source = "203.0.113.2";
    sa.destination = "192.0.2.1";
    sa.protocol = IPPROTO_ESP;
    sa.spi = 0x1001;
    sa.reqid = 5;
    sa.mode = XFRM_MODE_TUNNEL;
    sa.window = 1024;
    return sa;
}

struct Fixture {
    TemporaryDirectory directory;
    kernel::FakeKernel kernel;
    kernel::FakeLinks links;
    kernel::FakeSas sas;
    Log log{Log::Sink::standard_error};
    kernel::FakeRuleset ruleset;
    kernel::FakeConnections connections;
    RuleTable table{ruleset, connections};
    Manager manager{kernel, table, ConfigFile(directory.path() + "/tunqos.json"), log, 100};
    SaWatch watch{sas, links, [this]() -> const Config& { return manager.running(); }, log};
    kernel::FakeSurroundings surroundings;
    SurroundingsWatch beside{surroundings, links,
                             [this]() -> const Config& { return manager.running(); }, log};
    Dispatcher dispatcher{{manager, links, watch, beside, {1, "blue"}}, log};

    Fixture() { REQUIRE(manager.set(samples::full(), {}, Manager::Mode::apply)); }

    json answer() {
        const json value = json::parse(
            dispatcher.answer(R"({"jsonrpc": "2.0", "id": 1, "method": "show.sas"})", Right::read));
        write_down("show.sas", value);
        return value;
    }
    json shown() { return answer().at("result").at("sas"); }
};

// Lines of the log about SAs while `action` runs.
std::vector<std::string> logged(const std::string& directory, const std::function<void()>& action) {
    const std::string path = directory + "/log";
    std::fflush(stderr);
    const int saved = dup(STDERR_FILENO);
    const int file_descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    REQUIRE(dup2(file_descriptor, STDERR_FILENO) == STDERR_FILENO);
    close(file_descriptor);
    action();
    std::fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    std::ifstream file(path);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) {
        for (const char* event : {"sa-warning", "replay-drops", "no-sas"}) {
            if (const auto at = line.find(event); at != std::string::npos)
                lines.push_back(line.substr(at));
        }
    }
    return lines;
}

} // namespace

TEST_CASE("show.sas has every SA with what binds it") {
    Fixture f;
    CHECK(f.shown() == json::array());
    kernel::Sa sa = inbound();
    sa.drops = {3, 2, 1};
    kernel::Sa other = inbound();
    other.source = "203.0.113.9";
    other.direction = kernel::Sa::Direction::unknown;
    other.mark = Mark{0x10, 0xff};
    other.if_id = 7;
    other.dont_encap_dscp = other.no_ecn = other.natt = true;
    f.sas.list = {sa, other};
    const json list = f.shown();
    REQUIRE(list.size() == 2);
    CHECK(list[0] == json::parse(R"({"name": "esp 0x1001 from 203.0.113.2", "direction": "in",
        "peer": "203.0.113.2", "local": "192.0.2.1", "protocol": "esp", "spi": "0x1001",
        "mode": "tunnel", "reqid": 5, "natTraversal": false, "decapDscp": false,
        "dontEncapDscp": false, "noEcn": false, "replayWindow": 1024,
        "drops": {"late": 3, "repeated": 2, "broken": 1},
        "recentDrops": {"late": 0, "repeated": 0, "broken": 0},
        "bound": "crypto map vpn 10", "ifId": null, "mark": null, "warnings": [],
        "notes": []})"));
    CHECK(list[1].at("bound") == nullptr);
    CHECK(list[1].at("direction") == "unknown");
    CHECK(list[1].at("mark") == "0x10/0xff");
    CHECK(list[1].at("ifId") == 7);
    for (const char* flag : {"natTraversal", "dontEncapDscp", "noEcn"})
        CHECK(list[1].at(flag) == true);
    f.sas.permitted = false;
    CHECK(f.answer().at("error").at("message") == "the list of SAs cannot be read");
}

TEST_CASE("what binds no SA is not active") {
    Fixture f;
    const auto state = [&](const char* name) {
        const json answer = json::parse(f.dispatcher.answer(json{{"jsonrpc", "2.0"},
                                                                 {"id", 1},
                                                                 {"method", "show.tunnels"},
                                                                 {"params", {{"name", name}}}}
                                                                .dump(),
                                                            Right::read));
        return answer.at("result").at("tunnels").at(0);
    };
    CHECK(state("gre1").at("state") == "active"); // no SAs are needed there
    CHECK(state("vpn 10").at("state") == "no-sa");
    CHECK(state("vpn 10").at("problem").get<std::string>().starts_with("the kernel has no SA"));
    f.sas.list = {inbound()};
    CHECK(state("vpn 10").at("state") == "active");
    CHECK(state("vpn 10").at("problem") == nullptr);
    f.sas.list[0].source = "203.0.113.9"; // somebody else's
    CHECK(state("vpn 10").at("state") == "no-sa");

    // Most specific wins: the SA is another entry's.
    f.kernel.module.capabilities = ~0ULL;
    ++f.kernel.module.instance; // to be asked again
    Config config = samples::full();
    config.crypto_maps[{"vpn", 20}].match.reqid = 5;
    config.interfaces["ipsec0"].tunnel = TunnelProfile{};
    REQUIRE(f.manager.set(config, {}, Manager::Mode::apply));
    f.sas.list = {inbound()};
    CHECK(state("vpn 10").at("state") == "no-sa");
    CHECK(state("vpn 20").at("state") == "active");

    // A device: by its selector, if it has one.
    CHECK(state("ipsec0").at("state") == "active");
    f.links.devices = {{"ipsec0", {.if_id = 7}}};
    CHECK(state("ipsec0").at("state") == "no-sa");
    f.sas.list[0].if_id = 7;
    f.sas.list[0].reqid = 6;
    CHECK(state("ipsec0").at("state") == "active");

    // What the module says comes first, and without the list nothing is claimed.
    f.sas.permitted = false;
    CHECK(state("vpn 20").at("state") == "active");
    CHECK(state("vpn 20").at("warnings") ==
          json{"it is not known whether it has an SA: the list of SAs cannot be read"});
    f.kernel.loaded = false;
    CHECK(state("vpn 20").at("state") == "no-module");
}

TEST_CASE("transport mode is not complained of where an SA of tunnel mode goes with it") {
    Fixture f;
    kernel::Sa esp = inbound();
    esp.mode = XFRM_MODE_TRANSPORT;
    kernel::Sa ipcomp = inbound();
    ipcomp.protocol = IPPROTO_COMP;
    f.sas.list = {esp};
    REQUIRE(f.shown().at(0).at("warnings").size() == 1);
    f.sas.list = {esp, ipcomp};
    CHECK(f.shown().at(0).at("warnings").empty());
    f.sas.list[1].source = "203.0.113.9"; // another peer's
    CHECK(f.shown().at(0).at("warnings").size() == 1);
}

TEST_CASE("a warning is in the log when it appears, and again when it comes back") {
    Fixture f;
    f.sas.list = {inbound()};
    const auto look = [&] { return logged(f.directory.path(), [&] { f.watch.look(); }); };
    CHECK(look().empty());
    f.sas.list[0].decap_dscp = true;
    const auto lines = look();
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].find("sa-warning") == 0);
    CHECK(lines[0].find("SA esp 0x1001 from 203.0.113.2 has decap-dscp") != std::string::npos);
    CHECK(f.shown().at(0).at("warnings").size() == 1);
    CHECK(look().empty());
    f.sas.list[0].decap_dscp = false;
    CHECK(look().empty());
    f.sas.list[0].decap_dscp = true;
    CHECK(look().size() == 1);
}

TEST_CASE("what the replay check drops from now on is told with SA and counts") {
    Fixture f;
    f.sas.list = {inbound()};
    f.sas.list[0].drops = {100, 10, 1};
    const auto look = [&] { return logged(f.directory.path(), [&] { f.watch.look(); }); };
    const auto recent = [&] { return f.shown().at(0).at("recentDrops"); };
    CHECK(look().empty()); // dropped before the daemon came
    CHECK(look().empty());
    f.sas.list[0].drops = {103, 12, 2};
    const auto lines = look();
    REQUIRE(lines.size() == 1);
    for (const char* part : {"replay-drops", "esp 0x1001 from 203.0.113.2", "crypto map vpn 10",
                             "window=1024", "late=3", "repeated=2", "broken=1"}) {
        CAPTURE(part, lines[0]);
        CHECK(lines[0].find(part) != std::string::npos);
    }
    CHECK(recent() == json::parse(R"({"late": 3, "repeated": 2, "broken": 1})"));
    CHECK(look().empty());
    CHECK(recent() == json::parse(R"({"late": 0, "repeated": 0, "broken": 0})"));
    // Rekeyed: the numbers of the new SA begin at 0.
    f.sas.list[0].spi = 0x1002;
    f.sas.list[0].drops = {4, 0, 0};
    CHECK(look().size() == 1);
    CHECK(recent().at("late") == 4);
    // Of SAs that nothing binds nobody has asked.
    f.sas.list[0].source = "203.0.113.9";
    f.sas.list[0].drops = {9, 0, 0};
    CHECK(look().empty());
}

TEST_CASE("without an entry for IPsec nobody looks at SAs") {
    Fixture f;
    f.sas.permitted = false;
    const auto look = [&] { return logged(f.directory.path(), [&] { f.watch.look(); }); };
    CHECK(look().size() == 1);
    CHECK(look().empty()); // said once
    REQUIRE(f.manager.set({}, {}, Manager::Mode::apply));
    CHECK(look().empty());
    Config config;
    config.interfaces["ipsec0"].tunnel = TunnelProfile{};
    REQUIRE(f.manager.set(config, {}, Manager::Mode::apply));
    CHECK(look().empty());
    f.sas.permitted = true;
    f.links.devices = {{"ipsec0", {.if_id = 7}}};
    f.sas.list = {inbound()};
    f.sas.list[0].if_id = 7;
    CHECK(f.shown().at(0).at("bound") == "interface ipsec0");
}
