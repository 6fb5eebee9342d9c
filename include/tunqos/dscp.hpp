// SPDX-License-Identifier: GPL-2.0-or-later
//
// DSCP (0-63, the upper six bits of the DS field) and PCP (0-7): strong types, and
// their names. Never hold a DS field (0-255) in a Dscp.
#pragma once

#include <array>
#include <bitset>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tunqos {

inline constexpr std::size_t dscp_count = 64;
inline constexpr std::size_t pcp_count = 8;

// A code point 0-63. The constructor does not check; parse_dscp() and
// Dscp::from() do.
struct Dscp {
    std::uint8_t value = 0;

    static constexpr std::optional<Dscp> from(std::int64_t number) {
        if (number < 0 || number >= static_cast<std::int64_t>(dscp_count)) return std::nullopt;
        return Dscp{static_cast<std::uint8_t>(number)};
    }
    auto operator<=>(const Dscp&) const = default;
};

// A set of code points; bit N stands for DSCP N.
using DscpSet = std::bitset<dscp_count>;

struct DscpName {
    std::string_view name; // lower case
    std::uint8_t dscp;     // 0-63
    std::string_view help; // "Expedited Forwarding (RFC 3246)"
};

// All names of the IANA registry (features.md C8), in numeric order; the first name of
// a code point is the one to print.
std::span<const DscpName> dscp_names();

// "ef", "af41", "default", "cs1", "46" or "0x2e"; case does not matter. Nothing if it is
// none of these or out of range.
std::optional<Dscp> parse_dscp(std::string_view text);

// "ef", or "17" for a code point without a name. What parse_dscp() takes back.
std::string to_string(Dscp dscp);

// IOS manner: "ef (46)", or "17".
std::string describe(Dscp dscp);

// "ef,cs1,8-15": names, numbers and ranges of numbers or names, separated by commas. On
// failure *bad (if given) is the piece that is wrong.
std::optional<DscpSet> parse_dscp_set(std::string_view text, std::string* bad = nullptr);

// The shortest form that parse_dscp_set() takes back: "0-47", "8,46".
std::string to_string(const DscpSet& set);

} // namespace tunqos
