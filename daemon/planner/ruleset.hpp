// SPDX-License-Identifier: GPL-2.0-or-later
//
// What nftables is told of rules: which connections have which, as a number in the mark. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tunqos/model.hpp"
#include "tunqos/result.hpp"

namespace tunqos::planner {

inline constexpr std::string_view our_table_family = "inet";
inline constexpr std::string_view our_table_name = "tunqos";

// What puts our table in the place of the one that is there, in one transaction, in the words that
// nft 1.0.6 and later take. Empty if no rule says anything.
std::string ruleset_text(const Config& config);
// What takes it away, there or not.
std::string ruleset_removal();

// Is this the table of that text, as nft lists it? nft prints other words than it was given, so
// that the table has a digest of the text for a comment.
bool is_table_of(std::string_view text, std::string_view listed);

// Interfaces of rules whose names cannot be said to nft.
Problems unspeakable_names(const Config& config);

} // namespace tunqos::planner
