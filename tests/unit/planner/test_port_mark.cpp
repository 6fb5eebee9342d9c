// SPDX-License-Identifier: GPL-2.0-or-later
//
// `set mark dscp` on its way to the module, and back from there.
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

const nlmsghdr* header(const Message& message) {
    return reinterpret_cast<const nlmsghdr*>(message.bytes().data());
}

Config with_marks(const MarkProfile& mark) {
    Config config = samples::full();
    for (const char* name : {"eth0", "gre1", "eth1.10"})
        config.interfaces[name].mark = mark;
    return config;
}

} // namespace

TEST_CASE("a mark is the port's second part") {
    const State state = compile(with_marks({"lan", 0x3f00}));
    CHECK(state.ports.size() == 4);
    CHECK(state.tunnels.size() == 2);
    for (const char* name : {"eth0", "gre1", "eth1.10"}) {
        const Port& port = state.ports.at(name);
        REQUIRE(port.dscp_mark);
        for (std::size_t i = 0; i < 64; ++i)
            CHECK((*port.dscp_mark)[i] == (i == 18 ? 34 : 255));
        CHECK(port.mark_mask == 0x3f00);
        CHECK(port.dscp_pcp.has_value() == (std::string(name) == "eth1.10"));
    }
    CHECK_FALSE(state.ports.at("eth1.20").dscp_mark);
    // without a table it is the DSCP
    const State same = compile(with_marks({"", 0x3f}));
    for (std::uint8_t i = 0; i < 64; ++i)
        CHECK((*same.ports.at("eth0").dscp_mark)[i] == i);
}

TEST_CASE("a port is decoded as it was encoded, and recovered") {
    samples::each_mark([](const MarkProfile& mark) {
        const Config config = with_marks(mark);
        const State state = compile(config);
        for (const auto& [device, port] : state.ports) {
            const Message message = encode(port, 27, 0, 1);
            CHECK(command_of(header(message)) == TUNQOS_CMD_SET_PORT);
            const auto status = decode_port(header(message));
            REQUIRE(status);
            CHECK(status->port == port);
        }
        const Config recovered = planner::recover(state);
        CHECK(compile(recovered) == state);
        CHECK(validate(recovered).empty());
        CHECK(recovered.interfaces.at("eth0").mark->mask == mark.mask);
        CHECK_FALSE(recovered.interfaces.at("eth0").port);
    });
}

TEST_CASE("a part of a port that goes is another setting, not a removal") {
    const State before = compile(with_marks({"", 0x3f}));
    const State after = compile(samples::full());
    const auto operations = reconcile(after, before);
    REQUIRE(operations.size() == 3);
    CHECK(operations[0] == Operation(DelPort{"eth0"}));
    CHECK(operations[1] == Operation(DelPort{"gre1"}));
    CHECK(operations[2] == Operation(after.ports.at("eth1.10")));
    // only the mask, only the table
    CHECK(reconcile(compile(with_marks({"", 0x7e})), before).size() == 3);
    CHECK(reconcile(compile(with_marks({"lan", 0x3f})), before).size() == 3);
    CHECK(reconcile(compile(with_marks({"", 0x3f})), before).empty());
}

TEST_CASE("a port's status has counters of both directions") {
    Message message(27, 0, TUNQOS_CMD_GET_PORT, 1, 1);
    message.put_text(TUNQOS_A_PORT_DEVICE, "eth0");
    message.put_u32(TUNQOS_A_PORT_HOOKS, TUNQOS_HOOK_PORT_INGRESS);
    struct {
        nlattr head;
        std::uint64_t value;
    } __attribute__((packed))
    nest[] = {{{12, TUNQOS_A_COUNTERS_PACKETS}, 7}, {{12, TUNQOS_A_COUNTERS_WRITTEN}, 5}};
    message.put_bytes(TUNQOS_A_PORT_INGRESS | NLA_F_NESTED, nest, sizeof nest);
    const auto status = decode_port(header(message));
    REQUIRE(status);
    CHECK(status->hooks == 256);
    CHECK(status->ingress.packets == 7);
    CHECK(status->ingress.written == 5);
    CHECK(status->egress.packets == 0);
    CHECK_FALSE(status->port.dscp_pcp);
    CHECK_FALSE(status->port.dscp_mark);
}

TEST_CASE("an older module is told apart") {
    const auto operations = reconcile(compile(with_marks({"", 0x3f})), {});
    CHECK(planner::lacking(operations, ~0ULL).empty());
    const auto problems = planner::lacking(operations, ~0ULL ^ TUNQOS_CAPABILITY_MARK_INGRESS);
    REQUIRE(problems.size() == 3);
    for (const auto& problem : problems)
        CHECK(problem.message.find("set mark dscp is not known to the module") == 0);
    CHECK(problems[0].path == "interface eth0");
    CHECK(planner::lacking(reconcile(compile(samples::full()), {}),
                           ~0ULL ^ TUNQOS_CAPABILITY_MARK_INGRESS)
              .empty());
}

TEST_CASE("a refusal names the attributes of a mark") {
    const Message message = encode(compile(with_marks({"", 0x3f})).ports.at("eth0"), 27, 0, 1);
    // behind the device "eth0": the table, then the mask
    const std::uint32_t table = NLMSG_HDRLEN + GENL_HDRLEN + NLA_HDRLEN + 8;
    CHECK(attribute_at(message.bytes(), table) == "dscp-mark");
    CHECK(attribute_at(message.bytes(), table + NLA_HDRLEN + 64) == "mark-mask");
}
