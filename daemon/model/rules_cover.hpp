// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which packets a rule is about, compared with another one.
#pragma once

#include "tunqos/rules.hpp"

namespace tunqos {

// By the protocol, or by the addresses.
IpVersion version_of(const RuleMatch& match);
// Of the protocol; 0: any.
std::uint8_t protocol_number(const RuleMatch& match);

// Has `first` all that `second` matches?
bool covers(const RuleMatch& first, const RuleMatch& second, const Zones& zones);

} // namespace tunqos
