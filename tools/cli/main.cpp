// SPDX-License-Identifier: GPL-2.0-or-later
//
// `tunqos`: options, then one of: files to generate, a command, a script, the shell.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <fstream>
#include <iostream>

#include "cli/commands.hpp"
#include "cli/generate.hpp"
#include "cli/live_names.hpp"
#include "cli/options.hpp"
#include "cli/printable_stream.hpp"
#include "cli/script.hpp"
#include "cli/shell.hpp"
#include "cli/version.hpp"
#include "tunqos/rpc.hpp"

namespace tunqos::cli {
namespace {

struct Arguments {
    std::vector<std::string> words;    // a command, one-shot
    std::vector<std::string> commands; // -c
    std::string file;
    std::string socket;
    std::string generate;
    std::optional<std::string> complete; // for bash completion
    SessionOptions session;
    bool keep_going = false;
};

CLI::Option* add(CLI::App& app, const OptionText& text, std::string& value) {
    return app.add_option(std::string(text.flags), value, std::string(text.help))
        ->type_name(std::string(text.argument));
}

CLI::Option* add(CLI::App& app, const OptionText& text, bool& value) {
    return app.add_flag(std::string(text.flags), value, std::string(text.help));
}

void declare(CLI::App& app, Arguments& arguments) {
    app.set_help_flag(std::string(option::help.flags), std::string(option::help.help));
    app.set_version_flag(std::string(option::version.flags), fmt::format("tunqos {}", version));
    auto* words = app.add_option("words", arguments.words, "A command, such as: show tunnel gre1")
                      ->type_name("");
    auto* commands = app.add_option(std::string(option::command.flags), arguments.commands,
                                    std::string(option::command.help))
                         ->type_name(std::string(option::command.argument))
                         ->allow_extra_args(false);
    auto* file = add(app, option::file, arguments.file);
    words->excludes(commands)->excludes(file);
    commands->excludes(file);
    add(app, option::json, arguments.session.json);
    add(app, option::check, arguments.session.check);
    add(app, option::keep_going, arguments.keep_going);
    add(app, option::socket, arguments.socket);
    add(app, option::generate, arguments.generate);
    app.add_option("--complete", arguments.complete)->group(""); // not for people
}

int generate(const Grammar& grammar, const std::string& what) {
    if (what == "man") {
        std::cout << generate_man(grammar);
    } else if (what == "bash-completion") {
        std::cout << generate_bash_completion();
    } else if (what == "settings-schema") {
        std::cout << generate_settings_schema();
    } else if (what == "settings-encap" || what == "settings-decap") {
        std::cout << generate_settings_man(std::string_view(what).substr(9));
    } else if (what == "settings-tunnel") {
        std::cout << generate_settings_man("");
    } else {
        std::cerr << "% cannot generate " << what << "; use man or bash-completion\n";
        return exit_usage;
    }
    return exit_ok;
}

int run_file(Session& session, const std::string& name, OnError on_error) {
    if (name == "-") return run_script(session, std::cin, on_error);
    std::ifstream file(name);
    file.peek(); // a directory can be opened
    if (file.bad() || !file.is_open()) {
        std::cerr << "% cannot read " << name << ": " << std::strerror(errno) << '\n';
        return exit_refused;
    }
    return run_script(session, file, on_error);
}

std::string join(const std::vector<std::string>& words) {
    return fmt::format("{}", fmt::join(words, " "));
}

int run(const Arguments& arguments) {
    const Grammar grammar(all_commands());
    if (!arguments.generate.empty()) return generate(grammar, arguments.generate);

    Client client(arguments.socket.empty() ? rpc::default_socket_path() : arguments.socket);
    if (arguments.complete) {
        const LiveNames names(client);
        for (const std::string& word : grammar.complete(Mode::exec, *arguments.complete, names)) {
            std::cout << word << '\n';
        }
        return exit_ok;
    }
    const bool scripted = !arguments.words.empty() || !arguments.commands.empty() ||
                          !arguments.file.empty() || isatty(STDIN_FILENO) == 0;
    const OnError on_error = arguments.keep_going ? OnError::keep_going : OnError::stop;
    SessionOptions options = arguments.session;
    options.batch = scripted;
    Session session(grammar, client, std::cout, scripted ? std::cerr : std::cout, options);
    if (!scripted) return run_shell(session, client);
    if (!arguments.words.empty()) return run_commands(session, {join(arguments.words)}, on_error);
    if (!arguments.commands.empty()) return run_commands(session, arguments.commands, on_error);
    return run_file(session, arguments.file.empty() ? "-" : arguments.file, on_error);
}

} // namespace
} // namespace tunqos::cli

int main(int argc, char** argv) {
    using namespace tunqos::cli;
    CLI::App app(
        "QoS marks that survive tunnels: configure and show, in the language of IOS. "
        "Interactive without a command; see tunqos(8).",
        "tunqos");
    Arguments arguments;
    declare(app, arguments);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? exit_ok : exit_usage;
    }
    // `| head` has had enough: leave quietly, also where the parent has left this ignored.
    std::signal(SIGPIPE, SIG_DFL);
    int code = exit_ok;
    {
        const PrintableStream out(std::cout);
        const PrintableStream err(std::cerr);
        code = run(arguments);
    }
    if (std::cout) return code;
    std::cerr << "% the output could not be written whole\n";
    return code == exit_ok ? static_cast<int>(exit_refused) : code;
}
