// SPDX-License-Identifier: GPL-2.0-or-later
//
// Desired state against actual state, not a replay of commands: after a lost event, a
// restart or a reloaded module the same function ends in the same state.
#include "planner/planner.hpp"

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
    add_settings(desired, actual, operations);
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
