// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/state.hpp"

#include <algorithm>

#include "tunqos/address.hpp"

namespace tunqos::kernel {

namespace {

std::string rule_name(std::uint8_t number) {
    return "rule " + std::to_string(number);
}

struct ObjectName {
    std::string of(const Binding& binding, const std::string& label) const {
        if (const auto* device = std::get_if<Device>(&binding)) return "interface " + *device;
        return label.empty() ? "IPsec by " + to_string(binding) : "crypto map " + label;
    }
    std::string operator()(const Tunnel& tunnel) const { return of(tunnel.binding, tunnel.label); }
    std::string operator()(const DelTunnel& del) const { return of(del.binding, del.label); }
    std::string operator()(const Port& port) const { return "interface " + port.device; }
    std::string operator()(const DelPort& del) const { return "interface " + del.device; }
    std::string operator()(const Rule& rule) const { return rule_name(rule.number); }
    std::string operator()(const DelRule& del) const { return rule_name(del.number); }
};

struct ModuleName {
    std::string of(const Binding& binding) const {
        if (const auto* device = std::get_if<Device>(&binding)) return "tunnel " + *device;
        const auto& match = std::get<Selector>(binding);
        std::string text = "ipsec";
        if (!match.peer.empty()) text += " peer " + match.peer;
        if (!match.local.empty()) text += " local " + match.local;
        if (match.reqid) text += " reqid " + std::to_string(*match.reqid);
        if (match.if_id) text += " if-id " + std::to_string(*match.if_id);
        if (match.mark)
            text += " mark " + hexadecimal(match.mark->value) + '/' + hexadecimal(match.mark->mask);
        if (match.spi) text += " spi " + hexadecimal(*match.spi);
        return text;
    }
    std::string operator()(const Tunnel& tunnel) const { return of(tunnel.binding); }
    std::string operator()(const DelTunnel& del) const { return of(del.binding); }
    std::string operator()(const Port& port) const { return "port " + port.device; }
    std::string operator()(const DelPort& del) const { return "port " + del.device; }
    std::string operator()(const Rule& rule) const { return rule_name(rule.number); }
    std::string operator()(const DelRule& del) const { return rule_name(del.number); }
};

} // namespace

std::string module_name(const Operation& operation) {
    return std::visit(ModuleName{}, operation);
}

void normalise(Tunnel& tunnel) {
    const bool device = std::holds_alternative<Device>(tunnel.binding);
    if (device) tunnel.label.clear();
    each_dscp_source(tunnel, [](const DscpSourceSetting&, auto& source) { source.normalise(); });
    if (tunnel.decap_dscp == DecapDscp::keep) tunnel.decap_permit.reset();
    if (device && tunnel.decap_permit == ~std::uint64_t{0}) tunnel.decap_permit.reset();
    if (!tunnel.pre_classify) {
        tunnel.priority_table.reset();
        tunnel.class_via = ClassVia::companion;
    }
    if (tunnel.class_via != ClassVia::mark) tunnel.class_mask = 0;
}

std::string object_of(const Operation& operation) {
    return std::visit(ObjectName{}, operation);
}

std::string to_string(const Binding& binding) {
    if (const auto* device = std::get_if<Device>(&binding)) return *device;
    return to_string(std::get<Selector>(binding));
}

std::optional<Binding> ipsec_binding(Selector selector) {
    for (std::string* address : {&selector.peer, &selector.local}) {
        if (address->empty()) continue;
        auto canonical = canonical_address(*address);
        if (!canonical) return std::nullopt;
        *address = std::move(*canonical);
    }
    if (selector.empty()) return std::nullopt;
    return selector;
}

} // namespace tunqos::kernel
