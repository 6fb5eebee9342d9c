// SPDX-License-Identifier: GPL-2.0-or-later
#include "planner/planner.hpp"

#include "catch.hpp"
#include "model/samples.hpp"

using namespace tunqos;
using namespace tunqos::kernel;
using planner::compile;
using planner::reconcile;

namespace {

State applied(State state, const std::vector<Operation>& operations) {
    for (const auto& operation : operations) {
        if (const auto* del = std::get_if<DelTunnel>(&operation))
            CHECK(state.tunnels.erase(del->binding) == 1);
        else if (const auto* gone = std::get_if<DelPort>(&operation))
            CHECK(state.ports.erase(gone->device) == 1);
        else if (const auto* tunnel = std::get_if<Tunnel>(&operation))
            state.tunnels.insert_or_assign(tunnel->binding, *tunnel);
        else if (const auto* port = std::get_if<Port>(&operation))
            state.ports.insert_or_assign(port->device, *port);
    }
    return state;
}

} // namespace

TEST_CASE("names become tables") {
    const State state = compile(samples::full());
    REQUIRE(state.tunnels.size() == 2);
    const Tunnel& gre = state.tunnels.at("gre1");
    CHECK(gre.encap_dscp == EncapDscp::table);
    CHECK((*gre.encap_table)[34] == 18);
    CHECK((*gre.encap_table)[46] == 34);
    CHECK((*gre.encap_table)[45] == 45);
    CHECK((*gre.decap_table)[18] == 34);
    CHECK((*gre.decap_table)[19] == 255);
    CHECK(gre.label == "");
    const Tunnel& vpn = state.tunnels.at(*peer_binding("203.0.113.2"));
    CHECK(vpn.label == "vpn 10");
    CHECK(vpn.decap_permit == 0x0000ffffffffffffULL);
    CHECK(vpn.pre_classify);
    CHECK_FALSE(vpn.priority_table);
    CHECK(state.ports.at("eth1.10").dscp_pcp[46] == 5);
    CHECK(state.ports.at("eth1.10").dscp_pcp[10] == 0);
    // An empty name is the class selector.
    CHECK(state.ports.at("eth1.20").dscp_pcp[10] == 1);
}

TEST_CASE("a table of priorities leaves what is ignored") {
    Config config = samples::full();
    config.interfaces["gre1"].tunnel->pre_classify = {true, "lan"};
    const auto table = compile(config).tunnels.at("gre1").priority_table;
    REQUIRE(table);
    for (std::size_t i = 0; i < 64; ++i)
        CHECK((*table)[i] == (i == 18 ? 34 : 0xffffffffU));
}

TEST_CASE("an inner DSCP, ECN and a control DSCP reach the kernel") {
    Config config = samples::full();
    TunnelProfile& profile = *config.interfaces["gre1"].tunnel;
    profile.encap.inner = {EncapInner::table, Dscp{9}, "lan"};
    profile.encap.ecn = EncapEcn::compatibility;
    profile.decap.ecn = DecapEcn::rfc6040;
    profile.control_dscp = Dscp{48};
    Tunnel tunnel = compile(config).tunnels.at("gre1");
    REQUIRE(tunnel.encap_inner_table);
    for (std::size_t i = 0; i < 64; ++i)
        CHECK((*tunnel.encap_inner_table)[i] == (i == 18 ? 34 : 255));
    CHECK(tunnel.encap_inner == EncapInner::table);
    CHECK(tunnel.encap_inner_value == Dscp{});
    CHECK(tunnel.encap_ecn == EncapEcn::compatibility);
    CHECK(tunnel.decap_ecn == DecapEcn::rfc6040);
    CHECK(tunnel.control_dscp == Dscp{48});
    profile.encap.inner = {EncapInner::set, Dscp{9}, "lan"};
    tunnel = compile(config).tunnels.at("gre1");
    CHECK(tunnel.encap_inner_value == Dscp{9});
    CHECK_FALSE(tunnel.encap_inner_table);
}

TEST_CASE("a crypto map without a peer and a bare description reach no kernel") {
    Config config;
    config.crypto_maps[{"vpn", 10}] = {};
    config.interfaces["gre1"].description = "spare";
    CHECK(compile(config) == State{});
}

TEST_CASE("nothing is sent when nothing differs") {
    CHECK(reconcile({}, {}).empty());
    const State state = compile(samples::full());
    CHECK(reconcile(state, state).empty());
    // A new name or description is no difference to the module.
    Config config = samples::full();
    config.interfaces["gre1"].description = "other";
    config.table_maps["wan2"] = config.table_maps["wan"];
    config.interfaces["gre1"].tunnel->encap.table = "wan2";
    CHECK(reconcile(compile(config), state).empty());
}

TEST_CASE("removals come first, and only what differs is sent") {
    const State before = compile(samples::full());
    Config config = samples::full();
    config.interfaces.erase("eth1.20");
    config.interfaces["gre1"].tunnel.reset();
    config.interfaces["gre1"].port = PortProfile{};
    config.table_maps["cos"].map[46] = 6; // changes eth1.10
    const auto operations = reconcile(compile(config), before);
    REQUIRE(operations.size() == 4);
    CHECK(operations[0] == Operation(DelTunnel{"gre1", ""}));
    CHECK(operations[1] == Operation(DelPort{"eth1.20"}));
    CHECK(std::get<Port>(operations[2]).device == "eth1.10");
    CHECK(std::get<Port>(operations[3]).device == "gre1");
}

TEST_CASE("from any state to any other, and then nothing more") {
    std::vector<State> states = {{}, compile(samples::full())};
    samples::each_profile([&](const TunnelProfile& profile) {
        Config config = samples::full();
        config.interfaces["gre1"].tunnel = profile;
        config.crypto_maps[{"vpn", 10}].peer = "2001:db8::" + std::to_string(states.size());
        if (states.size() % 3 == 0) config.interfaces.erase("eth1.10");
        if (states.size() % 10 == 0 || states.size() < 20) states.push_back(compile(config));
    });
    for (const auto& from : states) {
        for (const auto& to : states) {
            const auto operations = reconcile(to, from);
            const State end = applied(from, operations);
            REQUIRE(end == to);
            REQUIRE(reconcile(to, end).empty());
        }
    }
}

TEST_CASE("what the module reports is compared by meaning") {
    // All ones and no list are the same for a device; unused parts do not count.
    Config config;
    config.interfaces["gre1"].tunnel = TunnelProfile{{}, {DecapDscp::copy, {}, {}, {}}, {}};
    const State desired = compile(config);
    TunnelStatus status;
    status.tunnel = desired.tunnels.at("gre1");
    status.tunnel.decap_permit = ~0ULL;
    status.tunnel.encap_value = Dscp{46};
    status.tunnel.encap_table = Table{};
    status.tunnel.encap_inner_value = Dscp{46};
    status.tunnel.encap_inner_table = Table{};
    CHECK(reconcile(desired, planner::from_dump({status}, {})).empty());
    status.tunnel.decap_permit = 1;
    CHECK(reconcile(desired, planner::from_dump({status}, {})).size() == 1);
}

TEST_CASE("a recovered configuration compiles to the state it came from") {
    CHECK(planner::recover({}) == Config{});
    samples::each_profile([](const TunnelProfile& profile) {
        Config config = samples::full();
        config.interfaces["gre1"].tunnel = profile;
        if (!samples::fits_ipsec(profile)) {
            config.crypto_maps.clear();
        } else {
            config.crypto_maps[{"vpn", 10}].tunnel = profile;
            config.crypto_maps[{"vpn", 20}] = {"", "2001:db8::1", profile};
        }
        const State state = compile(config);
        const Config recovered = planner::recover(state);
        CHECK(compile(recovered) == state);
        CHECK(validate(recovered).empty());
    });
}
