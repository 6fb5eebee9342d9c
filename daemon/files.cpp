// SPDX-License-Identifier: GPL-2.0-or-later
#include "files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "fd.hpp"

namespace tunqos {

namespace {

constexpr off_t size_limit = 64 << 20; // bytes; a mistake, not a configuration

} // namespace

tl::unexpected<Problems> file_problem(const std::string& path, const std::string& doing,
                                      int error) {
    return fail(path, "cannot " + doing + ": " + std::strerror(error));
}

Result<std::optional<std::string>> read_text(const std::string& path) {
    const Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (fd.get() < 0) {
        if (errno == ENOENT) return std::optional<std::string>();
        return file_problem(path, "open it", errno);
    }
    struct stat status {};
    if (fstat(fd.get(), &status) != 0) return file_problem(path, "read it", errno);
    if (!S_ISREG(status.st_mode)) return fail(path, "is not a regular file");
    if (status.st_size > size_limit) return fail(path, "is larger than 64 MiB");
    std::string text(static_cast<std::size_t>(status.st_size), '\0');
    std::size_t done = 0;
    while (done < text.size()) {
        const auto count = read(fd.get(), text.data() + done, text.size() - done);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return file_problem(path, "read it", errno);
        if (count == 0) break;
        done += static_cast<std::size_t>(count);
    }
    text.resize(done);
    return std::optional<std::string>(std::move(text));
}

bool write_all(int fd, std::string_view text) {
    std::size_t done = 0;
    while (done < text.size()) {
        const auto written = write(fd, text.data() + done, text.size() - done);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        done += static_cast<std::size_t>(written);
    }
    return true;
}

} // namespace tunqos
