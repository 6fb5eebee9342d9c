// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include "planner/watch.hpp"

namespace tunqos::planner {

// What the words of watch_list stand for where nothing is seen that has names.
std::string remedy_of(Watched what) {
    return fmt::format(
        fmt::runtime(entry_of(what).remedy), fmt::arg("what", "TYPE"), fmt::arg("device", "DEVICE"),
        fmt::arg("via", ", or use qos pre-classify via priority, or via mark"),
        fmt::arg("remedy",
                 "ip link set DEVICE type ipip tos inherit, or of ip6tnl encaplimit 4 "
                 "(the default) or tclass inherit, keeps the kernel from it"));
}

} // namespace tunqos::planner
