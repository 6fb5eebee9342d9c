// SPDX-License-Identifier: GPL-2.0-or-later
#include "tunqos/rules.hpp"

#include <algorithm>

namespace tunqos {

namespace {

constexpr std::uint8_t icmp = 1, tcp = 6, udp = 17, dccp = 33, gre = 47, esp = 50, ah = 51,
                       icmpv6 = 58, sctp = 132, udplite = 136;

constexpr auto protocols = std::to_array<RuleProtocol>({
    {"ip", "IPv4", IpVersion::ip},
    {"ipv6", "IPv6", IpVersion::ipv6},
    {"tcp", "TCP", IpVersion::any, tcp, true},
    {"udp", "UDP", IpVersion::any, udp, true},
    {"sctp", "SCTP", IpVersion::any, sctp, true},
    {"udplite", "UDP-Lite", IpVersion::any, udplite, true},
    {"dccp", "DCCP", IpVersion::any, dccp, true},
    {"icmp", "ICMP of IPv4", IpVersion::ip, icmp},
    {"icmpv6", "ICMP of IPv6", IpVersion::ipv6, icmpv6},
    {"gre", "GRE", IpVersion::any, gre},
    {"esp", "IPsec ESP", IpVersion::any, esp},
    {"ah", "IPsec AH", IpVersion::any, ah},
});

} // namespace

std::string_view to_string(RuleAction action) {
    switch (action) {
    case RuleAction::none: return "none";
    case RuleAction::preserve: return "preserve";
    case RuleAction::set: return "explicit";
    case RuleAction::map: break;
    }
    return "map";
}

std::span<const RuleProtocol> rule_protocols() {
    return protocols;
}

const RuleProtocol* find_rule_protocol(std::string_view word) {
    const auto* const found =
        std::find_if(protocols.begin(), protocols.end(),
                     [&](const RuleProtocol& protocol) { return protocol.word == word; });
    return found == protocols.end() ? nullptr : found;
}

bool says_nothing(const Rule& rule) {
    Rule nothing;
    nothing.name = rule.name;
    return rule == nothing;
}

namespace {

std::string end_text(std::string_view which, const RuleEnd& end) {
    if (end == RuleEnd{}) return {};
    std::string text = ' ' + std::string(which) + ' ';
    text += end.address ? to_string(*end.address) : "any";
    if (!end.ports) return text;
    text += " port " + std::to_string(end.ports->first);
    if (end.ports->last != end.ports->first) text += ' ' + std::to_string(end.ports->last);
    return text;
}

} // namespace

std::string traffic_text(const RuleMatch& match) {
    const std::string ends =
        end_text("source", match.source) + end_text("destination", match.destination);
    if (!match.protocol.empty() || ends.empty()) return match.protocol + ends;
    const auto& address = match.source.address ? match.source.address : match.destination.address;
    return (address && address->v6 ? "ipv6" : "ip") + ends;
}

std::string dscp_words(const DscpSet& dscps) {
    constexpr std::size_t few = 8; // as many as IOS takes
    if (dscps.count() > few) return to_string(dscps);
    std::string text;
    for (std::size_t i = 0; i < dscps.size(); ++i) {
        if (dscps.test(i))
            text += (text.empty() ? "" : " ") + to_string(Dscp{static_cast<std::uint8_t>(i)});
    }
    return text;
}

std::string cos_words(const CosSet& cos) {
    std::string text;
    for (std::size_t i = 0; i < cos.size(); ++i) {
        if (cos.test(i)) text += (text.empty() ? "" : " ") + std::to_string(i);
    }
    return text;
}

std::string path_text(const RuleMatch& match) {
    if (match.from.empty() && match.to.empty()) return {};
    const auto or_any = [](const std::string& name) { return name.empty() ? "any" : name; };
    return or_any(match.from) + " to " + or_any(match.to);
}

std::string dscp_action_text(const Rule& rule) {
    if (rule.dscp == RuleAction::set) return to_string(rule.dscp_value);
    if (rule.dscp == RuleAction::map) return rule.override ? "cos override" : "cos";
    return std::string(to_string(rule.dscp));
}

std::string cos_action_text(const Rule& rule) {
    if (rule.cos == RuleAction::set) return std::to_string(rule.cos_value);
    return rule.cos == RuleAction::map ? "dscp" : std::string(to_string(rule.cos));
}

std::string rule_title(RuleSequence sequence, const Rule& rule) {
    return "qos rule " + std::to_string(sequence) +
           (rule.name.empty() ? std::string() : " \"" + rule.name + '"');
}

std::optional<Zone> interfaces_of(const std::string& from_or_to, const Zones& zones) {
    if (from_or_to.empty()) return std::nullopt;
    const auto zone = zones.find(from_or_to);
    return zone == zones.end() ? Zone{from_or_to} : zone->second;
}

bool matches_cos(const Rules& rules) {
    return std::any_of(rules.begin(), rules.end(),
                       [](const auto& rule) { return rule.second.match.cos.any(); });
}

} // namespace tunqos
