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
    CHECK((*gre.encap_dscp.table)[34] == 18);
    CHECK((*gre.encap_dscp.table)[46] == 34);
    CHECK((*gre.encap_dscp.table)[45] == 45);
    CHECK((*gre.decap_dscp.table)[18] == 34);
    CHECK((*gre.decap_dscp.table)[19] == 255);
    CHECK(gre.label == "");
    const Tunnel& vpn = state.tunnels.at(Selector{.peer = "203.0.113.2"});
    CHECK(vpn.label == "vpn 10");
    CHECK(vpn.decap_permit == 0x0000ffffffffffffULL);
    CHECK(vpn.pre_classify);
    CHECK_FALSE(vpn.priority_table);
    CHECK((*state.ports.at("eth1.10").dscp_pcp)[46] == 5);
    CHECK((*state.ports.at("eth1.10").dscp_pcp)[10] == 0);
    // An empty name is the class selector.
    CHECK((*state.ports.at("eth1.20").dscp_pcp)[10] == 1);
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
    profile.encap.inner = {EncapInner::table, "lan"};
    profile.options.encap_ecn = EncapEcn::compatibility;
    profile.options.decap_ecn = DecapEcn::rfc6040;
    profile.options.control_dscp = Dscp{48};
    Tunnel tunnel = compile(config).tunnels.at("gre1");
    REQUIRE(tunnel.encap_inner.table);
    for (std::size_t i = 0; i < 64; ++i)
        CHECK((*tunnel.encap_inner.table)[i] == (i == 18 ? 34 : 255));
    CHECK(tunnel.encap_inner == EncapInner::table);
    CHECK(tunnel.encap_inner.value == Dscp{});
    CHECK(tunnel.options.encap_ecn == EncapEcn::compatibility);
    CHECK(tunnel.options.decap_ecn == DecapEcn::rfc6040);
    CHECK(tunnel.options.control_dscp == Dscp{48});
    profile.encap.inner = {EncapInner::set, Dscp{9}};
    tunnel = compile(config).tunnels.at("gre1");
    CHECK(tunnel.encap_inner.value == Dscp{9});
    CHECK_FALSE(tunnel.encap_inner.table);
}

TEST_CASE("a crypto map without a peer and a bare description reach no kernel") {
    Config config;
    config.crypto_maps[{"vpn", 10}] = {};
    config.interfaces["gre1"].description = "spare";
    CHECK(compile(config) == State{});
}

TEST_CASE("a crypto map is bound by what it matches, and found again") {
    Config config;
    for (const auto& match : samples::selectors())
        config.crypto_maps[{"v", static_cast<unsigned>(config.crypto_maps.size() + 1)}].match =
            match;
    const State state = compile(config);
    CHECK(state.tunnels.size() == config.crypto_maps.size());
    for (const auto& [key, map] : config.crypto_maps)
        CHECK(state.tunnels.at(map.match).label == "v " + std::to_string(key.sequence));
    CHECK(planner::recover(state) == config);
    // As written by hand, as the API takes it, or from the module: one binding.
    config.crypto_maps = {};
    config.crypto_maps[{"v", 1}].match = {.peer = "2001:DB8:0::1", .local = "2001:db8:0:0::2"};
    CHECK(compile(config).tunnels.count(Selector{.peer = "2001:db8::1", .local = "2001:db8::2"}));
}

TEST_CASE("a single aggregate is resolved into the table or the number") {
    const auto outer = [](Encap encap, const Aggregate& aggregate) {
        Config config = samples::full();
        encap.single_aggregate = aggregate;
        config.interfaces["gre1"].tunnel = TunnelProfile{encap, {}, {}};
        const Tunnel tunnel = compile(config).tunnels.at("gre1");
        Table table{};
        for (std::size_t i = 0; i < 64; ++i) {
            const std::uint8_t set = tunnel.encap_dscp.value.value;
            table[i] = tunnel.encap_dscp.table ? (*tunnel.encap_dscp.table)[i] : set;
        }
        CHECK(tunnel.encap_dscp == (tunnel.encap_dscp.table ? EncapDscp::table : EncapDscp::set));
        return table;
    };
    const auto all = [](std::uint8_t value) {
        Table table{};
        table.fill(value);
        return table;
    };
    const Aggregate af4{4}, ef{0, Dscp{46}};
    const Encap set{{EncapDscp::set, Dscp{36}}}, table{{EncapDscp::table, "wan"}};
    for (const auto& encap : {Encap{}, set, table})
        CHECK(outer(encap, ef) == all(46));
    CHECK(outer(set, af4) == all(36));
    CHECK(outer({{EncapDscp::set, Dscp{46}}}, af4) == all(34));
    Table copied = all(34);
    copied[36] = 36, copied[38] = 38;
    CHECK(outer({}, af4) == copied);
    // wan: af41 to af21, which leaves the class again; ef to af41; the others as they are
    CHECK(outer(table, af4) == copied);
    copied = all(18);
    copied[20] = 20, copied[22] = 22;
    CHECK(outer(table, {2}) == copied);
}

TEST_CASE("what an older module cannot do is said by its setting") {
    const auto problem = [](const Selector& match, const TunnelProfile& profile = {}) {
        Config config;
        config.crypto_maps[{"v", 1}] = {"", match, profile};
        config.interfaces["gre1"].tunnel = profile;
        const auto operations = reconcile(compile(config), {});
        REQUIRE(operations.size() == 2);
        constexpr std::uint64_t inner_and_ecn = 3U << 14U;
        CHECK(planner::lacking(operations, 1U << 16U | inner_and_ecn).empty());
        const auto problems = planner::lacking(operations, ~(1ULL << 16U));
        if (problems.empty()) return std::string();
        CHECK(problems.size() == 1);
        CHECK(problems[0].path == "crypto map v 1");
        const std::string& message = problems[0].message;
        CHECK(message.find("modprobe") != std::string::npos);
        return message.substr(0, message.find(" is not known"));
    };
    const Selector peer{.peer = "10.0.0.1"};
    CHECK(problem(peer) == "");
    CHECK(problem({.peer = "10.0.0.1", .local = "10.0.0.2"}) == "match local");
    CHECK(problem({.reqid = 1}) == "match reqid");
    CHECK(problem({.if_id = 1}) == "match if-id");
    CHECK(problem({.mark = Mark{1}}) == "match mark");
    CHECK(problem({.spi = 1}) == "match spi");
    TunnelProfile profile;
    profile.encap.inner = {EncapInner::set, Dscp{1}};
    CHECK(problem(peer, profile) == "tunnel encap inner-dscp");
    profile = {};
    profile.options.encap_ecn = EncapEcn::rfc6040;
    CHECK(problem(peer, profile) == "tunnel encap ecn");
    profile = {};
    profile.options.decap_ecn = DecapEcn::rfc6040;
    CHECK(problem(peer, profile) == "tunnel decap ecn");
}

TEST_CASE("nothing is sent when nothing differs") {
    CHECK(reconcile({}, {}).empty());
    const State state = compile(samples::full());
    CHECK(reconcile(state, state).empty());
    // A new name or description is no difference to the module.
    Config config = samples::full();
    config.interfaces["gre1"].description = "other";
    config.table_maps["wan2"] = config.table_maps["wan"];
    config.interfaces["gre1"].tunnel->encap.dscp.table = "wan2";
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
        config.crypto_maps[{"vpn", 10}].match.peer = "2001:db8::" + std::to_string(states.size());
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
    config.interfaces["gre1"].tunnel = TunnelProfile{{}, {DecapDscp::copy, {}, {}}, {}};
    const State desired = compile(config);
    TunnelStatus status;
    status.tunnel = desired.tunnels.at("gre1");
    status.tunnel.decap_permit = ~0ULL;
    status.tunnel.encap_dscp.value = Dscp{46};
    status.tunnel.encap_dscp.table = Table{};
    status.tunnel.encap_inner.value = Dscp{46};
    status.tunnel.encap_inner.table = Table{};
    CHECK(reconcile(desired, planner::from_dump({status}, {})).empty());
    status.tunnel.decap_permit = 1;
    CHECK(reconcile(desired, planner::from_dump({status}, {})).size() == 1);
}

TEST_CASE("entries whose labels are not ours get keys of their own") {
    State state;
    const char* labels[] = {"recovered 2", "vpn 10", "vpn 0", "a/b 1", "", "x", "recovered 3"};
    std::uint32_t reqid = 0;
    for (const char* label : labels) {
        Tunnel tunnel;
        tunnel.binding = *kernel::ipsec_binding({.reqid = ++reqid});
        tunnel.label = label;
        state.tunnels.emplace(tunnel.binding, tunnel);
    }
    const Config config = planner::recover(state);
    CHECK(config.crypto_maps.size() == std::size(labels));
    CHECK(config.crypto_maps.contains({"vpn", 10}));
    CHECK(validate(config).empty());
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
            config.crypto_maps[{"vpn", 20}] = {"", {.peer = "2001:db8::1"}, profile};
        }
        const State state = compile(config);
        const Config recovered = planner::recover(state);
        CHECK(compile(recovered) == state);
        CHECK(validate(recovered).empty());
    });
}
