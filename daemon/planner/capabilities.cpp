// SPDX-License-Identifier: GPL-2.0-or-later
//
// A module that is older than the daemon goes on working; what it has not learnt yet is said
// in the words of the configuration, instead of a number of netlink.
#include <linux/tunqos.h>

#include "planner/planner.hpp"

namespace tunqos::planner {

namespace {

using kernel::Port;
using kernel::Tunnel;

const Selector* selector_of(const Tunnel& tunnel) {
    return std::get_if<Selector>(&tunnel.binding);
}

// A setting that came after the first release of the module, and the capability that says so.
template <typename Of>
struct Setting {
    std::uint64_t capability;
    std::string_view words;
    bool (*is_used)(const Of&);
};

// What needs two is in two rows. The first that is missing is the one that is said.
constexpr Setting<Tunnel> of_tunnels[] = {
    {TUNQOS_CAPABILITY_SELECTOR, "match local",
     [](const Tunnel& t) { return selector_of(t) && !selector_of(t)->local.empty(); }},
    {TUNQOS_CAPABILITY_SELECTOR, "match reqid",
     [](const Tunnel& t) { return selector_of(t) && selector_of(t)->reqid.has_value(); }},
    {TUNQOS_CAPABILITY_SELECTOR, "match if-id",
     [](const Tunnel& t) { return selector_of(t) && selector_of(t)->if_id.has_value(); }},
    {TUNQOS_CAPABILITY_SELECTOR, "match mark",
     [](const Tunnel& t) { return selector_of(t) && selector_of(t)->mark.has_value(); }},
    {TUNQOS_CAPABILITY_SELECTOR, "match spi",
     [](const Tunnel& t) { return selector_of(t) && selector_of(t)->spi.has_value(); }},
    {TUNQOS_CAPABILITY_INNER_DSCP, "tunnel encap inner-dscp",
     [](const Tunnel& t) { return t.encap_inner != EncapInner::keep; }},
    {TUNQOS_CAPABILITY_SELECTOR, "tunnel encap inner-dscp",
     [](const Tunnel& t) { return selector_of(t) && t.encap_inner != EncapInner::keep; }},
    {TUNQOS_CAPABILITY_CLASS_VIA, "qos pre-classify via",
     [](const Tunnel& t) { return t.class_via != ClassVia::companion; }},
};

constexpr Setting<Port> of_ports[] = {
    {TUNQOS_CAPABILITY_MARK_INGRESS, "set mark dscp",
     [](const Port& p) { return p.dscp_mark.has_value(); }},
    {TUNQOS_CAPABILITY_PORT_ARRIVAL, "set dscp, mls qos trust cos or mls qos cos override",
     [](const Port& p) { return p.arrival_dscp.has_value(); }},
    {TUNQOS_CAPABILITY_PORT_ARRIVAL, "mls qos dscp-mutation",
     [](const Port& p) { return p.arrival_table.has_value(); }},
    {TUNQOS_CAPABILITY_RULES, "qos 802.1p", [](const Port& p) { return p.rules; }},
};

template <typename Of, std::size_t count>
std::string unknown(const Of& profile, const Setting<Of> (&settings)[count],
                    std::uint64_t capabilities) {
    for (const auto& setting : settings) {
        if ((capabilities & setting.capability) == 0 && setting.is_used(profile))
            return std::string(setting.words);
    }
    return {};
}

// The same of those of settings.hpp.
std::string unknown_option(const Tunnel& tunnel, std::uint64_t capabilities) {
    std::string line;
    each_setting([&](const auto& setting) {
        const auto needed =
            setting.capability | (selector_of(tunnel) ? setting.capability_on_sas : 0);
        const auto& value = tunnel.options.*setting.member;
        const bool used = value != std::remove_cvref_t<decltype(value)>{};
        if (used && line.empty() && (capabilities & needed) != needed) line = line_of(setting);
    });
    return line;
}

// The first setting that a module with these capabilities does not know; empty: none.
std::string unknown(const kernel::Operation& operation, std::uint64_t capabilities) {
    if (const auto* const tunnel = std::get_if<Tunnel>(&operation)) {
        const std::string setting = unknown(*tunnel, of_tunnels, capabilities);
        return setting.empty() ? unknown_option(*tunnel, capabilities) : setting;
    }
    if (std::holds_alternative<kernel::Rule>(operation))
        return (capabilities & TUNQOS_CAPABILITY_RULES) == 0 ? "qos rule" : "";
    const auto* const port = std::get_if<Port>(&operation);
    if (!port) return {};
    if ((capabilities & TUNQOS_CAPABILITY_PROTOCOL_PCP) == 0) {
        for (std::size_t i = 0; i < port_protocols.size(); ++i) {
            if (port->protocol_pcp[i]) return "set cos " + std::string(port_protocols[i]);
        }
    }
    return unknown(*port, of_ports, capabilities);
}

constexpr std::uint64_t all_capabilities() {
    std::uint64_t all = TUNQOS_CAPABILITY_PROTOCOL_PCP;
    for (const auto& setting : of_tunnels)
        all |= setting.capability;
    for (const auto& setting : of_ports)
        all |= setting.capability;
    each_setting(
        [&](const auto& setting) { all |= setting.capability | setting.capability_on_sas; });
    return all;
}

} // namespace

Problems lacking(std::span<const kernel::Operation> operations, std::uint64_t capabilities) {
    Problems problems;
    constexpr auto all = all_capabilities();
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
