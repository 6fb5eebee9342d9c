// SPDX-License-Identifier: GPL-2.0-or-later
//
// Messages of generic netlink and of the family tunqos to values and back. No sockets.
#pragma once

#include <libmnl/libmnl.h>

#include <cstdint>
#include <optional>
#include <string>

#include "kernel/netlink_socket.hpp"
#include "kernel/state.hpp"

namespace tunqos::kernel {

// How a loaded module is reached; both numbers change when it is loaded again.
struct Family {
    std::uint16_t id = 0;
    std::uint32_t events_group = 0; // 0: it has none
};

// One request under construction, in a buffer of its own.
class Message {
public:
    Message(std::uint16_t type, std::uint16_t flags, std::uint8_t command, std::uint8_t version,
            std::uint32_t seq);

    void put_u8(std::uint16_t type, std::uint8_t value);
    void put_u32(std::uint16_t type, std::uint32_t value);
    void put_u64(std::uint16_t type, std::uint64_t value);
    void put_text(std::uint16_t type, const std::string& value);
    void put_bytes(std::uint16_t type, const void* data, std::size_t size);

    std::span<const std::uint8_t> bytes() const;

private:
    Bytes buffer_;
    nlmsghdr* header() { return reinterpret_cast<nlmsghdr*>(buffer_.data()); }
};

// The message of a transaction for this operation.
Message encode(const Operation& operation, std::uint16_t family, std::uint16_t flags,
               std::uint32_t seq);

// Messages from the kernel; nothing if a message lacks what it must have. Attributes that
// are not known are skipped: the module may be newer.
std::uint8_t command_of(const nlmsghdr* message);
Info decode_info(const nlmsghdr* message);
std::optional<TunnelStatus> decode_tunnel(const nlmsghdr* message);
std::optional<PortStatus> decode_port(const nlmsghdr* message);
std::optional<RuleStatus> decode_rule(const nlmsghdr* message);
std::optional<Reason> decode_reason(const nlmsghdr* message);

// A message of nlctrl about a family, if it is about `name`.
std::optional<Family> decode_family(const nlmsghdr* message, const std::string& name);

// The name of the attribute of a request at this offset: "encap-value". Empty if unknown.
std::string attribute_at(std::span<const std::uint8_t> request, std::uint32_t offset);

} // namespace tunqos::kernel
