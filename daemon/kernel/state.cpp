// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/state.hpp"

#include <arpa/inet.h>

#include <algorithm>

namespace tunqos::kernel {

namespace {

std::string print_address(int family, const void* address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    return inet_ntop(family, address, text.data(), text.size());
}

struct ObjectName {
    std::string of(const Binding& binding, const std::string& label) const {
        if (const auto* device = std::get_if<Device>(&binding)) return "interface " + *device;
        return label.empty() ? "peer " + to_string(binding) : "crypto map " + label;
    }
    std::string operator()(const Tunnel& tunnel) const { return of(tunnel.binding, tunnel.label); }
    std::string operator()(const DelTunnel& del) const { return of(del.binding, del.label); }
    std::string operator()(const Port& port) const { return "interface " + port.device; }
    std::string operator()(const DelPort& del) const { return "interface " + del.device; }
};

} // namespace

void normalise(Tunnel& tunnel) {
    const bool device = std::holds_alternative<Device>(tunnel.binding);
    if (device) tunnel.label.clear();
    if (tunnel.encap_dscp != EncapDscp::set) tunnel.encap_value = {};
    if (tunnel.encap_dscp != EncapDscp::table) tunnel.encap_table.reset();
    if (tunnel.encap_inner != EncapInner::set) tunnel.encap_inner_value = {};
    if (tunnel.encap_inner != EncapInner::table) tunnel.encap_inner_table.reset();
    if (tunnel.decap_dscp != DecapDscp::table) tunnel.decap_table.reset();
    if (tunnel.decap_dscp == DecapDscp::keep) tunnel.decap_permit.reset();
    if (device && tunnel.decap_permit == ~std::uint64_t{0}) tunnel.decap_permit.reset();
    if (!tunnel.pre_classify) tunnel.priority_table.reset();
}

std::string object_of(const Operation& operation) {
    return std::visit(ObjectName{}, operation);
}

std::string to_string(const Binding& binding) {
    if (const auto* device = std::get_if<Device>(&binding)) return *device;
    if (const auto* v4 = std::get_if<Peer4>(&binding)) return print_address(AF_INET, v4->data());
    return print_address(AF_INET6, std::get<Peer6>(binding).data());
}

std::optional<Binding> peer_binding(const std::string& address) {
    Peer4 v4{};
    if (inet_pton(AF_INET, address.c_str(), v4.data()) == 1) return v4;
    Peer6 v6{};
    if (inet_pton(AF_INET6, address.c_str(), v6.data()) == 1) return v6;
    return std::nullopt;
}

} // namespace tunqos::kernel
