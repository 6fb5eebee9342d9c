// SPDX-License-Identifier: GPL-2.0-or-later
//
// What can be asked of a configuration, without I/O: is it valid, how do two differ, how
// does an IOS engineer write it down.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tunqos/model.hpp"
#include "tunqos/result.hpp"

namespace tunqos {

// Everything that is wrong with a configuration: names, references, ranges by use, holes in
// tables, IPsec decap without a permit list, two crypto maps of the same SAs. Empty: valid.
// `before`: what it is to take the place of, to tell what is missing from what was removed.
Problems validate(const Config& config, const Config* before = nullptr);

// RFC 2983 section 7: the DSCP of IPsec's outer header is not protected, so that decap by it needs
// a permit list. `owner` is "crypto map vpn 10", or "interface ipsec0" if that is of IPsec, which
// the configuration does not know.
std::optional<Problem> check_ipsec_decap(const Decap& decap, const std::string& owner);

// Valid, but worth a word: an unused table-map, a table that is not what its user expects.
std::vector<std::string> advise(const Config& config);

// An entry without `qos pre-classify` has the last word on the class of what its SAs carry, also
// of packets that got one by an interface with it. Whether they carry those nobody knows here, so
// that it is said as a condition. Nothing if it would not matter.
std::optional<std::string> class_lost(const CryptoMap& map,
                                      const std::map<std::string, Interface>& interfaces);
// All of it that there is to say about rules and zones: a part of what advise() says.
std::vector<std::string> advise_rules(const Config& config);
// All of it that there is to say about these entries: a part of what advise() says.
std::vector<std::string> advise_classes(const std::map<CryptoMapKey, CryptoMap>& maps,
                                        const std::map<std::string, Interface>& interfaces);

// What a change does that was perhaps not meant: an outer DSCP that was set is a copy again, and
// nobody has said copy.
std::vector<std::string> advise_change(const Config& before, const Config& after);

// One line a change, for people: "interface gre1: encap dscp copy -> table wan".
std::vector<std::string> diff(const Config& before, const Config& after);

// What becomes of some objects of a configuration; the others stay.
struct Change {
    Config objects; // as they are to be
    std::set<std::string> removed_table_maps, removed_interfaces, removed_mutations, removed_zones;
    std::set<CryptoMapKey> removed_crypto_maps;
    std::set<RuleSequence> removed_rules;
    // These maps, and the options of rules, become what they are in `objects`. Mutations go by
    // their names.
    bool cos_dscp = false, dscp_cos = false, rule_options = false;

    bool only_interfaces() const;
};
void carry_out(const Change& change, Config& config);
// Does it change an interface that rules have to do with?
bool concerns_rules(const Change& change, const Config& config);
// Of a change of interfaces only: the configuration of just these, before and after it, and
// the maps that they then use. What validate(), diff(), advise() and the planner say
// of these is what they would say of them in the whole.
struct ChangedPart {
    Config before, after;
};
ChangedPart changed_part(const Change& change, const Config& config);

// `show running-config`: IOS text that the CLI reads back to an equal Config.
std::string config_to_ios(const Config& config);
// One interface's, crypto map's or table-map's part of it.
std::string interface_to_ios(const std::string& name, const Interface& interface);
std::string crypto_map_to_ios(const CryptoMapKey& key, const CryptoMap& map);
std::string table_map_to_ios(const std::string& name, const TableMap& map);
// A line for each thing that differs from the defaults; empty if nothing does.
std::string qos_maps_to_ios(const QosMaps& maps);
std::string rule_options_to_ios(const RuleOptions& options); // the same
std::string rule_to_ios(RuleSequence sequence, const Rule& rule);
std::string zone_to_ios(const std::string& name, const Zone& zone);

// The 64 entries of a table-map as a table of DSCPs or priorities. `copy` gives i for i.
Table compile_table(const TableMap& map);
// As a table of PCPs (0-7). `copy` gives i >> 3.
Table compile_pcp_table(const TableMap& map);
// As a table of DSCPs by the CoS. `copy` gives the class selector.
CosMap compile_cos_map(const TableMap& map);

// The first DSCP whose number does not fit into this mask of the mark: put at the mask's lowest
// bit it has others than the mask. A mask of 0 has room for nothing.
std::optional<Dscp> without_room(const Table& table, std::uint32_t mask);

} // namespace tunqos
