// SPDX-License-Identifier: GPL-2.0-or-later
//
// From a configuration to what has to be said to the module. Pure.
#pragma once

#include <span>
#include <vector>

#include "kernel/state.hpp"
#include "tunqos/model.hpp"

namespace tunqos::planner {

// What the module should hold for this (valid) configuration. A crypto map that
// matches nothing yet has nothing to be bound to and is left out.
kernel::State compile(const Config& config);
// What the module should do at this port. Nothing: it has no part in it, as with mls qos trust dscp
// alone, which leaves all marks as they are.
std::optional<kernel::Port> compile_port(const Config& config, const std::string& name,
                                         const Interface& interface);
kernel::State from_dump(const std::vector<kernel::TunnelStatus>& tunnels,
                        const std::vector<kernel::PortStatus>& ports,
                        const std::vector<kernel::RuleStatus>& rules = {});

// May marks of more than one ordered aggregate (RFC 2983 section 4.1) be outside? Where tunqos
// leaves the mark to the kernel it is a copy, or the same for all packets.
bool several_aggregates(const Config& config, const Encap& encap, bool kernel_copies);

// What turns `actual` into `desired`: removals first, then settings, only differences.
// Empty if they are equal.
std::vector<kernel::Operation> reconcile(const kernel::State& desired, const kernel::State& actual);

// The masks of rules are alike in all of them, so that other masks come in two commits: what the
// first one has to remove. Empty, as a rule: one commit does it.
std::vector<kernel::Operation> clear_for_other_masks(const kernel::State& desired,
                                                     const kernel::State& actual);

// The same for a part: what `desired` has, and what it has not of these devices.
using Devices = std::map<std::string, Interface>;
std::vector<kernel::Operation> reconcile_part(const kernel::State& desired,
                                              const kernel::State& actual, const Devices& devices);
// What `actual` is after these operations.
void carry_out(const std::vector<kernel::Operation>& operations, kernel::State& actual);

// What a module with these capabilities (TUNQOS_CAPABILITY_*) cannot do of it: a problem for
// each such object, with the setting and what to do.
Problems lacking(std::span<const kernel::Operation> operations, std::uint64_t capabilities);

// The way back: a configuration that compiles to this state, for a daemon that has lost its own.
// What `known` says of an object that the module has just so is kept with all its names, and what
// the module does not have of it (descriptions, table-maps, entries without a match) as well.
// Other table-maps are named recovered-1 and so on. Priorities over 63 have no place in a
// configuration; a table that holds them is left out. Rules are those of `known`: what they match
// is in nftables.
Config recover(const kernel::State& actual, const Config& known = {});

} // namespace tunqos::planner
