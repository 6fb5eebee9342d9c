// SPDX-License-Identifier: GPL-2.0-or-later
//
// `set cos PROTOCOL N` on its way to the module, and back from there.
#include <linux/genetlink.h>
#include <linux/tunqos.h>

#include "catch.hpp"
#include "kernel/genl_codec.hpp"
#include "model/samples.hpp"
#include "planner/planner.hpp"

using namespace tunqos;
using namespace tunqos::kernel;
using planner::compile;
using planner::reconcile;

namespace {

constexpr auto none = std::nullopt;

const nlmsghdr* header(const Message& message) {
    return reinterpret_cast<const nlmsghdr*>(message.bytes().data());
}

Config with_cos(const ProtocolCos& cos) {
    Config config = samples::full();
    for (const char* name : {"eth0.5", "eth1.10"})
        config.interfaces[name].protocol_cos = cos;
    return config;
}

} // namespace

TEST_CASE("the CoS of protocols reaches the module and comes back") {
    for (const ProtocolCos& cos : {ProtocolCos{7, none, none, none, none, none},
                                   ProtocolCos{none, none, 0, none, none, 6}}) {
        const State state = compile(with_cos(cos));
        CHECK(state.ports.at("eth0.5").protocol_pcp == cos);
        CHECK_FALSE(state.ports.at("eth0.5").dscp_pcp);
        for (const auto& [device, port] : state.ports) {
            const Message message = encode(port, 27, 0, 1);
            const auto status = decode_port(header(message));
            REQUIRE(status);
            CHECK(status->port == port);
        }
        const Config recovered = planner::recover(state);
        CHECK(compile(recovered) == state);
        CHECK(recovered.interfaces.at("eth0.5") == with_cos(cos).interfaces.at("eth0.5"));
    }
}

TEST_CASE("a module that knows fewer protocols, or more") {
    const auto decoded = [](std::size_t size) {
        Message message(27, 0, TUNQOS_CMD_GET_PORT, 1, 1);
        message.put_text(TUNQOS_A_PORT_DEVICE, "eth0.5");
        const std::vector<std::uint8_t> bytes(size, 3);
        message.put_bytes(TUNQOS_A_PORT_PROTOCOL_PCP, bytes.data(), bytes.size());
        return decode_port(header(message))->port.protocol_pcp;
    };
    CHECK(decoded(2) == ProtocolCos{3, 3, none, none, none, none});
    CHECK(decoded(9) == ProtocolCos{3, 3, 3, 3, 3, 3});
}

TEST_CASE("a module that does not know the CoS of protocols is told apart by the setting") {
    const auto operations =
        reconcile(compile(with_cos(ProtocolCos{none, 5, none, none, none, 6})), {});
    CHECK(planner::lacking(operations, ~0ULL).empty());
    const auto problems = planner::lacking(operations, ~0ULL ^ TUNQOS_CAPABILITY_PROTOCOL_PCP);
    REQUIRE(problems.size() == 2);
    CHECK(problems[0].path == "interface eth0.5");
    for (const auto& problem : problems)
        CHECK(problem.message.find("set cos arp is not known to the module") == 0);
    CHECK(planner::lacking(reconcile(compile(samples::full()), {}),
                           ~0ULL ^ TUNQOS_CAPABILITY_PROTOCOL_PCP)
              .empty());
}
