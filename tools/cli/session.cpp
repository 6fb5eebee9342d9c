// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/session.hpp"

#include <fmt/format.h>
#include <strings.h>

#include <ostream>

#include "cli/grammar/modes.hpp"
#include "cli/links.hpp"
#include "cli/live_names.hpp"
#include "cli/output.hpp"
#include "cli/status.hpp"
#include "tunqos/printable.hpp"

namespace tunqos::cli {

Session::Session(const Grammar& grammar, Caller& caller, std::ostream& out, std::ostream& err,
                 SessionOptions options)
    : grammar_(grammar),
      caller_(caller),
      out_(out),
      err_(err),
      options_(options),
      draft_(caller, options.check ? Purpose::check : Purpose::apply) {}

// The line in the mode, as IOS reads it. A script need not enter configuration mode.
Grammar::Resolved Session::resolve(std::string_view line) const {
    Grammar::Resolved here = grammar_.resolve(context_.mode, line);
    const auto* wrong = std::get_if<Invalid>(&here.outcome);
    if (wrong == nullptr || !options_.batch || here.mode != Mode::exec) return here;
    Outcome in_config = grammar_.match(Mode::config, line);
    const auto* also_wrong = std::get_if<Invalid>(&in_config);
    if (also_wrong != nullptr && also_wrong->column <= wrong->column) return here;
    return {Mode::config, std::move(in_config)};
}

Status Session::execute(std::string_view line, std::string_view before) {
    if (is_blank(line)) return Status::ok;
    auto [mode, outcome] = resolve(line);
    if (options_.batch && is_question(line, outcome)) return answer(line);
    const auto* match = std::get_if<Match>(&outcome);
    if (match == nullptr) {
        if (options_.batch) err_ << before << line << '\n';
        err_ << explain(outcome, line, before.size(), width_) << '\n';
        if (std::holds_alternative<Invalid>(outcome)) err_ << other_mode(line);
        return Status::syntax;
    }
    const Context context = mode == context_.mode ? context_ : Context{mode, {}, 0};
    if (match->command->run != nullptr) {
        // `do show ...` leaves the user where he is; a command of an outer mode takes him there.
        if (mode != context_.mode) context_ = context;
        return match->command->run(*this, *match);
    }
    const Status status = edit(*match, context);
    if (status != Status::ok && options_.batch && !before.empty()) {
        err_ << "  in " << before << line << '\n';
    }
    return status;
}

// A script has no key for it, so that a `?` at the end of a line asks; not within a text.
bool Session::is_question(std::string_view line, const Outcome& outcome) {
    const auto last = line.find_last_not_of(" \t\r");
    if (last == std::string_view::npos || line[last] != '?') return false;
    const auto* match = std::get_if<Match>(&outcome);
    return match == nullptr || match->values.empty() || match->values.back().token != "LINE";
}

Help Session::help(std::string_view text) const {
    const LiveNames names(caller_);
    Help here = grammar_.help(context_.mode, text, names);
    if (here.problem.empty() || !options_.batch || context_.mode != Mode::exec) return here;
    Help in_config = grammar_.help(Mode::config, text, names);
    return in_config.problem.empty() ? in_config : here;
}

Status Session::answer(std::string_view question) {
    const Help list = help(question.substr(0, question.rfind('?')));
    (list.problem.empty() ? out_ : err_) << format_help(list, width_);
    return list.problem.empty() ? Status::ok : Status::syntax;
}

namespace {

// How to come to a mode from configuration mode.
struct Entrance {
    Mode mode;
    std::string_view name;
    std::string_view command;
};
constexpr Entrance entrances[] = {
    {Mode::interface, "interface mode", "interface NAME"},
    {Mode::crypto_map, "crypto map mode", "crypto map NAME NUMBER"},
    {Mode::table_map, "table-map mode", "table-map NAME"},
};

} // namespace

// Right, but not here: what to type before it. Empty if it is right nowhere.
std::string Session::other_mode(std::string_view line) const {
    const auto is_for = [&](Mode mode, bool settings_only) {
        const Outcome outcome = grammar_.match(mode, line);
        const auto* match = std::get_if<Match>(&outcome);
        return match != nullptr && (!settings_only || match->command->edit != nullptr);
    };
    const bool in_exec = context_.mode == Mode::exec;
    if (in_exec && is_for(Mode::config, true))
        return "% It is for configuration mode: configure terminal first\n";
    if (!in_exec && is_for(Mode::exec, false))
        return "% It is for exec mode: type do before it, or end first\n";
    std::string names;
    std::string commands;
    for (const Entrance& entrance : entrances) {
        if (!is_for(entrance.mode, true)) continue;
        names += fmt::format("{}{}", names.empty() ? "" : " and ", entrance.name);
        commands += fmt::format("{}{}", commands.empty() ? "" : " or ", entrance.command);
    }
    if (names.empty()) return {};
    return fmt::format("% It is for {}: {}{} first\n", names,
                       in_exec && !options_.batch ? "configure terminal and " : "", commands);
}

Status Session::edit(const Match& match, const Context& context) {
    if (auto error = draft_.add(context, match)) return refuse(*error);
    if (!options_.batch) {
        CallError error;
        const Status status = commit(&error);
        if (status != Status::ok) return refuse(error);
    }
    const bool enters = match.command->enter != nullptr && !match.negated;
    go_to(enters ? match.command->enter(match) : context);
    return Status::ok;
}

// Refused or unreachable: `error` says why.
Status Session::commit(CallError* error) {
    if (draft_.empty()) return Status::ok;
    auto committed = draft_.commit();
    if (!committed) {
        *error = committed.error();
        return Status::refused;
    }
    warnings_ = committed->warnings;
    if (options_.check) {
        for (const std::string& change : committed->changes)
            out_ << change << '\n';
    } else {
        notes(*committed);
    }
    return Status::ok;
}

Status Session::finish() {
    const bool changes = !draft_.empty();
    CallError error;
    if (commit(&error) != Status::ok) return refuse(error);
    print_warnings();
    if (options_.check && changes) out_ << "The configuration is valid; nothing was changed.\n";
    return Status::ok;
}

Reply Session::call(const std::string& method, nlohmann::json params) {
    CallError error;
    // A check collects to the end: its edits are not to be applied.
    if (!options_.check && commit(&error) != Status::ok) return tl::make_unexpected(error);
    return caller_.call(method, std::move(params));
}

void Session::go_to(Context context) {
    context_ = std::move(context);
    if (context_.mode == Mode::exec && !options_.batch) print_warnings();
}

namespace {

// IOS takes names of interfaces in any case, Linux does not.
std::string similar_link(const std::string& name) {
    for (const std::string& link : link_names()) {
        if (link.size() == name.size() && strcasecmp(link.c_str(), name.c_str()) == 0)
            return fmt::format(" (there is {}: upper and lower case differ)", link);
    }
    return {};
}

} // namespace

// What IOS would say about objects that wait for something.
void Session::notes(const Committed& committed) {
    const auto note = [this](const std::string& text) {
        if (noted_.insert(text).second) err_ << "% NOTE: " << text << '\n';
    };
    for (const auto& [key, map] : committed.after.crypto_maps) {
        if (map.match.empty() && !committed.before.crypto_maps.contains(key)) {
            err_ << "% NOTE: This new crypto map will remain disabled until a peer has been "
                    "configured.\n";
        }
    }
    std::set<std::string> changed;
    for (const auto& [name, interface] : committed.after.interfaces) {
        const auto old = committed.before.interfaces.find(name);
        const bool same = old != committed.before.interfaces.end() && old->second == interface;
        if (!same && (interface.tunnel || interface.has_cos() || interface.mark))
            changed.insert(name);
    }
    if (changed.empty()) return;
    const auto pending = [&](const std::string& name, const std::string& state) {
        if (state != "pending" || !changed.contains(name)) return;
        note(fmt::format("interface {} does not exist yet; its settings are pending{}", name,
                         similar_link(name)));
    };
    // Only a courtesy: without an answer there is no note. Of one device nobody else is asked.
    const auto params =
        changed.size() == 1 ? nlohmann::json{{"name", *changed.begin()}} : nlohmann::json::object();
    if (const Reply reply = caller_.call("show.tunnels", params)) {
        for (const auto& tunnel : tunnels_from_json(*reply))
            pending(tunnel.name, tunnel.state);
    }
    if (const Reply reply = caller_.call("show.ports", params)) {
        for (const auto& port : ports_from_json(*reply))
            pending(port.name, port.state);
    }
}

// The daemon's advice, once each: after the last change, not after every line on the way there.
void Session::print_warnings() {
    for (const std::string& warning : warnings_) {
        if (noted_.insert(warning).second) err_ << "% Warning: " << warning << '\n';
    }
    warnings_.clear();
}

namespace {

// What a terminal would obey stands in a text only, and JSON has another way to write it there.
std::string json_text(const nlohmann::json& json) {
    const std::string raw =
        json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
    std::string text;
    text.reserve(raw.size());
    for (std::size_t at = 0; at < raw.size();) {
        const std::size_t begin = at;
        const auto point = next_code_point(raw, at);
        if (!point || *point <= '~' || !is_control(*point))
            text.append(raw, begin, at - begin);
        else if (*point < 0x10000U)
            text += fmt::format("\\u{:04x}", *point);
        else
            text += fmt::format("\\u{:04x}\\u{:04x}", 0xd7c0U + (*point >> 10U),
                                0xdc00U + (*point & 0x3ffU));
    }
    return text;
}

} // namespace

Status Session::show(const Match& match, const nlohmann::json& json, const std::string& text) {
    const bool as_json = options_.json || match.has("json");
    const Filter modifier = filter_of(match);
    if (const auto problem = filter_problem(modifier)) return refuse(*problem);
    out_ << filter(as_json ? json_text(json) : text, modifier);
    out_.flush();
    return Status::ok;
}

Status Session::refuse(const CallError& error) {
    if (error.problems.empty()) {
        refuse(error.message);
    }
    for (const Problem& problem : error.problems) {
        err_ << "% " << problem.path << (problem.path.empty() ? "" : ": ") << problem.message
             << '\n';
    }
    return error.kind == CallError::Kind::unreachable ? Status::unreachable : Status::refused;
}

Status Session::refuse(std::string_view message) {
    err_ << "% " << message << '\n';
    return Status::refused;
}

} // namespace tunqos::cli
