// SPDX-License-Identifier: GPL-2.0-or-later
//
// In which order a file is saved: what fsync() and rename() of this program are given.
#include "control/config_file.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "catch.hpp"
#include "control/temporary_directory.hpp"
#include "model/samples.hpp"

namespace {

namespace fs = std::filesystem;

std::vector<std::string> calls;
int failing_sync = -1; // the number of the call of fsync() that fails; -1: none
int syncs = 0;

} // namespace

// In the place of those of the C library.
extern "C" int fsync(int fd) {
    std::error_code error;
    const fs::path file = fs::read_symlink("/proc/self/fd/" + std::to_string(fd), error);
    calls.push_back("fsync " + file.string());
    if (syncs++ == failing_sync) {
        errno = EIO;
        return -1;
    }
    return static_cast<int>(syscall(SYS_fsync, fd));
}

extern "C" int rename(const char* from, const char* to) noexcept {
    calls.push_back(std::string("rename ") + from + " " + to);
    return static_cast<int>(syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}

using namespace tunqos;

namespace {

struct Fixture {
    TemporaryDirectory directory;
    std::string path = directory.path() + "/tunqos.json";
    ConfigFile file{path};

    Result<void> save(int failing) const {
        calls.clear();
        syncs = 0;
        failing_sync = failing;
        auto saved = file.save(samples::full());
        failing_sync = -1;
        return saved;
    }
};

} // namespace

TEST_CASE("a saved file is on the disk before it has its name, and so is the name in the end") {
    const Fixture f;
    REQUIRE(f.save(-1));
    REQUIRE(calls.size() == 3);
    const std::string beside = calls[0].substr(std::string("fsync ").size());
    CHECK(calls[0] == "fsync " + beside);
    CHECK(beside != f.path);
    CHECK(calls[1] == "rename " + beside + " " + f.path);
    CHECK(calls[2] == "fsync " + f.directory.path());
}

TEST_CASE("a file that does not reach the disk does not take the old one's place") {
    const Fixture f;
    std::ofstream(f.path) << "old";
    const auto saved = f.save(0);
    REQUIRE_FALSE(saved);
    CHECK(saved.error()[0].path == f.path);
    CHECK(saved.error()[0].message.find("Input/output error") != std::string::npos);
    std::string text;
    std::ifstream(f.path) >> text;
    CHECK(text == "old");
    CHECK(std::distance(fs::directory_iterator(f.directory.path()), {}) == 1);
    CHECK(calls.size() == 1);
    // The name is not known to be on the disk: that is said, too.
    CHECK_FALSE(f.save(1));
}
