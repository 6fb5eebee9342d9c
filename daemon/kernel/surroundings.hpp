// SPDX-License-Identifier: GPL-2.0-or-later
//
// What else acts on packets beside the module, on the devices of this namespace: what the planner
// judges (planner/watch.hpp), as the kernel tells it.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "kernel/ikernel.hpp"

namespace tunqos::kernel {

enum class Side { ingress, egress };

// What a filter of tc, or a program in its place, can do to a packet.
enum class Act {
    redirects,  // takes it to another device
    overwrites, // ends with "ok": tc writes skb->tc_index
    unknown,    // a program: either, or neither
};

struct Classifier {
    Side side = Side::ingress;
    Act act = Act::unknown;
    std::string kind; // of the filter: "matchall", "bpf"; "tcx" of a program outside of tc
    bool operator==(const Classifier&) const = default;
};

struct Flowtable {
    std::string name; // "inet filter ft": family, table, name
    bool hardware = false;
    std::set<Device> devices;
    std::set<Device> prefixes; // of names: the wildcards of newer kernels
    bool holds(const Device& device) const;
    bool operator==(const Flowtable&) const = default;
};

// Can the kernel's flowtables make and open the outer header of this kind of device?
enum class Shortcut { no, yes, not_known };

class ISurroundings {
public:
    virtual ~ISurroundings() = default;
    // What has changed since the last call; everything else below answers from this.
    virtual KernelResult<void> refresh() = 0;

    virtual std::vector<Classifier> classifiers(int index) = 0;
    // Whoever attaches by a link of bpf(2) causes no event, so that LinkFacts may not have it.
    virtual bool has_xdp(int index) = 0;
    virtual const std::vector<Flowtable>& flowtables() const = 0;
    // nftables' ruleset, as IRuleset::list() has it.
    virtual KernelResult<std::string> ruleset() = 0;
    // rx-gro-list: packets are merged in a list, each with its headers.
    virtual bool merges_in_lists(const Device& device) = 0;
    // The device that packets to this address leave by; nothing if there is no route.
    virtual std::optional<Device> way_to(const std::string& address) = 0;
    virtual Shortcut shortcut(const std::string& kind) = 0;
};

} // namespace tunqos::kernel
