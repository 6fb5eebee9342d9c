// SPDX-License-Identifier: GPL-2.0-or-later
//
// SonicOS's rules, as they are typed and as they are shown.
#include "cli/render.hpp"
#include "cli_test.hpp"
#include "model/samples.hpp"
#include "tunqos/json_parts.hpp"

namespace tunqos::cli {
namespace {

using nlohmann::json;

// The running configuration after these lines of configuration mode, each of which is done.
Config after(std::string_view lines, const Config& before = {}) {
    Desk desk;
    desk.daemon.running = before;
    const Status status = desk.type("configure terminal\n" + std::string(lines));
    INFO(desk.err.str());
    CHECK(status == Status::ok);
    return desk.daemon.running;
}

Rule rule(std::string_view lines) {
    return after("qos rule 10\n" + std::string(lines)).rules.at(10);
}

// What is said of the last of these lines, which is refused.
std::string refused(std::string_view lines) {
    Desk desk;
    CHECK(desk.type("configure terminal\n" + std::string(lines)) != Status::ok);
    return desk.err.str();
}

std::string shown(const std::string& line, const Config& config, const json& rules = {}) {
    Desk desk;
    desk.daemon.running = config;
    desk.daemon.rules = rules;
    CHECK(desk.type(line) == Status::ok);
    return desk.out.str();
}

std::string help(const std::string& mode, const std::string& text) {
    Desk desk;
    desk.daemon.running = samples::with_rules();
    CHECK(desk.type("configure terminal\n" + mode) == Status::ok);
    const Help found = desk.session.help(text);
    CHECK(found.problem.empty());
    std::string words;
    for (const HelpLine& line : found.lines)
        words += (words.empty() ? "" : " ") + line.word;
    return words;
}

} // namespace

TEST_CASE("a rule is typed as SonicOS has it") {
    const Config config = after(
        "qos rule 10 VOIP\n"
        "match from lan0 to any\n"
        "match udp source 192.168.168.0/24 port 5060 5090 destination 10.50.165.9/24\n"
        "match dscp ef af41\n"
        "match cos 5 6\n"
        "set dscp cos override\n"
        "set cos dscp\n");
    Rule voip;
    voip.name = "VOIP";
    voip.match.from = "lan0";
    voip.match.protocol = "udp";
    voip.match.source = {parse_network("192.168.168.0/24"), PortRange{5060, 5090}};
    voip.match.destination.address = parse_network("10.50.165.0/24");
    voip.match.dscp.set(46).set(34);
    voip.match.cos.set(5).set(6);
    voip.dscp = RuleAction::map;
    voip.override = true;
    voip.cos = RuleAction::map;
    CHECK(config.rules == Rules{{10, voip}});
    CHECK(config_to_ios(config) ==
          "!\nqos rule 10 VOIP\n match from lan0 to any\n match udp source 192.168.168.0/24 port "
          "5060 5090 destination 10.50.165.0/24\n match dscp af41 ef\n match cos 5 6\n set dscp "
          "cos override\n set cos dscp\n!\nend\n");
}

TEST_CASE("all actions of a rule") {
    CHECK(rule("set dscp 46").dscp_value == Dscp{46});
    CHECK(rule("set dscp ef").dscp == RuleAction::set);
    CHECK(rule("set dscp none").dscp == RuleAction::none);
    CHECK(rule("set dscp none\nset dscp preserve").dscp == RuleAction::preserve);
    CHECK(rule("set dscp cos").dscp == RuleAction::map);
    CHECK_FALSE(rule("set dscp cos override\nset dscp cos").override);
    CHECK(rule("set dscp cos override\nno set dscp") == Rule{});
    CHECK(rule("set dscp cos override\ndefault set dscp cos") == Rule{});
    CHECK(rule("set dscp cos override\nset dscp ef").override == false);
    CHECK(rule("set cos 5").cos_value == 5);
    CHECK(rule("set cos preserve").cos == RuleAction::preserve);
    CHECK(rule("set cos dscp").cos == RuleAction::map);
    CHECK(rule("set cos 5\nset cos none") == Rule{});
    CHECK(rule("set cos 5\nno set cos 3") == Rule{});
    CHECK(rule("se ds c o").override); // abbreviated
}

TEST_CASE("what a rule matches, and no more") {
    CHECK(rule("match from any to wan").match.to == "wan");
    CHECK(rule("match from lan0 to wan\nno match from").match == RuleMatch{});
    CHECK(rule("match from a to an").match.from == "a"); // no abbreviation of any
    const RuleMatch tcp = rule("match tcp source any port 80 destination any port 1 2").match;
    CHECK(tcp.source == RuleEnd{std::nullopt, PortRange{80, 80}});
    CHECK(tcp.destination == RuleEnd{std::nullopt, PortRange{1, 2}});
    const RuleMatch to = rule("match ipv6 destination 2001:db8::/32").match;
    CHECK(to.source == RuleEnd{});
    CHECK(to.destination.address == parse_network("2001:db8::/32"));
    CHECK(rule("match tcp source 10.0.0.1\nmatch udp").match.source == RuleEnd{});
    CHECK(rule("match udp source 10.0.0.1\nno match udp").match == RuleMatch{});
    CHECK(rule("match dscp 0-7 ef\nmatch dscp 8").match.dscp == DscpSet{}.set(8));
    CHECK(rule("match dscp ef\nno match dscp").match == RuleMatch{});
    CHECK(rule("match cos 5\nmatch cos 6").match.cos == CosSet{}.set(6));
    CHECK(rule("match cos 5\ndefault match cos").match == RuleMatch{});
}

TEST_CASE("rules, zones, masks and 802.1p come and go") {
    CHECK(after("qos rule 10 A\nqos rule 10 B").rules.at(10).name == "B");
    CHECK(after("qos rule 10 A\nqos rule 10").rules.at(10).name == "A");
    CHECK(after("qos rule 10\nno qos rule 10") == Config{});
    CHECK(after("qos zone LAN\nmember lan0\nmember lan1\nno member lan0").zones ==
          Zones{{"LAN", {"lan1"}}});
    CHECK(after("qos zone LAN\nno qos zone LAN") == Config{});
    CHECK(after("qos rules mark-mask 0xff\nqos rules cos-mask 0xf").rule_options ==
          RuleOptions{0xff, 0xf});
    CHECK(after("qos rules mark-mask 0xff\nno qos rules mark-mask") == Config{});
    CHECK(after("qos rules cos-mask 0xf\ndefault qos rules cos-mask") == Config{});
    CHECK(after("interface lan0\nqos 802.1p").interfaces.at("lan0").dot1p);
    CHECK(after("interface lan0\nqos 802.1p\nno qos 802.1p") == Config{});
    CHECK(after("interface lan0\nqos 8\nqos zone LAN\ninterface lan1").interfaces.size() == 1);
}

TEST_CASE("what is wrong with a rule is said where it is typed") {
    CHECK(refused("no qos rule 20") ==
          "% qos rule 20: there is no such rule; show qos rules lists them\n");
    CHECK(refused("no qos zone X") == "% qos zone X: there is no such zone\n");
    CHECK(refused("qos zone X\nno member lan0") == "% qos zone X: lan0 is no member of it\n");
    CHECK(refused("qos rule 0") ==
          "         ^\n% Invalid input detected at '^' marker.\n% \"0\" is not a sequence number; "
          "use 1-65535\n");
    CHECK(
        refused("qos rule 10\nmatch udp source 10.0.0.300").find("is not a network; use a form") !=
        std::string::npos);
    CHECK(refused("qos rule 10\nmatch udp source any port 0").find("is not a port; use 1-65535") !=
          std::string::npos);
    CHECK(refused("qos rule 10\nset cos 8").find("\"8\" is not an 802.1p priority; use 0-7") !=
          std::string::npos);
    CHECK(refused("qos rule 10 X\nmatch gre source any port 80")
              .find("% qos rule 10 \"X\" / match: port 80 is of a protocol that has ports") == 0);
    CHECK(refused("qos rule 10\nmatch ip source 10.0.0.1 destination ::1")
              .find("are of different families") != std::string::npos);
    CHECK(refused("qos zone LAN\nqos rule 10\nmatch from LAN to any\nno qos zone LAN")
              .find("% qos zone LAN: is used by qos rule 10 / match from") == 0);
}

TEST_CASE("a rule that somebody else removed is not made again by its settings") {
    Desk desk;
    REQUIRE(desk.type("configure terminal\nqos rule 10\nset dscp ef") == Status::ok);
    desk.daemon.running.rules.clear();
    CHECK(desk.type("set cos 5") == Status::refused);
    CHECK(desk.err.str().find(
              "% qos rule 10: was removed meanwhile; type qos rule 10 to make it again") !=
          std::string::npos);
}

TEST_CASE("a rule that never matches is said when configuration mode is left") {
    Desk desk;
    CHECK(desk.type("configure terminal\nqos rule 10 ALL\nset dscp none\nqos rule 20 SOME\nmatch "
                    "udp\nend") == Status::ok);
    CHECK(desk.err.str().find("% Warning: qos rule 20 \"SOME\" never matches: qos rule 10 \"ALL\" "
                              "has all that it matches") != std::string::npos);
}

TEST_CASE("help and names in the modes of rules") {
    CHECK(help("", "qos ") == "mapping rule rules zone");
    CHECK(help("", "qos zone ") == "WORD GUESTS-OF-ALL-BRANCHES LAN");
    CHECK(help("qos rule 10", "match ") ==
          "ah cos dccp dscp esp from gre icmp icmpv6 ip ipv6 sctp tcp udp udplite");
    CHECK(help("qos rule 10", "match from LA") == "LAN lan0");
    CHECK(help("qos rule 10", "match udp ") == "destination source <cr>");
    CHECK(help("qos rule 10", "set cos ") == "dscp none preserve <0-7>");
    CHECK(help("qos zone LAN", "").find("member") != std::string::npos);
    CHECK(help("interface lan0", "qos ") == "802.1p pre-classify");
}

namespace {

json counters(std::uint64_t packets, std::uint64_t written) {
    return {{"packets", packets},
            {"written", written},
            {"leftAlone", packets - written},
            {"dropped", 0U}};
}

json status(RuleSequence sequence, const Rule& rule) {
    json one = rule_to_json(rule, Keys::all);
    one.update({{"sequence", sequence},
                {"number", sequence / 10},
                {"state", "active"},
                {"problem", nullptr},
                {"hooks", {"rule", "note"}},
                {"original", counters(120, 100)},
                {"reply", counters(80, 80)}});
    return one;
}

} // namespace

TEST_CASE("show qos rules") {
    CHECK(shown("show qos rules", {}) == "No rule is configured.\n");
    const Config config = after(
        "qos rule 10 VOIP\nmatch from lan0 to any\nmatch udp source any port 5060\nmatch dscp "
        "ef\nmatch cos 5\nset dscp cos override\nset cos dscp\nqos rule 20\nset dscp ef");
    const json rules = {status(10, config.rules.at(10)), status(20, config.rules.at(20))};
    CHECK(shown("show qos rules", config, rules) ==
          "Rule  Name  From  To   Match                                   DSCP          CoS   "
          "State   Packets  Replies  Written  Left alone\n"
          "10    VOIP  lan0  any  udp source any port 5060 dscp ef cos 5  cos override  dscp  "
          "active  120      80       180      20\n"
          "20    -     any   any  any                                     ef            none  "
          "active  120      80       180      20\n");
    CHECK(shown("show qos rules 10", config, json::array({rules[0]})) ==
          "qos rule 10 \"VOIP\" is active\n"
          "  Number 1 in the mark of its connections\n"
          "  From lan0 to any\n"
          "  Match: udp source any port 5060 dscp ef cos 5\n"
          "  The DSCP is mapped from the CoS of arrival by the cos-dscp map, whatever it was\n"
          "  The 802.1p priority is preserved, or without a tag mapped from the DSCP by the "
          "dscp-cos map\n"
          "  Original direction: 120 packets, 100 written, 20 left alone\n"
          "  Replies: 80 packets, 80 written, 0 left alone\n"
          "  Hooks: rule, note\n");
    CHECK(json::parse(shown("show qos rules | json", config, rules)) == json{{"rules", rules}});
}

TEST_CASE("qos mapping moves ranges as SonicOS does") {
    QosMaps maps;
    maps.dscp_cos[15] = 2;
    CHECK(after("qos mapping 1 from 8 to 14\nqos mapping 2 from 15 to 23").qos_maps == maps);
    CHECK(after("qos mapping 1 from 8 to 14").qos_maps.dscp_cos[15] == 0);
    CHECK(refused("qos mapping 2 from 15 to 23") ==
          "% qos mapping 2: DSCP range already exists or overlaps with another range: class 1 has "
          "15; give that class a range without it first\n");
    CHECK(refused("qos mapping 2 from 23 to 16") ==
          "% qos mapping 2: the range ends at 16, before it begins; type from 16 to 23\n");
    maps = {};
    maps.cos_dscp[4] = 43;
    CHECK(after("qos mapping 4 to-dscp 43").qos_maps == maps);
    CHECK(after("qos mapping 4 to-dscp 43\nno qos mapping 4 to-dscp 43") == Config{});
    CHECK(after("qos mapping 1 from 9 to 9\nno qos mapping 1 from 9 to 9") == Config{});
    CHECK(after("qos mapping 4 to-dscp 43\nqos mapping 1 from 8 to 14\ndefault qos mapping") ==
          Config{});
    CHECK(
        after("mls qos map dscp-cos 46 to 6\nqos mapping 6 from 48 to 55").qos_maps.dscp_cos[46] ==
        0);
}

TEST_CASE("show qos mapping as SonicOS has it") {
    CHECK(shown("show qos mapping", {}) ==
          "802.1p class                To DSCP  From DSCP begin  From DSCP end\n"
          "0 - Best effort             0        0                7\n"
          "1 - Background              8        8                15\n"
          "2 - Spare                   16       16               23\n"
          "3 - Excellent effort        24       24               31\n"
          "4 - Controlled load         32       32               39\n"
          "5 - Video (<100ms latency)  40       40               47\n"
          "6 - Voice (<10ms latency)   48       48               55\n"
          "7 - Network control         56       56               63\n");
    const Config config = after(
        "mls qos map dscp-cos 46 44 to 6\nmls qos map dscp-cos 48-55 to 6\nmls qos map dscp-cos "
        "8-15 to 2\nmls qos map cos-dscp 0 8 16 24 43 46 48 56");
    const std::string text = shown("show qos mapping", config);
    CAPTURE(text);
    for (const char* line : {"1 - Background              8        -                -\n",
                             "2 - Spare                   16       8                23\n",
                             "4 - Controlled load         43       32               39\n",
                             "6 - Voice (<10ms latency)   48       44               44\n"
                             "-                           -        46               46\n"
                             "-                           -        48               55\n"}) {
        CAPTURE(text, line);
        CHECK(text.find(line) != text.npos);
    }
    const json answer = json::parse(shown("show qos mapping | json", config));
    CHECK(answer["classes"][4] == json{{"cos", 4},
                                       {"name", "Controlled load"},
                                       {"toDscp", 43},
                                       {"fromDscp", {{{"begin", 32}, {"end", 39}}}}});
    CHECK(answer["classes"][1]["fromDscp"] == json::array());
}

} // namespace tunqos::cli
