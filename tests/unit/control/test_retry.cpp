// SPDX-License-Identifier: GPL-2.0-or-later
//
// What trying again costs, in requests to the module.
#include "control/retry.hpp"

#include <fstream>

#include "catch.hpp"
#include "control/temporary_directory.hpp"
#include "kernel/fake_kernel.hpp"
#include "kernel/fake_ruleset.hpp"
#include "planner/planner.hpp"
#include "tunqos/json.hpp"

using namespace tunqos;

namespace {

Config many_tunnels() {
    Config config;
    for (int i = 0; i < 500; ++i)
        config.interfaces["gre" + std::to_string(i)].tunnel = TunnelProfile{};
    return config;
}

struct Fixture {
    TemporaryDirectory directory;
    kernel::FakeKernel kernel;
    Log log{Log::Sink::none};
    kernel::FakeRuleset ruleset;
    kernel::FakeConnections connections;
    RuleTable table{ruleset, connections};
    Manager manager{kernel, table, ConfigFile(directory.path() + "/tunqos.json"), log, 100};
    Retry retry{manager};

    void start_with(const std::string& refused) {
        std::ofstream(directory.path() + "/tunqos.json") << config_to_text(many_tunnels());
        kernel.refused_object = refused;
        manager.start();
    }
    // Attempts to commit in so many seconds.
    int attempts_in(int seconds) {
        const int before = kernel.attempts;
        for (int i = 0; i < seconds; ++i)
            retry.tick();
        return kernel.attempts - before;
    }
};

} // namespace

TEST_CASE("what the module refuses is asked for more and more seldom, and nothing else is") {
    Fixture f;
    f.start_with("interface gre7");
    CHECK_FALSE(f.manager.in_sync());
    const int dumps = f.kernel.dumps;
    f.kernel.largest = 0;
    // after 1, 2, 4, 8, 16, 32 seconds, then each minute
    CHECK(f.attempts_in(1) == 1);
    CHECK(f.attempts_in(1) == 0);
    CHECK(f.attempts_in(61) == 5);
    CHECK(f.attempts_in(3600) == 60);
    CHECK(f.kernel.dumps == dumps);
    CHECK(f.kernel.largest == 1); // operations in one of these

    f.kernel.refused_object.clear();
    CHECK(f.attempts_in(60) == 1);
    CHECK(f.manager.in_sync());
    CHECK(f.manager.refusal("interface gre7").empty());
    CHECK(f.kernel.state == planner::compile(many_tunnels()));
    CHECK(f.attempts_in(600) == 0);
    CHECK(f.kernel.dumps == dumps);
}

TEST_CASE("a change of the configuration, or news, make the next attempt come soon") {
    Fixture f;
    f.start_with("interface gre7");
    f.attempts_in(600);
    f.attempts_in(20);
    Config config = many_tunnels();
    config.interfaces["gre600"].tunnel = TunnelProfile{};
    REQUIRE(f.manager.set(config, std::nullopt, Manager::Mode::apply));
    CHECK(f.attempts_in(2) == 1);
    f.attempts_in(610);
    CHECK(f.attempts_in(2) == 0);
    f.retry.soon();
    CHECK(f.attempts_in(2) == 1);
}

TEST_CASE("news of a refused device wake the attempt of that device alone") {
    Fixture f;
    f.start_with("interface gre7");
    const int attempts = f.kernel.attempts;
    const int dumps = f.kernel.dumps;
    f.manager.on_device("gre8");
    f.manager.on_device("eth0");
    CHECK(f.kernel.attempts == attempts);
    f.manager.on_device("gre7");
    CHECK(f.kernel.attempts == attempts + 1);
    CHECK(f.manager.refusal("interface gre7") == "not a gre device");
    f.kernel.refused_object.clear();
    f.manager.on_device("gre7");
    CHECK(f.kernel.attempts == attempts + 2);
    CHECK(f.manager.in_sync());
    CHECK(f.kernel.dumps == dumps);
    CHECK(f.kernel.state == planner::compile(many_tunnels()));
}

TEST_CASE("a module that is missing, or changed by somebody else, is read again") {
    Fixture f;
    f.start_with("interface gre7");
    f.kernel.loaded = false;
    f.attempts_in(600);
    CHECK_FALSE(f.manager.in_sync());
    f.kernel.loaded = true;
    f.kernel.reload_module();
    f.kernel.refused_object.clear();
    f.retry.soon();
    f.attempts_in(1);
    CHECK(f.manager.in_sync());
    CHECK(f.kernel.state == planner::compile(many_tunnels()));
}
