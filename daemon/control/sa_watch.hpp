// SPDX-License-Identifier: GPL-2.0-or-later
//
// Looks at the SAs now and then: what does not go together with the entry that binds one, and
// packets that the replay check drops. SAs come and go by themselves, so that the answer to
// `show` is always from the kernel.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "kernel/sa.hpp"
#include "log.hpp"
#include "planner/watch.hpp"
#include "tunqos/model.hpp"

namespace tunqos {

struct SaReport {
    kernel::Sa sa;
    std::string bound; // "crypto map vpn 10", "interface ipsec0"; empty: unbound
    std::vector<std::string> warnings, notes;
    std::vector<planner::Finding> findings; // of the list of what is watched; they say the same
    kernel::Sa::Drops recent;               // between the last two looks
};
// The SAs of an entry that `set peer` has lost: the reqid stayed, the peer did not.
using MovedSas = std::map<std::string, planner::Finding>; // by "vpn 10"

class SaWatch {
public:
    using Running = std::function<const Config&()>;

    SaWatch(kernel::ISas& sas, const kernel::ILinks& links, Running running, Log& log);

    kernel::KernelResult<std::vector<SaReport>> report();
    // Of these. Remembers the reqids of the SAs that an entry has.
    MovedSas moved(const std::vector<SaReport>& reports);
    // What has an SA now: "crypto map vpn 10", "interface ipsec0".
    kernel::KernelResult<std::set<std::string>> owners();
    // Logs what has become wrong since the last look. Call it every few seconds.
    void look();

private:
    using Key = std::tuple<std::string, std::uint32_t, std::uint8_t, Mark>;
    struct Seen {
        kernel::Sa::Drops drops, recent;
    };

    void look_at(const std::vector<SaReport>& reports);
    void compare(const SaReport& report, std::map<Key, Seen>& now);
    static Key key_of(const kernel::Sa& sa);

    kernel::ISas& sas_;
    const kernel::ILinks& links_;
    Running running_;
    Log& log_;
    std::map<Key, Seen> seen_;
    std::set<std::string> told_; // warnings that are in the log
    struct Had {
        Selector match;
        std::set<std::uint32_t> reqids;
    };
    std::map<std::string, Had> had_; // by entry
    std::string last_failure_;
    bool first_ = true; // what was dropped before the daemon came is no news
};

} // namespace tunqos
