// SPDX-License-Identifier: GPL-2.0-or-later
//
// The SAs of this network namespace, over NETLINK_XFRM. Reads only: SAs belong to the IKE
// daemon.
#pragma once

#include <set>

#include "kernel/netlink_socket.hpp"
#include "kernel/sa.hpp"

namespace tunqos::kernel {

class XfrmClient final : public ISas {
public:
    KernelResult<std::vector<Sa>> sas() override;

private:
    KernelResult<std::set<std::string>> addresses();

    // Opened when they are needed first: that loads the kernel's part of IPsec.
    std::optional<NetlinkSocket> xfrm_, route_;
};

} // namespace tunqos::kernel
