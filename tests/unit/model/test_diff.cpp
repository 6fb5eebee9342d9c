// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "catch.hpp"
#include "samples.hpp"
#include "tunqos/config.hpp"
#include "tunqos/ios_diff.hpp"

using namespace tunqos;
using Lines = std::vector<std::string>;

TEST_CASE("equal configurations have no difference") {
    CHECK(diff({}, {}).empty());
    CHECK(diff(samples::full(), samples::full()).empty());
}

TEST_CASE("each changed setting is one line") {
    const Config before = samples::full();
    Config after = before;
    after.table_maps["wan"].map[46] = 46;
    after.table_maps["wan"].map.erase(34);
    after.table_maps["lan"].fallback = TableDefault::copy;
    after.crypto_maps[{"vpn", 10}].match.peer = "2001:db8::1";
    after.interfaces["gre1"].description.clear();
    after.interfaces["gre1"].tunnel->encap = {};
    after.interfaces["eth1.10"].port->table.clear();
    CHECK(diff(before, after) == Lines{
                                     "table-map lan: default ignore -> copy",
                                     "table-map wan: map af41 18 -> none",
                                     "table-map wan: map ef 34 -> 46",
                                     "crypto map vpn 10: peer 203.0.113.2 -> 2001:db8::1",
                                     "interface eth1.10: set cos dscp table cos -> dscp",
                                     "interface gre1: description to branch b -> none",
                                     "interface gre1: encap dscp table wan -> copy",
                                 });
}

TEST_CASE("objects come and go as a whole") {
    Config after;
    after.interfaces["gre1"].tunnel = TunnelProfile{};
    CHECK(diff({}, after) == Lines{"interface gre1: added (encap dscp copy, decap dscp keep, "
                                   "decap class inner, pre-classify off)"});
    CHECK(diff(after, {}) == Lines{"interface gre1: removed"});
}

TEST_CASE("settings that few profiles have are told where they are not at their default") {
    Config before, after;
    before.interfaces["gre1"].tunnel = TunnelProfile{};
    TunnelProfile& profile = after.interfaces["gre1"].tunnel.emplace();
    profile.encap.inner = {EncapInner::table, "lan"};
    profile.options.encap_ecn = EncapEcn::compatibility;
    profile.options.decap_ecn = DecapEcn::rfc6040;
    profile.options.control_dscp = Dscp{48};
    CHECK(diff(before, after) == Lines{
                                     "interface gre1: encap inner-dscp keep -> table lan",
                                     "interface gre1: encap ecn native -> compatibility",
                                     "interface gre1: decap ecn native -> rfc6040",
                                     "interface gre1: control dscp none -> cs6",
                                 });
    CHECK(diff(after, before) == Lines{
                                     "interface gre1: encap inner-dscp table lan -> keep",
                                     "interface gre1: encap ecn compatibility -> native",
                                     "interface gre1: decap ecn rfc6040 -> native",
                                     "interface gre1: control dscp cs6 -> none",
                                 });
    CHECK(diff({}, after) == Lines{"interface gre1: added (encap dscp copy, encap inner-dscp table "
                                   "lan, encap ecn compatibility, decap dscp keep, decap class "
                                   "inner, decap ecn rfc6040, pre-classify off, control dscp "
                                   "cs6)"});
    // A description was there before the tunnel.
    before.interfaces["gre1"] = {"x", {}, {}};
    after.interfaces["gre1"].description = "x";
    profile.encap.inner = {EncapInner::set, Dscp{0}};
    profile.options.encap_ecn = EncapEcn::rfc6040;
    CHECK(diff(before, after) == Lines{
                                     "interface gre1: encap dscp none -> copy",
                                     "interface gre1: encap inner-dscp none -> set default",
                                     "interface gre1: encap ecn none -> rfc6040",
                                     "interface gre1: decap dscp none -> keep",
                                     "interface gre1: decap class none -> inner",
                                     "interface gre1: decap ecn none -> rfc6040",
                                     "interface gre1: pre-classify none -> off",
                                     "interface gre1: control dscp none -> cs6",
                                 });
}

TEST_CASE("each part of a match is one line") {
    Config before, after;
    before.crypto_maps[{"v", 1}].match = {.if_id = 3, .reqid = 1, .mark = Mark{1, 0xff}};
    after.crypto_maps[{"v", 1}].match = {
        .spi = 0x1001, .reqid = 2, .mark = Mark{1}, .local = "192.0.2.1"};
    CHECK(diff(before, after) == Lines{
                                     "crypto map v 1: match local none -> 192.0.2.1",
                                     "crypto map v 1: match reqid 1 -> 2",
                                     "crypto map v 1: match if-id 3 -> none",
                                     "crypto map v 1: match mark 0x1/0xff -> 0x1",
                                     "crypto map v 1: match spi none -> 0x1001",
                                 });
}

TEST_CASE("every change of a match shows") {
    for (const auto& match : samples::selectors()) {
        for (const auto& other : samples::selectors()) {
            Config before, after;
            before.crypto_maps[{"v", 1}].match = match;
            after.crypto_maps[{"v", 1}].match = other;
            REQUIRE(diff(before, after).empty() == (match == other));
        }
    }
}

TEST_CASE("every change of a profile shows") {
    samples::each_profile([](const TunnelProfile& profile) {
        samples::each_profile([&](const TunnelProfile& other) {
            Config before, after;
            before.interfaces["g"].tunnel = profile;
            after.interfaces["g"].tunnel = other;
            REQUIRE(diff(before, after).empty() == (profile == other));
        });
    });
}

TEST_CASE("a change in the lines of IOS") {
    const Config before = samples::full();
    CHECK(ios_diff(before, before).empty());
    Config after = before;
    after.interfaces["gre1"].description.clear();
    after.interfaces["gre1"].tunnel->encap = {};
    after.interfaces.erase("eth1.20");
    after.table_maps["new"] = samples::table_map({{46, 34}});
    after.crypto_maps[{"vpn", 10}].match.peer = "203.0.113.3";
    CHECK(ios_diff(before, after) ==
          Lines{"+table-map new", "+ map from ef to af41", "+ default copy",
                "crypto map vpn 10 ipsec-isakmp", "- set peer 203.0.113.2",
                "+ set peer 203.0.113.3", "-interface eth1.20", "- set cos dscp", "interface gre1",
                "- description to branch b", "- tunnel encap dscp table wan",
                "+ tunnel encap dscp copy"});
    // The way back is the same with other signs.
    Lines back = ios_diff(after, before);
    for (auto& line : back) {
        if (line[0] == '+')
            line[0] = '-';
        else if (line[0] == '-')
            line[0] = '+';
    }
    std::sort(back.begin(), back.end());
    Lines there = ios_diff(before, after);
    std::sort(there.begin(), there.end());
    CHECK(back == there);
}

TEST_CASE("every change of a profile has a line of IOS below its head") {
    for (const auto& encap : samples::encaps) {
        TunnelProfile first;
        first.encap = encap;
        samples::each_profile([&](const TunnelProfile& profile) {
            Config before, after;
            before.interfaces["g"].tunnel = first;
            after.interfaces["g"].tunnel = profile;
            REQUIRE((ios_diff(before, after).size() > 1) == (first != profile));
        });
    }
}
