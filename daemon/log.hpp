// SPDX-License-Identifier: GPL-2.0-or-later
//
// One line an event: its name, then key=value. To stderr, or to the journal, which has each of
// them as a field of its own besides (TUNQOS_EVENT, TUNQOS_DEVICE) and knows its priority.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "tunqos/result.hpp"

namespace tunqos {

class Log {
public:
    struct Field {
        Field(std::string_view k, std::string_view v) : key(k), value(v) {}
        Field(std::string_view k, const char* v) : key(k), value(v) {}
        Field(std::string_view k, const std::string& v) : key(k), value(v) {}
        template <typename Number>
        Field(std::string_view k, Number v) : key(k), value(std::to_string(v)) {}

        std::string key, value;
    };
    using Fields = std::initializer_list<Field>;
    enum class Sink { standard_error, journal, none };
    enum class Level { debug, info, warning, error };

    // level: "debug", "info", "warning", "error"; info if it is another word.
    explicit Log(Sink sink, std::string_view level = "info");
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    void debug(std::string_view event, Fields fields = {}) { write(Level::debug, event, fields); }
    void info(std::string_view event, Fields fields = {}) { write(Level::info, event, fields); }
    void warning(std::string_view event, Fields fields = {}) {
        write(Level::warning, event, fields);
    }
    void error(std::string_view event, Fields fields = {}) { write(Level::error, event, fields); }
    // One error line for each problem.
    void problems(std::string_view event, const Problems& problems);

private:
    void write(Level level, std::string_view event, Fields fields);

    Sink sink_;
    Level level_;
};

// The journal if systemd has connected stderr to it (JOURNAL_STREAM), else stderr.
Log::Sink default_log_sink();

} // namespace tunqos
