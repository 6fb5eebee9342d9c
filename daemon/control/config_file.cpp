// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/config_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "fd.hpp"
#include "files.hpp"
#include "tunqos/config.hpp"
#include "tunqos/json.hpp"

namespace tunqos {

namespace {

namespace fs = std::filesystem;

constexpr mode_t new_mode = 0640;

// What is wrong inside the file: the file first, as a compiler says it.
Problems in_file(const std::string& file, Problems problems) {
    for (auto& problem : problems)
        problem.path = problem.path.empty() ? file : file + ": " + problem.path;
    return problems;
}

// The file that is written when `path` is: links are followed, also to no file yet.
fs::path target_of(fs::path path) {
    constexpr int max_links = 40; // as the kernel
    std::error_code error;
    for (int i = 0; i < max_links && fs::is_symlink(path, error); ++i) {
        const fs::path next = fs::read_symlink(path, error);
        if (error) break;
        path = next.is_absolute() ? next : path.parent_path() / next;
    }
    return path;
}

// A file that vanishes unless it gets its final name. It is locked while somebody writes it:
// one that is not was left behind by a daemon that was killed.
class TemporaryFile {
public:
    explicit TemporaryFile(const fs::path& target)
        : path_((target.parent_path() / (prefix(target) + "XXXXXX")).string()),
          fd_(mkostemp(path_.data(), O_CLOEXEC)) {
        if (fd_.get() >= 0) static_cast<void>(flock(fd_.get(), LOCK_EX | LOCK_NB));
    }
    ~TemporaryFile() {
        if (fd_.get() >= 0 && !path_.empty()) unlink(path_.c_str());
    }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;

    static void remove_abandoned(const fs::path& target) {
        std::error_code error;
        for (fs::directory_iterator at(target.parent_path(), error), end; !error && at != end;
             at.increment(error)) {
            if (at->path().filename().string().rfind(prefix(target), 0) != 0) continue;
            const Fd fd(open(at->path().c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
            if (fd.get() >= 0 && flock(fd.get(), LOCK_EX | LOCK_NB) == 0)
                unlink(at->path().c_str());
        }
    }

    int fd() const { return fd_.get(); }
    bool rename_to(const fs::path& target) {
        if (rename(path_.c_str(), target.c_str()) != 0) return false;
        path_.clear();
        return true;
    }

private:
    static std::string prefix(const fs::path& target) {
        return '.' + target.filename().string() + ".new-";
    }

    std::string path_;
    Fd fd_;
};

bool keep_owner_and_mode(int fd, const fs::path& target) {
    struct stat old {};
    if (stat(target.c_str(), &old) != 0) return fchmod(fd, new_mode) == 0;
    // Owner first: changing it would clear bits of the mode. It fails without CAP_CHOWN,
    // and then the file is ours with the same mode.
    const bool owner = fchown(fd, old.st_uid, old.st_gid) == 0 || errno == EPERM;
    return owner && fchmod(fd, old.st_mode & 07777U) == 0;
}

bool sync_directory(const fs::path& directory) {
    const Fd fd(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return fd.get() >= 0 && fsync(fd.get()) == 0;
}

} // namespace

Result<std::optional<Config>> ConfigFile::load() const {
    auto text = read_text(path_);
    if (!text) return tl::make_unexpected(std::move(text.error()));
    if (!*text) return std::optional<Config>();
    auto config = config_from_text(**text);
    if (!config) return tl::make_unexpected(in_file(path_, std::move(config.error())));
    auto problems = validate(*config);
    if (!problems.empty()) return tl::make_unexpected(in_file(path_, std::move(problems)));
    return std::optional<Config>(std::move(*config));
}

Result<void> ConfigFile::save(const Config& config) const {
    const fs::path target = target_of(fs::absolute(path_));
    const fs::path directory = target.parent_path();
    std::error_code error;
    fs::create_directories(directory, error);
    if (error) return file_problem(directory.string(), "create it", error.value());
    TemporaryFile::remove_abandoned(target);
    TemporaryFile file(target);
    if (file.fd() < 0) return file_problem(target.string(), "write beside it", errno);
    if (!keep_owner_and_mode(file.fd(), target) || !write_all(file.fd(), config_to_text(config)) ||
        fsync(file.fd()) != 0 || !file.rename_to(target) || !sync_directory(directory))
        return file_problem(target.string(), "write it", errno);
    return {};
}

Result<void> ConfigFile::set_aside() const {
    const std::string bad = path_ + ".bad";
    // A second name rather than another one: who starts now must not find the file missing,
    // which means an empty configuration. Of a link the target counts, which save() changes.
    const auto name_it = [&] {
        return linkat(AT_FDCWD, path_.c_str(), AT_FDCWD, bad.c_str(), AT_SYMLINK_FOLLOW) == 0;
    };
    if (name_it() || (errno == EEXIST && unlink(bad.c_str()) == 0 && name_it())) return {};
    // No second names here, or the target is on another file system.
    if (errno != ENOENT && rename(path_.c_str(), bad.c_str()) != 0 && errno != ENOENT)
        return file_problem(path_, "rename it to " + bad, errno);
    return {};
}

} // namespace tunqos
