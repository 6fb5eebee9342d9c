// SPDX-License-Identifier: GPL-2.0-or-later
//
// Writing the DS field: of IPv4 with the checksum computed from scratch (RFC 1071), of both
// families with every other bit as it was.
//
// Input: the DSCP, then a header; whether its checksum is made right first is in the DSCP's
// byte too.
#include <vector>

#include "core/core.hpp"
#include "fuzz.hpp"

namespace {

using tunqos::fuzz::Block;
using tunqos::fuzz::Input;
using tunqos::fuzz::require;
using Bytes = std::vector<std::uint8_t>;

unsigned header_sum(std::span<const std::uint8_t> header) {
    unsigned sum = 0;
    for (std::size_t i = 0; i + 1 < header.size(); i += 2)
        sum += header[i] * 256U + header[i + 1];
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

void put_checksum(Bytes& header) {
    header[10] = header[11] = 0;
    const unsigned sum = ~header_sum(header) & 0xffff;
    header[10] = static_cast<std::uint8_t>(sum >> 8);
    header[11] = static_cast<std::uint8_t>(sum);
}

void ipv4(Bytes header, std::uint8_t dscp, bool sound) {
    if (sound) put_checksum(header);
    Block block(header);
    tunqos_ds_write4(block.data(), dscp);
    const Bytes after(block.span().begin(), block.span().end());

    Bytes expected = header;
    expected[1] = static_cast<std::uint8_t>(dscp * 4 + header[1] % 4);
    if (sound) {
        put_checksum(expected);
    } else {
        // What was wrong stays wrong by the same amount. Of a sum, 0 and 0xffff are equal.
        require(header_sum(after) % 0xffff == header_sum(header) % 0xffff,
                "a damaged header is damaged otherwise");
        expected[10] = after[10];
        expected[11] = after[11];
    }
    require(after == expected, "IPv4: other than a computation from scratch");
    tunqos_ds_write4(block.data(), dscp);
    require(std::equal(after.begin(), after.end(), block.data()), "IPv4: not the same twice");
}

void ipv6(const Bytes& header, std::uint8_t dscp) {
    Block block(std::span(header).first(2));
    const unsigned before = header[0] * 256U + header[1];
    tunqos_ds_write6(block.data(), dscp);
    const unsigned after = block.data()[0] * 256U + block.data()[1];
    require(after == ((before & 0xf03fU) | dscp * 64U), "IPv6: other bits than those of the DSCP");
    require(tunqos_ds_read(block.data()) >> 2 == dscp, "IPv6: reads otherwise");
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Input input(data, size);
    const unsigned first = input.byte();
    const auto dscp = static_cast<std::uint8_t>(first & 0x3f);
    const Bytes header(input.rest().begin(), input.rest().end());
    if (header.size() < TUNQOS_IPV4_MIN) return 0;
    switch (tunqos_ip_version(header.data())) {
    case 4: {
        const std::size_t length = (header[0] & 15U) * 4;
        if (length <= header.size())
            ipv4({header.begin(), header.begin() + static_cast<std::ptrdiff_t>(length)}, dscp,
                 first & 0x40);
        break;
    }
    case 6: ipv6(header, dscp); break;
    default: break;
    }
    return 0;
}
