// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "samples.hpp"
#include "tunqos/config.hpp"

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
    after.crypto_maps[{"vpn", 10}].peer = "2001:db8::1";
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
