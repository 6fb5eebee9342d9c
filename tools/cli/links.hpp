// SPDX-License-Identifier: GPL-2.0-or-later
//
// The network devices of the namespace that the CLI runs in: names for completion, and whether
// they are up.
#pragma once

#include <string>
#include <vector>

namespace tunqos::cli {

struct LinkState {
    bool exists = false;
    bool up = false;
    bool running = false;
    std::string qdisc; // kind of the root queueing discipline: "noqueue", "htb"; empty: unknown
};

std::vector<std::string> link_names();
LinkState link_state(const std::string& name);

} // namespace tunqos::cli
