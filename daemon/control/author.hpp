// SPDX-License-Identifier: GPL-2.0-or-later
//
// Who changes the configuration: what the kernel knows of the process at the other end of the
// socket. Nothing of it is what a client says of itself, but for the name of its program.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace tunqos {

enum class Right { read, write };

// Who asks, by SO_PEERCRED.
struct Requester {
    Requester(Right may, uid_t user = 0, pid_t process = 0) : right(may), uid(user), pid(process) {}

    Right right; // what it may do
    uid_t uid;
    pid_t pid; // 0: in another PID namespace, or not known
};

struct Author {
    std::string from; // "console", the file that was loaded, or "the module"
    std::string user; // who logged in, else whose process it is; a number if it has no name
    std::string line; // "pts/0"; without a terminal the program; "startup", "SIGHUP",
                      // "recovery"
    std::string program;
    uid_t uid = 0; // whose process it is
    pid_t pid = 0; // 0: not known
};

// "alice on pts/0 (tunqos[4711] as root)".
std::string to_string(const Author& author);

// While the process lives; of one that is gone the user is known, and the line is "unknown".
Author author_of(const Requester& requester);
// tunqosd itself, which has loaded this on `occasion`: the process is not named.
Author loader_of(const std::string& from, const std::string& occasion);

// The name of a terminal by its device number as /proc/PID/stat has it (proc(5)); empty: none.
std::string terminal_name(std::uint32_t device);

} // namespace tunqos
