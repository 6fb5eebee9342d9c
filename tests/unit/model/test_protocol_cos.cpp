// SPDX-License-Identifier: GPL-2.0-or-later
//
// `set cos PROTOCOL N`: read, written, checked and compared.
#include "catch.hpp"
#include "samples.hpp"
#include "tunqos/json.hpp"

using namespace tunqos;

namespace {

constexpr auto none = std::nullopt;

std::string problems_of(const Problems& problems) {
    std::string text;
    for (const auto& problem : problems)
        text += problem.path + ": " + problem.message + '\n';
    return text;
}

Config with_cos(const ProtocolCos& cos, const std::string& name = "eth0") {
    Config config = samples::full();
    config.interfaces[name].protocol_cos = cos;
    return config;
}

} // namespace

TEST_CASE("the CoS of each protocol reads back from JSON and IOS text has a line for it") {
    for (unsigned set = 0; set < 64; ++set) {
        ProtocolCos cos;
        for (unsigned i = 0; i < cos.size(); ++i) {
            if (set >> i & 1) cos[i] = static_cast<std::uint8_t>((set + i) % 8);
        }
        for (const char* name : {"eth0", "eth1.10"}) {
            const Config config = with_cos(cos, name);
            CHECK(validate(config).empty());
            const auto again = config_from_text(config_to_text(config));
            REQUIRE(again);
            CHECK(*again == (cos == ProtocolCos{} ? samples::full() : config));
        }
    }
    const Config config = with_cos(ProtocolCos{7, 5, 6, 4, 0, 6});
    CHECK(interface_to_ios("eth0", config.interfaces.at("eth0")) ==
          "interface eth0\n set cos non-ip 7\n set cos arp 5\n set cos dhcp 6\n set cos nd 4\n"
          " set cos pppoe-discovery 0\n set cos ppp-control 6\n");
}

TEST_CASE("what is wrong with the CoS of a protocol is named") {
    const auto problem = [](const std::string& cos) {
        const auto config = config_from_text(
            R"({"version": 1, "interfaces": {"e": {"protocolCos": )" + cos + "}}}");
        return config ? problems_of(validate(*config)) : problems_of(config.error());
    };
    CHECK(problem(R"({"arp": 7})").empty());
    CHECK(problem(R"({"arp": 8})") == "interface e / set cos arp: 8 is no CoS; use 0-7\n");
    CHECK(problem(R"({"arp": 64})").find("interfaces / e / protocolCos / arp: must be") == 0);
    CHECK(problem(R"({"lldp": 1})")
              .find("interfaces / e / protocolCos / lldp: unknown key; this "
                    "object may have \"non-ip\", \"arp\"") == 0);
    CHECK(problem("5").find("interfaces / e / protocolCos: must be an object") == 0);

    Config config = with_cos(ProtocolCos{none, none, none, none, none, 6}, "gre1");
    CHECK(problems_of(validate(config)).find("interface gre1: set cos is for ports") == 0);
}

TEST_CASE("a changed CoS of a protocol is a difference of its own") {
    const Config after = with_cos(ProtocolCos{none, 5, none, none, none, 6}, "eth1.10");
    CHECK(diff(samples::full(), after) ==
          std::vector<std::string>{"interface eth1.10: set cos arp none -> 5",
                                   "interface eth1.10: set cos ppp-control none -> 6"});
}
