// SPDX-License-Identifier: GPL-2.0-or-later
//
// What holds of every configuration, however it came to be.
#pragma once

#include <sstream>

#include "cli/commands.hpp"
#include "cli/fake_daemon.hpp"
#include "cli/script.hpp"
#include "fuzz.hpp"
#include "tunqos/config.hpp"
#include "tunqos/json.hpp"

namespace tunqos::fuzz {

inline const cli::Grammar& grammar() {
    static const cli::Grammar the_grammar(cli::all_commands());
    return the_grammar;
}

// A script as `tunqos -f` runs it, against a daemon that has `running`.
struct Desk {
    explicit Desk(Config running, bool batch = true)
        : session(grammar(), daemon, out, err, cli::SessionOptions{false, false, batch}) {
        daemon.running = std::move(running);
    }
    int run(const std::string& text, cli::OnError on_error = cli::OnError::stop) {
        std::istringstream input(text);
        return cli::run_script(session, input, on_error);
    }

    cli::FakeDaemon daemon;
    std::ostringstream out, err;
    cli::Session session;
};

inline bool printable(const std::string& text) {
    const auto control = [](unsigned char c) { return c < ' ' || c == 0x7f; };
    // dump() throws at what is not UTF-8
    return std::none_of(text.begin(), text.end(), control) && !nlohmann::json(text).dump().empty();
}

// They are printed one a line, on terminals and in logs.
inline void check_problems(const Problems& problems) {
    require(!problems.empty(), "refused without a reason");
    for (const auto& problem : problems) {
        require(!problem.message.empty(), "a problem without a message", problem.path);
        require(printable(problem.path) && printable(problem.message),
                "a problem that is not one printable line", problem.path + ": " + problem.message);
    }
}

inline void check_ios(const Config& config) {
    const std::string text = config_to_ios(config);
    Desk desk({});
    require(desk.run(text) == cli::exit_ok, "the IOS text is not taken", text + desk.err.str());
    require(desk.daemon.running == config, "the IOS text reads otherwise", text);
    // Over itself it changes nothing.
    Desk again(config);
    require(again.run(text) == cli::exit_ok, "the IOS text is not taken twice",
            text + again.err.str());
    require(again.daemon.running == config, "the IOS text changes its own configuration", text);
}

// The configuration was read from somewhere. JSON holds all that can be read, IOS text all
// that is valid.
inline void check_config(const Config& config) {
    const std::string text = config_to_text(config);
    const auto back = config_from_text(text);
    require(back.has_value(), "its JSON cannot be read", text);
    require(*back == config, "its JSON reads otherwise", text + config_to_text(*back));
    require(diff(config, *back).empty(), "it differs from itself", text);
    require(diff({}, config).empty() == (config == Config{}), "a difference without a line", text);
    const auto problems = validate(config);
    if (!problems.empty()) {
        check_problems(problems);
        return;
    }
    static_cast<void>(advise(config));
    check_ios(config);
}

} // namespace tunqos::fuzz
