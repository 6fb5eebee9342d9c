// SPDX-License-Identifier: GPL-2.0-or-later
#include "tunqos/address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>

namespace tunqos {

namespace {

template <typename Address>
std::optional<Address> parse(int family, std::string_view text) {
    Address address{};
    // inet_pton() would stop at a 0 and take what precedes it.
    if (text.find('\0') != std::string_view::npos) return std::nullopt;
    if (inet_pton(family, std::string(text).c_str(), &address) != 1) return std::nullopt;
    return address;
}

std::string print(int family, const void* address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    return inet_ntop(family, address, text.data(), text.size());
}

} // namespace

std::optional<std::string> canonical_address(std::string_view text) {
    if (const auto v4 = parse<in_addr>(AF_INET, text)) return print(AF_INET, &*v4);
    if (const auto v6 = parse<in6_addr>(AF_INET6, text)) return print(AF_INET6, &*v6);
    return std::nullopt;
}

std::optional<std::string> host_problem(std::string_view text) {
    if (const auto v4 = parse<in_addr>(AF_INET, text)) {
        const auto host = ntohl(v4->s_addr);
        if (host == INADDR_ANY) return "is no host's address";
        if (IN_MULTICAST(host)) return "is a multicast address";
        if (host == INADDR_BROADCAST) return "is the broadcast address";
        return std::nullopt;
    }
    if (const auto v6 = parse<in6_addr>(AF_INET6, text)) {
        if (IN6_IS_ADDR_UNSPECIFIED(&*v6)) return "is no host's address";
        if (IN6_IS_ADDR_MULTICAST(&*v6)) return "is a multicast address";
        if (IN6_IS_ADDR_V4MAPPED(&*v6)) return "is an IPv4 address in disguise; write it as IPv4";
        return std::nullopt;
    }
    return "is neither an IPv4 nor an IPv6 address";
}

} // namespace tunqos
