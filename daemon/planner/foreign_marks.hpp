// SPDX-License-Identifier: GPL-2.0-or-later
//
// What in somebody's ruleset writes the mark of connections without keeping the bits that are
// ours: the number of a rule, which the module goes by, would be gone with the next packet.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tunqos/result.hpp"

namespace tunqos::planner {

struct ForeignMark {
    std::string place;        // "table inet filter, chain pre, handle 3"
    std::string harm, remedy; // what it does, and what to type instead
    std::string text() const { return harm + "; " + remedy; }
    bool operator==(const ForeignMark&) const = default;
};

struct ForeignMarks {
    std::vector<ForeignMark> erasing;
    // Statements of iptables that are known to write the mark, and nothing else of them is.
    std::vector<ForeignMark> unreadable;
};

// Of a ruleset as libnftables lists it in JSON; an empty text is an empty ruleset. What is in our
// own table is left out.
Result<ForeignMarks> find_foreign_marks(std::string_view ruleset, std::uint32_t mask);

} // namespace tunqos::planner
