// SPDX-License-Identifier: GPL-2.0-or-later
#include "log.hpp"

#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <vector>

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

struct LevelName {
    std::string_view name;
    int priority; // of the journal
};
// By Log::Level.
constexpr LevelName levels[] = {
    {"debug", LOG_DEBUG}, {"info", LOG_INFO}, {"warning", LOG_WARNING}, {"error", LOG_ERR}};

const LevelName& name_of(Log::Level level) {
    return levels[static_cast<std::size_t>(level)];
}

Log::Level level_named(std::string_view name) {
    for (std::size_t i = 0; i < std::size(levels); ++i) {
        if (levels[i].name == name) return static_cast<Log::Level>(i);
    }
    return Log::Level::info;
}

// "TUNQOS_DEVICE=gre1": the journal takes capitals, digits and underscores.
std::string journal_field(std::string_view key, std::string_view value) {
    std::string field = "TUNQOS_";
    for (const char c : key)
        field += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return field.append("=").append(value);
}

void to_journal(const LevelName& level, std::string_view event, Log::Fields fields) {
    std::vector<std::string> texts{"MESSAGE=" + line(event, fields),
                                   "PRIORITY=" + std::to_string(level.priority),
                                   "SYSLOG_IDENTIFIER=tunqosd", journal_field("event", event)};
    for (const auto& field : fields)
        texts.push_back(journal_field(field.key, field.value));
    std::vector<iovec> pieces;
    for (std::string& text : texts)
        pieces.push_back({text.data(), text.size()});
    // Of a journal that is full or gone nobody could be told.
    static_cast<void>(sd_journal_sendv(pieces.data(), static_cast<int>(pieces.size())));
}

} // namespace

Log::Log(Sink sink, std::string_view level) : sink_(sink), level_(level_named(level)) {}

void Log::write(Level level, std::string_view event, Fields fields) {
    if (level < level_ || sink_ == Sink::none) return;
    if (sink_ == Sink::journal) return to_journal(name_of(level), event, fields);
    const std::string text =
        "tunqosd " + std::string(name_of(level).name) + ": " + line(event, fields) + '\n';
    static_cast<void>(std::fwrite(text.data(), 1, text.size(), stderr)); // as of the journal
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
