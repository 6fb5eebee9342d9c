// SPDX-License-Identifier: GPL-2.0-or-later
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>

#include "app.hpp"
#include "control/config_file.hpp"
#include "control/manager.hpp"
#include "tunqos/config.hpp"

namespace {

// Every problem of a file, and what is only odd. 0 if the daemon would take it.
int check(const std::string& path) {
    const auto config = tunqos::ConfigFile(path).load();
    if (!config) {
        for (const auto& problem : config.error())
            std::fprintf(stderr, "%s\n", tunqos::one_line(problem).c_str());
        return EXIT_FAILURE;
    }
    if (!*config) {
        std::fprintf(stderr, "%s: there is no such file\n", path.c_str());
        return EXIT_FAILURE;
    }
    for (const auto& advice : tunqos::advise(**config))
        std::printf("warning: %s\n", advice.c_str());
    std::printf("%s: valid\n", path.c_str());
    return EXIT_SUCCESS;
}

} // namespace

int main(int argc, char** argv) {
    tunqos::Options options;
    std::string file_to_check;
    std::string level = "info";
    bool foreground = false;

    CLI::App cli("Holds the tunqos configuration of one network namespace and programs the module");
    cli.add_option("-c,--config", options.config, "Startup configuration")->capture_default_str();
    cli.add_option("-s,--socket", options.socket,
                   "Control socket; default $TUNQOS_SOCKET or /run/tunqos/<netns inode>.sock");
    cli.add_option("-g,--group", options.group, "Its members may read")->capture_default_str();
    cli.add_option("--check", file_to_check, "Only validate this file; print every problem");
    cli.add_option("-l,--log-level", level, "debug, info, warning or error")
        ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
        ->capture_default_str();
    cli.add_flag("-f,--foreground", foreground, "Log to stderr even if systemd started it");
    cli.set_version_flag("--version", "tunqosd " TUNQOS_VERSION);
    CLI11_PARSE(cli, argc, argv);

    if (!file_to_check.empty()) return check(file_to_check);
    // A log that nobody reads any more is no reason to leave (`tunqosd -f | logger`).
    std::signal(SIGPIPE, SIG_IGN);
    tunqos::Log log(foreground ? tunqos::Log::Sink::standard_error : tunqos::default_log_sink(),
                    level);
    return tunqos::run_app(options, log);
}
