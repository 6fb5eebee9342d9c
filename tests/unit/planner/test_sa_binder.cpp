// SPDX-License-Identifier: GPL-2.0-or-later
#include "planner/sa_binder.hpp"

#include <linux/xfrm.h>
#include <netinet/in.h>

#include <functional>

#include "catch.hpp"
#include "model/samples.hpp"
#include "planner/planner.hpp"

using namespace tunqos;
using kernel::Sa;
using planner::SaBinder;

namespace {

// From 203.0.113.2 to us, 192.0.2.1.
Sa inbound() {
    Sa sa;
    sa.direction = Sa::Direction::in;
    sa.source = "203.0.113.2";
    sa.destination = "192.0.2.1";
    sa.protocol = IPPROTO_ESP;
    sa.spi = 0x1001;
    sa.reqid = 5;
    sa.if_id = 7;
    sa.mark = Mark{0x13, 0xff};
    sa.mode = XFRM_MODE_TUNNEL;
    return sa;
}

Sa outbound() {
    Sa sa = inbound();
    sa.direction = Sa::Direction::out;
    std::swap(sa.source, sa.destination);
    return sa;
}

// The name of what binds this SA, of crypto maps v 1, v 2 ... with these selectors.
std::string bound(const Sa& sa, const std::vector<Selector>& matches,
                  const std::vector<kernel::IpsecDevice>& devices = {}) {
    Config config;
    for (const auto& match : matches)
        config.crypto_maps[{"v", static_cast<unsigned>(config.crypto_maps.size() + 1)}].match =
            match;
    config.interfaces["ipsec0"].tunnel = TunnelProfile{};
    config.interfaces["plain"].description = "no tunnel";
    const SaBinder binder(config, devices);
    const auto* const owner = binder.find(sa);
    return owner ? owner->name : "";
}

} // namespace

TEST_CASE("an SA is bound if it has all that an entry says") {
    const std::vector<Selector> fitting = {{.peer = "203.0.113.2"},
                                           {.local = "192.0.2.1"},
                                           {.spi = 0x1001},
                                           {.reqid = 5},
                                           {.if_id = 7},
                                           {.mark = Mark{0x13}},
                                           {.mark = Mark{3, 0xf}},
                                           {.mark = Mark{0, 4}}};
    for (const auto& match : fitting) {
        CHECK(bound(inbound(), {match}) == "crypto map v 1");
        CHECK(bound(outbound(), {match}) == "crypto map v 1");
    }
    const Selector all{.spi = 0x1001,
                       .if_id = 7,
                       .reqid = 5,
                       .mark = Mark{0x13, 0xff},
                       .peer = "203.0.113.2",
                       .local = "192.0.2.1"};
    CHECK(bound(inbound(), {all}) == "crypto map v 1");
    const std::vector<std::function<void(Selector&)>> changes = {
        [](Selector& match) { match.spi = 0x1002; },
        [](Selector& match) { match.if_id = 8; },
        [](Selector& match) { match.reqid = 6; },
        [](Selector& match) {
            match.mark = Mark{0x12, 0xff};
        },
        [](Selector& match) { match.peer = "192.0.2.1"; },
        [](Selector& match) { match.local = "203.0.113.2"; }};
    for (const auto& change : changes) {
        Selector other = all;
        change(other);
        CHECK(bound(inbound(), {other}).empty());
    }
    CHECK(bound(inbound(), {}).empty());
    CHECK(bound(inbound(), {Selector{}}).empty()); // incomplete
    Sa unmarked = inbound();
    unmarked.mark.reset();
    CHECK(bound(unmarked, {{.mark = Mark{0, 1}}}) == "crypto map v 1");
    CHECK(bound(unmarked, {{.mark = Mark{0x13}}}).empty());
}

TEST_CASE("the most specific entry wins, wherever it stands") {
    // The interface's order: SPI, if-id, reqid, mark, peer, local.
    const std::vector<Selector> order = {{.spi = 0x1001, .if_id = 7},
                                         {.spi = 0x1001},
                                         {.if_id = 7, .reqid = 5},
                                         {.if_id = 7},
                                         {.reqid = 5, .peer = "203.0.113.2", .local = "192.0.2.1"},
                                         {.reqid = 5, .peer = "203.0.113.2"},
                                         {.reqid = 5},
                                         {.mark = Mark{3, 0xf}, .local = "192.0.2.1"},
                                         {.mark = Mark{0x13}},
                                         {.mark = Mark{3, 0xf}},
                                         {.mark = Mark{3, 3}},
                                         {.mark = Mark{1, 1}},
                                         {.peer = "203.0.113.2", .local = "192.0.2.1"},
                                         {.peer = "203.0.113.2"},
                                         {.local = "192.0.2.1"}};
    for (std::size_t i = 0; i < order.size(); ++i) {
        for (std::size_t j = i + 1; j < order.size(); ++j) {
            CAPTURE(i, j);
            CHECK(bound(inbound(), {order[i], order[j]}) == "crypto map v 1");
            CHECK(bound(inbound(), {order[j], order[i]}) == "crypto map v 2");
        }
    }
}

TEST_CASE("an SA of unknown direction is bound if it fits in one of them") {
    Sa sa = inbound();
    sa.direction = Sa::Direction::unknown;
    CHECK(bound(sa, {{.peer = "203.0.113.2"}}) == "crypto map v 1");
    CHECK(bound(sa, {{.peer = "192.0.2.1"}}) == "crypto map v 1");
    CHECK(bound(sa, {{.peer = "192.0.2.9"}}).empty());
}

TEST_CASE("an IPsec device binds its SAs if it has a tunnel profile") {
    const kernel::IpsecDevice ipsec0{"ipsec0", {.if_id = 7}};
    CHECK(bound(inbound(), {}, {ipsec0}) == "interface ipsec0");
    CHECK(bound(inbound(), {}, {{"plain", {.if_id = 7}}}).empty());
    CHECK(bound(inbound(), {}, {{"unknown", {.if_id = 7}}}).empty());
    CHECK(bound(inbound(), {}, {{"ipsec0", {.if_id = 8}}}).empty());
    CHECK(bound(inbound(), {{.reqid = 5}}, {ipsec0}) == "interface ipsec0");
    CHECK(bound(inbound(), {{.if_id = 7}}, {ipsec0}) == "crypto map v 1");
    CHECK(bound(inbound(), {{.spi = 0x1001}}, {ipsec0}) == "crypto map v 1");
}

namespace {

std::vector<std::string> advice(const Sa& sa, const TunnelProfile& profile,
                                bool may_be_bundled = false) {
    const Config config = samples::full();
    return planner::advise_sa(sa, {"crypto map vpn 10", &profile}, config, may_be_bundled);
}

} // namespace

TEST_CASE("decap-dscp of an SA comes before the decap of an entry") {
    TunnelProfile profile;
    profile.encap.dscp = EncapDscp::set;
    profile.decap.dscp = DecapDscp::copy;
    profile.decap.permit = DscpSet{};
    Sa sa = inbound();
    CHECK(advice(sa, profile).empty());
    sa.decap_dscp = true;
    const auto said = advice(sa, profile);
    REQUIRE(said.size() == 1);
    CHECK(said[0] ==
          "SA esp 0x1001 from 203.0.113.2 has decap-dscp: the kernel copies the outer DSCP to the "
          "inner header before tunnel decap dscp copy of crypto map vpn 10 could, and without its "
          "permit list; put copy_dscp = out into the child of swanctl.conf, or leave out flag "
          "decap-dscp of ip xfrm state");
    profile.decap = {{DecapDscp::table, "lan"}, {}, {}};
    CHECK(advice(sa, profile)[0].find("before tunnel decap dscp table lan of") !=
          std::string::npos);
    profile.decap = {};
    CHECK(advice(sa, profile)[0].find("before tunnel decap dscp keep of crypto map vpn 10 could; "
                                      "put copy_dscp = out") != std::string::npos);
    profile.decap.dscp = DecapDscp::copy;
    CHECK(advice(sa, profile).empty()); // the same
    profile.decap.permit = DscpSet{};
    CHECK(advice(sa, profile).size() == 1);
    sa = outbound();
    sa.decap_dscp = true;
    CHECK(advice(sa, profile).empty());
}

TEST_CASE("what the flags of an SA leave undone where the kernel is left to it") {
    TunnelProfile profile;
    const auto notes = [&](const Sa& sa) {
        return planner::note_sa(sa, {"crypto map vpn 10", &profile});
    };
    Sa out = outbound(), in = inbound();
    out.dont_encap_dscp = in.dont_encap_dscp = true;
    CHECK(notes(out).empty()); // the copy is ours then
    CHECK(notes(in).empty());
    profile.encap.dscp = EncapDscp::native;
    REQUIRE(notes(out).size() == 1);
    CHECK(notes(out)[0].find("the outer DSCP is 0 where tunnel encap dscp native of crypto map "
                             "vpn 10 leaves it to the kernel") != std::string::npos);
    profile.encap = {};
    out = outbound();
    out.no_ecn = in.no_ecn = true;
    CHECK(notes(out).size() == 1);
    CHECK(notes(in).size() == 1);
    profile.options.encap_ecn = EncapEcn::rfc6040;
    profile.options.decap_ecn = DecapEcn::rfc6040;
    CHECK(notes(out).empty());
    CHECK(notes(in).empty());
}

TEST_CASE("settings for two headers do nothing where there is one") {
    TunnelProfile profile;
    profile.encap.dscp = EncapDscp::set;
    Sa in = inbound();
    Sa out = outbound();
    in.mode = out.mode = XFRM_MODE_TRANSPORT;
    CHECK(advice(in, profile).empty()); // the outer DSCP is written in every mode
    CHECK(advice(out, profile).empty());
    profile.decap.dscp = DecapDscp::copy;
    CHECK(advice(in, profile) ==
          std::vector<std::string>{
              "SA esp 0x1001 from 203.0.113.2 is of transport mode, which has one header only: "
              "tunnel decap dscp copy of crypto map vpn 10 does nothing for its packets; if they "
              "are those of a tunnel interface, put the setting there, else use tunnel mode"});
    CHECK(advice(out, profile).empty());
    CHECK(advice(in, profile, true).empty());
    profile.decap = {{DecapDscp::table, "lan"}, {}, DecapClass::outer};
    profile.options.decap_ecn = DecapEcn::rfc6040;
    profile.encap.inner = EncapInner::set;
    profile.options.encap_ecn = EncapEcn::compatibility;
    in.mode = out.mode = XFRM_MODE_BEET;
    CHECK(advice(in, profile) ==
          std::vector<std::string>{
              "SA esp 0x1001 from 203.0.113.2 is of beet mode, which has one header only: tunnel "
              "decap dscp table lan, tunnel decap class outer and tunnel decap ecn of crypto map "
              "vpn 10 do nothing for its packets; if they are those of a tunnel interface, put "
              "these settings there, else use tunnel mode"});
    REQUIRE(advice(out, profile).size() == 1);
    CHECK(advice(out, profile)[0].find("only: tunnel encap inner-dscp and tunnel encap ecn of") !=
          std::string::npos);
    Sa both = in;
    both.direction = Sa::Direction::unknown;
    REQUIRE(advice(both, profile).size() == 1);
    CHECK(advice(both, profile)[0].find("inner-dscp, tunnel encap ecn, tunnel decap dscp table") !=
          std::string::npos);
    in.mode = XFRM_MODE_TUNNEL;
    CHECK(advice(in, profile).empty());
}

TEST_CASE("several classes and a small replay window do not go together") {
    TunnelProfile profile; // copy
    Sa sa = inbound();
    CHECK(advice(sa, profile).empty());
    sa.window = 32;
    const auto said = advice(sa, profile);
    REQUIRE(said.size() == 1);
    CHECK(said[0] ==
          "SA esp 0x1001 from 203.0.113.2 has a replay window of 32 packets, and crypto map vpn 10 "
          "may put marks of several classes on its packets: one that waits while others overtake "
          "it is dropped by the receiver (RFC 2983 section 4.1); put replay_window = 1024 into the "
          "child of the receiver's swanctl.conf (ip xfrm state add src 203.0.113.2 dst 192.0.2.1 "
          "proto esp spi 0x1001 replay-window 1024 ...), or use tunnel encap single-aggregate");
    sa.window = 1023;
    CHECK(advice(sa, profile).size() == 1);
    sa.window = 1024;
    CHECK(advice(sa, profile).empty());
    sa.window = 32;
    profile.encap.single_aggregate = Aggregate{4};
    CHECK(advice(sa, profile).empty());
    profile.encap = {EncapDscp::native};
    CHECK(advice(sa, profile).size() == 1);
    sa.dont_encap_dscp = true; // the kernel writes 0
    CHECK(advice(sa, profile).empty());
}

TEST_CASE("one ordered aggregate is one value or one AF class") {
    Config config;
    const auto several = [&](const TableMap& map, bool kernel_copies = true) {
        config.table_maps["t"] = map;
        return planner::several_aggregates(config, {{EncapDscp::table, "t"}}, kernel_copies);
    };
    CHECK(several(samples::table_map({})));
    CHECK_FALSE(several(samples::table_map({}, TableDefault::value, 10)));
    CHECK_FALSE(several(samples::table_map({{46, 12}, {8, 14}}, TableDefault::value, 10)));
    CHECK(several(samples::table_map({{46, 18}}, TableDefault::value, 10)));
    CHECK(several(samples::table_map({{46, 11}}, TableDefault::value, 10)));
    // Packets that are left alone have the kernel's mark.
    CHECK(several(samples::table_map({{46, 10}}, TableDefault::ignore)));
    CHECK(several(samples::table_map({{46, 10}}, TableDefault::ignore), false));
    CHECK_FALSE(several(samples::table_map({{46, 0}}, TableDefault::ignore), false));
    CHECK_FALSE(planner::several_aggregates(config, {{EncapDscp::set, Dscp{46}}}, true));
}
