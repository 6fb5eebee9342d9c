// SPDX-License-Identifier: GPL-2.0-or-later
#include "tunqos/network.hpp"

#include <arpa/inet.h>

#include <charconv>

#include "tunqos/address.hpp"

namespace tunqos {

namespace {

constexpr std::uint8_t v4_bits = 32, v6_bits = 128;

std::uint8_t bits_of(const Network& network) {
    return network.v6 ? v6_bits : v4_bits;
}

// How many of the 8 bits of byte `index` are within `length`, as a mask.
std::uint8_t mask_of(std::size_t index, std::uint8_t length) {
    const int bits = int{length} - static_cast<int>(index) * 8;
    if (bits >= 8) return 0xff;
    return bits <= 0 ? std::uint8_t{0} : static_cast<std::uint8_t>(0xff00 >> bits);
}

Network cut(Network network) {
    for (std::size_t i = 0; i < network.bytes.size(); ++i)
        network.bytes[i] &= mask_of(i, network.length);
    return network;
}

} // namespace

std::optional<Network> parse_network(std::string_view text) {
    const auto slash = text.find('/');
    // In its one form, so that inet_pton() gets no text with a 0 in it.
    const auto address = canonical_address(text.substr(0, slash));
    if (!address) return std::nullopt;
    Network network;
    network.v6 = address->find(':') != std::string::npos;
    inet_pton(network.v6 ? AF_INET6 : AF_INET, address->c_str(), network.bytes.data());
    network.length = bits_of(network);
    if (slash == std::string_view::npos) return network;
    const std::string_view length = text.substr(slash + 1);
    const char* const end = length.data() + length.size();
    const auto read = std::from_chars(length.data(), end, network.length);
    if (read.ec != std::errc{} || read.ptr != end || network.length > bits_of(network))
        return std::nullopt;
    return cut(network);
}

std::string to_string(const Network& network) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const char* const address =
        inet_ntop(network.v6 ? AF_INET6 : AF_INET, network.bytes.data(), text.data(), text.size());
    const bool whole = network.length == bits_of(network);
    return address + (whole ? std::string() : '/' + std::to_string(network.length));
}

bool contains(const Network& outer, const Network& inner) {
    if (outer.v6 != inner.v6 || outer.length > inner.length) return false;
    Network within = inner;
    within.length = outer.length;
    return cut(within) == outer;
}

} // namespace tunqos
