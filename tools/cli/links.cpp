// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/links.hpp"

#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

namespace tunqos::cli {

std::vector<std::string> link_names() {
    std::vector<std::string> names;
    struct if_nameindex* const list = ::if_nameindex();
    if (list == nullptr) return names;
    for (const auto* link = list; link->if_name != nullptr; ++link)
        names.emplace_back(link->if_name);
    if_freenameindex(list);
    return names;
}

LinkState link_state(const std::string& name) {
    LinkState state;
    ifreq request{};
    if (name.empty() || name.size() >= sizeof request.ifr_name) return state;
    const int handle = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (handle < 0) return state;
    std::copy(name.begin(), name.end(), request.ifr_name);
    if (ioctl(handle, SIOCGIFFLAGS, &request) == 0) {
        state.exists = true;
        state.up = (request.ifr_flags & IFF_UP) != 0;
        state.running = (request.ifr_flags & IFF_RUNNING) != 0;
    }
    close(handle);
    return state;
}

} // namespace tunqos::cli
