// SPDX-License-Identifier: GPL-2.0-or-later
//
// One line an event: its name, then key=value. To stderr, or to the journal with the
// priorities it knows.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "tunqos/result.hpp"

namespace spdlog {
class logger;
}

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

    // level: trace, debug, info, warning, error.
    explicit Log(Sink sink, const std::string& level = "info");
    ~Log();
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    void debug(std::string_view event, Fields fields = {});
    void info(std::string_view event, Fields fields = {});
    void warning(std::string_view event, Fields fields = {});
    void error(std::string_view event, Fields fields = {});
    // One error line for each problem.
    void problems(std::string_view event, const Problems& problems);

private:
    void write(int level, std::string_view event, Fields fields); // a level of spdlog

    std::unique_ptr<spdlog::logger> logger_;
};

// The journal if systemd has connected stderr to it (JOURNAL_STREAM), else stderr.
Log::Sink default_log_sink();

} // namespace tunqos
