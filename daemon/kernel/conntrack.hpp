// SPDX-License-Identifier: GPL-2.0-or-later
//
// The marks of connections that are there already, over NETLINK_NETFILTER.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "kernel/ikernel.hpp"
#include "kernel/netlink_socket.hpp"

namespace tunqos::kernel {

class IConnections {
public:
    virtual ~IConnections() = default;
    // Takes these bits out of the mark of every connection; how many had any of them. Without
    // connection tracking there are none.
    virtual KernelResult<std::size_t> clear_mark(std::uint32_t mask) = 0;
};

// One connection of a dump: what names it in a request.
struct Connection {
    std::uint8_t family = 0;
    Bytes original; // the tuple, as the kernel gave it
    Bytes zone;     // the same
    std::uint32_t mark = 0;
};
// Nothing if the message is about no connection.
std::optional<Connection> decode_connection(const nlmsghdr* message);
// Takes the bits of `mask` out of its mark.
Bytes encode_clear(const Connection& connection, std::uint32_t mask, std::uint16_t flags,
                   std::uint32_t seq);

class Conntrack final : public IConnections {
public:
    // What is not done by then is said to be left.
    static constexpr std::chrono::seconds usual_limit{5};
    explicit Conntrack(std::chrono::milliseconds limit = usual_limit) : limit_(limit) {}

    KernelResult<std::size_t> clear_mark(std::uint32_t mask) override;

private:
    std::chrono::milliseconds limit_;
};

} // namespace tunqos::kernel
