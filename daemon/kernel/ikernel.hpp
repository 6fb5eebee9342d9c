// SPDX-License-Identifier: GPL-2.0-or-later
//
// The module, as the rest of the daemon sees it. GenlClient speaks to the real one; tests
// have a fake. Every call is synchronous: the module answers within the system call.
#pragma once

#include <span>
#include <tl/expected.hpp>
#include <vector>

#include "kernel/state.hpp"
#include "tunqos/result.hpp"

namespace tunqos::kernel {

struct Error {
    enum class Kind {
        no_module,     // the family does not exist
        not_permitted, // CAP_NET_ADMIN is missing
        refused,       // the module refused; nothing was changed
        broken,        // the answer did not come or made no sense
    };
    Kind kind = Kind::broken;
    Problems problems; // at least one
};

template <typename T>
using KernelResult = tl::expected<T, Error>;

class IKernel {
public:
    virtual ~IKernel() = default;

    virtual KernelResult<Info> info() = 0;
    virtual KernelResult<std::vector<TunnelStatus>> tunnels() = 0;
    virtual KernelResult<std::vector<PortStatus>> ports() = 0;
    // None if the module does not know what rules are.
    virtual KernelResult<std::vector<RuleStatus>> rules() = 0;
    virtual KernelResult<std::vector<Reason>> reasons() = 0;

    // All operations in order, or none. `generation` is the one of the state that they
    // were planned from; if it is not the module's any more, it refuses.
    virtual KernelResult<void> apply(std::uint32_t generation,
                                     std::span<const Operation> operations) = 0;
};

// A device that puts its packets into SAs: xfrm, vti or vti6. Which SAs these are.
struct IpsecDevice {
    Device name;
    Selector match;
    bool operator==(const IpsecDevice&) const = default;
};

// What a device says of itself that has to do with marks.
struct LinkFacts {
    int index = 0;
    std::string kind = {};      // "gre", "vlan", "" for a device without a kind
    int lower = 0;              // the device under it; 0: none, not said, or in another namespace
    int master = 0;             // the bond, bridge or VRF that it is in; 0: none
    std::string remote = {};    // of a tunnel, in canonical text; empty: any, or not said
    bool copies_dscp = false;   // ip6tnl, ip6gre: rcv-dscp-copy, `dscp inherit`
    bool inherits_tos = false;  // the outer DS field is a copy, by the device's own setting
    bool no_encaplimit = false; // ip6tnl: without the destination option that counts tunnels
    bool external = false;      // each packet brings its tunnel: collect_md
    bool has_qos_map = false;   // vlan: an egress-qos-map
    bool has_xdp = false;
    bool operator==(const LinkFacts&) const = default;
};

// Network devices, for what the module cannot tell.
class ILinks {
public:
    virtual ~ILinks() = default;
    // Nothing if there is no such device.
    virtual std::optional<LinkFacts> facts(const std::string& device) const = 0;
    virtual std::optional<Device> name(int index) const = 0;
    // Those that carry its frames: under a VLAN device, the members of a bond. Not itself.
    virtual std::vector<Device> under(const std::string& device) const = 0;
    std::optional<std::string> kind(const std::string& device) const {
        const auto found = facts(device);
        return found ? std::optional(found->kind) : std::nullopt;
    }
    virtual std::vector<IpsecDevice> ipsec_devices() const = 0;
};

} // namespace tunqos::kernel
