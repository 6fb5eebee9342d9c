// SPDX-License-Identifier: GPL-2.0-or-later
//
// nftables' flowtables, in one dump.
#pragma once

#include <libmnl/libmnl.h>

#include <optional>
#include <vector>

#include "kernel/netlink_socket.hpp"
#include "kernel/surroundings.hpp"

namespace tunqos::kernel {

// A message of nfnetlink. Nothing if it is about no flowtable.
std::optional<Flowtable> decode_flowtable(const nlmsghdr* message);

class FlowtableReader {
public:
    // 0 or an errno. Without nf_tables there are none, and it is not loaded for this.
    int read(std::vector<Flowtable>& list);

private:
    std::optional<NetlinkSocket> socket_; // opened when it is needed first
};

} // namespace tunqos::kernel
