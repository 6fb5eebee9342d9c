// SPDX-License-Identifier: GPL-2.0-or-later
//
// Desired state against actual state, not a replay of commands: after a lost event, a
// restart or a reloaded module the same function ends in the same state.
#include "planner/planner.hpp"

#include <algorithm>

namespace tunqos::planner {

namespace {

void add_settings(const kernel::State& desired, const kernel::State& actual,
                  std::vector<kernel::Operation>& operations) {
    for (const auto& [binding, tunnel] : desired.tunnels) {
        const auto found = actual.tunnels.find(binding);
        if (found == actual.tunnels.end() || found->second != tunnel)
            operations.emplace_back(tunnel);
    }
    for (const auto& [device, port] : desired.ports) {
        const auto found = actual.ports.find(device);
        if (found == actual.ports.end() || found->second != port) operations.emplace_back(port);
    }
    for (const auto& [number, rule] : desired.rules) {
        const auto found = actual.rules.find(number);
        if (found == actual.rules.end() || found->second != rule) operations.emplace_back(rule);
    }
}

} // namespace

std::vector<kernel::Operation> reconcile(const kernel::State& desired,
                                         const kernel::State& actual) {
    std::vector<kernel::Operation> operations;
    // Removals first: a device that turns from a tunnel into a port is never both.
    for (const auto& [binding, tunnel] : actual.tunnels) {
        if (!desired.tunnels.contains(binding))
            operations.emplace_back(kernel::DelTunnel{binding, tunnel.label});
    }
    for (const auto& [device, port] : actual.ports) {
        if (!desired.ports.contains(device)) operations.emplace_back(kernel::DelPort{device});
    }
    for (const auto& [number, ignored] : actual.rules) {
        if (!desired.rules.contains(number)) operations.emplace_back(kernel::DelRule{number});
    }
    add_settings(desired, actual, operations);
    return operations;
}

std::vector<kernel::Operation> clear_for_other_masks(const kernel::State& desired,
                                                     const kernel::State& actual) {
    std::vector<kernel::Operation> operations;
    if (desired.rules.empty() || actual.rules.empty()) return operations;
    // What other hands have set may differ in them.
    const kernel::Rule& wanted = desired.rules.begin()->second;
    const bool same = std::all_of(actual.rules.begin(), actual.rules.end(), [&](const auto& one) {
        return one.second.mark_mask == wanted.mark_mask && one.second.cos_mask == wanted.cos_mask;
    });
    if (same) return operations;
    for (const auto& [number, ignored] : actual.rules)
        operations.emplace_back(kernel::DelRule{number});
    return operations;
}

std::vector<kernel::Operation> reconcile_part(const kernel::State& desired,
                                              const kernel::State& actual, const Devices& devices) {
    std::vector<kernel::Operation> operations;
    operations.reserve(desired.tunnels.size() + desired.ports.size());
    for (const auto& [device, ignored] : devices) {
        if (!desired.tunnels.contains(device)) {
            const auto tunnel = actual.tunnels.find(device);
            if (tunnel != actual.tunnels.end())
                operations.emplace_back(kernel::DelTunnel{device, tunnel->second.label});
        }
        if (!desired.ports.contains(device) && actual.ports.contains(device))
            operations.emplace_back(kernel::DelPort{device});
    }
    add_settings(desired, actual, operations);
    return operations;
}

namespace {

struct CarryOut {
    kernel::State& state;

    void operator()(const kernel::DelTunnel& del) const { state.tunnels.erase(del.binding); }
    void operator()(const kernel::DelPort& del) const { state.ports.erase(del.device); }
    void operator()(const kernel::DelRule& del) const { state.rules.erase(del.number); }
    void operator()(const kernel::Rule& rule) const {
        state.rules.insert_or_assign(rule.number, rule);
    }
    void operator()(const kernel::Tunnel& tunnel) const {
        state.tunnels.insert_or_assign(tunnel.binding, tunnel);
    }
    void operator()(const kernel::Port& port) const {
        state.ports.insert_or_assign(port.device, port);
    }
};

} // namespace

void carry_out(const std::vector<kernel::Operation>& operations, kernel::State& actual) {
    for (const auto& operation : operations)
        std::visit(CarryOut{actual}, operation);
}

} // namespace tunqos::planner
