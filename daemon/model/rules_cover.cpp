// SPDX-License-Identifier: GPL-2.0-or-later
#include "rules_cover.hpp"

#include <algorithm>

namespace tunqos {

namespace {

bool covers_interfaces(const std::string& first, const std::string& second, const Zones& zones) {
    const auto all = interfaces_of(first, zones);
    const auto some = interfaces_of(second, zones);
    if (!all) return true;
    return some && std::includes(all->begin(), all->end(), some->begin(), some->end());
}

bool covers_end(const RuleEnd& first, const RuleEnd& second) {
    // The version of IP is compared apart, and a network of no bits says no more.
    const bool any_address = !first.address || first.address->length == 0;
    if (!any_address && !(second.address && contains(*first.address, *second.address)))
        return false;
    if (!first.ports) return true;
    return second.ports && first.ports->first <= second.ports->first &&
           second.ports->last <= first.ports->last;
}

// No bit: any.
template <typename Set>
bool covers_set(const Set& first, const Set& second) {
    return first.none() || (second.any() && (second & ~first).none());
}

} // namespace

IpVersion version_of(const RuleMatch& match) {
    const RuleProtocol* const protocol = find_rule_protocol(match.protocol);
    if (protocol != nullptr && protocol->version != IpVersion::any) return protocol->version;
    const auto& address = match.source.address ? match.source.address : match.destination.address;
    if (!address) return IpVersion::any;
    return address->v6 ? IpVersion::ipv6 : IpVersion::ip;
}

std::uint8_t protocol_number(const RuleMatch& match) {
    const RuleProtocol* const protocol = find_rule_protocol(match.protocol);
    return protocol == nullptr ? std::uint8_t{0} : protocol->number;
}

bool covers(const RuleMatch& first, const RuleMatch& second, const Zones& zones) {
    const auto any_or = [](auto one, auto any, auto other) { return one == any || one == other; };
    return covers_interfaces(first.from, second.from, zones) &&
           covers_interfaces(first.to, second.to, zones) &&
           any_or(version_of(first), IpVersion::any, version_of(second)) &&
           any_or(protocol_number(first), std::uint8_t{0}, protocol_number(second)) &&
           covers_end(first.source, second.source) &&
           covers_end(first.destination, second.destination) &&
           covers_set(first.dscp, second.dscp) && covers_set(first.cos, second.cos);
}

} // namespace tunqos
