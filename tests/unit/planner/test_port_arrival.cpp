// SPDX-License-Identifier: GPL-2.0-or-later
//
// What becomes of the DSCP of what a port receives, on its way to the module, and back from there.
#include <linux/genetlink.h>
#include <linux/tunqos.h>

#include <algorithm>

#include "catch.hpp"
#include "kernel/genl_codec.hpp"
#include "model/samples.hpp"
#include "planner/planner.hpp"

using namespace tunqos;
using namespace tunqos::kernel;
using planner::compile;
using planner::reconcile;

namespace {

const nlmsghdr* header(const Message& message) {
    return reinterpret_cast<const nlmsghdr*>(message.bytes().data());
}

Config with(const Interface& interface) {
    Config config = samples::full();
    config.qos_maps = samples::qos_maps();
    config.interfaces["eth0"] = interface;
    return config;
}

std::optional<Port> port_of(const Interface& interface) {
    const State state = compile(with(interface));
    const auto found = state.ports.find("eth0");
    return found == state.ports.end() ? std::nullopt : std::optional(found->second);
}

std::optional<Port> trusting(const MlsQos& mls) {
    Interface interface;
    interface.mls_qos = mls;
    return port_of(interface);
}

std::optional<Port> setting(const SetDscp& set) {
    Interface interface;
    interface.set_dscp = set;
    return port_of(interface);
}

ArrivalMap always(std::uint8_t dscp) {
    ArrivalMap map;
    map.fill(dscp);
    return map;
}

constexpr std::uint8_t none = table_leave;

} // namespace

TEST_CASE("trust in the CoS maps every tag, and the default CoS what has none") {
    const auto port = trusting({PortTrust::cos, 3});
    REQUIRE(port);
    CHECK(port->arrival_dscp ==
          ArrivalMap{0, 0, 8, 8, 16, 16, 26, 26, 32, 32, 46, 46, 48, 48, 56, 56, 26});
    CHECK(port->arrival_override);
    CHECK_FALSE(port->arrival_table);
    CHECK_FALSE(port->dscp_pcp);
    CHECK_FALSE(port->dscp_mark);
}

TEST_CASE("an overriding CoS is that of every frame, whatever is trusted") {
    for (const auto trust : {PortTrust::none, PortTrust::cos, PortTrust::dscp}) {
        const auto port = trusting({trust, 5, true, trust == PortTrust::dscp ? "edge" : ""});
        REQUIRE(port);
        CHECK(port->arrival_dscp == always(46));
        CHECK(port->arrival_override);
        CHECK_FALSE(port->arrival_table);
    }
}

TEST_CASE("trust in the DSCP is a mutation, or nothing at all") {
    const auto port = trusting({PortTrust::dscp, 3, false, "edge"});
    REQUIRE(port);
    CHECK_FALSE(port->arrival_dscp);
    CHECK_FALSE(port->arrival_override);
    REQUIRE(port->arrival_table);
    for (std::uint8_t i = 0; i < 64; ++i)
        CHECK((*port->arrival_table)[i] == (i == 34 || i == 36 ? 26 : i == 0 ? 63 : i));
    CHECK_FALSE(trusting({PortTrust::dscp}));
    CHECK_FALSE(trusting({PortTrust::dscp, 0, false, "nothing"}));
    CHECK_FALSE(trusting({PortTrust::none, 7}));
}

TEST_CASE("set dscp") {
    for (const auto dscp : std::to_array<std::uint8_t>({0, 46})) {
        const auto port = setting({{PortDscp::set, Dscp{dscp}}, false});
        REQUIRE(port);
        CHECK(port->arrival_dscp == always(dscp));
        CHECK(port->arrival_override);
    }
    for (const bool override : {false, true}) {
        const auto by_map = setting({PortDscp::cos, override});
        REQUIRE(by_map);
        CHECK(by_map->arrival_dscp ==
              ArrivalMap{0, 0, 8, 8, 16, 16, 26, 26, 32, 32, 46, 46, 48, 48, 56, 56, none});
        CHECK(by_map->arrival_override == override);
        // default copy is the class selector
        const auto by_table = setting({{PortDscp::table, "wan"}, override});
        REQUIRE(by_table);
        CHECK(by_table->arrival_dscp ==
              ArrivalMap{0, 0, 8, 8, 16, 16, 24, 24, 32, 32, 40, 40, 48, 48, 56, 56, none});
        CHECK(by_table->arrival_override == override);
    }
    Config config = with({});
    config.table_maps["some"] = samples::table_map({{5, 46}, {46, 1}}, TableDefault::ignore);
    config.interfaces["eth0"].set_dscp = SetDscp{{PortDscp::table, "some"}, false};
    CHECK(compile(config).ports.at("eth0").arrival_dscp ==
          ArrivalMap{none, none, none, none, none, none, none, none, none, none, 46, 46, none, none,
                     none, none, none});
    // a table that ignores all of them does nothing
    CHECK_FALSE(setting({{PortDscp::table, "lan"}, true}));
}

TEST_CASE("what is sent without a table goes by the dscp-cos map") {
    const State state = compile(with({}));
    const Table& table = *state.ports.at("eth1.20").dscp_pcp;
    CHECK(table == samples::qos_maps().dscp_cos);
    CHECK(table[46] == 6);
    // one with a table does not
    CHECK((*state.ports.at("eth1.10").dscp_pcp)[46] == 5);
    CHECK(compile(samples::full()).ports.at("eth1.20").dscp_pcp == class_selector_pcp_table());
}

TEST_CASE("a changed map is sent to every port that uses it, and to no other") {
    Config before = with({});
    const auto put = [&](const char* name, const MlsQos& mls) {
        before.interfaces[name].mls_qos = mls;
    };
    put("eth0", {PortTrust::cos});
    put("eth1", {PortTrust::none, 5, true});
    put("eth2", {PortTrust::dscp, 0, false, "edge"});
    before.interfaces["eth3"].set_dscp = SetDscp{{PortDscp::set, Dscp{1}}, false};
    const auto sent = [&](const Config& after) {
        std::vector<std::string> names;
        for (const auto& operation : reconcile(compile(after), compile(before)))
            names.push_back(object_of(operation));
        return names;
    };
    using Names = std::vector<std::string>;
    Config after = before;
    after.qos_maps.cos_dscp[5] = 40;
    CHECK(sent(after) == Names{"interface eth0", "interface eth1"});
    after = before;
    after.qos_maps.dscp_cos[0] = 1;
    CHECK(sent(after) == Names{"interface eth1.20"});
    after = before;
    after.qos_maps.mutations["edge"][1] = 0;
    CHECK(sent(after) == Names{"interface eth2"});
    after.qos_maps.mutations["edge"] = same_dscp_table();
    CHECK(reconcile(compile(after), compile(before)) == std::vector<Operation>{DelPort{"eth2"}});
}

TEST_CASE("what arrives at a port is decoded as it was encoded, and recovered") {
    samples::each_arrival([](const Interface& interface) {
        Config config = with(interface);
        config.interfaces["eth1.20"].mls_qos = interface.mls_qos;
        config.interfaces["eth1.20"].set_dscp = interface.set_dscp;
        const State state = compile(config);
        for (const auto& [device, port] : state.ports) {
            const Message message = encode(port, 27, 0, 1);
            const auto status = decode_port(header(message));
            REQUIRE(status);
            CHECK(status->port == port);
        }
        // A daemon that knows nothing, and one that knows the maps, or everything.
        Config maps;
        maps.qos_maps = config.qos_maps;
        for (const Config& known : {Config{}, maps}) {
            const Config recovered = planner::recover(state, known);
            CHECK(validate(recovered).empty());
            CHECK(compile(recovered) == state);
        }
        CHECK(planner::recover(state, config) == config);
    });
}

TEST_CASE("what arrives is recovered in the words that say it best") {
    const auto recovered = [](const MlsQos& mls) {
        Config config = with({});
        config.interfaces["eth0"].mls_qos = mls;
        return planner::recover(compile(config));
    };
    Config config = recovered({PortTrust::cos, 3});
    CHECK(config.qos_maps.cos_dscp == samples::qos_maps().cos_dscp);
    CHECK(config.interfaces.at("eth0").mls_qos == MlsQos{PortTrust::cos, 3});
    config = recovered({PortTrust::dscp, 0, false, "edge"});
    CHECK(config.interfaces.at("eth0").mls_qos == MlsQos{PortTrust::dscp, 0, false, "recovered-1"});
    CHECK(config.qos_maps.mutations.at("recovered-1") == samples::qos_maps().mutations.at("edge"));
    config = recovered({PortTrust::none, 5, true});
    CHECK(config.interfaces.at("eth0").set_dscp == SetDscp{{PortDscp::set, Dscp{46}}, false});
}

TEST_CASE("what was known and has no part in the module stays, unless that has another one") {
    Config known = with({});
    known.interfaces["eth0"].mls_qos = {PortTrust::dscp, 3, false, ""};
    CHECK(planner::recover(compile(known), known) == known);
    Config other = known;
    other.interfaces["eth0"].mls_qos = {PortTrust::none, 5, true};
    const Config recovered = planner::recover(compile(other), known);
    CHECK(validate(recovered).empty());
    CHECK(compile(recovered) == compile(other));
    // and what the module has lost is gone
    CHECK(planner::recover(compile(with({})), other).interfaces.count("eth0") == 0);
}

TEST_CASE("a state that no configuration has becomes one that is valid") {
    State state;
    Port& port = state.ports["eth0"];
    port.device = "eth0";
    port.arrival_table = Table{};
    port.arrival_table->fill(table_leave);
    CHECK(validate(planner::recover(state)).empty());
    port.arrival_dscp = always(table_leave);
    (*port.arrival_dscp)[3] = 46; // of one DEI only
    (*port.arrival_dscp)[16] = 7;
    for (const bool override : {false, true}) {
        port.arrival_override = override;
        CHECK(validate(planner::recover(state)).empty());
    }
}

TEST_CASE("a module that does not know the DSCP of what arrives is told apart by the setting") {
    const auto lacking = [](const std::optional<Port>& port) {
        const Operation operations[] = {*port};
        CHECK(planner::lacking(operations, ~0ULL).empty());
        const auto problems = planner::lacking(operations, ~0ULL ^ TUNQOS_CAPABILITY_PORT_ARRIVAL);
        REQUIRE(problems.size() == 1);
        CHECK(problems[0].path == "interface eth0");
        return problems[0].message;
    };
    CHECK(lacking(trusting({PortTrust::cos}))
              .find("set dscp, mls qos trust cos or mls qos cos override is not known") == 0);
    CHECK(lacking(trusting({PortTrust::dscp, 0, false, "edge"}))
              .find("mls qos dscp-mutation is not known to the module that is loaded") == 0);
    CHECK(planner::lacking(reconcile(compile(with({})), {}), ~0ULL ^ TUNQOS_CAPABILITY_PORT_ARRIVAL)
              .empty());
}

TEST_CASE("a refusal names the attributes of what arrives") {
    const Message message = encode(*trusting({PortTrust::cos}), 27, 0, 1);
    // behind the device "eth0": the map of 17 bytes, then the override
    const std::uint32_t map = NLMSG_HDRLEN + GENL_HDRLEN + NLA_HDRLEN + 8;
    CHECK(attribute_at(message.bytes(), map) == "arrival-dscp");
    CHECK(attribute_at(message.bytes(), map + NLA_HDRLEN + 20) == "arrival-override");
}
