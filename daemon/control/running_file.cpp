// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/running_file.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "files.hpp"
#include "model/json_syntax.hpp"
#include "tunqos/json.hpp"

namespace tunqos {

namespace {

using nlohmann::json;

constexpr std::size_t least_rewrite = 64U << 10U; // bytes of changes

std::string boot_id() {
    // A service that does not see /proc/sys is told by its unit: %b, which has no dashes.
    const char* told = std::getenv("TUNQOS_BOOT_ID");
    std::string id = told ? told : "";
    if (id.empty()) std::ifstream("/proc/sys/kernel/random/boot_id") >> id;
    std::erase(id, '-');
    return id;
}

} // namespace

std::string current_era() {
#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif
    const std::string boot = boot_id();
    const Fd any(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    std::uint64_t cookie = 0;
    socklen_t size = sizeof cookie;
    if (boot.empty() || getsockopt(any.get(), SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size) != 0)
        return {};
    return boot + ' ' + std::to_string(cookie);
}

namespace {

Problems in_line(const std::string& path, std::size_t line, Problems problems) {
    for (auto& problem : problems) {
        problem.path = path + " line " + std::to_string(line) + (problem.path.empty() ? "" : ": ") +
                       problem.path;
    }
    return problems;
}

// The configuration that the first line has; nothing if it is of another era.
Result<std::optional<Config>> first_line(const json& value, const std::string& era) {
    if (!value.is_object() || !value.contains("era") || !value.contains("config"))
        return fail("", "has no configuration");
    if (value.at("era") != era) return std::optional<Config>();
    return config_from_json(value.at("config")).map([](Config&& config) {
        return std::optional(std::move(config));
    });
}

} // namespace

Result<std::optional<Config>> RunningFile::load() const {
    if (path_.empty() || era_.empty()) return std::optional<Config>();
    struct stat status {};
    if (lstat(path_.c_str(), &status) == 0 &&
        (!S_ISREG(status.st_mode) || status.st_uid != geteuid()))
        return fail(path_, "is not a file of this daemon; it is not read");
    const auto text = read_text(path_);
    if (!text) return tl::make_unexpected(text.error());
    if (!*text) return std::optional<Config>();
    Config config;
    std::size_t number = 0;
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = (*text)->find('\n', begin)) != std::string::npos;
         begin = end + 1) {
        ++number;
        const auto value = parse_json(std::string_view(**text).substr(begin, end - begin));
        if (!value) return tl::make_unexpected(in_line(path_, number, value.error()));
        if (number == 1) {
            auto first = first_line(*value, era_);
            if (!first) return tl::make_unexpected(in_line(path_, number, first.error()));
            if (!*first) return std::optional<Config>();
            config = std::move(**first);
            continue;
        }
        const auto change = change_from_json(*value);
        if (!change) return tl::make_unexpected(in_line(path_, number, change.error()));
        carry_out(*change, config);
    }
    if (number == 0) return fail(path_, "has no whole line");
    if (auto problems = validate(config); !problems.empty())
        return tl::make_unexpected(in_line(path_, number, std::move(problems)));
    return std::optional(std::move(config));
}

tl::unexpected<Problems> RunningFile::lost(const std::string& doing) {
    const int error = errno;
    fd_ = Fd();
    unlink(path_.c_str());
    return file_problem(path_, doing, error);
}

Result<void> RunningFile::write(const Config& config) {
    if (path_.empty()) return {};
    if (era_.empty()) return fail(path_, "neither the boot nor the network namespace can be told");
    const std::string fresh = path_ + ".new";
    Fd fd(open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    const std::string text = to_line({{"era", era_}, {"config", config_to_json(config)}}) + '\n';
    // No fsync: it is not to outlive the machine.
    if (fd.get() < 0 || !write_all(fd.get(), text) || rename(fresh.c_str(), path_.c_str()) != 0) {
        const int error = errno;
        unlink(fresh.c_str());
        errno = error;
        return lost("write it");
    }
    fd_ = std::move(fd);
    whole_ = text.size();
    appended_ = 0;
    return {};
}

Result<void> RunningFile::keep(const Config& config, const json& change) {
    if (path_.empty()) return {};
    // Twice the work at most, however many changes there are.
    if (fd_.get() < 0 || appended_ > std::max(whole_, least_rewrite)) return write(config);
    const std::string line = to_line(change) + '\n';
    if (!write_all(fd_.get(), line)) return lost("write a change to it");
    appended_ += line.size();
    return {};
}

} // namespace tunqos
