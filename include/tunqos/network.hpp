// SPDX-License-Identifier: GPL-2.0-or-later
//
// An IPv4 or IPv6 network: an address and how many of its bits count.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tunqos {

struct Network {
    bool v6 = false;
    std::array<std::uint8_t, 16> bytes{}; // of IPv4 the first four
    std::uint8_t length = 0;              // bits; those behind them are 0

    bool operator==(const Network&) const = default;
};

// "192.168.168.0/24", "2001:db8::/32", or an address alone, which is all of its bits. Bits behind
// the length are dropped. Nothing if it is none of these.
std::optional<Network> parse_network(std::string_view text);
// What parse_network() takes back; of all bits without the length.
std::string to_string(const Network& network);

// Has `outer` all addresses of `inner`?
bool contains(const Network& outer, const Network& inner);

} // namespace tunqos
