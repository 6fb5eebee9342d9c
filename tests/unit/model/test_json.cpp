// SPDX-License-Identifier: GPL-2.0-or-later
#include "tunqos/json.hpp"

#include <nlohmann/json.hpp>

#include "catch.hpp"
#include "samples.hpp"

using namespace tunqos;

namespace {

// The problems of a text, one a line, "path: message".
std::string problems_of(std::string_view text) {
    const auto config = config_from_text(text);
    if (config) return "";
    std::string out;
    for (const auto& problem : config.error())
        out += problem.path + ": " + problem.message + '\n';
    return out;
}

bool contains(const std::string& text, const std::string& part) {
    INFO(text);
    CHECK(text.find(part) != std::string::npos);
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("every profile reads back from JSON as it was") {
    int count = 0;
    samples::each_profile([&](const TunnelProfile& profile) {
        Config config = samples::full();
        config.interfaces["gre1"].tunnel = profile;
        config.crypto_maps[{"vpn", 20}].tunnel = profile;
        const auto again = config_from_text(config_to_text(config));
        REQUIRE(again);
        CHECK(*again == config);
        ++count;
    });
    // and with native the inner DSCP is kept
    CHECK(count ==
          5 * 7 * 2 * 4 + 4 * (4 * 3 * 2 * 2 - 1) + (3 * 2 * 2 - 1) + 5 * 4 * 3 * 2 + (8 * 4 + 2));
}

TEST_CASE("every table-map line and default reads back from JSON as it was") {
    for (std::uint8_t from = 0; from < 64; ++from) {
        for (std::uint8_t to = 0; to < 64; ++to) {
            Config config;
            config.table_maps["t"] = samples::table_map({{from, to}}, TableDefault::value,
                                                        static_cast<std::uint8_t>(63 - to));
            config.table_maps["u"] = samples::table_map({{from, to}}, std::nullopt);
            config.table_maps["v"] = samples::table_map({{to, from}}, TableDefault::ignore);
            const auto again = config_from_json(config_to_json(config));
            REQUIRE(again);
            REQUIRE(*again == config);
        }
    }
}

TEST_CASE("the way from one configuration to another is a change that reads back") {
    Config before = samples::full();
    Config after = before;
    CHECK(change_to_json(before, after) == nlohmann::json{{"version", 1}});
    after.interfaces.erase(after.interfaces.begin());
    after.interfaces["new0"].description = "new";
    after.crypto_maps.begin()->second.description = "other";
    after.table_maps.erase(after.table_maps.begin());
    after.interfaces["nothing"] = {};
    for (const auto& [from, to] : {std::pair(before, after), std::pair(after, before)}) {
        const auto change = change_from_json(change_to_json(from, to));
        REQUIRE(change);
        Config config = from;
        carry_out(*change, config);
        Config meant = to;
        meant.interfaces.erase("nothing"); // one without a setting is none
        CHECK(config == meant);
    }
    CHECK(change_to_json(before, after).at("interfaces").size() == 3); // gone, new, nothing
}

TEST_CASE("an empty configuration needs a version only") {
    REQUIRE(config_from_text(R"({"version": 1})"));
    CHECK(*config_from_text(R"({"version": 1})") == Config{});
    CHECK(contains(problems_of("{}"), "version: is missing"));
    CHECK(
        contains(problems_of(R"({"version": 2})"), "version: this daemon reads version 1, not 2"));
    CHECK(contains(problems_of(R"({"version": "1"})"), "version: "));
    CHECK(contains(problems_of("[]"), "must be an object, not []"));
}

TEST_CASE("a syntax error has its line and column") {
    CHECK(contains(problems_of("{\"version\": 1,\n  \"interfaces\": {\"gre1\" {}}\n}"),
                   "line 2, column 25: syntax error"));
    CHECK(contains(problems_of(""), "line 1, column 1: syntax error"));
    CHECK(contains(problems_of("{\"version\": 1} x"), "line 1, column 16"));
    CHECK(contains(problems_of("{\"version\": 1, \"a\": \"\xff\"}"), "line 1, column 22"));
    CHECK(contains(problems_of(std::string(100000, '[')), "nested deeper than 32 levels"));
    CHECK(contains(problems_of("1e999"), ": "));
}

TEST_CASE("each problem has the path of its place") {
    const std::string text = problems_of(R"({
      "version": 1,
      "tabelMaps": {},
      "tableMaps": {
        "a": {"map": {"af41": 64, "bogus": 1, "46": 3, "ef": 4}, "default": "drop"},
        "b": {"map": [], "x": 1}
      },
      "interfaces": {
        "gre1": {
          "description": 5,
          "tunnel": {
            "encap": {"dscp": {"set": "ef", "table": "wan"}},
            "decap": {"dscp": "outer", "permit": "0-47,zz", "class": "both"},
            "preClassify": "yes"
          }
        },
        "gre2": {"tunnel": {"encap": {"dscp": {"set": 184}}, "decap": {"permit": 5}}},
        "gre3": {"tunnel": {"encap": {"innerDscp": "copy", "ecn": "RFC6040"},
                            "decap": {"ecn": "compatibility"}, "controlDscp": 64}},
        "gre4": {"tunnel": {"encap": {"innerDscp": {"set": 64}, "ecn": true}}},
        "gre5": {"tunnel": {"encap": {"innerDscp": {"table": ""}, "inner": 1}}},
        "eth1.10": {"port": {"cos": 5}},
        "eth1.11": 7
      },
      "cryptoMaps": {"vpn": {}, "vpn 010": {}, "vpn 10": {"peer": 1}}
    })");
    for (const char* line : {
             "tabelMaps: unknown key; this object may have \"version\", \"qosMaps\", \"tableMaps\"",
             "tableMaps / a / map / af41: must be a number 0-63 or a name such as \"ef\", not 64\n",
             "tableMaps / a / map / bogus: is not a DSCP",
             "tableMaps / a / map / ef: code point ef (46) is there twice\n",
             "tableMaps / a / default: must be \"copy\", \"ignore\", a number",
             "tableMaps / b / map: must be an object, not []\n",
             "tableMaps / b / x: unknown key; this object may have \"map\", \"default\"\n",
             "interfaces / gre1 / description: must be a text, not 5\n",
             "interfaces / gre1 / tunnel / encap / dscp: must be \"copy\", \"native\", "
             "{\"set\": DSCP} or {\"table\": NAME}, not {",
             "interfaces / gre1 / tunnel / decap / dscp: must be \"keep\", \"copy\" or",
             "interfaces / gre1 / tunnel / decap / permit: \"zz\" is not a DSCP or a range",
             "interfaces / gre1 / tunnel / decap / class: must be \"inner\" or \"outer\", not "
             "\"both\"\n",
             "interfaces / gre1 / tunnel / preClassify: must be true, false or",
             "interfaces / gre2 / tunnel / encap / dscp / set: must be a number 0-63",
             "interfaces / gre2 / tunnel / decap / permit: must be a text, not 5\n",
             "interfaces / gre3 / tunnel / encap / innerDscp: must be \"keep\", {\"set\": DSCP} or "
             "{\"table\": NAME}, not \"copy\"\n",
             "interfaces / gre3 / tunnel / encap / ecn: must be one of \"native\", \"rfc6040\", "
             "\"compatibility\", not \"RFC6040\"\n",
             "interfaces / gre3 / tunnel / decap / ecn: must be one of \"native\", \"rfc6040\", "
             "not \"compatibility\"\n",
             "interfaces / gre3 / tunnel / controlDscp: must be a number 0-63 or a name such as "
             "\"ef\", not 64\n",
             "interfaces / gre4 / tunnel / encap / innerDscp / set: must be a number 0-63",
             "interfaces / gre4 / tunnel / encap / ecn: must be one of",
             "interfaces / gre5 / tunnel / encap / innerDscp: must be \"keep\"",
             "interfaces / gre5 / tunnel / encap / inner: unknown key; this object may have "
             "\"dscp\", \"innerDscp\", \"singleAggregate\", \"ecn\"\n",
             "interfaces / eth1.10 / port / cos: must be \"dscp\" or {\"table\": NAME}, not 5\n",
             "interfaces / eth1.11: must be an object, not 7\n",
             "cryptoMaps / vpn: must be a name, one space and a sequence number",
             "cryptoMaps / vpn 010: must be a name",
             "cryptoMaps / vpn 10 / peer: must be a text, not 1\n",
         })
        contains(text, line);
    CHECK(std::count(text.begin(), text.end(), '\n') == 28);
}

TEST_CASE("a key that is there twice is a problem, not the last one wins") {
    CHECK(problems_of(R"({"version": 1, "interfaces": {"gre1": {}, "gre2": {}, "gre1": {}}})") ==
          "interfaces / gre1: is there twice\n");
    CHECK(problems_of(R"({"version": 1, "version": 1})") == "version: is there twice\n");
    CHECK(problems_of(R"({"version": 1, "tableMaps": {"a": {"map": {"1": 1, "1": 2}}}})") ==
          "tableMaps / a / map / 1: is there twice\n");
}

TEST_CASE("a problem is one printable line, whatever the file says") {
    // fuzz_json: names went to the terminal as they are
    CHECK(problems_of("{\"version\": 1, \"x\\u001b[2J\": 1}").rfind("x?[2J: unknown key", 0) == 0);
    CHECK(problems_of("{\"version\": 1, \"\\n\": 1, \"\\n\": 2}") == "?: is there twice\n");
    CHECK(problems_of("{\"\x7f").rfind("line 1, column", 0) == 0);
    for (const char* text : {"{\"version\": 1, \"x\\u001b[2J\": 1}", "{\"\x7f",
                             "{\"version\": 1, \"interfaces\": {\"a\\nb\": {\"tunnel\": {}}}}",
                             "{\"version\": \"\x7f\"}", "{\"\x9b", "{\"version\": \"\xc2\x9b\"}"}) {
        const auto config = config_from_text(text);
        const auto problems = config ? validate(*config) : config.error();
        REQUIRE(problems.size() == 1);
        for (const char c : problems[0].path + problems[0].message)
            CHECK((c >= ' ' && c != 0x7f)); // as signed: no byte from 0x80 on either
    }
}

TEST_CASE("one meaning has one configuration") {
    const auto read =
        config_from_text(R"({"version": 1, "interfaces": {"gre1": {}, "gre2": {"tunnel": {}}},
        "cryptoMaps": {"vpn 10": {"peer": "2001:DB8:0:0::1"}}})");
    REQUIRE(read);
    CHECK(read->interfaces.size() == 1);
    CHECK(read->interfaces.at("gre2").tunnel == TunnelProfile{});
    CHECK(read->crypto_maps.at({"vpn", 10}).match.peer == "2001:db8::1");

    Config whole;
    for (std::uint8_t i = 0; i < 64; ++i)
        whole.table_maps["t"].map[i] = 0;
    auto json = config_to_json(whole);
    json["tableMaps"]["t"].erase("default");
    CHECK(config_from_json(json) == whole);
}

TEST_CASE("the file is indented, ordered and ends with a newline") {
    Config config;
    config.interfaces["gre1"].tunnel = TunnelProfile{{{EncapDscp::set, Dscp{46}}}, {}, {}};
    CHECK(config_to_text(config) == R"({
  "interfaces": {
    "gre1": {
      "tunnel": {
        "decap": {
          "dscp": "keep"
        },
        "encap": {
          "dscp": {
            "set": "ef"
          }
        }
      }
    }
  },
  "version": 1
}
)");
}

TEST_CASE("inner DSCP, ECN and control DSCP have keys of their own, if they are set") {
    Config config;
    TunnelProfile& profile = config.interfaces["wg0"].tunnel.emplace();
    const auto tunnel = [&] { return config_to_json(config)["interfaces"]["wg0"]["tunnel"]; };
    CHECK(tunnel() ==
          nlohmann::json::parse(R"({"encap": {"dscp": "copy"}, "decap": {"dscp": "keep"}})"));
    profile.encap.inner = {EncapInner::set, Dscp{46}};
    profile.options.encap_ecn = EncapEcn::rfc6040;
    profile.options.decap_ecn = DecapEcn::rfc6040;
    profile.options.control_dscp = Dscp{48};
    CHECK(tunnel() == nlohmann::json::parse(R"({
        "encap": {"dscp": "copy", "innerDscp": {"set": "ef"}, "ecn": "rfc6040"},
        "decap": {"dscp": "keep", "ecn": "rfc6040"}, "controlDscp": "cs6"})"));
    profile.encap.inner = {EncapInner::table, "wan"};
    profile.options.encap_ecn = EncapEcn::compatibility;
    CHECK(tunnel()["encap"] == nlohmann::json::parse(R"(
        {"dscp": "copy", "innerDscp": {"table": "wan"}, "ecn": "compatibility"})"));

    const auto read = config_from_text(R"({"version": 1, "interfaces": {"wg0": {"tunnel": {
        "encap": {"innerDscp": "keep", "ecn": "native"}, "decap": {"ecn": "native"},
        "controlDscp": 0}}}})");
    REQUIRE(read);
    TunnelProfile expected;
    expected.options.control_dscp = Dscp{0};
    expected.encap.implied = true; // nobody has said how the outer DSCP is made
    CHECK(read->interfaces.at("wg0").tunnel == expected);
}

TEST_CASE("what a crypto map matches is an object beside the peer") {
    const auto read = [](const std::string& map) {
        return config_from_text(R"({"version": 1, "cryptoMaps": {"vpn 10": )" + map + "}}");
    };
    const Selector all{.spi = 0x1001,
                       .if_id = 42,
                       .reqid = 10,
                       .mark = Mark{0x10, 0xff},
                       .peer = "2001:db8::1",
                       .local = "2001:db8::2"};
    for (const char* text :
         {R"({"peer": "2001:db8::1", "match": {"local": "2001:DB8:0::2", "reqid": 10, "ifId": 42,
              "mark": "0x10/0xff", "spi": "0x1001"}})",
          R"({"peer": "2001:db8::1", "match": {"local": "2001:db8::2", "reqid": "10",
              "ifId": "0x2a", "mark": "16/255", "spi": 4097}})"}) {
        const auto config = read(text);
        REQUIRE(config);
        CHECK(config->crypto_maps.at({"vpn", 10}).match == all);
    }
    CHECK(match_to_json(all) == nlohmann::json::parse(R"({"local": "2001:db8::2", "reqid": 10,
        "ifId": 42, "mark": "0x10/0xff", "spi": "0x1001"})"));
    CryptoMap nothing_said;
    nothing_said.tunnel.encap.implied = true;
    CHECK(read(R"({"match": {}})")->crypto_maps.at({"vpn", 10}) == nothing_said);
    Config config;
    for (const auto& match : samples::selectors())
        config.crypto_maps[{"v", static_cast<unsigned>(config.crypto_maps.size() + 1)}].match =
            match;
    CHECK(config_from_json(config_to_json(config)) == config);
    for (const char* bad :
         {R"("mark": 16)", R"("mark": "0x10/")", R"("mark": "/1")", R"("spi": -1)",
          R"("spi": "1001h")", R"("reqid": 4294967296)", R"("reqid": 1.5)", R"("ifId": null)",
          R"("local": 7)", R"("peer": "10.0.0.1")"}) {
        CAPTURE(bad);
        const auto broken = read(std::string(R"({"match": {)") + bad + "}}");
        REQUIRE_FALSE(broken);
        CHECK(broken.error().size() == 1);
        CHECK(broken.error()[0].path.find("cryptoMaps / vpn 10 / match / ") == 0);
    }
}

TEST_CASE("a model is kept as it was typed, and says what is not said beside it") {
    const auto read = [](const std::string& tunnel) {
        return config_from_text(R"({"version": 1, "interfaces": {"g": {"tunnel": )" + tunnel +
                                "}}}");
    };
    samples::each_mode([](const TunnelProfile& profile) {
        Config config;
        config.interfaces["g"].tunnel = profile;
        CHECK(config_from_json(config_to_json(config)) == config);
    });
    const auto uniform = read(R"({"diffservMode": {"model": "uniform", "permit": "ef"}})");
    REQUIRE(uniform);
    const TunnelProfile& g = *uniform->interfaces.at("g").tunnel;
    CHECK(g.decap.dscp == DecapDscp::copy);
    CHECK(g.decap.permit == parse_dscp_set("ef"));
    CHECK(g.encap == Encap{});
    const auto pipe = read(R"({"diffservMode": {"model": "pipe", "dscp": {"set": "ef"}},
        "encap": {"dscp": "copy"}, "decap": {"class": "inner"}})");
    REQUIRE(pipe);
    CHECK(pipe->interfaces.at("g").tunnel->encap == Encap{});
    CHECK(pipe->interfaces.at("g").tunnel->decap == Decap{});
    for (const char* bad :
         {R"({"model": "custom"})", R"({})", R"({"model": "uniform", "dscp": {"set": 1}})",
          R"({"model": "pipe", "dscp": "native"})", R"({"model": "pipe", "permit": "ef"})"}) {
        CAPTURE(bad);
        const auto broken = read(std::string(R"({"diffservMode": )") + bad + "}");
        REQUIRE_FALSE(broken);
        CHECK(broken.error()[0].path.find("interfaces / g / tunnel / diffservMode") == 0);
    }
}

TEST_CASE("a single aggregate is a text or a number") {
    const auto read = [](const std::string& value) {
        return config_from_text(R"({"version": 1, "interfaces": {"g": {"tunnel": {"encap": {
            "singleAggregate": )" +
                                value + "}}}}}");
    };
    const auto is = [&](const std::string& value, const Aggregate& aggregate) {
        const auto config = read(value);
        REQUIRE(config);
        CHECK(config->interfaces.at("g").tunnel->encap.single_aggregate == aggregate);
        CHECK(config_from_json(config_to_json(*config)) == *config);
    };
    is("\"af4\"", {4});
    is("\"ef\"", {0, Dscp{46}});
    is("17", {0, Dscp{17}});
    for (const char* bad : {"64", "\"af5\"", "null", "{}", "true"})
        CHECK_FALSE(read(bad));
}

TEST_CASE("what is wrong in itself and what does not fit are said at once, without guesses") {
    const auto text = problems_of(R"({"version": 1,
        "tableMaps": {"t": {"map": {"af99": 1}}, "hole": {"map": {"ef": 1}}},
        "interfaces": {"gre1": {"tunnel": {"encap": {"dscp": {"set": 99}}, "decap": {"dscp": "kopy"}}},
                       "gre2": {"tunnel": {"encap": {"dscp": {"table": "t"}}}},
                       "much-too-long-a-name": {"port": {"cos": "dscp"}}}})");
    for (const auto* part : {"tableMaps / t / map", "interfaces / gre1 / tunnel / encap / dscp",
                             "kopy", "table-map hole", "interface much-too-long-a-name"})
        CHECK(contains(text, part));
    // the table is there, though it could not be read
    CHECK(text.find("interface gre2") == std::string::npos);
}

TEST_CASE("nothing may follow the configuration, also not behind a byte 0") {
    const std::string whole = R"({"version":1})";
    CHECK(config_from_text(whole));
    CHECK(config_from_text(whole + " \t\r\n"));
    CHECK(config_from_text("\xef\xbb\xbf" + whole)); // a byte order mark: RFC 8259 8.1 lets it be
    const std::string zero(1, '\0');
    for (const std::string& text :
         {whole + "x", whole + whole, whole + zero, whole + zero + "garbage", zero + whole,
          whole + "\n" + zero, whole + "\xef\xbb\xbf",
          std::string("{\"version\":1,") + zero + "}"}) {
        INFO(text);
        CHECK_FALSE(config_from_text(text));
    }
    const auto problems = config_from_text(whole + "\n " + zero + "garbage").error();
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].path == "line 2, column 2");
    CHECK(problems[0].message.find("byte 0") != std::string::npos);
    // within a text it is an escape, and no name and no address has one
    for (const char* text :
         {R"({"version":1,"interfaces":{"gre1\u0000x":{"description":"d"}}})",
          R"({"version":1,"interfaces":{"gre1":{"description":"d\u0000"}}})",
          R"({"version":1,"tableMaps":{"wan\u0000":{"map":{}}}})",
          R"({"version":1,"tableMaps":{"wan":{"map":{"ef\u0000":1}}}})",
          R"({"version":1,"cryptoMaps":{"vpn\u0000 10":{"peer":"192.0.2.1"}}})",
          R"({"version":1,"cryptoMaps":{"vpn 10":{"peer":"192.0.2.1\u0000"}}})"}) {
        INFO(text);
        const auto config = config_from_text(text);
        CHECK((!config || !validate(*config).empty()));
    }
}
