// SPDX-License-Identifier: GPL-2.0-or-later
//
// Rules, whose one half is in nftables and the other in the module: both, or none.
#include <linux/tunqos.h>

#include <algorithm>

#include "catch.hpp"
#include "control/manager.hpp"
#include "control/temporary_directory.hpp"
#include "kernel/fake_kernel.hpp"
#include "kernel/fake_ruleset.hpp"
#include "kernel/own_namespace.hpp"
#include "planner/planner.hpp"
#include "planner/ruleset.hpp"

using namespace tunqos;
using kernel::Error;
using planner::ruleset_text;

namespace {

constexpr std::uint32_t usual_mask = 0x00ff0000;
constexpr auto apply = Manager::Mode::apply;

struct Fixture {
    TemporaryDirectory directory;
    kernel::FakeKernel kernel;
    kernel::FakeRuleset ruleset;
    kernel::FakeConnections connections;
    RuleTable table{ruleset, connections};
    Log log{Log::Sink::none};
    Manager manager{kernel, table, ConfigFile(directory.path() + "/tunqos.json"), log, 100};

    Fixture() {
        kernel.module.capabilities = TUNQOS_CAPABILITY_MASK;
        manager.start();
    }
    void set(const Config& config) {
        const auto outcome = manager.set(config, std::nullopt, apply);
        INFO((outcome ? std::string() : one_line(outcome.error().problems.front())));
        REQUIRE(outcome);
        CHECK(outcome->warnings == advise(config));
    }
    // Refused, and nothing has changed.
    Problems refused(const Config& config) {
        const Config running = manager.running();
        const auto state = kernel.state;
        const auto ours = ruleset.ours;
        const auto outcome = manager.set(config, std::nullopt, apply);
        REQUIRE_FALSE(outcome);
        CHECK(manager.running() == running);
        CHECK(kernel.state == state);
        CHECK(ruleset.ours == ours);
        return outcome.error().problems;
    }
    bool both_are_of(const Config& config) const {
        const std::string text = ruleset_text(config);
        const bool nft = text.empty() ? !ruleset.ours
                                      : ruleset.ours && planner::is_table_of(text, *ruleset.ours);
        return nft && kernel.state == planner::compile(config);
    }
};

Error refusal(const std::string& words) {
    return {Error::Kind::refused, {{"nftables", words}}};
}

Config one_rule(const std::string& from = "lan0") {
    Config config;
    config.rules[10].match.from = from;
    return config;
}

Config two_rules() {
    Config config = one_rule();
    config.rules[5].match.from = "lan1";
    return config;
}

} // namespace

TEST_CASE("rules are in nftables and in the module, and go from both", "[rules]") {
    Fixture f;
    CHECK(f.ruleset.applied.empty());
    f.set(one_rule());
    CHECK(f.both_are_of(one_rule()));
    CHECK(f.connections.cleared == std::vector<std::uint32_t>{usual_mask});
    f.set(two_rules());
    CHECK(f.both_are_of(two_rules()));
    f.set({});
    CHECK(f.both_are_of({}));
    CHECK(f.ruleset.applied.back() == planner::ruleset_removal());
    CHECK(f.connections.cleared == std::vector<std::uint32_t>(3, usual_mask));
}

TEST_CASE("what a rule does is no matter of nftables, nor of connections", "[rules]") {
    Fixture f;
    f.set(one_rule());
    Config config = one_rule();
    config.rules[10].cos = RuleAction::map;
    f.set(config);
    CHECK(f.both_are_of(config));
    CHECK(f.ruleset.applied.size() == 1);
    CHECK(f.connections.cleared.size() == 1);
}

TEST_CASE("what nft does not take is said in its words, and changes nothing", "[rules]") {
    Fixture f;
    f.set(one_rule());
    f.ruleset.refusals.push_back(refusal("syntax error, unexpected 'x'"));
    CHECK(f.refused(two_rules()) == Problems{{"nftables", "syntax error, unexpected 'x'"}});
    f.ruleset.failures.push_back(refusal("Could not process rule: No such file or directory"));
    CHECK(f.refused({})[0].message.find("No such file") != std::string::npos);
    CHECK(f.refused(one_rule("wan*"))[0].path == "qos rule 10");
    CHECK(f.connections.cleared.size() == 1);
    CHECK(f.manager.in_sync());
}

TEST_CASE("a ruleset that would erase the numbers is named", "[rules]") {
    Fixture f;
    f.ruleset.others = R"({"nftables":[{"rule":{"family":"ip","table":"user","chain":"pre",)"
                       R"("handle":7,"expr":[{"mangle":{"key":{"ct":{"key":"mark"}},)"
                       R"("value":2}}]}}]})";
    const auto problems = f.refused(one_rule());
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].path == "table ip user, chain pre, handle 7");
    CHECK(problems[0].message.find("use ct mark set ct mark & 0xff0000 | 0x2") !=
          std::string::npos);
    f.ruleset.others = "no JSON";
    CHECK(f.refused(one_rule())[0].path == "nftables");
    // Who has no rules is not asked.
    f.set({});
}

TEST_CASE("what the module refuses leaves the old table", "[rules]") {
    Fixture f;
    f.set(one_rule());
    f.kernel.refused_object = "rule 2";
    CHECK(f.refused(two_rules())[0].message == "not a gre device");
    CHECK(f.both_are_of(one_rule()));
    // Some connections may have met the new one meanwhile.
    CHECK(f.connections.cleared.size() == 2);
    Fixture none;
    none.kernel.refused_object = "rule 1";
    CHECK_FALSE(none.refused(one_rule()).empty());
    CHECK_FALSE(none.ruleset.ours);
}

TEST_CASE("a module without rules, or none at all, is no matter of nftables", "[rules]") {
    Fixture f;
    f.kernel.module.capabilities = TUNQOS_CAPABILITY_MASK - TUNQOS_CAPABILITY_RULES;
    ++f.kernel.module.generation;
    CHECK(f.refused(one_rule())[0].message.find("qos rule is not known") == 0);
    f.kernel.loaded = false;
    f.refused(one_rule());
    CHECK(f.ruleset.applied.empty());
}

TEST_CASE("other masks take two commits, and both are taken back", "[rules]") {
    Fixture f;
    f.set(two_rules());
    Config config = two_rules();
    config.rule_options.mark_mask = 0x0000ff00;
    const auto commits = f.kernel.applied.size();
    f.set(config);
    CHECK(f.kernel.applied.size() == commits + 2);
    CHECK(f.both_are_of(config));
    CHECK(f.connections.cleared.back() == (usual_mask | 0xff00));
    config.rules[7].match.to = "wan0";
    config.rule_options.mark_mask = usual_mask;
    f.kernel.refused_object = "rule 3";
    CHECK_FALSE(f.refused(config).empty());
}

TEST_CASE("connections that cannot be asked again are a warning", "[rules]") {
    Fixture f;
    f.connections.failure = Error{Error::Kind::broken, {{"connections", "there are too many"}}};
    const auto outcome = f.manager.set(one_rule(), std::nullopt, apply);
    REQUIRE(outcome);
    REQUIRE(outcome->warnings.size() == 1);
    CHECK(outcome->warnings[0].find("there are too many") != std::string::npos);
    CHECK(f.both_are_of(one_rule()));
}

TEST_CASE("at start the table of the same rules stays, and another one goes", "[rules]") {
    Fixture f;
    f.set(one_rule());
    const auto next = [&] {
        f.ruleset.applied.clear();
        f.connections.cleared.clear();
        CHECK(f.manager.resync("start"));
        CHECK(f.both_are_of(one_rule()));
    };
    next();
    CHECK(f.ruleset.applied.empty());
    CHECK(f.connections.cleared.empty());
    f.ruleset.ours = "table inet tunqos {\n}\n";
    next();
    CHECK(f.ruleset.applied.size() == 1);
    CHECK(f.connections.cleared.size() == 1);
    f.ruleset.ours.reset();
    next();
    CHECK(f.ruleset.applied.size() == 1);
}

TEST_CASE("a table that has to wait keeps out nothing else, and is tried again", "[rules]") {
    Fixture f;
    Config config = one_rule();
    config.interfaces["gre1"].tunnel.emplace().encap.dscp = {EncapDscp::set, Dscp{46}};
    f.set(config);
    f.ruleset.flush();
    f.kernel.reload_module();
    // Each way that is tried finds nftables as it is.
    f.ruleset.refusals.assign(2, refusal("not today"));
    CHECK_FALSE(f.manager.resync("module-loaded"));
    CHECK(f.kernel.state.tunnels.size() == 1);
    CHECK_FALSE(f.ruleset.ours);
    CHECK_FALSE(f.manager.in_sync());
    CHECK(f.manager.retry());
    CHECK(f.both_are_of(config));
    CHECK(f.manager.in_sync());
}

TEST_CASE("a table that somebody takes away comes back", "[rules]") {
    Fixture f;
    f.manager.look_at_table();
    f.set(one_rule());
    f.manager.look_at_table();
    CHECK(f.ruleset.applied.size() == 1);
    f.ruleset.flush();
    f.manager.look_at_table();
    CHECK(f.both_are_of(one_rule()));
    CHECK(f.ruleset.applied.size() == 2);
    // Other changes of the ruleset are no matter of ours.
    ++f.ruleset.number;
    f.manager.look_at_table();
    CHECK(f.ruleset.applied.size() == 2);
}

TEST_CASE("a number that is another rule's counts from 0", "[rules]") {
    Fixture f;
    f.set(one_rule());
    const auto shown = [&] {
        std::vector<std::uint64_t> packets;
        auto rules = f.kernel.rules();
        for (auto& status : *rules) {
            f.manager.baselines().subtract(status);
            packets.push_back(status.original.packets);
        }
        return packets;
    };
    f.kernel.packets = 9;
    CHECK(shown() == std::vector<std::uint64_t>{2});
    Config config = one_rule();
    config.rules[20].match.from = "lan1";
    f.set(config);
    CHECK(shown() == std::vector<std::uint64_t>{2, 0});
    // In front of both: each number is another rule's.
    config.rules[5].match.from = "lan2";
    f.set(config);
    CHECK(shown() == std::vector<std::uint64_t>{0, 0, 0});
}

TEST_CASE("with nftables itself", "[rules]") {
    kernel::in_own_namespace([] {
        TemporaryDirectory directory;
        kernel::FakeKernel module;
        module.module.capabilities = TUNQOS_CAPABILITY_MASK;
        kernel::Nftables nftables;
        kernel::Conntrack conntrack;
        RuleTable table{nftables, conntrack};
        Log log{Log::Sink::none};
        Manager manager{module, table, ConfigFile(directory.path() + "/tunqos.json"), log, 100};
        manager.start();
        const auto listed = [&] { return nftables.table({"inet", "tunqos"})->value_or(""); };

        REQUIRE(manager.set(one_rule(), std::nullopt, apply));
        const std::string first = listed();
        CHECK(planner::is_table_of(ruleset_text(one_rule()), first));
        REQUIRE(manager.resync("start"));
        CHECK(listed() == first);
        // What the module refuses: the same again.
        module.refused_object = "rule 2";
        REQUIRE_FALSE(manager.set(two_rules(), std::nullopt, apply));
        CHECK(listed() == first);
        module.refused_object.clear();

        const std::string user =
            "table ip user {\nchain pre {\n"
            "type filter hook prerouting priority mangle;\n";
        REQUIRE(nftables.apply(user + "ct mark set meta mark\n}\n}\n"));
        const auto refused = manager.set(two_rules(), std::nullopt, apply);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().problems[0].path.find("table ip user, chain pre, handle ") == 0);
        CHECK(listed() == first);

        REQUIRE(nftables.apply("flush ruleset\n"));
        manager.look_at_table();
        CHECK(planner::is_table_of(ruleset_text(one_rule()), listed()));
        REQUIRE(manager.set({}, std::nullopt, apply));
        CHECK(listed().empty());
    });
}
