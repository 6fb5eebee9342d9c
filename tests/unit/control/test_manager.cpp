// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/manager.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "catch.hpp"
#include "control/temporary_directory.hpp"
#include "fd.hpp"
#include "guard.hpp"
#include "kernel/fake_kernel.hpp"
#include "kernel/fake_ruleset.hpp"
#include "model/samples.hpp"
#include "planner/planner.hpp"
#include "tunqos/json.hpp"

using namespace tunqos;

namespace {

namespace fs = std::filesystem;

struct Fixture {
    TemporaryDirectory directory;
    std::string path = directory.path() + "/tunqos.json";
    kernel::FakeKernel kernel;
    kernel::FakeLinks links;
    Log log{Log::Sink::none};
    kernel::FakeRuleset ruleset;
    kernel::FakeConnections connections;
    RuleTable table{ruleset, connections};
    Manager manager{kernel, table, ConfigFile(path), log, 100};

    void write(const std::string& text) const { std::ofstream(path) << text; }
    std::string read() const {
        std::stringstream text;
        text << std::ifstream(path).rdbuf();
        return text.str();
    }
    RpcResult<Outcome> set(const Config& config) {
        return manager.set(config, std::nullopt, Manager::Mode::apply);
    }
};

const Config full = samples::full();

Config other() {
    Config config = full;
    config.interfaces["gre1"].tunnel->encap = {};
    return config;
}

} // namespace

TEST_CASE("a missing file is an empty configuration") {
    Fixture f;
    f.manager.start();
    CHECK(f.manager.running() == Config{});
    CHECK(f.manager.in_sync());
    CHECK(f.kernel.applied.empty());
}

TEST_CASE("at start only the difference is sent") {
    Fixture f;
    const std::string kept = f.directory.path() + "/running";
    REQUIRE(RunningFile(kept, "boot").write(other()));
    f.kernel.state = planner::compile(full);
    Manager first(f.kernel, f.table, ConfigFile(f.path), f.log, 100, RunningFile(kept, "boot"));
    first.start();
    REQUIRE(f.kernel.applied.size() == 1);
    CHECK(f.kernel.applied[0].size() == 1);
    CHECK(f.kernel.state == planner::compile(other()));

    // The next daemon finds all as it should be.
    Manager next(f.kernel, f.table, ConfigFile(f.path), f.log, 200, RunningFile(kept, "boot"));
    next.start();
    CHECK(f.kernel.applied.size() == 1);
}

TEST_CASE("a change reaches the module before it is running") {
    Fixture f;
    f.manager.start();
    const auto outcome = f.set(full);
    REQUIRE(outcome);
    CHECK(outcome->generation == 101);
    CHECK(outcome->changes == diff({}, full));
    CHECK(f.manager.running() == full);
    CHECK(f.kernel.state == planner::compile(full));
    // One changed binding: one operation, and no dump of all others.
    const int dumps = f.kernel.dumps;
    REQUIRE(f.set(other()));
    CHECK(f.kernel.applied.back().size() == 1);
    CHECK(f.kernel.dumps == dumps);
    // No change, no transaction.
    const auto again = f.set(other());
    CHECK(again->changes.empty());
    CHECK(again->generation == 102);
    CHECK(f.kernel.applied.size() == 2);
}

TEST_CASE("a change that fails changes nothing") {
    Fixture f;
    f.manager.start();
    REQUIRE(f.set(full));
    const auto state = f.kernel.state;

    SECTION("because it is not valid") {
        Config config = full;
        config.interfaces["gre1"].tunnel->encap.dscp.table = "nowhere";
        config.table_maps.erase("cos");
        const auto outcome = f.set(config);
        REQUIRE_FALSE(outcome);
        CHECK(outcome.error().code == rpc::invalid_config);
        CHECK(outcome.error().problems.size() == 2);
    }
    SECTION("because the module refuses") {
        f.kernel.refusals.push_back(
            {kernel::Error::Kind::refused, {{"interface gre1", "no such hook (encap-dscp)"}}});
        const auto outcome = f.set(other());
        REQUIRE_FALSE(outcome);
        CHECK(outcome.error().code == rpc::kernel_refused);
        CHECK(one_line(outcome.error().problems[0]) == "interface gre1: no such hook (encap-dscp)");
    }
    SECTION("because there is no module") {
        f.kernel.loaded = false;
        const auto outcome = f.set(other());
        REQUIRE_FALSE(outcome);
        CHECK(outcome.error().code == rpc::no_module);
    }
    SECTION("because the caller saw an older configuration") {
        const auto outcome = f.manager.set(other(), 100, Manager::Mode::apply);
        REQUIRE_FALSE(outcome);
        CHECK(outcome.error().code == rpc::stale);
    }
    CHECK(f.manager.running() == full);
    CHECK(f.manager.generation() == 101);
    CHECK(f.kernel.state == state);
}

namespace {

// What turns `full` into this.
Change change_to(const Config& next) {
    Change change;
    const auto compare = [](const auto& before, const auto& after, auto& set, auto& removed) {
        for (const auto& [key, object] : after) {
            const auto found = before.find(key);
            if (found == before.end() || found->second != object) set.emplace(key, object);
        }
        for (const auto& [key, object] : before)
            if (!after.contains(key)) removed.insert(key);
    };
    compare(full.table_maps, next.table_maps, change.objects.table_maps, change.removed_table_maps);
    compare(full.interfaces, next.interfaces, change.objects.interfaces, change.removed_interfaces);
    compare(full.crypto_maps, next.crypto_maps, change.objects.crypto_maps,
            change.removed_crypto_maps);
    return change;
}

// Configurations that differ from `full` in some objects, valid ones and others.
std::vector<Config> near_full() {
    std::vector<Config> all(13, full);
    all[0] = other();
    all[1].interfaces.erase("gre1");
    all[2].interfaces["gre1"].tunnel.reset();
    all[2].interfaces["gre1"].port = PortProfile{"cos"};
    all[3].interfaces["gre2"].tunnel = TunnelProfile{{{EncapDscp::table, "lan"}}, {}, {}};
    all[3].interfaces["eth1.10"].port->table.clear();
    all[4].table_maps["wan"].map[46] = 35;
    all[5].crypto_maps.clear();
    all[6].crypto_maps[{"vpn", 20}] = full.crypto_maps.begin()->second; // the same peer
    all[7].interfaces["gre1"].tunnel->encap.dscp.table = "nowhere";
    all[8].interfaces["eth1.10"].port->table = "wan"; // over 7
    all[9].table_maps.erase("wan");
    all[9].interfaces.erase("gre1");
    all[10].interfaces.erase("eth1.20");
    all[11].interfaces["eth1.10"].port.reset();
    all[11].interfaces["eth1.10"].tunnel = TunnelProfile{};
    return all; // the last one is `full`
}

} // namespace

TEST_CASE("a change of some objects is the same as a new configuration") {
    for (const bool refuses : {false, true}) {
        for (const Config& next : near_full()) {
            Fixture f;
            Fixture g;
            for (Fixture* one : {&f, &g}) {
                one->manager.start();
                REQUIRE(one->set(full));
                if (refuses) one->kernel.refused_object = "interface gre1";
            }
            const int dumps = f.kernel.dumps;
            const Change change = change_to(next);
            const auto check = f.manager.change(change, 101, Manager::Mode::check);
            CHECK(f.manager.running() == full);
            const auto got = f.manager.change(change, 101, Manager::Mode::apply);
            const auto want = g.set(next);
            REQUIRE(got.has_value() == want.has_value());
            if (want) {
                CHECK(got->changes == want->changes);
                CHECK(got->generation == want->generation);
                CHECK(check->changes == want->changes);
                CHECK(f.kernel.dumps == dumps);
            } else {
                CHECK(got.error().code == want.error().code);
                CHECK(got.error().problems == want.error().problems);
            }
            CHECK(f.manager.running() == g.manager.running());
            CHECK(f.kernel.state == g.kernel.state);
            CHECK(f.kernel.applied == g.kernel.applied);
            // What it believes the module to hold is what it does hold.
            f.kernel.refused_object.clear();
            REQUIRE(f.set(full));
            CHECK(f.kernel.state == planner::compile(full));
        }
    }
}

TEST_CASE("a change of some objects undoes what somebody else has done to others") {
    for (const bool meanwhile : {false, true}) {
        Fixture f;
        f.manager.start();
        REQUIRE(f.set(full));
        const auto foreign = [&] {
            f.kernel.state.ports["foreign"] = {"foreign", {}};
            ++f.kernel.module.generation;
        };
        if (meanwhile)
            f.kernel.before_apply = foreign;
        else
            foreign();
        REQUIRE(f.manager.change(change_to(other()), std::nullopt, Manager::Mode::apply));
        CHECK(f.kernel.state == planner::compile(other()));
    }
}

TEST_CASE("a change of some objects finds a module that was loaded anew") {
    Fixture f;
    f.manager.start();
    REQUIRE(f.set(full));
    const std::uint32_t generation = f.kernel.module.generation;
    f.kernel.reload_module();
    f.kernel.module.generation = generation; // by chance
    REQUIRE(f.manager.change(change_to(other()), std::nullopt, Manager::Mode::apply));
    CHECK(f.kernel.state == planner::compile(other()));
}

TEST_CASE("a change of some objects is refused to who saw an older configuration") {
    Fixture f;
    f.manager.start();
    REQUIRE(f.set(full));
    const auto outcome = f.manager.change(change_to(other()), 100, Manager::Mode::apply);
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().code == rpc::stale);
    CHECK(f.manager.running() == full);
}

TEST_CASE("check validates and compares only") {
    Fixture f;
    f.kernel.loaded = false;
    f.manager.start();
    const auto outcome = f.manager.set(full, 100, Manager::Mode::check);
    REQUIRE(outcome);
    CHECK(outcome->changes == diff({}, full));
    CHECK(f.manager.running() == Config{});
    Config bad = full;
    bad.table_maps.clear();
    CHECK(f.manager.set(bad, 100, Manager::Mode::check).error().code == rpc::invalid_config);
}

TEST_CASE("a commit of somebody else in between is planned again, and undone") {
    Fixture f;
    f.manager.start();
    REQUIRE(f.set(full));
    f.kernel.before_apply = [&] {
        f.kernel.state.tunnels.erase("gre1");
        f.kernel.state.ports["foreign"] = {"foreign", {}};
        ++f.kernel.module.generation;
    };
    REQUIRE(f.set(other()));
    CHECK(f.kernel.state == planner::compile(other()));
}

TEST_CASE("commits that are not ours are undone, ours are not read again") {
    Fixture f;
    f.manager.start();
    REQUIRE(f.set(full));
    REQUIRE(f.set(other()));
    const int dumps = f.kernel.dumps;
    f.manager.on_commit(f.kernel.module.generation - 1); // late news of our first one
    f.manager.on_commit(f.kernel.module.generation);
    CHECK(f.kernel.dumps == dumps);
    f.kernel.state = {};
    f.manager.on_commit(++f.kernel.module.generation);
    CHECK(f.kernel.state == planner::compile(other()));
}

TEST_CASE("what the module refuses at start keeps out nothing else") {
    Fixture f;
    f.write(config_to_text(full));
    f.kernel.refused_object = "interface gre1";
    f.manager.start();
    CHECK_FALSE(f.manager.in_sync());
    auto others = planner::compile(full);
    REQUIRE(others.tunnels.erase("gre1") == 1);
    CHECK(f.kernel.state == others);
    CHECK(f.manager.refusal("interface gre1") == "not a gre device");
    const int dumps = f.kernel.dumps;
    f.manager.on_commit(f.kernel.module.generation); // news of our own
    CHECK(f.kernel.dumps == dumps);

    // nor does it stand in the way of a change of something else
    Config changed = full;
    changed.interfaces["gre5"].tunnel = TunnelProfile{};
    REQUIRE(f.manager.set(changed, std::nullopt, Manager::Mode::apply));
    CHECK(f.kernel.state.tunnels.count("gre5") == 1);
    CHECK(f.manager.refusal("interface gre1") == "not a gre device");
    CHECK_FALSE(f.manager.in_sync());
    // but a change of its own is tried, and refused as a whole
    Config worse = changed;
    worse.interfaces["gre1"].tunnel->pre_classify.enabled ^= true;
    worse.interfaces["gre6"].tunnel = TunnelProfile{};
    CHECK_FALSE(f.manager.set(worse, std::nullopt, Manager::Mode::apply));
    CHECK(f.kernel.state.tunnels.count("gre6") == 0);
    REQUIRE(f.manager.set(full, std::nullopt, Manager::Mode::apply));
    CHECK(f.kernel.state.tunnels.count("gre5") == 0);

    f.kernel.refused_object.clear();
    CHECK(f.manager.resync("retry"));
    CHECK(f.kernel.state == planner::compile(full));
    CHECK(f.manager.refusal("interface gre1").empty());
}

TEST_CASE("a module that comes later, or again, is programmed") {
    Fixture f;
    f.write(config_to_text(full));
    f.kernel.loaded = false;
    f.manager.start();
    CHECK(f.manager.running() == full);
    CHECK_FALSE(f.manager.in_sync());
    f.kernel.loaded = true;
    CHECK(f.manager.resync("module-loaded"));
    CHECK(f.kernel.state == planner::compile(full));

    SECTION("and its going is noticed") {
        f.manager.on_module_gone();
        CHECK_FALSE(f.manager.in_sync());
        f.kernel.reload_module();
        CHECK(f.manager.resync("module-loaded"));
    }
    SECTION("even before anybody said so and at the same generation") {
        const auto generation = f.kernel.module.generation;
        f.kernel.reload_module();
        f.kernel.module.generation = generation;
        REQUIRE(f.set(other()));
        CHECK(f.kernel.state == planner::compile(other()));
        return;
    }
    CHECK(f.kernel.state == planner::compile(full));
}

TEST_CASE("a bad file at start leaves the module alone and loses nothing") {
    Fixture f;
    const std::string bad = R"({"version": 1, "interfaces": {"gre1": {"tunnl": {}}}})";
    f.write(bad);
    f.kernel.state = planner::compile(full);
    f.manager.start();
    CHECK(f.kernel.applied.empty());
    CHECK(planner::compile(f.manager.running()) == planner::compile(full));
    CHECK(f.manager.startup().error().code == rpc::invalid_config);

    // Events and retries do not push either.
    CHECK(f.manager.resync("events-lost"));
    CHECK(f.kernel.applied.empty());

    const auto saved = f.manager.save();
    REQUIRE(saved);
    CHECK(*saved == f.path);
    std::stringstream aside;
    aside << std::ifstream(f.path + ".bad").rdbuf();
    CHECK(aside.str() == bad);
    CHECK(*config_from_text(f.read()) == f.manager.running());
}

TEST_CASE("reload takes the file, and a bad one changes nothing") {
    Fixture f;
    f.write(config_to_text(full));
    f.manager.start();
    f.write(config_to_text(other()));
    REQUIRE(f.manager.reload(f.links));
    CHECK(f.manager.running() == other());
    CHECK(f.kernel.state == planner::compile(other()));

    f.write("{\"version\": 1,");
    const auto bad = f.manager.reload(f.links);
    REQUIRE_FALSE(bad);
    CHECK(bad.error().code == rpc::invalid_config);
    CHECK(bad.error().problems[0].path == f.path + ": line 1, column 15");
    fs::remove(f.path);
    const auto missing = f.manager.reload(f.links);
    REQUIRE_FALSE(missing);
    CHECK(missing.error().code == rpc::io_error);
    CHECK(f.manager.running() == other());
}

TEST_CASE("reload refuses what the kind of a device forbids, as set does") {
    Fixture f;
    f.manager.start();
    f.links.kinds["ipsec0"] = "xfrm";
    Config config;
    config.interfaces["ipsec0"].tunnel.emplace().decap.dscp = DecapDscp::copy;
    f.write(config_to_text(config));
    const auto reloaded = f.manager.reload(f.links);
    REQUIRE_FALSE(reloaded);
    CHECK(reloaded.error().code == rpc::invalid_config);
    CHECK(reloaded.error().problems[0].path == "interface ipsec0 / tunnel decap dscp");
    CHECK(f.manager.running() == Config{});
    CHECK(f.kernel.attempts == 0);
    // What runs already is not looked at again.
    f.links.kinds["ipsec0"] = "gre";
    REQUIRE(f.manager.reload(f.links));
    f.links.kinds["ipsec0"] = "xfrm";
    CHECK(f.manager.reload(f.links));
}

TEST_CASE("what ended in the middle is read again from the module") {
    Fixture f;
    f.manager.start();
    REQUIRE(f.set(full));
    f.kernel.state.tunnels.erase("gre1");
    f.manager.doubt();
    CHECK_FALSE(f.manager.in_sync());
    CHECK(f.manager.retry());
    CHECK(f.kernel.state == planner::compile(full));
}

TEST_CASE("a part of the daemon that throws is no end of the others") {
    Log log{Log::Sink::none};
    bool after = false;
    CHECK_FALSE(guarded(log, "look", [] { throw std::runtime_error("no memory"); }));
    CHECK_FALSE(guarded(log, "look", [] { throw 5; }));
    CHECK(guarded(log, "look", [&] { after = true; }));
    CHECK(after);
}

TEST_CASE("saving follows links, keeps modes and leaves no litter") {
    Fixture f;
    f.manager.start();
    REQUIRE(f.set(full));
    const std::string target = f.directory.path() + "/deep/real.json";
    fs::create_directory(f.directory.path() + "/deep");
    fs::create_symlink("deep/real.json", f.path);
    REQUIRE(f.manager.save());
    CHECK(fs::is_symlink(f.path));
    CHECK(*config_from_text(f.read()) == full);
    CHECK((fs::status(target).permissions() & fs::perms::mask) == fs::perms(0640));
    fs::permissions(target, fs::perms(0600));
    REQUIRE(f.manager.save());
    CHECK((fs::status(target).permissions() & fs::perms::mask) == fs::perms(0600));
    CHECK(std::distance(fs::directory_iterator(f.directory.path() + "/deep"), {}) == 1);
    CHECK(*f.manager.startup() == full);
}

TEST_CASE("what a daemon that was killed left beside the file goes with the next save") {
    Fixture f;
    f.manager.start();
    const std::string beside = f.directory.path() + "/.tunqos.json";
    for (const char* end : {".new-abcdef", ".new-locked", ".backup"})
        std::ofstream(beside + end) << "{";
    // Somebody else is writing this one.
    const Fd lock(open((beside + ".new-locked").c_str(), O_RDWR | O_CLOEXEC));
    REQUIRE(flock(lock.get(), LOCK_EX) == 0);
    REQUIRE(f.manager.save());
    CHECK_FALSE(fs::exists(beside + ".new-abcdef"));
    CHECK(fs::exists(beside + ".new-locked"));
    CHECK(fs::exists(beside + ".backup"));
}

TEST_CASE("a bad file is set aside and is never missing") {
    Fixture f;
    const std::string bad = f.path + ".bad";
    std::ofstream(f.path) << "bad";
    const ConfigFile file(f.path);
    const auto text = [](const std::string& path) {
        std::ifstream stream(path);
        return std::string(std::istreambuf_iterator<char>(stream), {});
    };
    for (int i = 0; i < 2; ++i) {
        REQUIRE(file.set_aside());
        CHECK(text(f.path) == "bad");
        CHECK(text(bad) == "bad");
    }
    // Through a link: what it points to is what a save changes.
    fs::rename(f.path, f.directory.path() + "/real");
    fs::create_symlink("real", f.path);
    REQUIRE(file.set_aside());
    REQUIRE(file.save({}));
    CHECK(text(bad) == "bad");
    CHECK(fs::is_symlink(f.path));
    CHECK(file.load().value() == Config{});
    fs::remove(f.path);
    CHECK(file.set_aside());
    CHECK(text(bad) == "bad");
}

TEST_CASE("a file that cannot be written is an error and stays as it was") {
    Fixture f;
    f.manager.start();
    // A directory in the way: rename() fails after the new file was written.
    fs::create_directories(f.path + "/x");
    const auto saved = f.manager.save();
    REQUIRE_FALSE(saved);
    CHECK(saved.error().code == rpc::io_error);
    CHECK(std::distance(fs::directory_iterator(f.directory.path()), {}) == 1);
    CHECK(f.manager.reload(f.links).error().problems[0].message == "is not a regular file");
}
