// SPDX-License-Identifier: GPL-2.0-or-later
//
// The module over generic netlink. Finds the family again by itself when the module was
// loaded anew.
#pragma once

#include <functional>

#include "kernel/genl_codec.hpp"
#include "kernel/ikernel.hpp"
#include "kernel/netlink_socket.hpp"

namespace tunqos::kernel {

enum class Lookup {
    autoload,  // the kernel may load the module for the asking
    if_loaded, // never undoes somebody's modprobe -r
};

// Nothing if the family does not exist.
std::optional<Family> find_family(NetlinkSocket& socket, Lookup lookup);

class GenlClient final : public IKernel {
public:
    // Throws std::system_error if generic netlink cannot be used at all.
    GenlClient() = default;

    // Asks the kernel to load the module if it is not. True if it is there.
    bool load();

    KernelResult<Info> info() override;
    KernelResult<std::vector<TunnelStatus>> tunnels() override;
    KernelResult<std::vector<PortStatus>> ports() override;
    KernelResult<std::vector<Reason>> reasons() override;
    KernelResult<void> apply(std::uint32_t generation,
                             std::span<const Operation> operations) override;

private:
    KernelResult<Family> family();
    // Calls `restart` before each attempt: an interrupted dump starts again from nothing.
    KernelResult<void> dump(std::uint8_t command, const std::function<void()>& restart,
                            const NetlinkSocket::OnMessage& on_message);
    template <typename Value, typename Decode>
    KernelResult<std::vector<Value>> collect(std::uint8_t command, const Decode& decode);

    NetlinkSocket socket_;
    std::optional<Family> family_;
};

} // namespace tunqos::kernel
