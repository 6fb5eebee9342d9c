// SPDX-License-Identifier: GPL-2.0-or-later
//
// Exec mode, except show.
#include <ostream>

#include "cli/commands.hpp"
#include "cli/grammar/types.hpp"
#include "cli/session.hpp"
#include "cli/show.hpp"

namespace tunqos::cli {
namespace {

Status configure_terminal(Session& session, const Match&) {
    if (!session.options().batch) {
        session.out() << "Enter configuration commands, one per line.  End with CNTL/Z.\n";
    }
    session.go_to({Mode::config, {}, 0});
    return Status::ok;
}

Status configure_replace(Session& session, const Match&) {
    nlohmann::json params = nlohmann::json::object();
    if (session.options().check) params["check"] = true;
    const Reply reply = session.call("config.reload", std::move(params));
    if (!reply) return session.refuse(reply.error());
    const nlohmann::json changes = reply->value("changes", nlohmann::json::array());
    for (const auto& change : changes) {
        if (change.is_string()) session.out() << change.get<std::string>() << '\n';
    }
    if (changes.empty()) session.out() << "No change.\n";
    return Status::ok;
}

Status write_memory(Session& session, const Match&) {
    if (session.options().check) return Status::ok;
    const Reply reply = session.call("config.save");
    if (!reply) return session.refuse(reply.error());
    session.out() << "Building configuration...\n[OK]\n";
    return Status::ok;
}

Status clear_counters(Session& session, const Match& match) {
    if (session.options().check) return Status::ok;
    // The names are those of show tunnel.
    std::optional<CallError> error;
    const auto labels = labels_of(match);
    for (const std::string& label : labels) {
        const Reply reply = session.call("counters.clear", named(label));
        if (reply) return Status::ok;
        if (!error) error = reply.error();
    }
    const Reply all = session.call("show.tunnels", nlohmann::json::object());
    if (!all || labels.size() > 1) return session.refuse(*error);
    const auto entries = entries_of(*all, labels.front());
    for (const std::string& entry : entries) {
        const Reply reply = session.call("counters.clear", named(entry));
        if (!reply) return session.refuse(reply.error());
    }
    return entries.empty() ? session.refuse(*error) : Status::ok;
}

Status terminal(Session& session, const Match& match) {
    if (match.has("length"))
        session.set_length(parse_number(match.get("LENGTH"), 0, 512).value_or(0));
    return Status::ok;
}

// Done before it is typed, or nobody's business.
Status nothing(Session&, const Match&) {
    return Status::ok;
}

Status leave(Session&, const Match&) {
    return Status::quit;
}

} // namespace

std::vector<Command> exec_commands() {
    constexpr Token copy_running{"running-config", "The running configuration"};
    constexpr Token startup{"startup-config", "The configuration that the daemon starts with"};
    return {
        {
            .modes = {Mode::exec},
            .grammar = "configure terminal",
            .tokens = {{"configure", "Enter configuration mode, or replace the configuration"},
                       {"terminal", "Configure from the terminal"}},
            .summary = "Enters configuration mode.",
            .example = "configure terminal",
            .run = configure_terminal,
        },
        {
            .modes = {Mode::exec},
            .grammar = "configure replace startup-config",
            .tokens = {{"configure", "Enter configuration mode, or replace the configuration"},
                       {"replace", "Replace the running configuration"},
                       startup},
            .summary = "Makes the startup configuration the running one and prints what changes.",
            .example = "configure replace startup-config",
            .run = configure_replace,
        },
        {
            .modes = {Mode::exec},
            .grammar = "copy running-config startup-config",
            .tokens = {{"copy", "Copy a configuration"}, copy_running, startup},
            .summary = "Saves the running configuration.",
            .example = "copy running-config startup-config",
            .run = write_memory,
        },
        {
            .modes = {Mode::exec},
            .grammar = "write [memory]",
            .tokens = {{"write", "Save the running configuration"},
                       {"memory", "Write to the startup configuration"}},
            .summary = "Saves the running configuration.",
            .example = "write memory",
            .run = write_memory,
        },
        {
            .modes = {Mode::exec},
            .grammar = "clear counters [TUNNEL [SEQUENCE]]",
            .tokens = {{"clear", "Reset functions"},
                       {"counters", "Counters of show tunnel, show cos and show reasons"},
                       {"TUNNEL", "Interface, or crypto map with its number"},
                       {"SEQUENCE", "Number of the entry"}},
            .summary = "Lets the counters that are shown begin at 0, of one interface or entry, of "
                       "all entries of a crypto map, or of all; without a name those of show "
                       "reasons, too.",
            .example = "clear counters gre1",
            .run = clear_counters,
        },
        {
            .modes = {Mode::exec},
            .grammar = "terminal {length LENGTH | width LENGTH}",
            .tokens = {{"terminal", "Set terminal parameters"},
                       {"length", "Lines of the screen"},
                       {"width", "Columns of the screen"},
                       {"LENGTH", "Number; 0 for no pausing"}},
            .summary = "With a length, longer output of a show command stops at each screen of so "
                       "many lines with --More--, if it goes to a terminal: space goes on by a "
                       "screen, Enter by a line, and any other key ends it. 0, at the beginning, "
                       "is without a stop. A width is accepted; that of the terminal holds.",
            .example = "terminal length 24",
            .run = terminal,
        },
        {
            .modes = {Mode::exec},
            .grammar = "enable",
            .tokens = {{"enable", "Turn on privileged commands"}},
            .summary = "Does nothing: the daemon decides by the user's id what is permitted.",
            .example = "enable",
            .run = nothing,
        },
        {
            .modes = {Mode::exec},
            .grammar = "exit",
            .tokens = {{"exit", "Leave the CLI"}},
            .summary = "Leaves the CLI.",
            .example = "exit",
            .run = leave,
        },
        {
            .modes = {Mode::exec},
            .grammar = "logout",
            .tokens = {{"logout", "Leave the CLI"}},
            .summary = "Leaves the CLI.",
            .example = "logout",
            .run = leave,
        },
        {
            .modes = {Mode::exec},
            .grammar = "quit",
            .tokens = {{"quit", "Leave the CLI"}},
            .summary = "Leaves the CLI.",
            .example = "quit",
            .run = leave,
        },
    };
}

std::vector<Command> all_commands() {
    std::vector<Command> all;
    for (auto part : {exec_commands, show_commands, config_commands, mls_commands, tunnel_commands,
                      rule_commands, crypto_map_commands}) {
        std::vector<Command> commands = part();
        for (Command& command : commands)
            all.push_back(std::move(command));
    }
    return all;
}

} // namespace tunqos::cli
