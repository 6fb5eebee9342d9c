// SPDX-License-Identifier: GPL-2.0-or-later
//
// Marking rules, as SonicOS has them on the QoS tab of an access rule: `qos rule`. A connection
// has the first rule, by sequence, that its first packet matches; all its packets are treated by
// that one, replies too.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tunqos/dscp.hpp"
#include "tunqos/network.hpp"
#include "tunqos/qos_maps.hpp"

namespace tunqos {

// What a rule does with the DSCP, and with the 802.1p priority in the tag that a packet leaves
// with. map: each by the other one and the maps of mls qos map.
enum class RuleAction { none, preserve, set, map };

// "none", "preserve", "explicit", "map", as SonicOS calls them.
std::string_view to_string(RuleAction action);

struct PortRange {
    std::uint16_t first = 0, last = 0; // first is 1 or more, last not below it

    bool operator==(const PortRange&) const = default;
};

struct RuleEnd {
    std::optional<Network> address = std::nullopt; // none: any
    std::optional<PortRange> ports = std::nullopt; // none: any

    bool operator==(const RuleEnd&) const = default;
};

enum class IpVersion { any, ip, ipv6 };

// `match ip`, `match udp`: what the word says. nftables knows the protocols by the same words.
struct RuleProtocol {
    std::string_view word, help;
    IpVersion version = IpVersion::any; // of ip and ipv6, and of ICMP, which each has its own
    std::uint8_t number = 0;            // of IP; 0: any
    bool has_ports = false;
};
std::span<const RuleProtocol> rule_protocols();
// nullptr if there is none with this word.
const RuleProtocol* find_rule_protocol(std::string_view word);

using CosSet = std::bitset<pcp_count>;

// All of it must hold for the first packet of a connection.
struct RuleMatch {
    std::string from = {}, to = {}; // a zone, or else an interface; empty: any
    std::string protocol = {};      // a word of rule_protocols(); empty: any
    RuleEnd source = {}, destination = {};
    DscpSet dscp = {}; // none: any
    CosSet cos = {};   // of the tag that it arrived with; none: any, and none at all

    bool operator==(const RuleMatch&) const = default;
};

// Of the 802.1p priority and the DSCP: the defaults are SonicOS's.
struct Rule {
    std::string name = {}; // may be empty
    RuleMatch match = {};
    RuleAction dscp = RuleAction::preserve;
    Dscp dscp_value = {};              // of set
    bool override = false;             // of map: also of packets that have a DSCP other than 0
    RuleAction cos = RuleAction::none; // a tag's priority becomes 0, and none is inserted
    std::uint8_t cos_value = 0;        // of set, 0-7

    bool operator==(const Rule&) const = default;
};

using RuleSequence = std::uint32_t; // 1-65535
using Rules = std::map<RuleSequence, Rule>;

// Nothing is said of it but its name: it is being written, and not in effect. It has its number.
bool says_nothing(const Rule& rule);

// What `match` says after this word of protocol, addresses and ports: "udp source 10.0.0.0/8 port
// 5060 5090 destination 2001:db8::1"; empty: nothing.
std::string traffic_text(const RuleMatch& match);
// "ef af41", or "0-47" if there are many.
std::string dscp_words(const DscpSet& dscps);
std::string cos_words(const CosSet& cos); // "5 6"
// "lan0 to any"; empty: any to any
std::string path_text(const RuleMatch& match);

// What `set dscp` and `set cos` say after these words: "ef", "cos override", "none".
std::string dscp_action_text(const Rule& rule);
std::string cos_action_text(const Rule& rule);
// `qos rule 10 "VOIP"`, for messages.
std::string rule_title(RuleSequence sequence, const Rule& rule);

// Interfaces under one name, for from and to.
using Zone = std::set<std::string>;
using Zones = std::map<std::string, Zone>;
// The interfaces that from or to means; none: any. A zone may be empty, and then nothing matches.
std::optional<Zone> interfaces_of(const std::string& from_or_to, const Zones& zones);

// Where the number of a rule is between nftables and the module.
struct RuleOptions {
    std::uint32_t mark_mask = 0x00ff0000; // of conntrack's mark: 2-8 bits in a row
    // Of the packet's mark, from FORWARD to POST_ROUTING: 4 bits in a row, if a rule matches CoS.
    std::uint32_t cos_mask = 0x0f000000;

    bool operator==(const RuleOptions&) const = default;
};

// The number in the mark is 1 + the place of the rule in the order of sequence.
inline constexpr std::size_t most_rules = 253;
// Does any of them match the CoS, so that cos_mask is used?
bool matches_cos(const Rules& rules);

// What the module works with: PCP * 2 + DEI of a tag, and last that there is none.
using ByTag = std::array<std::uint8_t, 17>;

struct RuleTables {
    std::optional<ByTag> dscp = std::nullopt; // DSCP by the tag of arrival; table_leave leaves it
    bool dscp_override = false;               // also of packets with a DSCP other than 0
    // The tag to leave with, PCP * 2 + DEI: by the tag of arrival; what that leaves (table_leave)
    // by the DSCP that the packet leaves with; and what is still left is the port's to say.
    std::optional<ByTag> tag = std::nullopt;
    std::optional<Table> dscp_tag = std::nullopt;
    bool insert_tag = false; // of VID 0, on a device without one

    bool operator==(const RuleTables&) const = default;
};
RuleTables compile_rule(const Rule& rule, const QosMaps& maps);

} // namespace tunqos
