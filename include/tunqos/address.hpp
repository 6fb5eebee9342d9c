// SPDX-License-Identifier: GPL-2.0-or-later
//
// Addresses of the ends of IPsec as text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tunqos {

// The one way to write this IPv4 or IPv6 address (RFC 5952): "2001:DB8:0::1" becomes
// "2001:db8::1". Nothing if it is not an address.
std::optional<std::string> canonical_address(std::string_view text);

// Why an address cannot be an end of an SA: "is a multicast address". Nothing if it can.
std::optional<std::string> host_problem(std::string_view text);

} // namespace tunqos
