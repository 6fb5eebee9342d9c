// SPDX-License-Identifier: GPL-2.0-or-later
//
// The running configuration outlives the daemon: in its file, and in what the next daemon makes
// of the file, of the startup file and of the module.
#include "control/running_file.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "catch.hpp"
#include "control/manager.hpp"
#include "control/temporary_directory.hpp"
#include "kernel/fake_kernel.hpp"
#include "kernel/fake_ruleset.hpp"
#include "model/samples.hpp"
#include "planner/planner.hpp"
#include "tunqos/json.hpp"

using namespace tunqos;
using nlohmann::json;

namespace {

namespace fs = std::filesystem;

const Config full = samples::full();

Config other() {
    Config config = full;
    config.interfaces["gre1"].tunnel->encap = {};
    config.interfaces["gre1"].description = "to branch c";
    return config;
}

std::string read(const std::string& path) {
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

void write(const std::string& path, const std::string& text) {
    std::ofstream(path) << text;
}

// A machine on which one daemon follows the other.
struct Machine {
    TemporaryDirectory directory;
    std::string startup = directory.path() + "/tunqos.json";
    std::string kept = directory.path() + "/running";
    std::string boot = "boot 1";
    kernel::FakeKernel kernel;
    kernel::FakeLinks links;
    Log log{Log::Sink::none};

    kernel::FakeRuleset ruleset;
    kernel::FakeConnections connections;
    RuleTable table{ruleset, connections};

    Manager daemon() {
        return {kernel, table, ConfigFile(startup), log, 100, RunningFile(kept, boot)};
    }
    // What the next daemon runs.
    Config next() {
        Manager manager = daemon();
        manager.start();
        CHECK(kernel.state == planner::compile(manager.running()));
        return manager.running();
    }
    void set(Manager& manager, const Config& config) {
        REQUIRE(manager.set(config, std::nullopt, Manager::Mode::apply));
    }
};

} // namespace

TEST_CASE("what was answered is what the next daemon runs") {
    Machine m;
    write(m.startup, config_to_text(full));
    {
        Manager manager = m.daemon();
        manager.start();
        CHECK(manager.unsaved()->empty());
    }
    CHECK(m.next() == full);
    Manager manager = m.daemon();
    manager.start();

    SECTION("a change of some objects") {
        Change change;
        change.objects.interfaces["gre1"] = other().interfaces["gre1"];
        change.removed_interfaces = {"eth1.20"};
        REQUIRE(manager.change(change, std::nullopt, Manager::Mode::apply));
        Config want = other();
        want.interfaces.erase("eth1.20");
        CHECK(m.next() == want);
        CHECK(*manager.unsaved() == diff(full, want));
    }
    SECTION("a new configuration") {
        m.set(manager, other());
        m.set(manager, {});
        m.set(manager, other());
        CHECK(m.next() == other());
    }
    SECTION("an empty one") {
        m.set(manager, {});
        CHECK(m.next() == Config{});
    }
    SECTION("and a check, or a refusal, is none") {
        CHECK(manager.set(other(), std::nullopt, Manager::Mode::check));
        m.kernel.refused_object = "interface gre1";
        CHECK_FALSE(manager.set(other(), std::nullopt, Manager::Mode::apply));
        m.kernel.refused_object.clear();
        CHECK(m.next() == full);
    }
    SECTION("without the module too") {
        m.set(manager, other());
        m.kernel.loaded = false;
        Manager waiting = m.daemon();
        waiting.start();
        CHECK(waiting.running() == other());
        m.kernel.loaded = true;
        m.kernel.reload_module();
        CHECK(waiting.resync("module-loaded"));
        CHECK(m.kernel.state == planner::compile(other()));
    }
}

TEST_CASE("the startup file takes the place of what runs at boot or on request only") {
    Machine m;
    write(m.startup, config_to_text(full));
    m.next();
    write(m.startup, config_to_text(other()));
    CHECK(m.next() == full);
    SECTION("boot") {
        m.boot = "boot 2";
        m.kernel.reload_module();
        CHECK(m.next() == other());
    }
    SECTION("another module in the same boot") {
        m.kernel.reload_module();
        CHECK(m.next() == full);
    }
    SECTION("request") {
        Manager manager = m.daemon();
        manager.start();
        CHECK(*manager.unsaved() == diff(other(), full));
        REQUIRE(manager.reload(m.links));
        CHECK(m.next() == other());
    }
    SECTION("a file that was bad meanwhile") {
        write(m.startup, "{");
        CHECK(m.next() == full);
        fs::remove(m.startup);
        CHECK(m.next() == full);
    }
}

TEST_CASE("nothing is kept of a daemon that nobody has configured") {
    Machine m;
    CHECK(m.next() == Config{});
    write(m.startup, config_to_text(full));
    CHECK(m.next() == full);
}

TEST_CASE("without its file a daemon goes on with what the module has") {
    Machine m;
    write(m.startup, config_to_text(full));
    m.kernel.state = planner::compile(other());
    SECTION("damaged") {
        for (const char* bad :
             {"", "{", "{}\n", "{\"era\":\"boot 1\",\"config\":{\"version\":2}}\n",
              "{\"era\":\"boot 1\",\"config\":{\"version\":1}}\n{\"version\":1,"
              "\"interfaces\":{\"gre1\":5}}\n",
              // valid in form only
              "{\"era\":\"boot 1\",\"config\":{\"version\":1}}\n{\"version\":1,"
              "\"interfaces\":{\"a\":{\"tunnel\":{\"encap\":{\"dscp\":{\"table\":"
              "\"nowhere\"}}}}}}\n"}) {
            CAPTURE(bad);
            write(m.kept, bad);
            m.kernel.state = planner::compile(other());
            const Config got = m.next();
            CHECK(planner::compile(got) == planner::compile(other()));
        }
    }
    SECTION("missing") {
        fs::remove(m.kept);
    }
    SECTION("a directory") {
        fs::create_directory(m.kept);
    }
    SECTION("a link to somewhere else") {
        write(m.directory.path() + "/elsewhere",
              "{\"era\":\"boot 1\",\"config\":{\"version\":1}}\n");
        fs::create_symlink("elsewhere", m.kept);
    }
    const Config got = m.next();
    CHECK(m.kernel.state == planner::compile(other()));
    // The startup file has names for what it has in common with the module.
    Config want = other();
    want.interfaces["gre1"].description = full.interfaces.at("gre1").description;
    want.interfaces["gre1"].tunnel->decap.dscp.table =
        got.interfaces.at("gre1").tunnel->decap.dscp.table;
    Config without = got;
    std::erase_if(without.table_maps,
                  [](const auto& map) { return map.first.starts_with("recovered"); });
    CHECK(without == want);
}

TEST_CASE("a change that was half written is none") {
    Machine m;
    Manager manager = m.daemon();
    manager.start();
    m.set(manager, full);
    const std::string before = read(m.kept);
    m.set(manager, other());
    const std::string after = read(m.kept);
    REQUIRE(after.starts_with(before));
    for (std::size_t size = before.size(); size <= after.size(); ++size) {
        write(m.kept, after.substr(0, size));
        const auto loaded = RunningFile(m.kept, m.boot).load();
        REQUIRE(loaded);
        CHECK(**loaded == (size == after.size() ? other() : full));
    }
}

TEST_CASE("a change among thousands costs its own line, and the file does not grow for ever") {
    Machine m;
    Config many;
    for (int i = 0; i < 2000; ++i)
        many.interfaces["gre" + std::to_string(i)].tunnel = TunnelProfile{};
    Manager manager = m.daemon();
    manager.start();
    m.set(manager, many);
    const auto whole = fs::file_size(m.kept);
    std::uintmax_t largest = whole;
    Change change;
    for (int i = 0; i < 4000; ++i) {
        const auto size = fs::file_size(m.kept);
        auto& interface = change.objects.interfaces["gre7"];
        interface.tunnel = TunnelProfile{};
        interface.description = std::to_string(i) + std::string(100, 'x');
        REQUIRE(manager.change(change, std::nullopt, Manager::Mode::apply));
        const auto now = fs::file_size(m.kept);
        if (i == 0) CHECK(now - size < 400);
        largest = std::max(largest, now);
    }
    CHECK(largest > 2 * whole);
    CHECK(largest < 3 * whole);
    CHECK(m.next() == manager.running());
}

TEST_CASE("what cannot be kept is said, and nothing older is taken for it") {
    Machine m;
    Manager manager = m.daemon();
    manager.start();
    m.set(manager, full);
    CHECK((fs::status(m.kept).permissions() & fs::perms::all) ==
          (fs::perms::owner_read | fs::perms::owner_write));
    SECTION("its place is taken") {
        m.kept = m.directory.path() + "/taken";
        fs::create_directories(m.kept + "/x");
    }
    SECTION("nobody knows the boot") {
        m.boot.clear();
    }
    Manager next = m.daemon();
    next.start();
    const auto outcome = next.set(other(), std::nullopt, Manager::Mode::apply);
    REQUIRE(outcome);
    REQUIRE_FALSE(outcome->warnings.empty());
    CHECK(outcome->warnings.back().starts_with("the running configuration cannot be kept (" +
                                               m.kept));
    CHECK_FALSE(fs::exists(m.kept + ".new"));
    CHECK_FALSE(RunningFile(m.kept, m.boot).load().value_or(std::nullopt));
}

TEST_CASE("this boot and namespace have a name") {
    CHECK_FALSE(current_era().empty());
    CHECK(current_era() == current_era());
    setenv("TUNQOS_BOOT_ID", "00-ff", 1);
    CHECK(current_era().starts_with("00ff "));
    unsetenv("TUNQOS_BOOT_ID");
}
