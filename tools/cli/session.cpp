// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/session.hpp"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <ostream>

#include "cli/grammar/modes.hpp"
#include "cli/grammar/walk.hpp"
#include "cli/in_force.hpp"
#include "cli/links.hpp"
#include "cli/live_names.hpp"
#include "cli/output.hpp"
#include "cli/status.hpp"
#include "tunqos/config.hpp"
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

namespace {

std::vector<std::string_view> words_of(std::string_view line) {
    std::vector<std::string_view> words;
    for (const Word& word : split(line))
        words.push_back(word.text);
    return words;
}

// The kernel would take it as the name of a device, but none is called so.
bool is_unusual(std::string_view name) {
    return name.find_first_of(",;*?\"'`|<>()[]{}\\@") != std::string_view::npos;
}

// `interface range`, and what is taken for one name with it: on IOS no device is called so.
bool is_range(const Match& match, const Value& value) {
    if (match.command->enter == nullptr) return false;
    const auto letters = value.apart ? value.text.find_first_of("0123456789") : std::string::npos;
    const std::string word = value.text.substr(0, letters);
    return strcasecmp(word.c_str(), "range") == 0;
}

} // namespace

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
    if (is_blank(line) && !in_text()) return Status::ok;
    apart_ = false;
    if (!skipped_ && is_below_refused(line)) skip(*refused_);
    refused_.reset();
    if (const auto status = skipped(line)) return *status;
    const Context was = context_;
    const bool was_skipping = skipped_.has_value();
    const Status status = understand(line, before);
    if (was_skipping && skipped_) context_ = was; // `do` stays
    if (context_ != was)
        body_indentation_.reset();
    else if (status == Status::ok)
        body_indentation_ = indentation(line);
    else if (!skipped_ && configures())
        refused_ = line;
    return status;
}

Status Session::understand(std::string_view line, std::string_view before) {
    auto [mode, outcome] = resolve(line);
    if (options_.batch && is_question(line, outcome)) return answer(line);
    auto* match = std::get_if<Match>(&outcome);
    const bool elsewhere = match != nullptr && mode != context_.mode && configures() &&
                           find_foreign(context_.mode, line) != nullptr;
    if (match == nullptr || elsewhere) return wrong(outcome, line, before);
    if (const auto problem = settle_names(*match)) {
        const Status status = refuse(*problem);
        if (options_.batch && !before.empty()) err_ << "  in " << before << line << '\n';
        if (match->command->enter != nullptr && !match->negated) skip(line);
        return status;
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
    const bool opens = match->command->enter != nullptr && !match->negated;
    if (status == Status::refused && opens) skip(line);
    return status;
}

// A script configures in exec mode, too.
bool Session::configures() const {
    return options_.batch || context_.mode != Mode::exec;
}

bool Session::is_below_refused(std::string_view line) const {
    return refused_ && indentation(line) > indentation(*refused_);
}

void Session::skip(std::string_view opener, std::string_view before) {
    skipped_.emplace(opener);
    err_ << fmt::format("{}Lines up to {} are skipped.\n", before,
                        skipped_->mark().value_or("the next command of configuration mode"));
    context_ = {Mode::skip, {}, 0};
}

// What becomes of a line in a block that was refused. Nothing: the block is over, or there is none.
std::optional<Status> Session::skipped(std::string_view line) {
    if (!skipped_) return std::nullopt;
    if (options_.batch && !in_text() && words_of(line) == std::vector<std::string_view>{"?"})
        return answer(line);
    switch (skipped_->judge(grammar_, line)) {
    case SkippedBlock::Verdict::skip: return Status::ok;
    case SkippedBlock::Verdict::doubtful:
        err_ << fmt::format(
            "% Skipped as a line of the block: {}; if it is for configuration mode, "
            "type exit first\n",
            fmt::join(words_of(line), " "));
        return Status::ok;
    case SkippedBlock::Verdict::run: return std::nullopt;
    case SkippedBlock::Verdict::close: go_to({Mode::config, {}, 0}); return Status::ok;
    case SkippedBlock::Verdict::end: go_to({}); return Status::ok;
    case SkippedBlock::Verdict::next: break;
    }
    go_to({Mode::config, {}, 0});
    return std::nullopt;
}

// Names of interfaces as IOS takes them: `tu 0` is the device whose name begins so and has that
// number. Why it is none of them, if so.
std::optional<std::string> Session::settle_names(Match& match) const {
    for (Value& value : match.values) {
        if (value.token != "INTERFACE") continue;
        const bool range = is_range(match, value);
        if (!value.apart && !is_unusual(value.text) && !range) continue;
        const auto names = LiveNames(caller_).interfaces();
        if (std::find(names.begin(), names.end(), value.text) != names.end()) continue;
        if (range && !match.negated)
            return "interface range: there is no such device; type interface NAME and the settings "
                   "for each device";
        if (!value.apart) {
            if (match.negated) continue; // says itself that there is none
            return fmt::format(
                "interface {}: no device has such a name, with more than letters, "
                "digits and . - _ in it; name one device as ip link does, without "
                "what stands behind @",
                value.text);
        }
        const auto digits = value.text.find_first_of("0123456789");
        const std::string letters = value.text.substr(0, digits);
        const std::string number = value.text.substr(digits);
        std::set<std::string> meant;
        for (const std::string& name : names) {
            const auto letters_end = name.find_first_of("0123456789");
            if (letters_end != std::string::npos && begins(name.substr(0, letters_end), letters) &&
                name.substr(letters_end) == number)
                meant.insert(name);
        }
        if (meant.empty()) {
            if (match.negated) continue;
            return fmt::format(
                "interface {}: there is no such device; to configure one that does "
                "not exist yet, write its name as one word",
                value.text);
        }
        if (meant.size() > 1) {
            return fmt::format("interface {} is ambiguous; it could be {}", value.text,
                               fmt::join(meant, " or "));
        }
        value.text = *meant.begin();
    }
    return std::nullopt;
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
    if (skipped_) return help_in_skipped(text, names);
    Help here = grammar_.help(context_.mode, text, names);
    if (here.problem.empty()) return here;
    if (options_.batch && context_.mode == Mode::exec) {
        Help in_config = grammar_.help(Mode::config, text, names);
        if (in_config.problem.empty()) return in_config;
    }
    // Who does it is said as for the whole line.
    const Foreign* foreign = find_foreign_show(text);
    if (foreign == nullptr && configures()) foreign = find_foreign(context_.mode, text);
    if (foreign != nullptr) here.problem = "% " + not_done(*foreign);
    return here;
}

// What ends it: the commands of configuration mode.
Help Session::help_in_skipped(std::string_view text, const Names& names) const {
    if (in_text()) {
        return {{},
                false,
                fmt::format("% Lines up to {} are skipped, whatever they say", *skipped_->mark())};
    }
    Help help = grammar_.help(Mode::config, text, names);
    if (!help.problem.empty()) {
        help.problem = "% Skipped as a line of the block that was refused; exit ends the block";
        return help;
    }
    if (!split(text).empty()) return help;
    for (HelpLine& line : help.lines) {
        if (line.word == "exit") line.help = "End the block that is skipped";
    }
    help.lines.push_back({"LINE",
                          "Any other line: skipped with the block that was refused, up to "
                          "exit or the next command of this list"});
    return help;
}

Status Session::answer(std::string_view question) {
    const Help list = help(question.substr(0, question.rfind('?')));
    (list.problem.empty() ? out_ : err_) << format_help(list, width_);
    return list.problem.empty() ? Status::ok : Status::syntax;
}

Status Session::edit(const Match& match, const Context& context) {
    if (auto error = draft_.add(context, match)) return refuse(*error);
    if (match.negated) {
        for (const std::string& text : still_in_force(draft_.config(), context, match))
            err_ << "% Warning: " << text << '\n';
    }
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
    const std::size_t lines = draft_.size();
    auto committed = draft_.commit();
    if (!committed) {
        *error = committed.error();
        if (error->kind == CallError::Kind::refused && lines > 1 && !options_.check) {
            if (error->problems.empty()) error->problems.push_back({"", error->message});
            error->problems.push_back(
                {"", fmt::format("none of the {} lines collected so far was applied", lines)});
        }
        return Status::refused;
    }
    warnings_ = committed->warnings;
    for (const std::string& text : advise_change(committed->before, committed->after))
        err_ << "% Warning: " << text << '\n';
    if (options_.check) {
        for (const std::string& change : committed->changes)
            out_ << change << '\n';
    } else {
        notes(*committed);
    }
    return Status::ok;
}

void Session::end_block() {
    if (skipped_) go_to({Mode::config, {}, 0});
}

Status Session::finish() {
    end_block();
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
    if (skipped_ && context.mode != Mode::skip) {
        const std::string summary = skipped_->summary();
        if (!summary.empty()) err_ << "% " << summary << ".\n";
        apart_ = !summary.empty();
        skipped_.reset();
    }
    context_ = std::move(context);
    refused_.reset();
    if (context_.mode == Mode::exec && !options_.batch) print_warnings();
}

namespace {

// IOS takes names of interfaces in any case, Linux does not.
std::string similar_link(const std::string& name) {
    for (const std::string& link : link_names()) {
        if (link != name && link.size() == name.size() &&
            strcasecmp(link.c_str(), name.c_str()) == 0)
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
        if (!same && (interface.tunnel || interface.is_port())) changed.insert(name);
    }
    if (changed.empty()) return;
    const auto pending = [&](const std::string& name, const std::string& state) {
        if (state != "pending" || !changed.contains(name)) return;
        note(fmt::format("interface {} does not exist yet; its settings are pending{}", name,
                         similar_link(name)));
        note(
            "a device of another network namespace is configured by the daemon of that one: ip "
            "netns exec NAMESPACE tunqosd, then ip netns exec NAMESPACE tunqos");
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
    const std::string shown = filter(as_json ? json_text(json) : text, modifier);
    if (pager_)
        pager_(shown, length_, width_);
    else
        out_ << shown;
    out_.flush();
    return Status::ok;
}

void Session::note(const std::string& text) {
    err_ << "% NOTE: " << text << '\n';
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
