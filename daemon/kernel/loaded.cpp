// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/loaded.hpp"

#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

namespace tunqos::kernel {

bool is_loaded(const std::string& module) {
    if (access(("/sys/module/" + module).c_str(), F_OK) == 0) return true;
    utsname system{};
    uname(&system);
    const std::string modules = std::string("/lib/modules/") + system.release;
    // Without any module a question loads none.
    if (access(modules.c_str(), F_OK) != 0 && errno == ENOENT) return true;
    std::ifstream built_in(modules + "/modules.builtin");
    for (std::string line; std::getline(built_in, line);) {
        if (line.ends_with('/' + module + ".ko")) return true;
    }
    return false;
}

} // namespace tunqos::kernel
