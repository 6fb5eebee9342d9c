// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the module holds, as values: the attributes of set-tunnel and set-port
// (include/uapi/linux/tunqos.yaml), self-contained, without names of table-maps.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "tunqos/config.hpp"

namespace tunqos::kernel {

using Device = std::string;
// What a profile is bound to: a device, or SAs. Addresses of a selector are in canonical text.
using Binding = std::variant<Device, Selector>;

// The order of the variant. Nearly all are devices, and the variant's own operator takes its
// time to find out which of the two both are.
struct BindingOrder {
    bool operator()(const Binding& one, const Binding& other) const {
        const auto* const device = std::get_if<Device>(&one);
        const auto* const other_device = std::get_if<Device>(&other);
        return device && other_device ? *device < *other_device : one < other;
    }
};

// skb->priority for each innermost DSCP; priority_leave leaves it.
using PriorityTable = std::array<std::uint32_t, dscp_count>;
inline constexpr std::uint32_t priority_leave = 0xffffffff;

// With the values of its table.
template <typename Mode>
using DscpSource = BasicDscpSource<Mode, std::optional<Table>>;

// One set-tunnel. A part that is not used by its mode is always empty, so that two
// profiles of one meaning are equal.
struct Tunnel {
    Binding binding;
    std::string label; // of a binding to SAs: "vpn 10"
    DscpSource<EncapDscp> encap_dscp{};
    DscpSource<DecapDscp> decap_dscp{};
    std::optional<std::uint64_t> decap_permit; // bit N: DSCP N; a device without: all
    DecapClass decap_class = DecapClass::inner;
    bool pre_classify = false;
    std::optional<PriorityTable> priority_table;
    DscpSource<EncapInner> encap_inner{};
    TunnelOptions options{};
    ClassVia class_via = ClassVia::companion;
    std::uint32_t class_mask = 0; // for mark

    bool operator==(const Tunnel&) const = default;
};

// DSCP by PCP * 2 + DEI of the tag, and last of frames without one; table_leave says nothing.
using ArrivalMap = std::array<std::uint8_t, 17>;

// One set-port: PCP by DSCP or by protocol, or mark, or the DSCP of what arrives, or more than one.
struct Port {
    Device device;
    std::optional<Table> dscp_pcp;
    std::optional<Table> dscp_mark = std::nullopt;
    std::uint32_t mark_mask = 0; // not 0 with dscp_mark
    ProtocolCos protocol_pcp{};
    std::optional<ArrivalMap> arrival_dscp = std::nullopt;
    bool arrival_override = false; // with arrival_dscp
    std::optional<Table> arrival_table = std::nullopt;
    bool rules = false; // know the tag of what arrives, and decide on that of what leaves

    // Does it do anything with the DSCP of what arrives?
    bool has_arrival() const { return arrival_dscp || arrival_table; }

    bool operator==(const Port&) const = default;
};

// One set-rule: what becomes of the packets of connections whose mark has this number.
struct Rule {
    std::uint8_t number = 0; // 1-254
    std::uint32_t mark_mask = 0;
    std::uint32_t cos_mask = 0; // 0: no rule asks for the CoS of what arrives
    std::optional<ArrivalMap> arrival_dscp = std::nullopt;
    bool arrival_override = false;                        // with arrival_dscp
    std::optional<ArrivalMap> arrival_tag = std::nullopt; // PCP * 2 + DEI to leave with
    std::optional<Table> dscp_tag = std::nullopt;         // the same, by the DSCP
    bool insert_tag = false;

    bool operator==(const Rule&) const = default;
};

// visit(setting, source) for each of dscp_source.hpp.
template <typename Any, typename Visit>
void each_dscp_source(Any& tunnel, Visit&& visit) {
    visit(settings::encap_dscp, tunnel.encap_dscp);
    visit(settings::encap_inner, tunnel.encap_inner);
    visit(settings::decap_dscp, tunnel.decap_dscp);
}

// Drops what the modes do not use; what came from elsewhere (a dump) needs it.
void normalise(Tunnel& tunnel);

// All that is set in one network namespace.
struct State {
    std::map<Binding, Tunnel, BindingOrder> tunnels;
    std::map<Device, Port> ports;
    std::map<std::uint8_t, Rule> rules; // by number

    bool operator==(const State&) const = default;
};

struct DelTunnel {
    Binding binding;
    std::string label; // for messages only
    bool operator==(const DelTunnel&) const = default;
};
struct DelPort {
    Device device;
    bool operator==(const DelPort&) const = default;
};
struct DelRule {
    std::uint8_t number = 0;
    bool operator==(const DelRule&) const = default;
};
// One message of a transaction.
using Operation = std::variant<DelTunnel, DelPort, DelRule, Tunnel, Port, Rule>;

// "interface gre1", "crypto map vpn 10": the object that an operation is about.
std::string object_of(const Operation& operation);
// The same in the words of the module: "tunnel gre1", "ipsec peer 203.0.113.2 reqid 5".
std::string module_name(const Operation& operation);
// "gre1", "peer 203.0.113.2, reqid 5"
std::string to_string(const Binding& binding);
// Nothing if the selector is empty, or has something that is no address.
std::optional<Binding> ipsec_binding(Selector selector);

enum class Phase { pending, active, failed };

struct Counters {
    std::uint64_t packets = 0, written = 0, left_alone = 0, dropped = 0;
};

struct TunnelStatus {
    Tunnel tunnel;
    Phase phase = Phase::pending;
    std::string problem;     // why it failed
    std::uint32_t hooks = 0; // TUNQOS_HOOK_*
    std::string kind;        // of the attached device: "gre"
    Counters encap, decap;
};

struct PortStatus {
    Port port;
    Phase phase = Phase::pending;
    std::string problem;
    std::uint32_t hooks = 0;
    std::string lower; // the device that carries the tagged frames
    std::optional<std::uint16_t> vid;
    Counters egress, ingress;
};

struct RuleStatus {
    Rule rule;
    std::uint32_t hooks = 0;
    Counters original, reply; // by the direction of the connection
};

struct Reason {
    std::uint32_t reason = 0; // TUNQOS_REASON_*
    std::uint64_t packets = 0;
};

struct Info {
    std::string release;
    std::string srcversion;
    std::uint64_t capabilities = 0; // TUNQOS_CAPABILITY_*
    std::uint32_t generation = 0;   // commits in this namespace
    std::uint8_t class_tag = 0;     // 0-63
    // Another number after each load of the module, whose generations begin anew.
    std::uint32_t instance = 0;
};

} // namespace tunqos::kernel
