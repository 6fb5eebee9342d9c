// SPDX-License-Identifier: GPL-2.0-or-later
//
// What else acts on marks around us: native settings of devices and SAs, filters, programs and
// fast paths of the kernel that stand in front of the module's hooks, or write where it writes.
// One list says what is watched, what it harms and what mends it; tunqos(7) has the same list.
// None of it is ever changed: it is somebody's, and it is said.
#pragma once

#include <array>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/surroundings.hpp"
#include "tunqos/model.hpp"

namespace tunqos::planner {

enum class Watched {
    device_decap_dscp,
    device_tos_inherit,
    device_external,
    vlan_qos_map,
    tc_redirect,
    tc_arrived,
    tc_class,
    tc_program,
    xdp_program,
    flowtable_tunnel,
    flowtable_hardware,
    gro_list,
    rule_flowtable,
    rule_ct_mark,
    rule_iptables,
    sa_decap_dscp,
    sa_dont_encap_dscp,
    sa_no_ecn,
    sa_moved,
    last = sa_moved,
};

enum class Level {
    warning, // something is not done that the configuration says
    note,    // no harm, but worth knowing
};

struct WatchEntry {
    Watched what;
    std::string_view name; // "tc-redirect"
    Level level;
    std::string_view where; // it is looked for
    // With {words}, see below, and without the place, which comes first.
    std::string_view harm;
    std::string_view remedy;
};

// What the words in an entry stand for. Each entry uses some.
struct Words {
    std::string what;     // the kind of what was found
    std::string device{}; // where
    std::string side{};   // "ingress"
    std::string via{};    // another way for the class, if there is one
    std::string only_if{};
    std::string remedy{};
};

inline constexpr std::size_t watched_count = static_cast<std::size_t>(Watched::last) + 1;
extern const std::array<WatchEntry, watched_count> watch_list; // in the order of Watched
const WatchEntry& entry_of(Watched what);
// What to do about it, where none is seen that has names: "ethtool -K DEVICE rx-gro-list off".
std::string remedy_of(Watched what);

struct Finding {
    Watched what;
    std::string place; // "interface wan", "SA esp 0x1001 from 203.0.113.2"
    std::string text;  // all of it, for people
    Level level() const { return entry_of(what).level; }
    bool operator==(const Finding&) const = default;
};

Finding make_finding(Watched what, std::string place, const Words& of);

// Looks at one configuration and one state of the surroundings; what several tunnels have in
// common is looked at once. Both must outlive it.
class Watcher {
public:
    Watcher(const kernel::ILinks& links, kernel::ISurroundings& surroundings);

    std::vector<Finding> tunnel(const std::string& device, const TunnelProfile& profile);
    std::vector<Finding> crypto_map(const CryptoMap& map);
    // `by_class`: a tunnel has packets queued by their outer DSCP, which the 802.1p of a VLAN
    // device goes by.
    std::vector<Finding> port(const std::string& device, const Interface& interface, bool by_class);
    // Of rules whose number is in these bits of the mark of a connection.
    std::vector<Finding> rules(std::uint32_t mark_mask);

private:
    // A device that packets come or go by.
    struct Place {
        std::string name;
        kernel::LinkFacts facts;
        std::vector<kernel::Classifier> classifiers;
    };
    using Findings = std::vector<Finding>;

    const Place* place(const std::string& device); // nullptr: there is none
    std::vector<const Place*> way(const kernel::LinkFacts& tunnel);
    std::vector<const Place*> way_from(const std::string& device);
    void on_arrival(const Place& place, bool of_tunnel, Findings& findings);
    void on_departure(const Place& place, bool may_choose_via, Findings& findings);
    void by_device(const Place& place, const TunnelProfile& profile, Findings& findings);
    void by_flowtable(const Place& place, const TunnelProfile& profile,
                      const std::vector<const Place*>& way, Findings& findings);

    const kernel::ILinks& links_;
    kernel::ISurroundings& surroundings_;
    std::map<std::string, Place> places_;
};

} // namespace tunqos::planner
