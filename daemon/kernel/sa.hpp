// SPDX-License-Identifier: GPL-2.0-or-later
//
// An IPsec SA of the kernel, as far as QoS goes: its keys are never read.
#pragma once

#include <libmnl/libmnl.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernel/ikernel.hpp"
#include "tunqos/selector.hpp"

namespace tunqos::kernel {

struct Sa {
    enum class Direction { unknown, in, out };
    // Packets that the receiver has dropped since the SA was made.
    struct Drops {
        std::uint32_t late = 0;     // behind the replay window
        std::uint32_t repeated = 0; // in it, but seen before
        std::uint32_t broken = 0;   // the integrity check failed
        bool operator==(const Drops&) const = default;
    };

    Direction direction = Direction::unknown;
    std::string source, destination; // in canonical text
    std::uint8_t protocol = 0;       // IPPROTO_ESP, IPPROTO_AH, IPPROTO_COMP
    std::uint32_t spi = 0, reqid = 0, if_id = 0;
    std::optional<Mark> mark;
    std::uint8_t mode = 0; // XFRM_MODE_*
    bool decap_dscp = false, dont_encap_dscp = false, no_ecn = false;
    bool natt = false;        // ESP in UDP
    std::uint32_t window = 0; // replay window in packets; 0: none
    Drops drops;

    // The far end and ours. Of an SA of unknown direction as if it were an outgoing one.
    const std::string& peer() const { return direction == Direction::in ? source : destination; }
    const std::string& local() const { return direction == Direction::in ? destination : source; }

    bool operator==(const Sa&) const = default;
};

// "esp 0x1001 from 203.0.113.2": as people tell it from others.
std::string to_string(const Sa& sa);
std::string protocol_name(std::uint8_t protocol); // "esp"
std::string mode_name(std::uint8_t mode);         // "tunnel"

// A message of NETLINK_XFRM. Nothing if it is about no SA. The direction is known only if the
// kernel says it (Linux 6.10 and up).
std::optional<Sa> decode_sa(const nlmsghdr* message);
// A message of rtnetlink about an address of this namespace.
std::optional<std::string> decode_address(const nlmsghdr* message);

// Without the kernel's word an SA from one of these addresses goes out, one to them comes in.
// If both or none are ours nothing can be told.
template <typename Addresses>
Sa::Direction direction_of(const Sa& sa, const Addresses& ours) {
    const bool out = ours.contains(sa.source);
    const bool in = ours.contains(sa.destination);
    if (out == in) return Sa::Direction::unknown;
    return out ? Sa::Direction::out : Sa::Direction::in;
}

class ISas {
public:
    virtual ~ISas() = default;
    virtual KernelResult<std::vector<Sa>> sas() = 0;
};

} // namespace tunqos::kernel
