// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/baselines.hpp"

namespace tunqos {

namespace {

using kernel::Counters;

void take_off(Counters& now, const Counters& before) {
    const bool began_anew = now.packets < before.packets || now.written < before.written ||
                            now.left_alone < before.left_alone || now.dropped < before.dropped;
    if (began_anew) return;
    now.packets -= before.packets;
    now.written -= before.written;
    now.left_alone -= before.left_alone;
    now.dropped -= before.dropped;
}

} // namespace

void Baselines::clear(const kernel::TunnelStatus& tunnel) {
    tunnels_.insert_or_assign(tunnel.tunnel.binding, Directions{tunnel.encap, tunnel.decap});
}

void Baselines::clear(const kernel::PortStatus& port) {
    ports_.insert_or_assign(port.port.device, Sides{port.egress, port.ingress});
}

void Baselines::clear(const kernel::RuleStatus& rule) {
    rules_.insert_or_assign(rule.rule.number, Ways{rule.original, rule.reply});
}

void Baselines::clear(const std::vector<kernel::Reason>& reasons) {
    for (const auto& [reason, packets] : reasons)
        reasons_.insert_or_assign(reason, packets);
}

void Baselines::subtract(kernel::TunnelStatus& tunnel) const {
    const auto found = tunnels_.find(tunnel.tunnel.binding);
    if (found == tunnels_.end()) return;
    take_off(tunnel.encap, found->second.encap);
    take_off(tunnel.decap, found->second.decap);
}

void Baselines::subtract(kernel::PortStatus& port) const {
    const auto found = ports_.find(port.port.device);
    if (found == ports_.end()) return;
    take_off(port.egress, found->second.egress);
    take_off(port.ingress, found->second.ingress);
}

void Baselines::subtract(kernel::RuleStatus& rule) const {
    const auto found = rules_.find(rule.rule.number);
    if (found == rules_.end()) return;
    take_off(rule.original, found->second.original);
    take_off(rule.reply, found->second.reply);
}

void Baselines::subtract(std::vector<kernel::Reason>& reasons) const {
    for (auto& [reason, packets] : reasons) {
        const auto found = reasons_.find(reason);
        if (found != reasons_.end() && packets >= found->second) packets -= found->second;
    }
}

void Baselines::set_instance(std::uint32_t instance) {
    if (instance != instance_) *this = {};
    instance_ = instance;
}

void Baselines::forget(std::span<const kernel::Operation> operations, const kernel::State& before) {
    if (tunnels_.empty() && ports_.empty() && rules_.empty()) return;
    for (const auto& operation : operations) {
        if (const auto* del = std::get_if<kernel::DelTunnel>(&operation))
            tunnels_.erase(del->binding);
        if (const auto* del = std::get_if<kernel::DelPort>(&operation)) ports_.erase(del->device);
        const auto* tunnel = std::get_if<kernel::Tunnel>(&operation);
        if (tunnel && !before.tunnels.contains(tunnel->binding)) tunnels_.erase(tunnel->binding);
        const auto* port = std::get_if<kernel::Port>(&operation);
        if (port && !before.ports.contains(port->device)) ports_.erase(port->device);
        if (const auto* del = std::get_if<kernel::DelRule>(&operation)) rules_.erase(del->number);
        const auto* rule = std::get_if<kernel::Rule>(&operation);
        if (rule && !before.rules.contains(rule->number)) rules_.erase(rule->number);
    }
}

} // namespace tunqos
