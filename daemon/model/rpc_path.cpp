// SPDX-License-Identifier: GPL-2.0-or-later
#include <sys/stat.h>

#include <cstdlib>

#include "tunqos/rpc.hpp"

namespace tunqos::rpc {

std::string default_socket_path() {
    const char* path = std::getenv("TUNQOS_SOCKET");
    if (path && *path) return path;
    struct stat status {};
    // Without /proc there is no telling the namespace: all share one name.
    const bool known = stat("/proc/self/ns/net", &status) == 0;
    return "/run/tunqos/" + (known ? std::to_string(status.st_ino) : "default") + ".sock";
}

} // namespace tunqos::rpc
