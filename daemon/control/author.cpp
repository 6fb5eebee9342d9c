// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/author.hpp"

#include <pwd.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <system_error>
#include <vector>

#include "tunqos/printable.hpp"

namespace tunqos {

namespace {

constexpr uid_t nobody_logged_in = static_cast<uid_t>(-1); // AUDIT_UID_UNSET

std::string user_name(uid_t uid) {
    std::vector<char> buffer(1024);
    passwd entry{};
    passwd* found = nullptr;
    while (getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) == ERANGE &&
           buffer.size() < (1U << 20U))
        buffer.resize(buffer.size() * 2);
    return found ? printable(found->pw_name) : std::to_string(uid);
}

std::string read(pid_t pid, const char* file) {
    std::ifstream stream("/proc/" + std::to_string(pid) + '/' + file);
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

// PID (NAME) STATE PPID PGRP SESSION TTY_NR ...; the name may hold anything.
std::string terminal_of(const std::string& stat) {
    const std::size_t end = stat.rfind(')');
    if (end == std::string::npos) return {};
    std::istringstream rest(stat.substr(end + 1));
    std::string state;
    long parent = 0, group = 0, session = 0, terminal = 0;
    if (!(rest >> state >> parent >> group >> session >> terminal)) return {};
    return terminal_name(static_cast<std::uint32_t>(terminal));
}

// Set by the login (pam_loginuid) and kept through su and sudo.
std::optional<uid_t> login_of(pid_t pid) {
    const std::string text = read(pid, "loginuid");
    uid_t uid = nobody_logged_in;
    std::from_chars(text.data(), text.data() + text.size(), uid);
    return uid == nobody_logged_in ? std::nullopt : std::optional(uid);
}

} // namespace

std::string terminal_name(std::uint32_t device) {
    if (device == 0) return {};
    const unsigned major = device >> 8U & 0xfffU;
    const unsigned minor = (device & 0xffU) | (device >> 12U & 0xfff00U);
    if (major >= 136 && major <= 143) // UNIX98_PTY_SLAVE_MAJOR
        return "pts/" + std::to_string((major - 136) * 256 + minor);
    const std::string number = std::to_string(major) + ':' + std::to_string(minor);
    std::error_code error;
    const auto link = std::filesystem::read_symlink("/sys/dev/char/" + number, error);
    return error ? "tty " + number : link.filename().string();
}

Author author_of(const Requester& requester) {
    Author author{"console", {}, "unknown", {}, requester.uid, requester.pid};
    std::optional<uid_t> login;
    if (requester.pid != 0) {
        login = login_of(requester.pid);
        std::string name = read(requester.pid, "comm");
        if (!name.empty() && name.back() == '\n') name.pop_back();
        author.program = printable(std::move(name));
        const std::string terminal = terminal_of(read(requester.pid, "stat"));
        if (!terminal.empty())
            author.line = terminal;
        else if (!author.program.empty())
            author.line = author.program;
    }
    author.user = user_name(login.value_or(requester.uid));
    return author;
}

Author loader_of(const std::string& from, const std::string& occasion) {
    return {printable(from), "tunqosd", occasion, {}, geteuid(), 0};
}

std::string to_string(const Author& author) {
    std::string text = author.user + " on " + author.line;
    if (author.pid == 0) return text;
    text += author.program.empty() ? " (process " : " (" + author.program + '[';
    text += std::to_string(author.pid);
    if (!author.program.empty()) text += ']';
    const std::string owner = user_name(author.uid);
    if (owner != author.user) text += " as " + owner;
    return text + ')';
}

} // namespace tunqos
