// SPDX-License-Identifier: GPL-2.0-or-later
//
// A module that is older than the daemon goes on working; what it has not learnt yet is said
// in the words of the configuration, instead of a number of netlink.
#include <linux/tunqos.h>

#include "planner/planner.hpp"

namespace tunqos::planner {

namespace {

// The first setting that needs the capability `selector`; empty: none.
std::string needs_selector(const kernel::Tunnel& tunnel) {
    const auto* const selector = std::get_if<Selector>(&tunnel.binding);
    if (!selector) return {};
    if (!selector->local.empty()) return "match local";
    if (selector->reqid) return "match reqid";
    if (selector->if_id) return "match if-id";
    if (selector->mark) return "match mark";
    if (selector->spi) return "match spi";
    if (tunnel.encap_inner != EncapInner::keep) return "tunnel encap inner-dscp";
    if (tunnel.encap_ecn != EncapEcn::native) return "tunnel encap ecn";
    if (tunnel.decap_ecn != DecapEcn::native) return "tunnel decap ecn";
    return {};
}

// The first setting that a module with these capabilities does not know; empty: none.
std::string unknown(const kernel::Operation& operation, std::uint64_t capabilities) {
    if ((capabilities & TUNQOS_CAPABILITY_SELECTOR) == 0) {
        const auto* const tunnel = std::get_if<kernel::Tunnel>(&operation);
        if (tunnel) {
            if (auto setting = needs_selector(*tunnel); !setting.empty()) return setting;
        }
    }
    if ((capabilities & TUNQOS_CAPABILITY_PROTOCOL_PCP) == 0) {
        const auto* const port = std::get_if<kernel::Port>(&operation);
        for (std::size_t i = 0; port && i < port_protocols.size(); ++i) {
            if (port->protocol_pcp[i]) return "set cos " + std::string(port_protocols[i]);
        }
    }
    if ((capabilities & TUNQOS_CAPABILITY_MARK_INGRESS) == 0) {
        if (const auto* const port = std::get_if<kernel::Port>(&operation); port && port->dscp_mark)
            return "set mark dscp";
    }
    if ((capabilities & TUNQOS_CAPABILITY_CLASS_VIA) == 0) {
        const auto* const tunnel = std::get_if<kernel::Tunnel>(&operation);
        if (tunnel && tunnel->class_via != ClassVia::companion) return "qos pre-classify via";
    }
    return {};
}

} // namespace

Problems lacking(std::span<const kernel::Operation> operations, std::uint64_t capabilities) {
    Problems problems;
    constexpr auto all = TUNQOS_CAPABILITY_SELECTOR | TUNQOS_CAPABILITY_MARK_INGRESS |
                         TUNQOS_CAPABILITY_CLASS_VIA | TUNQOS_CAPABILITY_PROTOCOL_PCP;
    if ((capabilities & all) == all) return problems;
    for (const auto& operation : operations) {
        if (const auto setting = unknown(operation, capabilities); !setting.empty())
            problems.push_back({kernel::object_of(operation),
                                setting + " is not known to the module that is loaded, which is "
                                          "older than the daemon; load the one that came with it "
                                          "(modprobe -r tunqos, modprobe tunqos), or take this "
                                          "setting out"});
    }
    return problems;
}

} // namespace tunqos::planner
