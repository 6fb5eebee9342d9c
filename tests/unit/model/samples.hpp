// SPDX-License-Identifier: GPL-2.0-or-later
//
// Configurations for tests: a full one, and every combination of one tunnel's settings.
#pragma once

#include <functional>

#include "tunqos/config.hpp"

namespace tunqos::samples {

inline TableMap table_map(std::map<std::uint8_t, std::uint8_t> map,
                          std::optional<TableDefault> fallback = TableDefault::copy,
                          std::uint8_t value = 0) {
    return TableMap{std::move(map), fallback, value};
}

// One object of each kind; valid.
inline Config full() {
    Config config;
    config.table_maps["wan"] = table_map({{34, 18}, {46, 34}});
    config.table_maps["cos"] = table_map({{46, 5}, {48, 6}}, TableDefault::value, 0);
    config.table_maps["lan"] = table_map({{18, 34}}, TableDefault::ignore);
    config.interfaces["gre1"].description = "to branch b";
    config.interfaces["gre1"].tunnel =
        TunnelProfile{{{EncapDscp::table, "wan"}}, {{DecapDscp::table, "lan"}, {}, {}}, {}};
    config.interfaces["eth1.10"].port = PortProfile{"cos"};
    config.interfaces["eth1.20"].port = PortProfile{};
    CryptoMap map;
    map.match.peer = "203.0.113.2";
    map.tunnel.decap.dscp = DecapDscp::copy;
    map.tunnel.decap.permit = parse_dscp_set("0-47");
    map.tunnel.pre_classify.enabled = true;
    config.crypto_maps[{"vpn", 10}] = map;
    return config;
}

// On IPsec decap needs a permit list, and control packets are for devices only.
inline bool fits_ipsec(const TunnelProfile& profile) {
    const auto& [encap, decap, pre_classify, options, mode] = profile;
    return (decap.dscp == DecapDscp::keep || decap.permit) && !options.control_dscp;
}

// Selectors of every kind, all different, and none of the peer of full().
inline std::vector<Selector> selectors() {
    std::vector<Selector> all;
    const auto add = [&](auto set) { set(all.emplace_back()); };
    for (const bool peer : {false, true}) {
        for (const bool local : {false, true}) {
            const auto start = [=](Selector& match, const char* net) {
                if (peer) match.peer = std::string(net) + "1";
                if (local) match.local = std::string(net) + "2";
            };
            if (peer || local) add([&](Selector& match) { start(match, "10.0.0."); });
            add([&](Selector& match) { start(match, "2001:db8::"), match.reqid = 1; });
            add([&](Selector& match) { start(match, "10.0.0."), match.if_id = 0xffffffff; });
            add([&](Selector& match) { start(match, "10.0.0."), match.mark = Mark{0, 1}; });
            add([&](Selector& match) { start(match, "10.0.0."), match.mark = Mark{0x10}; });
            add([&](Selector& match) { start(match, "10.0.0."), match.spi = 0x1001; });
            add([&](Selector& match) {
                start(match, "2001:db8::");
                match.reqid = 0x80000000, match.if_id = 7, match.spi = 1;
                match.mark = Mark{0x12000000, 0xff000000};
            });
        }
    }
    return all;
}

inline const Encap encaps[] = {{},
                               {{EncapDscp::set, Dscp{26}}},
                               {{EncapDscp::set, Dscp{17}}},
                               {{EncapDscp::table, "wan"}},
                               {EncapDscp::native}};

// Every combination of inner-dscp, ECN and control, but all of them at their defaults, with
// each encap that goes with it; decap and pre-classify take turns.
inline void each_device_profile(const std::function<void(const TunnelProfile&)>& visit) {
    const DscpSource<EncapInner> inners[] = {
        {}, {EncapInner::set, Dscp{0}}, {EncapInner::set, Dscp{17}}, {EncapInner::table, "lan"}};
    const Decap decaps[] = {{},
                            {DecapDscp::copy, parse_dscp_set("0-47"), DecapClass::outer},
                            {DecapDscp::keep, {}, DecapClass::outer},
                            {{DecapDscp::table, "lan"}, {}, {}},
                            {DecapDscp::copy, {}, {}}};
    const std::optional<Dscp> controls[] = {{}, Dscp{48}};
    unsigned turn = 0;
    for (const auto& inner : inners) {
        for (const auto ecn : {EncapEcn::native, EncapEcn::rfc6040, EncapEcn::compatibility}) {
            for (const auto decap_ecn : {DecapEcn::native, DecapEcn::rfc6040}) {
                for (const auto& control : controls) {
                    for (const auto& encap : encaps) {
                        TunnelProfile profile{encap, decaps[turn % 5], {turn % 3 == 0, {}}};
                        profile.encap.inner = inner;
                        profile.options.encap_ecn = ecn;
                        profile.options.decap_ecn = decap_ecn;
                        profile.options.control_dscp = control;
                        const bool keeps = inner == EncapInner::keep;
                        const bool ecns = ecn != EncapEcn::native || decap_ecn != DecapEcn::native;
                        if (keeps && !ecns && !control) continue;
                        if (!keeps && encap.dscp == EncapDscp::native) continue;
                        ++turn;
                        visit(profile);
                    }
                }
            }
        }
    }
}

// Single aggregates with each encap that goes with them.
inline void each_single_aggregate(const std::function<void(const TunnelProfile&)>& visit) {
    const Aggregate aggregates[] = {{1}, {4}, {0, Dscp{46}}, {0, Dscp{17}}, {0, Dscp{0}}};
    const Decap decaps[] = {{},
                            {DecapDscp::copy, parse_dscp_set("0-47"), {}},
                            {DecapDscp::keep, {}, DecapClass::outer}};
    for (const auto& aggregate : aggregates) {
        for (const auto& encap : encaps) {
            if (encap.dscp == EncapDscp::native) continue;
            for (const auto& decap : decaps) {
                TunnelProfile profile{encap, decap, {}};
                profile.encap.single_aggregate = aggregate;
                visit(profile);
                profile.encap.inner = {EncapInner::set, Dscp{9}};
                visit(profile);
            }
        }
    }
}

// Models as they are typed, alone and with a line beside them; and what is implied.
inline void each_mode(const std::function<void(const TunnelProfile&)>& visit) {
    std::vector<DiffservMode> modes{{TunnelModel::uniform, {}, {}},
                                    {TunnelModel::uniform, {}, parse_dscp_set("0-47")}};
    for (const auto model : {TunnelModel::pipe, TunnelModel::short_pipe}) {
        modes.push_back({model, {}, {}});
        modes.push_back({model, {EncapDscp::set, Dscp{26}}, {}});
        modes.push_back({model, {EncapDscp::table, "wan"}, {}});
    }
    for (const auto& mode : modes) {
        TunnelProfile by_mode;
        by_mode.mode = mode;
        carry_out(mode, by_mode);
        visit(by_mode);
        TunnelProfile other = by_mode;
        other.encap.dscp = EncapDscp::set;
        other.encap.dscp.value = Dscp{17};
        other.encap.dscp.table.clear();
        visit(other);
        other = by_mode;
        other.decap.dscp = DecapDscp::table;
        other.decap.dscp.table = "lan";
        other.decap.permit = parse_dscp_set("ef");
        visit(other);
        other = by_mode;
        const bool outer = by_mode.decap.queue_by == DecapClass::outer;
        other.decap.queue_by = outer ? DecapClass::inner : DecapClass::outer;
        other.pre_classify.enabled = true;
        visit(other);
    }
    TunnelProfile implied;
    implied.encap.implied = true;
    implied.pre_classify.enabled = true;
    visit(implied);
    implied.decap.queue_by = DecapClass::outer;
    visit(implied);
}

// Marks by the tables of full(), and by none.
inline void each_mark(const std::function<void(const MarkProfile&)>& visit) {
    for (const char* table : {"", "cos", "lan", "wan"}) {
        for (const std::uint32_t mask : {0x3fU, 0x7eU, 0xff0000U, 0xfc000000U, 0xffffffffU})
            visit({table, mask});
    }
    visit({"cos", 0x7});
    visit({"cos", 0xf0000000});
}

// Maps of which each differs from its default, and a mutation that does nothing.
inline QosMaps qos_maps() {
    QosMaps maps;
    maps.cos_dscp = {0, 8, 16, 26, 32, 46, 48, 56};
    maps.dscp_cos[46] = maps.dscp_cos[44] = 6;
    maps.dscp_cos[1] = 1;
    maps.mutations["edge"] = same_dscp_table();
    maps.mutations["edge"][34] = maps.mutations["edge"][36] = 26;
    maps.mutations["edge"][0] = 63;
    maps.mutations["nothing"] = same_dscp_table();
    return maps;
}

// What a port can do with the DSCP of what it receives, by the maps above and the tables of full().
inline void each_arrival(const std::function<void(const Interface&)>& visit) {
    const auto trust = [&](const MlsQos& mls) {
        Interface interface;
        interface.mls_qos = mls;
        visit(interface);
    };
    for (const auto cos : std::to_array<std::uint8_t>({0, 3, 7})) {
        for (const bool override : {false, true}) {
            for (const auto what : {PortTrust::none, PortTrust::cos, PortTrust::dscp})
                if (what != PortTrust::none || cos != 0 || override)
                    trust({what, cos, override, ""});
            for (const char* mutation : {"edge", "nothing"})
                trust({PortTrust::dscp, cos, override, mutation});
        }
    }
    const auto set = [&](const SetDscp& to) {
        Interface interface;
        interface.set_dscp = to;
        visit(interface);
        interface.mls_qos.cos = 5; // says nothing here
        visit(interface);
    };
    for (const auto dscp : std::to_array<std::uint8_t>({0, 17, 46, 63}))
        set({{PortDscp::set, Dscp{dscp}}, false});
    for (const bool override : {false, true}) {
        set({PortDscp::cos, override});
        for (const char* table : {"wan", "cos", "lan"})
            set({{PortDscp::table, table}, override});
    }
}

// Rules of every kind, and zones and masks for them; with an interface that has 802.1p.
inline Config with_rules() {
    Config config = full();
    config.interfaces["lan0"].dot1p = true;
    config.zones["LAN"] = {"lan0", "lan1"};
    config.zones["GUESTS-OF-ALL-BRANCHES"] = {"wlan0"};
    config.rule_options = {0xff00, 0xf0000000};
    RuleSequence sequence = 0;
    const auto add = [&](Rule rule) { config.rules.emplace(sequence += 10, std::move(rule)); };
    for (const auto dscp :
         {RuleAction::none, RuleAction::preserve, RuleAction::set, RuleAction::map}) {
        for (const auto cos :
             {RuleAction::none, RuleAction::preserve, RuleAction::set, RuleAction::map}) {
            Rule rule;
            rule.dscp = dscp;
            rule.cos = cos;
            if (dscp == RuleAction::set) rule.dscp_value = sequence % 20 == 0 ? Dscp{46} : Dscp{17};
            if (cos == RuleAction::set) rule.cos_value = 5;
            rule.override = dscp == RuleAction::map && cos != RuleAction::set;
            rule.match.protocol = "udp";
            rule.match.destination.ports = PortRange{7, static_cast<std::uint16_t>(sequence + 7)};
            add(rule);
        }
    }
    Rule rule;
    rule.name = "VOIP";
    rule.match.from = "LAN";
    add(rule);
    rule.match.to = "wan";
    rule.match.protocol = "tcp";
    rule.match.source = {parse_network("192.168.168.0/24"), PortRange{5060, 5060}};
    rule.match.destination = {parse_network("10.50.165.7"), PortRange{1024, 65535}};
    add(rule);
    rule.match = {};
    rule.match.to = "GUESTS-OF-ALL-BRANCHES";
    rule.match.protocol = "ipv6";
    rule.match.source.address = parse_network("2001:db8::/32");
    add(rule);
    rule.match = {};
    rule.match.dscp = parse_dscp_set("ef,af41").value_or(DscpSet{});
    rule.match.cos.set(5).set(6);
    add(rule);
    rule.match.dscp = parse_dscp_set("0-47").value_or(DscpSet{});
    add(rule);
    return config;
}

// Every profile that validate() accepts on a device, with the tables "wan" and "lan".
inline void each_profile(const std::function<void(const TunnelProfile&)>& visit) {
    const std::optional<DscpSet> permits[] = {{}, parse_dscp_set("0-47"), parse_dscp_set("ef")};
    const PreClassify pre_classifies[] = {
        {}, {true, {}}, {true, "lan"}, {true, "lan", 1, ClassVia::mark, 0x3f00}};
    for (const auto& encap : encaps) {
        for (const auto dscp : {DecapDscp::keep, DecapDscp::copy, DecapDscp::table}) {
            for (const auto& permit : permits) {
                if (permit && dscp == DecapDscp::keep) continue;
                for (const auto queue_by : {DecapClass::inner, DecapClass::outer}) {
                    DscpSource<DecapDscp> source = dscp;
                    if (dscp == DecapDscp::table) source.table = "lan";
                    for (const auto& pre_classify : pre_classifies)
                        visit({encap, {source, permit, queue_by}, pre_classify});
                }
            }
        }
    }
    each_device_profile(visit);
    each_single_aggregate(visit);
    each_mode(visit);
}

} // namespace tunqos::samples
