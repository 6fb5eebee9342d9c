// SPDX-License-Identifier: GPL-2.0-or-later
// A module that is older than the daemon: each setting that it has not learnt yet is refused by
// its name, alone, and nothing else is.
#include <linux/genetlink.h>
#include <linux/tunqos.h>

#include "catch.hpp"
#include "planner/planner.hpp"

using namespace tunqos;
using kernel::Port;
using kernel::Tunnel;

namespace {

Tunnel on_device() {
    Tunnel tunnel;
    tunnel.binding = kernel::Device("gre1");
    return tunnel;
}

Tunnel on_peer() {
    Selector selector;
    selector.peer = "203.0.113.2";
    Tunnel tunnel;
    tunnel.binding = *kernel::ipsec_binding(selector);
    tunnel.label = "vpn 10";
    return tunnel;
}

// Without this capability it is refused by these words, with it alone it is not.
void refused(const kernel::Operation& operation, std::uint64_t missing, const std::string& words) {
    CAPTURE(words);
    const kernel::Operation operations[] = {operation};
    const auto problems = planner::lacking(operations, ~missing);
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].path == kernel::object_of(operation));
    CHECK(problems[0].message.starts_with(words + " is not known to the module that is loaded"));
    CHECK(planner::lacking(operations, missing).empty());
    // That of a newer module has bits that nobody here has a name for.
    CHECK(planner::lacking(operations, ~0ULL).empty());
}

} // namespace

TEST_CASE("what an older module does not know of a device's tunnel") {
    Tunnel tunnel = on_device();
    tunnel.encap_inner = EncapInner::set;
    refused(tunnel, TUNQOS_CAPABILITY_INNER_DSCP, "tunnel encap inner-dscp");
    tunnel = on_device();
    tunnel.options.encap_ecn = EncapEcn::rfc6040;
    refused(tunnel, TUNQOS_CAPABILITY_ECN, "tunnel encap ecn");
    tunnel = on_device();
    tunnel.options.decap_ecn = DecapEcn::rfc6040;
    refused(tunnel, TUNQOS_CAPABILITY_ECN, "tunnel decap ecn");
    tunnel = on_device();
    tunnel.options.decap_gro = DecapGro::merge;
    refused(tunnel, TUNQOS_CAPABILITY_DECAP_GRO, "tunnel decap gro");
    tunnel = on_device();
    tunnel.options.control_dscp = *Dscp::from(48);
    refused(tunnel, TUNQOS_CAPABILITY_WIREGUARD, "tunnel control dscp");
    tunnel = on_device();
    tunnel.class_via = ClassVia::priority;
    refused(tunnel, TUNQOS_CAPABILITY_CLASS_VIA, "qos pre-classify via");
}

TEST_CASE("what an older module does not know of SAs") {
    Tunnel tunnel = on_peer();
    tunnel.options.encap_ecn = EncapEcn::rfc6040;
    const kernel::Operation operations[] = {tunnel};
    constexpr std::uint64_t both = TUNQOS_CAPABILITY_ECN | TUNQOS_CAPABILITY_SELECTOR;
    CHECK(planner::lacking(operations, both).empty());
    for (const std::uint64_t one : {TUNQOS_CAPABILITY_ECN, TUNQOS_CAPABILITY_SELECTOR})
        CHECK(planner::lacking(operations, ~one).size() == 1);
}

TEST_CASE("what an older module does not know of a port") {
    Port port;
    port.device = kernel::Device("eth0.10");
    port.dscp_mark = Table{};
    refused(port, TUNQOS_CAPABILITY_MARK_INGRESS, "set mark dscp");
    port.dscp_mark.reset();
    port.protocol_pcp[0] = std::uint8_t{3};
    refused(port, TUNQOS_CAPABILITY_PROTOCOL_PCP, "set cos " + std::string(port_protocols[0]));
}

TEST_CASE("the settings of the first release need nothing") {
    Tunnel tunnel = on_peer();
    tunnel.encap_dscp = EncapDscp::set;
    tunnel.decap_dscp = DecapDscp::copy;
    tunnel.decap_permit = 1;
    tunnel.decap_class = DecapClass::outer;
    tunnel.pre_classify = true;
    Port port;
    port.device = kernel::Device("eth0.10");
    port.dscp_pcp = Table{};
    const kernel::Operation operations[] = {tunnel, on_device(), port,
                                            kernel::DelPort{port.device}};
    CHECK(planner::lacking(operations, 0).empty());
}
