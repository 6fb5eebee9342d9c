// SPDX-License-Identifier: GPL-2.0-or-later
#include "log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/systemd_sink.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "tunqos/printable.hpp"

namespace tunqos {

namespace {

// Quotes what would not read as one value on one line.
std::string value_text(const std::string& value) {
    const bool plain =
        !value.empty() && is_printable(value) && value.find_first_of(" \"\\") == std::string::npos;
    if (plain) return value;
    std::string text = "\"";
    for (const char c : printable(value)) {
        if (c == '"' || c == '\\') text += '\\';
        text += c;
    }
    return text + '"';
}

std::string line(std::string_view event, Log::Fields fields) {
    std::string text(event);
    for (const auto& field : fields)
        text += ' ' + field.key + '=' + value_text(field.value);
    return text;
}

spdlog::sink_ptr make_sink(Log::Sink sink) {
    switch (sink) {
    case Log::Sink::journal: return std::make_shared<spdlog::sinks::systemd_sink_st>("tunqosd");
    case Log::Sink::standard_error: return std::make_shared<spdlog::sinks::stderr_sink_st>();
    case Log::Sink::none: break;
    }
    return std::make_shared<spdlog::sinks::null_sink_st>();
}

} // namespace

Log::Log(Sink sink, const std::string& level)
    : logger_(std::make_unique<spdlog::logger>("tunqosd", make_sink(sink))) {
    logger_->set_level(spdlog::level::from_str(level));
    logger_->flush_on(spdlog::level::trace);
    if (sink == Sink::standard_error) logger_->set_pattern("tunqosd %l: %v");
}

Log::~Log() = default;

void Log::write(int level, std::string_view event, Fields fields) {
    const auto as = static_cast<spdlog::level::level_enum>(level);
    if (logger_->should_log(as)) logger_->log(as, line(event, fields));
}

void Log::debug(std::string_view event, Fields fields) {
    write(spdlog::level::debug, event, fields);
}
void Log::info(std::string_view event, Fields fields) {
    write(spdlog::level::info, event, fields);
}
void Log::warning(std::string_view event, Fields fields) {
    write(spdlog::level::warn, event, fields);
}
void Log::error(std::string_view event, Fields fields) {
    write(spdlog::level::err, event, fields);
}

void Log::problems(std::string_view event, const Problems& problems) {
    for (const auto& problem : problems) {
        if (problem.path.empty())
            error(event, {{"problem", problem.message}});
        else
            error(event, {{"path", problem.path}, {"problem", problem.message}});
    }
}

Log::Sink default_log_sink() {
    // "device:inode" of the stream; a child may have inherited the variable, not the stream.
    const char* stream = std::getenv("JOURNAL_STREAM");
    struct stat status {};
    if (!stream || fstat(STDERR_FILENO, &status) != 0) return Log::Sink::standard_error;
    const std::string own = std::to_string(status.st_dev) + ':' + std::to_string(status.st_ino);
    return own == stream ? Log::Sink::journal : Log::Sink::standard_error;
}

} // namespace tunqos
