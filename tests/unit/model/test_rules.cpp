// SPDX-License-Identifier: GPL-2.0-or-later
//
// Rules, zones and the masks of rules: read, written, checked and compared.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "catch.hpp"
#include "samples.hpp"
#include "tunqos/ios_diff.hpp"
#include "tunqos/json.hpp"

using namespace tunqos;
using nlohmann::json;

namespace {

using Lines = std::vector<std::string>;

std::string text_of(const Problems& problems) {
    std::string text;
    for (const auto& problem : problems)
        text += problem.path + ": " + problem.message + '\n';
    return text;
}

std::string wrong(const Config& config) {
    return text_of(validate(config));
}

// What is said of this rule, number 20, alone.
std::string wrong_with(const Rule& rule) {
    Config config;
    config.rules[20] = rule;
    return wrong(config);
}

std::string wrong_with(const RuleMatch& match) {
    Rule rule;
    rule.name = "X";
    rule.match = match;
    return wrong_with(rule);
}

RuleMatch traffic(const char* protocol, const char* source = "", const char* destination = "") {
    RuleMatch match;
    match.protocol = protocol;
    match.source.address = parse_network(source);
    match.destination.address = parse_network(destination);
    return match;
}

std::string read_problems(const std::string& rule) {
    const auto read = config_from_text(R"({"version": 1, "rules": {"20": )" + rule + "}}");
    return read ? "" : text_of(read.error());
}

bool has(const std::string& text, const std::string& part) {
    INFO(text);
    CHECK(text.find(part) != std::string::npos);
    return text.find(part) != std::string::npos;
}

// Rule 20 behind rule 10.
Lines advice(const RuleMatch& first, const RuleMatch& second, const Zones& zones = {}) {
    Config config;
    config.zones = zones;
    config.rules[10].name = "Y";
    config.rules[10].match = first;
    config.rules[20].name = "X";
    config.rules[20].match = second;
    config.rules[20].dscp = RuleAction::none;
    return advise_rules(config);
}

bool shadowed(const RuleMatch& first, const RuleMatch& second, const Zones& zones = {}) {
    const std::string expected =
        "qos rule 20 \"X\" never matches: qos rule 10 \"Y\" has all that it matches; give it a "
        "lower number, or remove one of them";
    const Lines lines = advice(first, second, zones);
    return std::find(lines.begin(), lines.end(), expected) != lines.end();
}

} // namespace

TEST_CASE("networks are read in any form and written in one") {
    const auto same = [](const char* text) {
        const auto network = parse_network(text);
        return network ? to_string(*network) : "none";
    };
    CHECK(same("192.168.168.0/24") == "192.168.168.0/24");
    CHECK(same("192.168.168.7/24") == "192.168.168.0/24");
    CHECK(same("192.168.168.7") == "192.168.168.7");
    CHECK(same("192.168.168.7/32") == "192.168.168.7");
    CHECK(same("0.0.0.0/0") == "0.0.0.0/0");
    CHECK(same("10.255.0.0/9") == "10.128.0.0/9");
    CHECK(same("2001:DB8:0::/32") == "2001:db8::/32");
    CHECK(same("2001:db8:ffff::/33") == "2001:db8:8000::/33");
    CHECK(same("::/0") == "::/0");
    for (const char* text : {"", "any", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/a", "10.0.0.0/8x",
                             "::/129", "10.0.0/8", "/8", "10.0.0.0/-1"})
        CHECK(same(text) == "none");
    const auto in = [](const char* outer, const char* inner) {
        return contains(*parse_network(outer), *parse_network(inner));
    };
    CHECK(in("10.0.0.0/8", "10.1.0.0/16"));
    CHECK(in("10.0.0.0/8", "10.0.0.0/8"));
    CHECK_FALSE(in("10.1.0.0/16", "10.0.0.0/8"));
    CHECK_FALSE(in("10.0.0.0/8", "11.0.0.0/16"));
    CHECK_FALSE(in("0.0.0.0/0", "::/0"));
    CHECK(in("2001:db8::/33", "2001:db8:7fff::1"));
    CHECK_FALSE(in("2001:db8::/33", "2001:db8:8000::1"));
}

TEST_CASE("rules read back from JSON, and a change says only what differs") {
    const Config config = samples::with_rules();
    CHECK(wrong(config).empty());
    const auto again = config_from_text(config_to_text(config));
    REQUIRE(again);
    CHECK(*again == config);
    const Config none = samples::full();
    CHECK_FALSE(config_to_json(none).contains("rules"));
    CHECK_FALSE(config_to_json(none).contains("zones"));
    CHECK_FALSE(config_to_json(none).contains("ruleOptions"));

    Config other = config;
    other.rules.erase(10);
    other.rules[20].name = "NEW";
    other.zones.erase("GUESTS-OF-ALL-BRANCHES");
    other.zones["LAN"].insert("lan2");
    other.rule_options.cos_mask = RuleOptions{}.cos_mask;
    for (const auto& [from, to] : {std::pair{config, other}, std::pair{other, config},
                                   std::pair{config, none}, std::pair{none, config}}) {
        const auto change = change_from_json(change_to_json(from, to));
        REQUIRE(change);
        CHECK_FALSE(change->only_interfaces());
        Config made = from;
        carry_out(*change, made);
        CHECK(made == to);
    }
    const json change = change_to_json(config, other);
    CHECK(change["rules"].size() == 2);
    CHECK(change["rules"]["10"].is_null());
    CHECK(change["ruleOptions"] == json{{"markMask", "0xff00"}});
    CHECK_FALSE(change_to_json(config, config).contains("ruleOptions"));
    CHECK(change_to_json(config, none)["ruleOptions"].is_null());
}

TEST_CASE("a rule as it is in JSON") {
    const auto read = config_from_text(R"({"version": 1, "rules": {"7": {
        "name": "VOIP", "from": "lan0", "to": "any", "protocol": "udp",
        "source": "192.168.168.9/24", "sourcePorts": "5060-5090", "destinationPorts": 5060,
        "dscp": ["ef", 34], "cos": [5, 6], "setDscp": "map", "override": true, "setCos": 5},
        "8": {"source": "10.0.0.0/8"}, "9": {"setDscp": 46, "setCos": "preserve"},
        "10": {"setDscp": "preserve", "override": false, "setCos": "none"}}})");
    REQUIRE(read);
    Rule rule;
    rule.name = "VOIP";
    rule.match.from = "lan0";
    rule.match.protocol = "udp";
    rule.match.source = {parse_network("192.168.168.0/24"), PortRange{5060, 5090}};
    rule.match.destination.ports = PortRange{5060, 5060};
    rule.match.dscp.set(46).set(34);
    rule.match.cos.set(5).set(6);
    rule.dscp = RuleAction::map;
    rule.override = true;
    rule.cos = RuleAction::set;
    rule.cos_value = 5;
    CHECK(read->rules.at(7) == rule);
    CHECK(read->rules.at(8).match == traffic("ip", "10.0.0.0/8"));
    CHECK(read->rules.at(9).dscp_value == Dscp{46});
    CHECK(read->rules.at(10) == Rule{});
}

TEST_CASE("what cannot be read of a rule is said by its path") {
    has(read_problems(R"({"cos": [8]})"), "rules / 20 / cos / 0: must be a number 0-7, not 8\n");
    has(read_problems(R"({"cos": []})"), "rules / 20 / cos: must be a list of one or more");
    has(read_problems(R"({"dscp": ["gold"]})"), "rules / 20 / dscp / 0: must be a number 0-63");
    has(read_problems(R"({"source": "10.0.0.0/33"})"),
        "rules / 20 / source: \"10.0.0.0/33\" is not");
    has(read_problems(R"({"sourcePorts": "80-"})"), "rules / 20 / sourcePorts: must be a port");
    has(read_problems(R"({"sourcePorts": 65536})"), "rules / 20 / sourcePorts: must be a port");
    has(read_problems(R"({"setDscp": "cos"})"),
        "rules / 20 / setDscp: must be \"none\", \"preserve\", \"map\" or a number 0-63");
    has(read_problems(R"({"override": true})"), "rules / 20 / override: is of setDscp map only");
    has(read_problems(R"({"sequence": 1})"), "rules / 20 / sequence: unknown key");
    const auto bad = config_from_text(
        R"({"version": 1, "rules": {"010": {}, "x": {}}, "zones": {"A": "lan0", "B": ["c", "c", 1]},
            "ruleOptions": {"markMask": "all"}})");
    REQUIRE_FALSE(bad);
    const std::string text = text_of(bad.error());
    has(text, "rules / 010: must be a sequence number 1-65535, for example \"10\"");
    has(text, "zones / A: must be a list of interfaces, not \"lan0\"");
    has(text, "zones / B / 1: interface c is there twice");
    has(text, "zones / B / 2: must be the name of an interface, not 1");
    has(text, "ruleOptions / markMask: must be a number");
    has(text_of(config_from_text(R"({"version": 1, "rules": {"10": {}, "10": {}}})").error()),
        "10");
}

TEST_CASE("rules, zones and masks as IOS text") {
    const Config config = samples::with_rules();
    const std::string text = config_to_ios(config);
    has(text, "!\nqos zone LAN\n member lan0\n member lan1\n!\n");
    has(text, "!\nqos rules mark-mask 0xff00\nqos rules cos-mask 0xf0000000\n!\nqos rule 10\n");
    has(text, "qos rule 170 VOIP\n match from LAN to any\n!\n");
    has(text,
        "qos rule 180 VOIP\n match from LAN to wan\n match tcp source 192.168.168.0/24 port 5060 "
        "destination 10.50.165.7 port 1024 65535\n!\n");
    has(text,
        "qos rule 190 VOIP\n match from any to GUESTS-OF-ALL-BRANCHES\n match ipv6 source "
        "2001:db8::/32\n!\n");
    has(text, "qos rule 200 VOIP\n match dscp af41 ef\n match cos 5 6\n!\n");
    has(text, "qos rule 210 VOIP\n match dscp 0-47\n match cos 5 6\n!\n");
    has(text, " match udp destination any port 7 17\n set dscp none\n set cos preserve\n!\n");
    has(text, " set dscp cos override\n set cos dscp\n!\n");
    has(text, " set dscp cos\n set cos 5\n!\n");
    has(text, " set dscp ef\n");
    has(text, "interface lan0\n qos 802.1p\n!\n");
}

TEST_CASE("a change of rules as lines, and in words") {
    Config before = samples::with_rules();
    Config after = before;
    after.rules[170].match.to = "wan";
    after.rules[180].name = "VIDEO";
    after.rules.erase(190);
    after.rules[5].dscp = RuleAction::none;
    after.zones["LAN"].erase("lan1");
    after.rule_options.mark_mask = 0xff;
    after.interfaces["lan1"].dot1p = true;
    const Lines lines = ios_diff(before, after);
    const auto there = [&](const Lines& all, const std::string& line) {
        INFO(line);
        CHECK(std::find(all.begin(), all.end(), line) != all.end());
    };
    for (const char* line : {"qos zone LAN", "- member lan1", "-qos rules mark-mask 0xff00",
                             "+qos rules mark-mask 0xff", "qos rule 170 VOIP",
                             "- match from LAN to any", "+ match from LAN to wan",
                             "-qos rule 180 VOIP", "+qos rule 180 VIDEO", "-qos rule 190 VOIP",
                             "+qos rule 5", "+ set dscp none", "+interface lan1", "+ qos 802.1p"})
        there(lines, line);
    const Lines words = diff(before, after);
    for (const char* line :
         {"qos zone LAN: members lan0 lan1 -> lan0", "qos rules: mark-mask 0xff00 -> 0xff",
          "qos rule 170: match from LAN to any -> LAN to wan", "qos rule 180: name VOIP -> VIDEO",
          "qos rule 190: removed", "qos rule 5: added (set dscp none, set cos none)",
          "interface lan1: added (qos 802.1p on)"})
        there(words, line);
    CHECK(ios_diff(before, before).empty());
}

TEST_CASE("what is wrong with a rule") {
    has(wrong_with(traffic("ip", "10.0.0.0/8", "2001:db8::/32")),
        "qos rule 20 \"X\" / match: source 10.0.0.0/8 and destination 2001:db8::/32 are of "
        "different families; use two of IPv4 or two of IPv6\n");
    has(wrong_with(traffic("ipv6", "10.0.0.0/8")),
        "qos rule 20 \"X\" / match: 10.0.0.0/8 is an address of IPv4, and match ipv6 is of IPv6");
    has(wrong_with(traffic("icmp", "::/0")),
        "::/0 is an address of IPv6, and match icmp is of IPv4");
    has(wrong_with(traffic("ospf")), "ospf is no protocol that rules know; use ip, ipv6, tcp");
    RuleMatch match = traffic("gre");
    match.source.ports = PortRange{80, 80};
    has(wrong_with(match),
        "port 80 is of a protocol that has ports; use match tcp, udp, sctp, udplite, dccp, or "
        "take it out");
    match.protocol = "udp";
    CHECK(wrong_with(match).empty());
    match.source.ports = PortRange{0, 80};
    has(wrong_with(match), "port 0 80: 0 is no port; use 1-65535");
    match.source.ports = PortRange{90, 80};
    has(wrong_with(match), "port 90 80 ends before it begins; type the lower port first");
    for (const char* protocol : {"tcp", "sctp", "udplite", "dccp"}) {
        match.protocol = protocol;
        match.source.ports = PortRange{1, 65535};
        CHECK(wrong_with(match).empty());
    }
    match = {};
    match.from = "wan0"; // perhaps tomorrow
    CHECK(wrong_with(match).empty());
    match.to = "ALL-OF-HEADQUARTERS";
    has(wrong_with(match),
        "qos rule 20 \"X\" / match from: there is no zone ALL-OF-HEADQUARTERS, and no interface "
        "can have this name");
    Rule rule;
    rule.cos_value = 8;
    has(wrong_with(rule), "qos rule 20 / set cos: 8 is no CoS; use 0-7\n");
    rule = {};
    rule.name = "a b";
    has(wrong_with(rule), "a name has 1-64 letters, digits, - and _");
    rule = {};
    rule.dscp_value = Dscp{64};
    has(wrong_with(rule), "qos rule 20 / set dscp: 64 is out of range (0-63)\n");
    Config config;
    config.rules[0];
    config.rules[65536];
    has(wrong(config), "qos rule 0: the sequence number is out of range (1-65535)\n");
    has(wrong(config), "qos rule 65536: the sequence number is out of range (1-65535)\n");
}

TEST_CASE("what is wrong with zones and masks") {
    Config before = samples::with_rules();
    Config config = before;
    config.zones.erase("LAN");
    has(text_of(validate(config, &before)),
        "qos zone LAN: is used by qos rule 170 \"VOIP\" / match from; take it off there first");
    config = {};
    config.zones["any"] = {"a/b"};
    has(wrong(config), "qos zone any: any means all interfaces; give it another name");
    has(wrong(config), "qos zone any / member a/b: a device name has 1-15 characters");

    const auto masks = [](std::uint32_t mark, std::uint32_t cos, std::size_t rules = 0,
                          bool match_cos = false) {
        Config made;
        made.rule_options = {mark, cos};
        for (RuleSequence sequence = 1; sequence <= rules; ++sequence)
            made.rules[sequence].match.cos.set(5, match_cos);
        made.interfaces["eth0"].mark = MarkProfile{"", 0x3f};
        return wrong(made);
    };
    const RuleOptions defaults;
    CHECK(masks(defaults.mark_mask, defaults.cos_mask, most_rules, true).empty());
    has(masks(defaults.mark_mask, defaults.cos_mask, most_rules + 1),
        "qos rule: there are 254 rules, and at most 253 have a number in the mark; remove some");
    for (const std::uint32_t mask : {0U, 1U, 0x50U, 0x1ffU, 0xffffffffU})
        has(masks(mask, 0xf0000000), " is not 2 to 8 bits in a row; use one such as 0xff0000");
    CHECK(masks(0xf, 0xf0000000, 14).empty());
    has(masks(0xf, 0xf0000000, 15),
        "qos rules mark-mask: 0xf has room for 14 rules, and there are 15; give a mask with more "
        "bits in a row, up to 8");
    CHECK(masks(0x3, 0xf0000000, 2).empty());
    for (const std::uint32_t mask : {0U, 7U, 0x1fU, 0x1e1U})
        has(masks(0xff0000, mask), "is not 4 bits in a row; use one such as 0xf000000");
    // Only where a rule needs them.
    CHECK(masks(0xff0000, 0xf0000, 1, false).empty());
    has(masks(0xff0000, 0xf0000, 1, true),
        "qos rules cos-mask: 0xf0000 and mark-mask 0xff0000 have bits in common");
    CHECK(masks(0xff0000, 0x1e, 1, false).empty());
    has(masks(0xff0000, 0x1e, 1, true),
        "0x1e and the mask of interface eth0 / set mark dscp, 0x3f, have bits in common");
}

TEST_CASE("a rule never matches if one before it has all that it matches") {
    const RuleMatch all;
    RuleMatch path;
    path.from = "lan0";
    path.to = "wan";
    RuleMatch sip = traffic("udp", "10.1.0.0/16", "10.2.0.0/16");
    sip.destination.ports = PortRange{5060, 5090};

    // One with nothing to say is being written.
    CHECK_FALSE(shadowed(all, sip));
    CHECK(shadowed(path, path));
    CHECK(shadowed(traffic("ip"), sip));
    CHECK(shadowed(traffic("udp"), sip));
    CHECK(shadowed(traffic("ip", "0.0.0.0/0"), sip));
    CHECK(shadowed(traffic("udp", "10.0.0.0/8"), sip));
    CHECK(shadowed(sip, sip));
    CHECK(shadowed(traffic("ip"), traffic("icmp")));
    CHECK_FALSE(shadowed(traffic("ipv6"), sip));
    CHECK_FALSE(shadowed(traffic("tcp"), sip));
    CHECK_FALSE(shadowed(traffic("udp"), traffic("ip")));
    CHECK_FALSE(shadowed(traffic("ip"), traffic("udp")));
    CHECK_FALSE(shadowed(traffic("udp", "10.1.1.0/24"), sip));
    CHECK_FALSE(shadowed(path, sip));
    RuleMatch ports = traffic("udp");
    ports.destination.ports = PortRange{5060, 5080};
    CHECK_FALSE(shadowed(ports, sip));
    CHECK_FALSE(shadowed(sip, ports));
    ports.destination.ports = PortRange{1, 65535};
    CHECK(shadowed(ports, sip));

    RuleMatch marked, voice;
    marked.dscp.set(46).set(34);
    voice.dscp.set(46);
    CHECK(shadowed(marked, voice));
    CHECK_FALSE(shadowed(voice, marked));
    CHECK_FALSE(shadowed(voice, all));
    voice.cos.set(5);
    CHECK(shadowed(marked, voice));
    CHECK_FALSE(shadowed(voice, marked));

    const Zones zones{{"LAN", {"lan0", "lan1"}}, {"NONE", {}}};
    RuleMatch zone, none;
    zone.from = "LAN";
    path.to = "";
    none.from = "NONE";
    CHECK(shadowed(zone, path, zones));
    CHECK_FALSE(shadowed(path, zone, zones));
    CHECK_FALSE(shadowed(none, path, zones));
}

TEST_CASE("what else is probably not meant of a rule") {
    Config config;
    Rule& rule = config.rules[10];
    const auto says = [&](const char* text) {
        const Lines lines = advise_rules(config);
        CAPTURE(lines);
        CHECK(std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
            return line.find(text) != std::string::npos;
        }));
    };
    says("qos rule 10: has no match and sets nothing yet, so it is not in effect");
    rule.dscp = RuleAction::map;
    says("qos rule 10: set dscp cos leaves packets that arrive with a DSCP other than 0");
    says("qos rule 10: is about 802.1p, but no interface has it; type qos 802.1p");
    rule.match.dscp.set(46);
    says("set dscp cos without override is for packets of DSCP 0, and match dscp has others only");
    config.zones["NONE"] = {};
    says("qos zone NONE: is not used");
    rule.match.from = "NONE";
    says("qos rule 10 never matches: qos zone NONE has no member");
    config.interfaces["NONE"].dot1p = true;
    says("qos zone NONE: interface NONE has the same name, and match from means the zone");

    const Config good = [] {
        Config made;
        made.interfaces["lan0"].dot1p = true;
        made.rules[10].dscp = RuleAction::map;
        made.rules[10].override = true;
        made.rules[10].match.from = "lan0";
        made.rules[20].cos = RuleAction::map;
        return made;
    }();
    CHECK(advise_rules(good).empty());
}

TEST_CASE("a change of an interface that rules have to do with is not looked at alone") {
    Config config;
    config.interfaces["lan0"].dot1p = true;
    const auto change = [](const char* text) { return *change_from_json(json::parse(text)); };
    const auto off = change(R"({"version": 1, "interfaces": {"lan0": null}})");
    const auto on = change(R"({"version": 1, "interfaces": {"lan1": {"802.1p": true}}})");
    const auto other = change(R"({"version": 1, "interfaces": {"lan1": {"description": "x"}}})");
    CHECK(off.only_interfaces());
    CHECK_FALSE(concerns_rules(off, config));
    config.rules[10].dscp = RuleAction::none;
    CHECK(concerns_rules(off, config));
    CHECK(concerns_rules(on, config));
    CHECK_FALSE(concerns_rules(other, config));
}
