// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which entry of the configuration an SA is bound by, by the rule of the module, and what is
// to be said about the two. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kernel/sa.hpp"
#include "planner/watch.hpp"
#include "tunqos/model.hpp"

namespace tunqos::planner {

class SaBinder {
public:
    struct Owner {
        std::string name; // "crypto map vpn 10", "interface ipsec0"
        const TunnelProfile* profile = nullptr;
    };

    // `config` must outlive it.
    SaBinder(const Config& config, const std::vector<kernel::IpsecDevice>& devices);

    // nullptr: nothing binds it.
    const Owner* find(const kernel::Sa& sa) const;
    bool empty() const { return shapes_.empty(); }

private:
    // Selectors that say the same parts, and have the same mask.
    struct Shape {
        Selector parts;
        std::map<Selector, Owner> owners;
    };
    void add(const Selector& match, Owner owner);
    const Owner* find(const kernel::Sa& sa, kernel::Sa::Direction direction) const;

    std::vector<Shape> shapes_; // the most specific first
};

// What of the list of what is watched an SA has, for the profile that binds it.
std::vector<Finding> watch_sa(const kernel::Sa& sa, const SaBinder::Owner& owner);
// What is wrong between an SA and the profile that binds it, with what mends it. `may_be_bundled`:
// there is an SA of tunnel mode between the same ends, which may make the header for this one, as
// IPComp does for ESP.
std::vector<std::string> advise_sa(const kernel::Sa& sa, const SaBinder::Owner& owner,
                                   const Config& config, bool may_be_bundled);
// What is no harm, but worth knowing.
std::vector<std::string> note_sa(const kernel::Sa& sa, const SaBinder::Owner& owner);

} // namespace tunqos::planner
