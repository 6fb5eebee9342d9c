// SPDX-License-Identifier: GPL-2.0-or-later
#include "planner/sa_binder.hpp"

#include <algorithm>
#include <bit>
#include <tuple>

namespace tunqos::planner {

namespace {

using kernel::Sa;
using Direction = Sa::Direction;

// The parts that a selector says, each with its first possible value.
Selector shape_of(const Selector& match) {
    Selector parts;
    if (match.spi) parts.spi = 0;
    if (match.if_id) parts.if_id = 0;
    if (match.reqid) parts.reqid = 0;
    if (match.mark) parts.mark = Mark{0, match.mark->mask};
    if (!match.peer.empty()) parts.peer = "x";
    if (!match.local.empty()) parts.local = "x";
    return parts;
}

// Greater is more specific: the order in which tunqos/selector.hpp names the parts.
auto rank(const Selector& parts) {
    const unsigned mask = parts.mark ? parts.mark->mask : 0;
    return std::tuple(parts.spi.has_value(), parts.if_id.has_value(), parts.reqid.has_value(),
                      parts.mark.has_value(), !parts.peer.empty(), !parts.local.empty(),
                      std::popcount(mask), mask);
}

// What an SA has of these parts.
Selector project(const Sa& sa, Direction direction, const Selector& parts) {
    const bool in = direction == Direction::in;
    Selector match;
    if (parts.spi) match.spi = sa.spi;
    if (parts.if_id) match.if_id = sa.if_id;
    if (parts.reqid) match.reqid = sa.reqid;
    if (parts.mark)
        match.mark = Mark{sa.mark.value_or(Mark{}).value & parts.mark->mask, parts.mark->mask};
    if (!parts.peer.empty()) match.peer = in ? sa.source : sa.destination;
    if (!parts.local.empty()) match.local = in ? sa.destination : sa.source;
    return match;
}

} // namespace

SaBinder::SaBinder(const Config& config, const std::vector<kernel::IpsecDevice>& devices) {
    for (const auto& [key, map] : config.crypto_maps) {
        if (!map.match.empty())
            add(map.match,
                {"crypto map " + key.name + ' ' + std::to_string(key.sequence), &map.tunnel});
    }
    // Of an entry and a device that say the same the entry wins, as it is added first.
    for (const auto& device : devices) {
        const auto found = config.interfaces.find(device.name);
        if (found == config.interfaces.end() || !found->second.tunnel) continue;
        add(device.match, {"interface " + device.name, &*found->second.tunnel});
    }
}

void SaBinder::add(const Selector& match, Owner owner) {
    const Selector parts = shape_of(match);
    auto at = std::find_if(shapes_.begin(), shapes_.end(),
                           [&](const Shape& shape) { return rank(shape.parts) <= rank(parts); });
    if (at == shapes_.end() || at->parts != parts) at = shapes_.insert(at, Shape{parts, {}});
    at->owners.emplace(match, std::move(owner));
}

const SaBinder::Owner* SaBinder::find(const Sa& sa, Direction direction) const {
    for (const auto& shape : shapes_) {
        const auto found = shape.owners.find(project(sa, direction, shape.parts));
        if (found != shape.owners.end()) return &found->second;
    }
    return nullptr;
}

const SaBinder::Owner* SaBinder::find(const Sa& sa) const {
    if (sa.direction != Direction::unknown) return find(sa, sa.direction);
    const Owner* const out = find(sa, Direction::out);
    return out ? out : find(sa, Direction::in);
}

} // namespace tunqos::planner
