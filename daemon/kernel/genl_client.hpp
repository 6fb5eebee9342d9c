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

// Nothing if the family does not exist: the module is not loaded for the asking.
std::optional<Family> find_family(NetlinkSocket& socket);

class GenlClient final : public IKernel {
public:
    // Throws std::system_error if generic netlink cannot be used at all.
    GenlClient() = default;

    KernelResult<Info> info() override;
    KernelResult<std::vector<TunnelStatus>> tunnels() override;
    KernelResult<std::vector<PortStatus>> ports() override;
    KernelResult<std::vector<RuleStatus>> rules() override;
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
