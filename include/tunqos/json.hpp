// SPDX-License-Identifier: GPL-2.0-or-later
//
// The configuration as JSON: file and API.
//
//  {
//    "version": 1,
//    "qosMaps": {"cosDscp": [8 DSCPs, by the CoS], "dscpCos": {"ef": 0-7},
//                "dscpMutations": {"edge": {"af41": "af31", "46": 34}}},
//    "tableMaps": {
//      "wan": {"map": {"af41": "af21", "46": 34}, "default": "copy" | "ignore" | 0-63 or a name}
//    },
//    "zones": {"LAN": ["lan0", "lan1"]},
//    "ruleOptions": {"markMask": "0xff0000", "cosMask": "0xf000000"},
//    "rules": {
//      "10": {"name": "VOIP", "from": "LAN", "to": "wan",
//             "protocol": "ip" | "ipv6" | "tcp" | "udp" | what else rule_protocols() has,
//             "source": "192.0.2.0/24", "sourcePorts": 5060, "destination": "198.51.100.1",
//             "destinationPorts": "5060-5090", "dscp": ["ef", 34], "cos": [5, 6],
//             "setDscp": "none" | "preserve" | "map" | DSCP, "override": true,
//             "setCos": "none" | "preserve" | "map" | 0-7}
//    },
//    "interfaces": {
//      "gre1": {
//        "description": "to branch b",
//        "tunnel": {
//          "encap": {"dscp": "copy" | "native" | {"set": "ef"} | {"table": "wan"},
//                    "innerDscp": "keep" | {"set": "af21"} | {"table": "lan"},
//                    "singleAggregate": "af1" ... "af4" | DSCP},
//          "decap": {"dscp": "keep" | "copy" | {"table": "lan"}, "permit": "0-47",
//                    "class": "inner" | "outer"},
//          "preClassify": false | true | {"table": "prio", "handle": "1:",
//                                         "via": "companion" | "priority" | {"mark": "0x3f00"}},
//          and in all three what settings.hpp has: "decap": {"ecn": "rfc6040"}
//        }
//      },
//      "eth1.10": {"port": {"cos": "dscp" | {"table": "cos"}},
//                  "protocolCos": {"non-ip" | "arp" | "dhcp" | "nd" | "pppoe-discovery" |
//                                  "ppp-control": 0-7},
//                  "mark": {"table": "classes", "mask": "0xff"}},
//      "eth2": {"mlsQos": {"trust": "none" | "cos" | "dscp", "cos": 0-7, "override": true,
//                          "dscpMutation": "edge"}},
//      "eth3": {"setDscp": {"dscp": "cos" | {"set": "ef"} | {"table": "lan"}, "override": true},
//               "802.1p": true}
//    },
//    "cryptoMaps": {
//      "vpn 10": {"peer": "203.0.113.2",
//                 "match": {"local": "192.0.2.1", "reqid": 1-4294967295, "ifId": 1-4294967295,
//                           "mark": "0x10/0xff", "spi": "0x1001"},
//                 "tunnel": {...}}
//    }
//  }
//
// Every part but "version" may be left out. Unknown keys and keys that occur twice are
// errors. A table-map without "default" must name all 64 code points, and then reads as one
// with "copy". An interface without any setting reads as no interface, and addresses read
// in canonical text: one meaning has one Config. Of the maps of qosMaps what is not there is as by
// default: the class selector, or the DSCP itself. A rule is as by default in what it does not say:
// of anything, its DSCP preserved, and none for 802.1p.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "tunqos/config.hpp"

namespace tunqos {

inline constexpr int json_format_version = 1;

// Reads JSON text. Reports every problem with its path, a syntax error with its line and
// column. References between objects are validate()'s business; on a failure what validate()
// says of the objects that could be read is among the problems.
Result<Config> config_from_text(std::string_view text);
Result<Config> config_from_json(const nlohmann::json& json);

// As above, but only of the objects that are named; null removes one, and so does an
// interface without any setting. A map of qosMaps is an object, and so is ruleOptions, and null its
// default. Reports what it cannot read, and no more.
Result<Change> change_from_json(const nlohmann::json& json);
// What change_from_json() reads as the way from one to the other.
nlohmann::json change_to_json(const Config& before, const Config& after);

nlohmann::json config_to_json(const Config& config);
// "match" of a crypto map: all but the peer; an empty object if there is nothing else.
nlohmann::json match_to_json(const Selector& match);
std::string config_to_text(const Config& config); // indented, final newline

} // namespace tunqos
