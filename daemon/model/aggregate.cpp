// SPDX-License-Identifier: GPL-2.0-or-later
#include "tunqos/aggregate.hpp"

namespace tunqos {

namespace {

constexpr std::uint8_t af_classes = 4;

// RFC 2597: AFxy is 8x + 2y.
constexpr std::uint8_t af_code_point(std::uint8_t af, unsigned precedence) {
    return static_cast<std::uint8_t>(8U * af + 2U * precedence);
}

} // namespace

Aggregate aggregate_of(Dscp dscp) {
    for (std::uint8_t af = 1; af <= af_classes; ++af) {
        for (unsigned precedence = 1; precedence <= 3; ++precedence) {
            if (dscp.value == af_code_point(af, precedence)) return {af, {}};
        }
    }
    return {0, dscp};
}

Dscp brought_into(const Aggregate& aggregate, Dscp outer) {
    if (aggregate.af == 0) return aggregate.value;
    return aggregate_of(outer) == aggregate ? outer : Dscp{af_code_point(aggregate.af, 1)};
}

std::string to_string(const Aggregate& aggregate) {
    return aggregate.af == 0 ? to_string(aggregate.value) : "af" + std::to_string(aggregate.af);
}

std::optional<Aggregate> parse_aggregate(std::string_view text) {
    constexpr std::size_t length = 3; // "af1"
    const auto same = [&](std::size_t i, char c) { return (text[i] | 0x20) == c; };
    if (text.size() == length && same(0, 'a') && same(1, 'f') && text[2] >= '1' &&
        text[2] <= '0' + af_classes)
        return Aggregate{static_cast<std::uint8_t>(text[2] - '0')};
    if (const auto dscp = parse_dscp(text)) return Aggregate{0, *dscp};
    return std::nullopt;
}

} // namespace tunqos
