// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the kernel tells of the process that asks.
#include "control/author.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "catch.hpp"

using namespace tunqos;

namespace {

// A process with a terminal, or none, until it is destroyed.
class Child {
public:
    explicit Child(const char* terminal, const char* name) {
        int ready[2] = {-1, -1};
        REQUIRE(pipe(ready) == 0);
        pid = fork();
        if (pid == 0) {
            setsid();
            if (terminal) {
                const int tty = open(terminal, O_RDWR);
                ioctl(tty, TIOCSCTTY, 0);
            }
            prctl(PR_SET_NAME, name);
            static_cast<void>(write(ready[1], "x", 1));
            for (;;)
                pause();
        }
        char byte = 0;
        REQUIRE(read(ready[0], &byte, 1) == 1);
        close(ready[0]);
        close(ready[1]);
    }
    ~Child() {
        kill(pid, SIGKILL);
        waitpid(pid, nullptr, 0);
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    pid_t pid = -1;
};

} // namespace

TEST_CASE("the line is the terminal of the process") {
    const int master = posix_openpt(O_RDWR | O_NOCTTY);
    REQUIRE(master >= 0);
    REQUIRE(grantpt(master) == 0);
    REQUIRE(unlockpt(master) == 0);
    const std::string name = ptsname(master);
    {
        const Child child(name.c_str(), "a ) 1 b");
        const Author author = author_of({Right::write, getuid(), child.pid});
        CHECK("/dev/" + author.line == name);
        CHECK(author.program == "a ) 1 b");
        CHECK(author.from == "console");
    }
    close(master);
}

TEST_CASE("without a terminal the line is the program, as far as it can be shown") {
    const Child child(nullptr, "cron\x1b[2J\n");
    const Author author = author_of({Right::write, getuid(), child.pid});
    CHECK(author.program == "cron?[2J?");
    CHECK(author.line == author.program);
}

TEST_CASE("a process that nobody knows has a user at least") {
    for (const pid_t pid : {0, 0x7fffffff}) {
        const Author author = author_of({Right::write, 4000000, pid});
        CHECK(author.user == "4000000");
        CHECK(author.line == "unknown");
        CHECK(author.program.empty());
    }
    CHECK(author_of({Right::write, 0, 0}).user == "root");
}

TEST_CASE("terminals by their number") {
    CHECK(terminal_name(0).empty());
    CHECK(terminal_name(136U << 8U | 5U) == "pts/5");
    CHECK(terminal_name(137U << 8U | 1U) == "pts/257");
    CHECK(terminal_name(4000U << 8U) == "tty 4000:0");
    CHECK(terminal_name(4095U << 8U | 1U << 20U | 2U) == "tty 4095:258");
}

TEST_CASE("an author in words") {
    CHECK(to_string({"console", "root", "pts/0", "tunqos", 0, 4711}) ==
          "root on pts/0 (tunqos[4711])");
    CHECK(to_string({"console", "alice", "pts/0", "tunqos", 0, 4711}) ==
          "alice on pts/0 (tunqos[4711] as root)");
    CHECK(to_string({"console", "root", "unknown", {}, 0, 4711}) ==
          "root on unknown (process 4711)");
    CHECK(to_string(loader_of("/etc/tunqos/tunqos.json", "startup")) == "tunqosd on startup");
    CHECK(loader_of("/a\nb", "SIGHUP").from == "/a?b");
}
