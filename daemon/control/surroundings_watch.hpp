// SPDX-License-Identifier: GPL-2.0-or-later
//
// What else acts on marks around the tunnels and ports of the running configuration: asked by
// `show`, and looked at now and then for the log. The judgement is planner/watch.hpp's.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "kernel/surroundings.hpp"
#include "log.hpp"
#include "planner/watch.hpp"
#include "tunqos/model.hpp"

namespace tunqos {

// By name as `show` has it: "gre1", "vpn 10".
using FindingsByName = std::map<std::string, std::vector<planner::Finding>>;

struct Surroundings {
    FindingsByName tunnels, ports;
    std::vector<planner::Finding> rules; // of all of them
    std::string problem;                 // why nothing can be told; empty: all was looked at
};

class SurroundingsWatch {
public:
    using Running = std::function<const Config&()>;

    SurroundingsWatch(kernel::ISurroundings& surroundings, const kernel::ILinks& links,
                      Running running, Log& log);

    // Of one object, or of all.
    Surroundings report(const std::string& name = {});
    // Logs what came and what went since the last look. Call it every few seconds.
    void look();

private:
    kernel::ISurroundings& surroundings_;
    const kernel::ILinks& links_;
    Running running_;
    Log& log_;
    std::map<std::string, std::string> told_; // texts that are in the log: what it is about
    std::string last_problem_;
};

} // namespace tunqos
