// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "samples.hpp"
#include "tunqos/config.hpp"

using namespace tunqos;

namespace {

std::string problems_of(const Config& config) {
    std::string out;
    for (const auto& problem : validate(config))
        out += problem.path + ": " + problem.message + '\n';
    return out;
}

Config with_tunnel(const TunnelProfile& profile) {
    Config config = samples::full();
    config.interfaces["gre1"].tunnel = profile;
    return config;
}

} // namespace

TEST_CASE("the samples are valid") {
    CHECK(problems_of({}) == "");
    CHECK(problems_of(samples::full()) == "");
    samples::each_profile(
        [](const TunnelProfile& profile) { CHECK(problems_of(with_tunnel(profile)) == ""); });
}

TEST_CASE("a device name is what the kernel takes") {
    const auto with = [](const std::string& name) {
        Config config;
        config.interfaces[name].tunnel = TunnelProfile{};
        return validate(config).empty();
    };
    for (const char* good : {"a", "gre1", "eth1.10", "fifteen-letters", "\xc3\xa9th0"})
        CHECK(with(good));
    for (const char* bad : {"", "sixteen-letters-", "a/b", "a b", "a\tb", ".", "..", "a:1", "\x7f"})
        CHECK_FALSE(with(bad));
    Config config;
    config.interfaces["gre one"].tunnel = TunnelProfile{};
    CHECK(problems_of(config) ==
          "interface gre one: a device name has 1-15 characters, without space, / and :\n");
}

TEST_CASE("names of table-maps and crypto maps are words") {
    Config config;
    config.table_maps["a b"] = {};
    config.table_maps[std::string(64, 'x')] = {};
    config.table_maps[std::string(65, 'x')] = {};
    config.crypto_maps[{"v/n", 0}] = {};
    config.crypto_maps[{"vpn", 65536}] = {};
    config.crypto_maps[{std::string(63, 'v'), 1}] = {};
    CHECK(problems_of(config) ==
          "table-map a b: a name has 1-64 letters, digits, - and _\n"
          "table-map " +
              std::string(65, 'x') +
              ": a name has 1-64 letters, digits, - and _\n"
              "crypto map v/n 0: a name has letters, digits, - and _\n"
              "crypto map v/n 0: the sequence number is out of range (1-65535)\n"
              "crypto map vpn 65536: the sequence number is out of range (1-65535)\n"
              "crypto map " +
              std::string(63, 'v') +
              " 1: name and sequence number together are longer "
              "than 63 characters\n");
}

TEST_CASE("a table that does not exist is named together with its user") {
    Config config;
    config.interfaces["gre1"].tunnel = TunnelProfile{
        {{EncapDscp::table, "wan"}}, {{DecapDscp::table, "lan"}, {}, {}}, {true, "prio"}};
    config.interfaces["eth1.10"].port = PortProfile{"cos"};
    CHECK(problems_of(config) ==
          "interface eth1.10 / set cos dscp: there is no table-map cos; define it, or change "
          "this setting before removing it\n"
          "interface gre1 / tunnel encap dscp: there is no table-map wan; define it, or change "
          "this setting before removing it\n"
          "interface gre1 / tunnel decap dscp: there is no table-map lan; define it, or change "
          "this setting before removing it\n"
          "interface gre1 / qos pre-classify: there is no table-map prio; define it, or change "
          "this setting before removing it\n");
}

TEST_CASE("a table that is removed while it is used is named with who uses it") {
    Config config = samples::full();
    config.interfaces["eth1.20"].mark = MarkProfile{"wan", 0x3f};
    config.crypto_maps[{"vpn", 10}].tunnel.encap = {{EncapDscp::table, "wan"}};
    const Config before = config;
    config.table_maps.erase("wan");
    const auto removed = [](const char* user, const char* setting) {
        return Problem{"table-map wan", std::string("is used by ") + user + " / " + setting +
                                            "; take it off there first (no " + setting +
                                            "), or use another table-map there"};
    };
    CHECK(validate(config, &before) == Problems{removed("crypto map vpn 10", "tunnel encap dscp"),
                                                removed("interface eth1.20", "set mark dscp"),
                                                removed("interface gre1", "tunnel encap dscp")});
    config = before;
    config.interfaces["gre1"].tunnel->encap.dscp.table = "none";
    const Problems missing = validate(config, &before);
    REQUIRE(missing.size() == 1);
    CHECK(missing[0].message.starts_with("there is no table-map none; define it"));
    CHECK(validate(before, &before).empty());
}

TEST_CASE("values of a table fit its use") {
    Config config;
    config.table_maps["cos"] =
        samples::table_map({{0, 0}, {46, 46}, {8, 7}}, TableDefault::value, 8);
    config.interfaces["eth1.10"].port = PortProfile{"cos"};
    CHECK(
        problems_of(config) ==
        "table-map cos / map ef: 46 is not an 802.1p priority (0-7), as which interface eth1.10 / "
        "set cos dscp uses it\n"
        "table-map cos / default: 8 is not an 802.1p priority (0-7), as which interface eth1.10 / "
        "set cos dscp uses it\n");

    for (int value = 0; value < 64; ++value) {
        config.table_maps["cos"] = samples::table_map({{46, static_cast<std::uint8_t>(value)}});
        CHECK(validate(config).empty() == (value < 8));
    }
    config = {};
    config.table_maps["t"] = samples::table_map({{64, 1}, {1, 64}}, TableDefault::value, 64);
    CHECK(problems_of(config) ==
          "table-map t / map le: 64 is out of range (0-63)\n"
          "table-map t / map 64: is not a DSCP (0-63)\n"
          "table-map t / default: 64 is out of range (0-63)\n");
}

TEST_CASE("a table-map without default names its holes") {
    Config config;
    TableMap& map = config.table_maps["t"];
    map.fallback.reset();
    for (std::uint8_t i = 0; i < 64; ++i) {
        if (i != 17 && i < 60) map.map[i] = 0;
    }
    CHECK(problems_of(config) ==
          "table-map t: has no default and no line for 17,60-63; add them, or default copy or "
          "default ignore\n");
    for (std::uint8_t i = 0; i < 64; ++i)
        map.map[i] = 0;
    CHECK(problems_of(config) == "");
}

TEST_CASE("IPsec decap needs a permit list, and says why") {
    Config config = samples::full();
    Decap& decap = config.crypto_maps[{"vpn", 10}].tunnel.decap;
    decap.permit.reset();
    const std::string text = problems_of(config);
    CHECK(text.find("crypto map vpn 10 / tunnel decap dscp: copy needs a permit list") == 0);
    CHECK(text.find("RFC 2983 section 7") != std::string::npos);
    CHECK(text.find("for example: tunnel decap dscp copy permit 0-47, or tunnel diffserv-mode "
                    "uniform permit 0-47\n") != std::string::npos);

    decap.dscp = DecapDscp::table;
    decap.dscp.table = "lan";
    CHECK(problems_of(config).find("tunnel decap dscp table lan permit 0-47") != std::string::npos);
    decap = {};
    CHECK(problems_of(config) == "");
}

TEST_CASE("an inner DSCP needs an outer one that tunqos makes") {
    TunnelProfile profile;
    profile.encap.inner = {EncapInner::set, Dscp{0}};
    for (const auto dscp : {EncapDscp::copy, EncapDscp::set})
        CHECK(problems_of(with_tunnel({{dscp, profile.encap.inner}, {}, {}})) == "");
    profile.encap.dscp = EncapDscp::native;
    const std::string text = problems_of(with_tunnel(profile));
    CHECK(text.find(
              "interface gre1 / tunnel encap inner-dscp: does not go with encap dscp native") == 0);
    CHECK(text.find("use tunnel encap dscp copy, set or table") != std::string::npos);
    CHECK(std::count(text.begin(), text.end(), '\n') == 1);
    profile.encap.inner = {};
    CHECK(problems_of(with_tunnel(profile)) == "");
}

TEST_CASE("inner and control DSCPs are DSCPs, and an inner table exists") {
    TunnelProfile profile;
    profile.encap.inner = {EncapInner::set, Dscp{64}};
    profile.options.control_dscp = Dscp{64};
    CHECK(problems_of(with_tunnel(profile)) ==
          "interface gre1 / tunnel encap inner-dscp: 64 is out of range (0-63)\n"
          "interface gre1 / tunnel control dscp: 64 is out of range (0-63)\n");
    profile.encap.inner = {EncapInner::table, "none"};
    profile.options.control_dscp = Dscp{63};
    CHECK(problems_of(with_tunnel(profile)) ==
          "interface gre1 / tunnel encap inner-dscp: there is no table-map none; define it, or "
          "change this setting before removing it\n");
}

TEST_CASE("IPsec has inner DSCP and ECN, but no control DSCP of its own") {
    Config config = samples::full();
    TunnelProfile& profile = config.crypto_maps[{"vpn", 10}].tunnel;
    const TunnelProfile sound = profile;
    const auto only = [&](const std::string& setting, const std::string& way_out) {
        const std::string text = problems_of(config);
        INFO(text);
        CHECK(text.find("crypto map vpn 10 / tunnel " + setting + ": ") == 0);
        CHECK(text.find(way_out) != std::string::npos);
        CHECK(std::count(text.begin(), text.end(), '\n') == 1);
        profile = sound;
    };
    profile.encap.inner = {EncapInner::set, Dscp{0}};
    CHECK(problems_of(config) == "");
    profile.encap.dscp = EncapDscp::native;
    only("encap inner-dscp", "does not go with encap dscp native");
    profile.encap.inner = {EncapInner::table, "lan"};
    profile.options.encap_ecn = EncapEcn::rfc6040;
    profile.options.decap_ecn = DecapEcn::rfc6040;
    CHECK(problems_of(config) == "");
    profile.encap.inner.table = "none";
    only("encap inner-dscp", "there is no table-map none");
    profile.options.control_dscp = Dscp{48};
    only("control dscp", "let the IKE daemon mark its own packets");
    CHECK(problems_of(config) == "");
}

TEST_CASE("a permit list that does nothing is a problem") {
    TunnelProfile profile;
    profile.decap.permit = parse_dscp_set("0-47");
    CHECK(problems_of(with_tunnel(profile)).find("keep takes no permit list") != std::string::npos);
    profile.decap.dscp = DecapDscp::copy;
    profile.decap.permit = DscpSet{};
    CHECK(problems_of(with_tunnel(profile)).find("the permit list is empty") != std::string::npos);
}

TEST_CASE("a peer is one address of one crypto map") {
    Config config;
    config.crypto_maps[{"a", 1}].match.peer = "2001:db8::1";
    config.crypto_maps[{"a", 2}].match.peer = "2001:DB8:0::1";
    config.crypto_maps[{"b", 1}].match.peer = "10.0.0";
    config.crypto_maps[{"b", 2}].match.peer = "224.0.0.1";
    config.crypto_maps[{"b", 3}].match.peer = "::";
    config.crypto_maps[{"b", 4}].match.peer = "::ffff:10.0.0.1";
    config.crypto_maps[{"b", 5}].match.peer = std::string("10.0.0.1\0x", 10);
    config.crypto_maps[{"c", 1}].match.peer = "";
    config.crypto_maps[{"c", 2}].match.peer = "";
    const std::string text = problems_of(config);
    CHECK(text.find("crypto map a 2 / set peer: 2001:DB8:0::1 is the peer of crypto map a 1 "
                    "already; a peer has one profile\n") == 0);
    CHECK(text.find("crypto map b 1 / set peer: 10.0.0 is neither an IPv4 nor an IPv6 address\n") !=
          std::string::npos);
    CHECK(std::count(text.begin(), text.end(), '\n') == 6);
}

TEST_CASE("selectors that differ go together") {
    Config config;
    for (const auto& match : samples::selectors())
        config.crypto_maps[{"v", static_cast<unsigned>(config.crypto_maps.size() + 1)}].match =
            match;
    REQUIRE(config.crypto_maps.size() == 27);
    CHECK(problems_of(config) == "");
    CHECK(advise(config).empty());
}

TEST_CASE("single-aggregate needs an outer DSCP that tunqos makes") {
    TunnelProfile profile;
    profile.encap.single_aggregate = Aggregate{4};
    CHECK(problems_of(with_tunnel(profile)) == "");
    profile.encap.dscp = EncapDscp::native;
    CHECK(problems_of(with_tunnel(profile)) ==
          "interface gre1 / tunnel encap single-aggregate: does not go with encap dscp native, "
          "which leaves the outer DSCP to the kernel; use tunnel encap dscp copy, set or table, or "
          "no tunnel encap single-aggregate\n");
    profile.encap.dscp = EncapDscp::table;
    profile.encap.dscp.table = "wan";
    CHECK(problems_of(with_tunnel(profile)) == "");
    profile.encap.dscp.table = "lan"; // maps af21, ignores the others
    CHECK(problems_of(with_tunnel(profile)) ==
          "interface gre1 / tunnel encap single-aggregate: table-map lan ignores 0-17,19-63, whose "
          "outer DSCP is then the kernel's; give it default copy or a value, or lines for "
          "these\n");
    profile.encap = {};
    profile.encap.single_aggregate = Aggregate{0, Dscp{64}};
    CHECK(problems_of(with_tunnel(profile)) ==
          "interface gre1 / tunnel encap single-aggregate: 64 is out of range (0-63)\n");
}

TEST_CASE("a selector is one that an SA can have") {
    const auto text = [](const Selector& match) {
        Config config;
        config.crypto_maps[{"v", 1}].match = match;
        return problems_of(config);
    };
    CHECK(text({.peer = "10.0.0.1", .local = "2001:db8::1"}) ==
          "crypto map v 1 / match local: 2001:db8::1 and the peer 10.0.0.1 are of different "
          "families, and an SA has one; use two addresses of IPv4 or two of IPv6\n");
    CHECK(text({.local = "224.0.0.1"}) ==
          "crypto map v 1 / match local: 224.0.0.1 is a multicast address\n");
    CHECK(text({.local = "here"}) ==
          "crypto map v 1 / match local: here is neither an IPv4 nor an IPv6 address\n");
    CHECK(text({.spi = 0, .if_id = 0, .reqid = 0}) ==
          "crypto map v 1 / match reqid: 0 is no request ID (1-4294967295); take it out to match "
          "any SA\n"
          "crypto map v 1 / match if-id: 0 is no interface ID (1-4294967295); take it out to match "
          "any SA\n"
          "crypto map v 1 / match spi: 0 is no SPI (1-4294967295); take it out to match any SA\n");
    CHECK(text({.mark = Mark{0, 0}}) ==
          "crypto map v 1 / match mark: mask 0 matches every mark; take it out, or give a mask "
          "such as 0xff\n");
    CHECK(text({.mark = Mark{0x110, 0xff}}) ==
          "crypto map v 1 / match mark: 0x110 has bits outside of the mask 0xff, so that no SA can "
          "have it; use 0x10, or a longer mask\n");
    CHECK(text({.mark = Mark{0, 1}}) == "");
}

TEST_CASE("two entries of the same SAs are both named") {
    for (const auto& match : samples::selectors()) {
        Config config;
        config.crypto_maps[{"a", 1}].match = match;
        config.crypto_maps[{"b", 2}].match = match;
        const std::string text = problems_of(config);
        INFO(text);
        CHECK(text.find("crypto map b 2 / ") == 0);
        CHECK(text.find("crypto map a 1") != std::string::npos);
        CHECK(std::count(text.begin(), text.end(), '\n') == 1);
    }
    Config config;
    config.crypto_maps[{"a", 1}].match = {.reqid = 5, .peer = "2001:db8::1"};
    config.crypto_maps[{"b", 2}].match = {.reqid = 5, .peer = "2001:DB8:0::1"};
    CHECK(problems_of(config) ==
          "crypto map b 2 / match: peer 2001:db8::1, reqid 5 is what crypto map a 1 binds already; "
          "remove one, or match something else\n");
}

TEST_CASE("an interface is a tunnel or a port") {
    Config config;
    config.interfaces["x"].tunnel = TunnelProfile{};
    config.interfaces["x"].port = PortProfile{};
    CHECK(problems_of(config).find("interface x: set cos is for ports") == 0);
}

TEST_CASE("a description is one line of UTF-8") {
    const auto with = [](const std::string& text) {
        Config config;
        config.interfaces["gre1"].description = text;
        return validate(config).empty();
    };
    for (const char* good : {"to b", "!", "end",
                             "zu Br\xc3\xbc"
                             "cke"})
        CHECK(with(good));
    for (const char* bad : {" x", "x ", "a\nb", "a\x1b[31m", "\xff", "\xc3", "\x80"})
        CHECK_FALSE(with(bad));
    CHECK(with(std::string(240, 'x')));
    CHECK_FALSE(with(std::string(241, 'x')));
}

TEST_CASE("advice names what is valid but odd") {
    CHECK(advise(samples::full()).empty());
    Config config = samples::full();
    config.table_maps["old"] = {};
    config.crypto_maps[{"vpn", 20}] = {};
    config.crypto_maps[{"vpn", 10}].tunnel.decap.permit = parse_dscp_set("0-63");
    config.interfaces["gre1"].tunnel->encap.dscp.table = "cos";
    config.interfaces["gre1"].tunnel->pre_classify = {true, "wan"};
    CHECK(advise(config) ==
          std::vector<std::string>{
              "crypto map vpn 10: permits cs6 or cs7 from outside, the class of routing protocols",
              "crypto map vpn 20: has no peer and no match yet, so it is not in effect; use set "
              "peer or "
              "match",
              "interface gre1: table-map cos holds numbers 0-7 only, but is used for DSCPs (0-63)",
              "table-map old: is not used"});

    config = samples::full();
    config.interfaces["gre1"].tunnel->decap = {};
    config.interfaces["gre1"].tunnel->encap.inner = {EncapInner::table, "lan"};
    CHECK(advise(config).empty());
    config.interfaces["gre1"].tunnel->encap.inner.table = "cos";
    CHECK(advise(config) ==
          std::vector<std::string>{
              "interface gre1: table-map cos holds numbers 0-7 only, but is used for DSCPs (0-63)",
              "table-map lan: is not used"});
}

TEST_CASE("an entry that takes the class of another interface away is told of") {
    Config config = samples::full();
    auto& entry = config.crypto_maps.at({"vpn", 10});
    auto& gre = *config.interfaces.at("gre1").tunnel;
    const auto said = [&] { return class_lost(entry, config.interfaces).has_value(); };
    entry.tunnel.pre_classify.enabled = false;
    CHECK_FALSE(said()); // nobody gives a class
    gre.pre_classify.enabled = true;
    CHECK(advise(config) ==
          std::vector<std::string>{
              "crypto map vpn 10: has no qos pre-classify, but interface gre1 has it: if SAs of "
              "this entry carry packets of that interface, the class they are queued by is the "
              "outer DSCP and not the inner one; put qos pre-classify on the entry, too"});
    entry.tunnel.pre_classify.enabled = true;
    CHECK_FALSE(said());
    entry.tunnel.pre_classify.enabled = false;
    entry.tunnel.encap.dscp = EncapDscp::native; // is not touched
    CHECK_FALSE(said());
    entry.tunnel.options.encap_ecn = EncapEcn::rfc6040;
    CHECK(said());
    entry.tunnel.encap = {};
    CHECK(said());
    gre.encap = {}; // a copy of a copy is the inner one
    CHECK_FALSE(said());
    entry.tunnel.encap.single_aggregate = Aggregate{4};
    CHECK(said());
    entry.tunnel.encap = {};
    gre.encap.inner = EncapInner::set;
    CHECK(said());
    entry.match = {}; // binds nothing
    CHECK_FALSE(said());
}

TEST_CASE("what a terminal would obey is in no name and in no description") {
    // U+009B, U+202E, U+2028, U+200B, ESC
    for (const char* hidden :
         {"\xc2\x9b", "\xe2\x80\xae", "\xe2\x80\xa8", "\xe2\x80\x8b", "\x1b"}) {
        const std::string text = std::string("a") + hidden + "b";
        const auto refused = [&](const auto& change) {
            Config config = samples::full();
            change(config);
            const auto problems = validate(config);
            REQUIRE_FALSE(problems.empty());
            CHECK(problems[0].path.find(hidden) == std::string::npos);
            CHECK(problems[0].message.find(hidden) == std::string::npos);
        };
        refused([&](Config& config) { config.interfaces["gre1"].description = text; });
        refused([&](Config& config) { config.crypto_maps.begin()->second.description = text; });
        refused([&](Config& config) { config.interfaces[text].tunnel.emplace(); });
        refused([&](Config& config) { config.table_maps[text]; });
        refused([&](Config& config) { config.crypto_maps[{text, 10}].match.reqid = 9; });
    }
    Config config = samples::full();
    config.interfaces["b\xc3\xbcro"].tunnel.emplace();
    config.interfaces["gre1"].description = "Z\xc3\xbcrich \xe2\x82\xac";
    CHECK(validate(config).empty());
}

TEST_CASE("the table-map of a model must be there, also beside a line of its own") {
    Config config;
    config.table_maps["wan"] = {};
    TunnelProfile& gre = config.interfaces["gre1"].tunnel.emplace();
    gre.mode = DiffservMode{TunnelModel::pipe, {EncapDscp::table, "wan"}, {}};
    carry_out(*gre.mode, gre);
    CHECK(validate(config).empty());
    const Config before = config;
    config.table_maps.clear();
    REQUIRE(validate(config).size() == 1);
    CHECK(validate(config)[0].path == "interface gre1 / tunnel diffserv-mode");
    CHECK(validate(config, &before)[0].message.find("(no tunnel diffserv-mode)") !=
          std::string::npos);
    gre.encap = {};
    REQUIRE(validate(config).size() == 1);
    gre.mode->dscp = EncapDscp::set;
    gre.mode->dscp.value = Dscp{64};
    CHECK(validate(config)[0].message == "64 is out of range (0-63)");
}
