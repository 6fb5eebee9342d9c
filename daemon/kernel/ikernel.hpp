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

// Network devices, for what the module cannot tell.
class ILinks {
public:
    virtual ~ILinks() = default;
    // "gre", "vlan", "" for a device without a kind; nothing if there is no such device.
    virtual std::optional<std::string> kind(const std::string& device) const = 0;
    virtual std::vector<IpsecDevice> ipsec_devices() const = 0;
};

} // namespace tunqos::kernel
