// SPDX-License-Identifier: GPL-2.0-or-later
//
// Desired state against actual state, not a replay of commands: after a lost event, a
// restart or a reloaded module the same function ends in the same state.
#include "planner/planner.hpp"

namespace tunqos::planner {

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
    for (const auto& [binding, tunnel] : desired.tunnels) {
        const auto found = actual.tunnels.find(binding);
        if (found == actual.tunnels.end() || found->second != tunnel)
            operations.emplace_back(tunnel);
    }
    for (const auto& [device, port] : desired.ports) {
        const auto found = actual.ports.find(device);
        if (found == actual.ports.end() || found->second != port) operations.emplace_back(port);
    }
    return operations;
}

} // namespace tunqos::planner
