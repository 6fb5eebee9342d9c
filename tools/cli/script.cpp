// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/script.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <iostream>
#include <memory>

namespace tunqos::cli {
namespace {

int exit_code(Status status, Exit wrong_line) {
    switch (status) {
    case Status::ok:
    case Status::quit: return exit_ok;
    case Status::syntax: return wrong_line;
    case Status::refused: return exit_refused;
    case Status::unreachable: return exit_unreachable;
    }
    return exit_refused;
}

// Lines that come behind the one that has ended the session.
class Unread {
public:
    void count(std::string_view before, std::string_view line) {
        if (is_blank(line)) return;
        if (count_++ == 0) first_ = std::string(before) + std::string(line);
    }
    bool any() const { return count_ > 0; }
    std::string words(std::string_view ended) const {
        return fmt::format("{} ends the session, but {} line{} behind it: {}{}", ended, count_,
                           count_ == 1 ? " stands" : "s stand", first_, count_ == 1 ? "" : ", ...");
    }

private:
    std::size_t count_ = 0;
    std::string first_;
};

// Reading standard input ends where it would have to wait, as long as it is there.
class WithoutWaiting {
public:
    WithoutWaiting() : flags_(fcntl(STDIN_FILENO, F_GETFL)) {
        if (flags_ >= 0) fcntl(STDIN_FILENO, F_SETFL, flags_ | O_NONBLOCK);
    }
    ~WithoutWaiting() {
        if (flags_ >= 0) fcntl(STDIN_FILENO, F_SETFL, flags_);
    }
    WithoutWaiting(const WithoutWaiting&) = delete;
    WithoutWaiting& operator=(const WithoutWaiting&) = delete;

private:
    int flags_;
};

// The lines of a script, one after another.
class Script {
public:
    Script(Session& session, Exit wrong_line, OnError on_error)
        : session_(session), wrong_line_(wrong_line), on_error_(on_error) {}

    void feed(std::string_view line, std::string_view before) {
        if (quit_) return unread_.count(before, line);
        if (stopped_) return;
        const bool collected = session_.has_changes();
        Status status = session_.execute(line, before);
        // Of a line that would have shown or saved them the changes were refused, not the line.
        if (status == Status::refused && on_error_ == OnError::keep_going && collected &&
            !session_.has_changes()) {
            judge(status);
            status = session_.execute(line, before);
        }
        if (status == Status::quit) {
            quit_ = true;
            ended_ = std::string(before) + std::string(line);
            return;
        }
        judge(status);
        stopped_ =
            status != Status::ok && (on_error_ == OnError::stop || status == Status::unreachable);
    }

    bool stopped() const { return stopped_; }
    bool has_quit() const { return quit_; }

    // All or nothing: after an error that stops the script nothing more is sent.
    int finish() {
        if (unread_.any()) {
            session_.refuse(unread_.words(ended_));
            session_.refuse(
                on_error_ == OnError::keep_going
                    ? "what stands behind it was dropped"
                    : "the changes were not applied; take it out, or use --keep-going to drop "
                      "what stands behind it");
            if (code_ == exit_ok) code_ = exit_refused;
        }
        if (code_ != exit_ok && on_error_ == OnError::stop) return code_;
        if (code_ == exit_unreachable) return code_;
        const int last = exit_code(session_.finish(), exit_refused);
        return code_ == exit_ok ? last : code_;
    }

private:
    // The first error decides the exit code.
    void judge(Status status) {
        if (code_ == exit_ok) code_ = exit_code(status, wrong_line_);
    }

    Session& session_;
    Exit wrong_line_;
    OnError on_error_;
    int code_ = exit_ok;
    bool stopped_ = false;
    bool quit_ = false;
    std::string ended_; // the line that ended the session
    Unread unread_;
};

} // namespace

int run_script(Session& session, std::istream& input, OnError on_error) {
    Script script(session, exit_refused, on_error);
    std::unique_ptr<WithoutWaiting> rest;
    std::size_t number = 0;
    for (std::string line; std::getline(input, line);) {
        const std::string before = "line " + std::to_string(++number) + ": ";
        if (!line.empty() && line.back() == '\r') line.pop_back();
        script.feed(line, before);
        if (script.stopped()) break;
        // Of a pipe what is there: whoever writes into it may wait for this program to end.
        if (script.has_quit() && &input == &std::cin && !rest)
            rest = std::make_unique<WithoutWaiting>();
    }
    return script.finish();
}

int run_commands(Session& session, const std::vector<std::string>& lines, OnError on_error) {
    Script script(session, exit_usage, on_error);
    for (const std::string& line : lines)
        script.feed(line, {});
    return script.finish();
}

} // namespace tunqos::cli
