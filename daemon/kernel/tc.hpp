// SPDX-License-Identifier: GPL-2.0-or-later
//
// Filters of tc that take packets away on ingress of a device, as shaping by an IFB does: in
// front of the module's hook there, which never sees them.
#pragma once

#include <libmnl/libmnl.h>

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "kernel/ikernel.hpp"
#include "kernel/netlink_socket.hpp"

namespace tunqos::kernel {

// A message of rtnetlink: the index of a device that has an ingress or clsact qdisc.
std::optional<int> decode_ingress_qdisc(const nlmsghdr* message);
// Is it about a filter with an action that redirects, to whatever device? Mirroring is none:
// the packet goes on.
bool redirects(const nlmsghdr* message);

class ITc {
public:
    virtual ~ITc() = default;
    // Those of these devices on whose ingress a filter redirects.
    virtual KernelResult<std::set<Device>> redirected(const std::vector<Device>& devices) = 0;
};

class TcClient final : public ITc {
public:
    KernelResult<std::set<Device>> redirected(const std::vector<Device>& devices) override;

private:
    int dump(std::uint16_t type, int device, const NetlinkSocket::OnMessage& visit);

    std::optional<NetlinkSocket> socket_; // opened when it is needed first
};

} // namespace tunqos::kernel
