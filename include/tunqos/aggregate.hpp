// SPDX-License-Identifier: GPL-2.0-or-later
//
// Ordered aggregates (RFC 2983 section 4.1): packets of one do not overtake each other.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tunqos/dscp.hpp"

namespace tunqos {

// One value, or one AF class with its three drop precedences.
struct Aggregate {
    std::uint8_t af = 0; // 1-4: AFx1, AFx2 and AFx3; 0: the value
    Dscp value = {};     // of af 0

    auto operator<=>(const Aggregate&) const = default;
};

// That which a code point belongs to.
Aggregate aggregate_of(Dscp dscp);

// The mark that an outer one becomes in order to be in this aggregate: itself if it is, else
// the value, or the first of the class (AFx1).
Dscp brought_into(const Aggregate& aggregate, Dscp outer);

// "af4", "ef", "17"
std::string to_string(const Aggregate& aggregate);
// "af1" to "af4", or what parse_dscp() takes.
std::optional<Aggregate> parse_aggregate(std::string_view text);

} // namespace tunqos
