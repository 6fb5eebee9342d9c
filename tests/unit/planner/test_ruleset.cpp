// SPDX-License-Identifier: GPL-2.0-or-later
//
// What nftables is told of rules: as a text, and by nft itself where a namespace may be made.
#include "planner/ruleset.hpp"

#include "catch.hpp"
#include "kernel/nftables.hpp"
#include "kernel/own_namespace.hpp"
#include "planner/foreign_marks.hpp"
#include "planner/planner.hpp"

using namespace tunqos;
using planner::ruleset_text;

namespace {

Config with(const RuleMatch& match) {
    Config config;
    config.rules[10].match = match;
    config.rules[10].dscp = RuleAction::none;
    return config;
}

// The lines of the chain that finds the rule, without the last one, which is always there.
std::string classified(const Config& config) {
    const std::string text = ruleset_text(config);
    const std::string begin = "  chain classify {\n";
    const auto from = text.find(begin) + begin.size();
    return text.substr(from, text.find("    ct mark set ct mark | 0x00ff0000\n", from) - from);
}

// Of a rule, what it matches; of several families a line each.
std::string matched(const Config& config) {
    std::string text = classified(config);
    const std::string verdict = "ct mark set ct mark & 0xff00ffff | 0x00010000 return\n";
    for (auto at = text.find(verdict); at != std::string::npos; at = text.find(verdict))
        text.replace(at, verdict.size(), ";");
    for (auto at = text.find("    "); at != std::string::npos; at = text.find("    "))
        text.erase(at, 4);
    return text;
}

std::string matched(const RuleMatch& match) {
    return matched(with(match));
}

DscpSet dscps(std::initializer_list<std::size_t> list) {
    DscpSet set;
    for (const auto one : list)
        set.set(one);
    return set;
}

// One of each kind of thing that a rule can match.
Config everything() {
    Config config;
    config.zones["LAN"] = {"lan0", "lan1", "a b", "$x"};
    config.zones["EMPTY"] = {};
    auto rule = [&](RuleSequence sequence) -> RuleMatch& { return config.rules[sequence].match; };
    rule(10).from = "LAN";
    rule(10).to = "wan0";
    rule(10).protocol = "udp";
    rule(10).source = {parse_network("192.168.168.0/24"), PortRange{5060, 5090}};
    rule(10).destination = {parse_network("10.50.165.1"), PortRange{53, 53}};
    rule(20).dscp = dscps({46, 34});
    rule(30).cos.set(5);
    rule(30).cos.set(6);
    rule(40).source.address = parse_network("2001:db8::/32");
    rule(40).dscp = dscps({0});
    rule(50).from = "EMPTY";
    RuleSequence sequence = 100;
    for (const auto& protocol : rule_protocols()) {
        rule(++sequence).protocol = protocol.word;
        if (!protocol.has_ports) continue;
        rule(++sequence).protocol = protocol.word;
        rule(sequence).source.ports = PortRange{1, 65535};
    }
    config.rules[60000].dscp = RuleAction::none;
    return config;
}

} // namespace

TEST_CASE("without rules nftables is told nothing", "[rules]") {
    Config config;
    config.zones["LAN"] = {"lan0"};
    CHECK(ruleset_text(config).empty());
}

TEST_CASE("a rule that is being typed is none yet, and has its number", "[rules]") {
    Config config;
    config.rules[10].name = "VOIP";
    CHECK(ruleset_text(config).empty());
    config.rules[20].match.from = "lan0";
    CHECK(classified(config) ==
          "    iifname \"lan0\" ct mark set ct mark & 0xff00ffff | 0x00020000 return\n");
}

TEST_CASE("one table, in the place of the one that is there", "[rules]") {
    const std::string text = ruleset_text(with({}));
    const std::string begin =
        "add table inet tunqos\ndelete table inet tunqos\n"
        "table inet tunqos {\n  comment \"tunqos ";
    CHECK(text.find(begin) == 0);
    CHECK(text.substr(begin.size() + 16) ==
          "\"\n"
          "  chain forward {\n"
          "    type filter hook forward priority mangle + 40; policy accept;\n"
          "    ct direction original ct mark & 0x00ff0000 == 0 jump classify\n"
          "  }\n"
          "  chain classify {\n"
          "    ct mark set ct mark & 0xff00ffff | 0x00010000 return\n"
          "    ct mark set ct mark | 0x00ff0000\n"
          "  }\n"
          "}\n");
}

TEST_CASE("rules in the order of their sequence, with their place as number", "[rules]") {
    Config config;
    config.rules[300].match.from = "c";
    config.rules[20].match.from = "b";
    config.rules[3].match.from = "a";
    CHECK(classified(config) ==
          "    iifname \"a\" ct mark set ct mark & 0xff00ffff | 0x00010000 return\n"
          "    iifname \"b\" ct mark set ct mark & 0xff00ffff | 0x00020000 return\n"
          "    iifname \"c\" ct mark set ct mark & 0xff00ffff | 0x00030000 return\n");
    const auto state = planner::compile(config);
    REQUIRE(state.rules.size() == 3);
    CHECK(state.rules.at(3).number == 3);
    config.rule_options.mark_mask = 0x0000001e; // 4 bits
    CHECK(ruleset_text(config).find("ct mark & 0x0000001e == 0 jump") != std::string::npos);
    CHECK(ruleset_text(config).find("ct mark & 0xffffffe1 | 0x00000006 return") !=
          std::string::npos);
    CHECK(ruleset_text(config).find("ct mark | 0x0000001e\n") != std::string::npos);
}

TEST_CASE("what a rule matches in the words of nft", "[rules]") {
    CHECK(matched({.from = "lan0", .to = "wan0"}) == "iifname \"lan0\" oifname \"wan0\" ;");
    CHECK(matched({.protocol = "udp"}) == "meta l4proto 17 ;");
    CHECK(matched({.protocol = "ip"}) == "meta nfproto ipv4 ;");
    CHECK(matched({.protocol = "ipv6"}) == "meta nfproto ipv6 ;");
    CHECK(matched({.protocol = "icmp"}) == "meta nfproto ipv4 meta l4proto 1 ;");
    RuleMatch match{.protocol = "udp"};
    match.source = {parse_network("192.168.168.0/24"), PortRange{5060, 5090}};
    match.destination = {parse_network("10.50.165.1"), PortRange{53, 53}};
    CHECK(matched(match) ==
          "ip saddr 192.168.168.0/24 ip daddr 10.50.165.1 udp sport 5060-5090 udp dport 53 ;");
    RuleMatch v6{.protocol = "tcp"};
    v6.destination.address = parse_network("2001:db8::/32");
    CHECK(matched(v6) == "ip6 daddr 2001:db8::/32 meta l4proto 6 ;");
}

TEST_CASE("a DSCP is in both families, unless something tells which", "[rules]") {
    CHECK(matched({.dscp = dscps({46})}) == "ip dscp 46 ;ip6 dscp 46 ;");
    RuleMatch match{.protocol = "udp", .dscp = dscps({34, 46})};
    CHECK(matched(match) ==
          "meta l4proto 17 ip dscp { 34, 46 } ;"
          "meta l4proto 17 ip6 dscp { 34, 46 } ;");
    match.source.address = parse_network("2001:db8::1");
    CHECK(matched(match) == "ip6 saddr 2001:db8::1 meta l4proto 17 ip6 dscp { 34, 46 } ;");
    CHECK(matched({.protocol = "icmp", .dscp = dscps({0})}) == "meta l4proto 1 ip dscp 0 ;");
}

TEST_CASE("the CoS is where the module has put it", "[rules]") {
    Config config = with({});
    config.rules[10].match.cos.set(5);
    CHECK(matched(config) == "meta mark & 0x0f000000 == 0x0d000000 ;");
    config.rules[10].match.cos.set(0);
    CHECK(matched(config) == "meta mark & 0x0f000000 == { 0x08000000, 0x0d000000 } ;");
    config.rule_options.cos_mask = 0x3c;
    CHECK(matched(config) == "meta mark & 0x0000003c == { 0x00000020, 0x00000034 } ;");
    config.rules[20];
    const auto rules = planner::compile(config).rules;
    CHECK(rules.at(1).cos_mask == 0x3c);
    CHECK(rules.at(2).cos_mask == 0x3c); // alike in all
    config.rules.erase(10);
    CHECK(planner::compile(config).rules.at(1).cos_mask == 0);
}

TEST_CASE("a zone is any of its interfaces, and an empty one none", "[rules]") {
    Config config = with({.from = "LAN", .to = "WAN"});
    config.zones["LAN"] = {"lan0", "lan1"};
    config.zones["WAN"] = {"wan0"};
    CHECK(matched(config) == "iifname { \"lan0\", \"lan1\" } oifname \"wan0\" ;");
    config.zones["WAN"].clear();
    config.rules[20].match.to = "LAN";
    CHECK(classified(config) ==
          "    oifname { \"lan0\", \"lan1\" } ct mark set ct mark & "
          "0xff00ffff | 0x00020000 return\n");
}

TEST_CASE("names of interfaces are said as they are, or not at all", "[rules]") {
    for (const char* const name :
         {"a b", "$x", "a*b", "a\\b", "{x}", "it's", "#a", "123", "\xc3\xa9"})
        CHECK(matched({.from = name}) == "iifname \"" + std::string(name) + "\" ;");
    CHECK(planner::unspeakable_names(everything()).empty());
    Config config = with({.from = "LAN", .to = "wan*"});
    config.zones["LAN"] = {"lan0", "a\"b"};
    const auto problems = planner::unspeakable_names(config);
    REQUIRE(problems.size() == 2);
    CHECK(problems[0].path == "qos rule 10");
    CHECK(problems[0].message.find("interface a\"b has a name that nftables cannot match") == 0);
    CHECK(problems[1].message.find("interface wan* has") == 0);
}

TEST_CASE("what a rule does is the module's, and not in the text", "[rules]") {
    Config config = with({.from = "lan0"});
    const std::string text = ruleset_text(config);
    config.rules[10].dscp = RuleAction::map;
    config.rules[10].name = "VOIP";
    config.interfaces["lan0"].dot1p = true;
    CHECK(ruleset_text(config) == text);
    config.rules[10].match.to = "wan0";
    CHECK_FALSE(planner::is_table_of(text, ruleset_text(config)));
    CHECK(planner::is_table_of(text, text));
    CHECK_FALSE(planner::is_table_of(text, "table inet tunqos {\n}\n"));
}

TEST_CASE("nft takes everything that a rule can match, and lists it as ours", "[rules]") {
    kernel::in_own_namespace([] {
        kernel::Nftables nftables;
        const Config config = everything();
        const std::string text = ruleset_text(config);
        INFO(text);
        const auto tried = nftables.check(text);
        if (!tried) FAIL(tried.error().problems[0].message);
        REQUIRE(nftables.apply(text));
        const auto listed = nftables.table({"inet", "tunqos"});
        REQUIRE(listed);
        REQUIRE(*listed);
        CHECK(planner::is_table_of(text, **listed));
        // Nothing of it is lost on the way.
        Config other = config;
        other.rules.erase(10);
        REQUIRE(nftables.apply(ruleset_text(other)));
        CHECK_FALSE(planner::is_table_of(text, **nftables.table({"inet", "tunqos"})));
        REQUIRE(nftables.apply(planner::ruleset_removal() + **listed));
        CHECK(**nftables.table({"inet", "tunqos"}) == **listed);
        REQUIRE(nftables.apply(planner::ruleset_removal()));
        REQUIRE(nftables.apply(planner::ruleset_removal())); // also if it is not there
        CHECK_FALSE(*nftables.table({"inet", "tunqos"}));
    });
}

TEST_CASE("foreign marks are found in what nft lists", "[rules]") {
    kernel::in_own_namespace([] {
        kernel::Nftables nftables;
        REQUIRE(nftables.apply(ruleset_text(everything())));
        REQUIRE(
            nftables.apply("table ip user { chain pre {\n"
                           "type filter hook prerouting priority mangle; policy accept;\n"
                           "ct mark set 0x2\n"
                           "ct mark set ct mark & 0x00ff0000 | 0x2\n"
                           "meta mark set ct mark\n"
                           "ct mark set meta mark\n"
                           "ct mark set ip saddr map { 192.0.2.1 : 1 }\n"
                           "}\n}\n"));
        const auto listed = nftables.list();
        REQUIRE(listed);
        const auto found = planner::find_foreign_marks(*listed, 0x00ff0000);
        REQUIRE(found);
        REQUIRE(found->erasing.size() == 3);
        CHECK(found->erasing[0].place.find("table ip user, chain pre, handle ") == 0);
        // What is said can be typed.
        REQUIRE(found->erasing[0].remedy == "use ct mark set ct mark & 0xff0000 | 0x2");
        REQUIRE(nftables.check("add rule ip user pre ct mark set ct mark & 0xff0000 | 0x2\n"));
    });
}
