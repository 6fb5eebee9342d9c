// SPDX-License-Identifier: GPL-2.0-or-later
#include <set>

#include "catch.hpp"
#include "samples.hpp"
#include "tunqos/config.hpp"

using namespace tunqos;

TEST_CASE("the running configuration is IOS text in fixed order") {
    CHECK(config_to_ios({}) == "!\nend\n");
    CHECK(config_to_ios(samples::full()) == R"(!
table-map cos
 map from ef to 5
 map from cs6 to 6
 default 0
!
table-map lan
 map from af21 to af41
 default ignore
!
table-map wan
 map from af41 to af21
 map from ef to af41
 default copy
!
crypto map vpn 10 ipsec-isakmp
 set peer 203.0.113.2
 tunnel encap dscp copy
 tunnel decap dscp copy permit 0-47
 qos pre-classify
!
interface eth1.10
 set cos dscp table cos
!
interface eth1.20
 set cos dscp
!
interface gre1
 description to branch b
 tunnel encap dscp table wan
 tunnel decap dscp table lan
!
end
)");
}

TEST_CASE("a model is written as it was typed, and what differs from it behind it") {
    const auto text = [](const std::optional<DiffservMode>& mode, const Encap& encap,
                         const Decap& decap) {
        Interface interface;
        interface.tunnel = TunnelProfile{encap, decap, {}, {}, mode};
        return interface_to_ios("g", interface);
    };
    const auto ef = parse_dscp_set("ef");
    const Encap set{{EncapDscp::set, Dscp{26}}};
    const Encap table{{EncapDscp::table, "wan"}};
    const Encap native{EncapDscp::native};
    const Decap outer{DecapDscp::keep, {}, DecapClass::outer};
    const Decap copy{DecapDscp::copy, {}, {}};
    const Decap only_ef{DecapDscp::copy, ef, {}};
    const DiffservMode uniform{TunnelModel::uniform, {}, {}};
    const DiffservMode pipe{TunnelModel::pipe, {EncapDscp::set, Dscp{26}}, {}};
    CHECK(text(uniform, {}, copy) == "interface g\n tunnel diffserv-mode uniform\n");
    CHECK(text(DiffservMode{TunnelModel::uniform, {}, ef}, {}, only_ef) ==
          "interface g\n tunnel diffserv-mode uniform permit 46\n");
    CHECK(text(uniform, {}, only_ef) ==
          "interface g\n tunnel diffserv-mode uniform\n tunnel decap dscp copy permit 46\n");
    CHECK(text(uniform, set, {}) ==
          "interface g\n tunnel diffserv-mode uniform\n tunnel encap dscp set af31\n"
          " tunnel decap dscp keep\n");
    CHECK(text(pipe, set, outer) == "interface g\n tunnel diffserv-mode pipe dscp af31\n");
    CHECK(text(pipe, {}, {}) ==
          "interface g\n tunnel diffserv-mode pipe dscp af31\n tunnel encap dscp copy\n"
          " tunnel decap class inner\n");
    CHECK(text(DiffservMode{TunnelModel::short_pipe, {EncapDscp::table, "wan"}, {}}, table, {}) ==
          "interface g\n tunnel diffserv-mode short-pipe table wan\n");
    // Without a model all are lines of their own, even if they make one.
    CHECK(text({}, {}, copy) == "interface g\n tunnel encap dscp copy\n tunnel decap dscp copy\n");
    CHECK(text({}, native, outer) ==
          "interface g\n tunnel encap dscp native\n tunnel decap class outer\n");
    CHECK(text({}, {}, {}) == "interface g\n tunnel encap dscp copy\n");
    CHECK(text({}, {{EncapDscp::set, Dscp{17}}}, {}) == "interface g\n tunnel encap dscp set 17\n");
    CHECK(text({}, table, {{DecapDscp::table, "lan"}, ef, {}}) ==
          "interface g\n tunnel encap dscp table wan\n tunnel decap dscp table lan permit 46\n");
    Encap implied;
    implied.implied = true;
    CHECK(text({}, implied, outer) == "interface g\n tunnel decap class outer\n");
}

TEST_CASE("inner DSCP, ECN and control DSCP are lines of their own, if they are set") {
    TunnelProfile profile{{}, {DecapDscp::keep, {}, DecapClass::outer}, {}};
    const auto text = [&] { return interface_to_ios("g", Interface{{}, profile, {}}); };
    profile.mode = DiffservMode{TunnelModel::pipe, {}, {}};
    // ECN is no part of a model, the inner DSCP is
    profile.options.encap_ecn = EncapEcn::rfc6040;
    profile.options.decap_ecn = DecapEcn::rfc6040;
    profile.options.control_dscp = Dscp{48};
    CHECK(text() ==
          "interface g\n tunnel diffserv-mode pipe\n tunnel encap ecn rfc6040\n"
          " tunnel decap ecn rfc6040\n tunnel control dscp cs6\n");
    CHECK(model_of(profile) == TunnelModel::pipe);
    profile.options.encap_ecn = EncapEcn::compatibility;
    profile.encap.inner = {EncapInner::set, Dscp{0}};
    profile.options.decap_ecn = DecapEcn::native;
    profile.options.control_dscp.reset();
    CHECK(text() ==
          "interface g\n tunnel diffserv-mode pipe\n tunnel encap inner-dscp set default\n"
          " tunnel encap ecn compatibility\n");
    CHECK(model_of(profile) == TunnelModel::custom);
    profile = {{}, {DecapDscp::copy, {}, {}}, {}};
    profile.encap.inner = {EncapInner::table, "lan"};
    CHECK(text() ==
          "interface g\n tunnel encap dscp copy\n tunnel encap inner-dscp table lan\n"
          " tunnel decap dscp copy\n");
    CHECK(model_of(profile) == TunnelModel::custom);
}

TEST_CASE("a crypto map has a line for each part of its match") {
    CryptoMap map;
    map.match = {.spi = 4097,
                 .if_id = 7,
                 .reqid = 5,
                 .mark = Mark{16, 255},
                 .peer = "203.0.113.2",
                 .local = "192.0.2.1"};
    map.tunnel.encap.single_aggregate = Aggregate{4};
    CHECK(crypto_map_to_ios({"vpn", 10}, map) == R"(crypto map vpn 10 ipsec-isakmp
 set peer 203.0.113.2
 match local 192.0.2.1
 match reqid 5
 match if-id 7
 match mark 0x10 0xff
 match spi 0x1001
 tunnel encap dscp copy
 tunnel encap single-aggregate af4
)");
    CHECK(model_of(map.tunnel) == TunnelModel::custom);
    map = {"", {.mark = Mark{16}}, {}};
    CHECK(crypto_map_to_ios({"vpn", 10}, map) ==
          "crypto map vpn 10 ipsec-isakmp\n match mark 0x10\n tunnel encap dscp copy\n");
}

TEST_CASE("different profiles have different texts") {
    std::set<std::string> texts;
    int count = 0;
    samples::each_profile([&](const TunnelProfile& profile) {
        Interface interface;
        interface.tunnel = profile;
        texts.insert(interface_to_ios("gre1", interface));
        ++count;
    });
    CHECK(texts.size() == static_cast<std::size_t>(count));
}

TEST_CASE("an interface with a description only is written, an empty one is not") {
    Config config;
    config.interfaces["a"] = {};
    config.interfaces["b"].description = "spare";
    CHECK(config_to_ios(config) == "!\ninterface b\n description spare\n!\nend\n");
}

TEST_CASE("models are derived from the settings") {
    const auto model = [](const Encap& encap, const Decap& decap) {
        return to_string(model_of(TunnelProfile{encap, decap, {}}));
    };
    const Encap table{{EncapDscp::table, "wan"}};
    CHECK(model({}, {DecapDscp::copy, {}, {}}) == "uniform");
    CHECK(model(table, {DecapDscp::keep, {}, DecapClass::outer}) == "pipe");
    CHECK(model({}, {}) == "short-pipe");
    CHECK(model(table, {DecapDscp::copy, {}, {}}) == "custom");
    CHECK(model({}, {{DecapDscp::table, "t"}, {}, {}}) == "custom");
}
