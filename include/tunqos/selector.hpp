// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which IPsec SAs a crypto map entry binds.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tunqos {

// The SA's mark, as far as the mask goes.
struct Mark {
    std::uint32_t value = 0;
    std::uint32_t mask = 0xffffffff; // not 0

    auto operator<=>(const Mark&) const = default;
};

// An SA is bound if it has all that is said. Of several entries that bind it, the one that
// says the first of these wins, then the second and so on; of those that say the same parts
// that with more bits in the mask of its mark.
struct Selector {
    std::optional<std::uint32_t> spi = {};   // not 0
    std::optional<std::uint32_t> if_id = {}; // not 0
    std::optional<std::uint32_t> reqid = {}; // not 0
    std::optional<Mark> mark = {};
    std::string peer = {};  // an IPv4 or IPv6 address in canonical text; empty: any
    std::string local = {}; // our own, the same

    bool empty() const { return *this == Selector{}; }
    auto operator<=>(const Selector&) const = default;
};

// "peer 203.0.113.2, reqid 5", for messages.
std::string to_string(const Selector& selector);

// "0x10/0xff", "0x10" with a mask of all ones.
std::string to_string(const Mark& mark);
std::optional<Mark> parse_mark(std::string_view text);

std::string hexadecimal(std::uint32_t number);
// Decimal, or hexadecimal after 0x. Nothing if it is neither or too large.
std::optional<std::uint32_t> parse_u32(std::string_view text);

} // namespace tunqos
