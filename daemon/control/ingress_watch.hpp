// SPDX-License-Identifier: GPL-2.0-or-later
//
// Tunnels whose decapsulation never sees their packets, for a filter of tc takes them away in
// front of it. Nothing counts those packets, so that somebody has to say it.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "kernel/tc.hpp"
#include "log.hpp"
#include "tunqos/model.hpp"

namespace tunqos {

class IngressWatch {
public:
    using Running = std::function<const Config&()>;

    IngressWatch(kernel::ITc& tc, const kernel::ILinks& links, Running running, Log& log);

    // By device, of those that have something to do at decapsulation.
    std::map<std::string, std::string> warnings();
    // Logs what has become wrong since the last look. Call it every few seconds.
    void look();

private:
    kernel::ITc& tc_;
    const kernel::ILinks& links_;
    Running running_;
    Log& log_;
    std::set<std::string> told_;
};

} // namespace tunqos
