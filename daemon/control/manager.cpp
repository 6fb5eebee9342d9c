// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/manager.hpp"

#include <algorithm>
#include <set>
#include <span>

#include "control/check_devices.hpp"
#include "planner/planner.hpp"
#include "planner/ruleset.hpp"
#include "tunqos/config.hpp"
#include "tunqos/ios_diff.hpp"
#include "tunqos/json.hpp"

namespace tunqos {

namespace {

tl::unexpected<RpcError> refuse(rpc::Error code, Problems problems) {
    return tl::make_unexpected(RpcError{code, std::move(problems)});
}

tl::unexpected<RpcError> stale() {
    return refuse(rpc::stale, {{"", "the configuration has changed meanwhile; read it again"}});
}

} // namespace

std::string one_line(const Problem& problem) {
    return problem.path.empty() ? problem.message : problem.path + ": " + problem.message;
}

RpcError rpc_error(const kernel::Error& error) {
    using Kind = kernel::Error::Kind;
    const auto code = error.kind == Kind::no_module ? rpc::no_module
                      : error.kind == Kind::broken  ? rpc::internal_error
                                                    : rpc::kernel_refused;
    return {code, error.problems};
}

Manager::Manager(kernel::IKernel& kernel, RuleTable& table, ConfigFile file, Log& log,
                 std::uint64_t first_generation, RunningFile kept)
    : kernel_(kernel),
      table_(table),
      file_(std::move(file)),
      kept_(std::move(kept)),
      log_(log),
      generation_(first_generation),
      change_log_(log) {}

// Nothing if there is none, or none that can be read.
std::optional<Config> Manager::load_startup() {
    auto loaded = file_.load();
    if (!loaded) {
        file_is_bad_ = true;
        log_.problems("config-file-bad", loaded.error());
        return std::nullopt;
    }
    return std::move(*loaded);
}

void Manager::start() {
    auto startup = load_startup();
    auto kept = kept_.load();
    if (!kept) log_.problems("running-config-damaged", kept.error());
    const bool goes_on = kept && *kept;
    if (goes_on) {
        running_ = std::move(**kept);
        log_config("running-config-kept");
        const auto changes = startup || !file_is_bad_ ? diff(startup.value_or(Config{}), running_)
                                                      : std::vector<std::string>{};
        if (!changes.empty())
            log_.warning("startup-config-differs",
                         {{"file", file_.path()},
                          {"changes", changes.size()},
                          {"action",
                           "write memory saves what runs; configure replace "
                           "startup-config takes the file instead"}});
    } else if (startup) {
        running_ = *startup;
        log_config("config-file-loaded");
        change_log_.add(loader_of(file_.path(), "startup"), ios_diff({}, running_),
                        ChangeLog::Tell::nothing_else);
    } else if (file_is_bad_) {
        log_.warning("config-file-not-loaded",
                     {{"file", file_.path()}, {"action", "the module keeps what it has"}});
    } else {
        log_.info("config-file-missing", {{"file", file_.path()}, {"action", "start empty"}});
    }
    hands_off_ = file_is_bad_ && !goes_on;
    undecided_ = !goes_on;
    if (goes_on) keep_all();
    resync("start");
}

void Manager::log_config(std::string_view event) {
    log_.info(event, {{"file", file_.path()},
                      {"interfaces", running_.interfaces.size()},
                      {"crypto-maps", running_.crypto_maps.size()},
                      {"table-maps", running_.table_maps.size()}});
}

bool Manager::retry() {
    if (in_sync_) return true;
    // Without a mirror of now nobody knows what else there is to do.
    if (refused_.empty() || table_refused_ || hands_off_ || !mirror_is_current())
        return resync("retry");
    std::vector<std::string> objects;
    for (const auto& [object, ignored] : refused_)
        objects.push_back(object);
    for (const auto& object : objects)
        if (!retry_refused(object)) return resync("retry");
    settle();
    return in_sync_;
}

void Manager::on_device(const std::string& device) {
    const std::string object = "interface " + device;
    if (in_sync_ || hands_off_ || !refused_.contains(object) || !mirror_is_current()) return;
    if (retry_refused(object))
        settle();
    else
        resync("retry");
}

// False if it failed in another way than by being refused.
bool Manager::retry_refused(const std::string& object) {
    auto node = refused_.extract(object);
    for (const auto& operation : node.mapped().operations) {
        const auto applied = apply(mirror_->generation, std::span(&operation, 1));
        if (applied) {
            planner::carry_out({operation}, mirror_->state);
            ++mirror_->generation;
        } else if (applied.error().kind == kernel::Error::Kind::refused) {
            note_refusal(operation, applied.error());
        } else {
            return false;
        }
    }
    return true;
}

void Manager::settle() {
    if (!refused_.empty() || table_refused_) return;
    in_sync_ = true;
    last_failure_.clear();
    log_.info("module-in-sync", {{"why", "no-more-refused"}});
}

// What was refused once and is not wanted any more, or was taken now.
void Manager::forget_settled_refusals() {
    if (refused_.empty() || !refresh_mirror()) return;
    const auto open = planner::reconcile(planner::compile(running_), mirror_->state);
    std::erase_if(refused_, [&](const auto& one) {
        return std::none_of(open.begin(), open.end(), [&](const kernel::Operation& operation) {
            return kernel::object_of(operation) == one.first;
        });
    });
}

std::string Manager::refusal(const std::string& object) const {
    const auto found = refused_.find(object);
    return found == refused_.end() ? std::string() : found->second.problem;
}

RpcResult<Outcome> Manager::set(Config config, std::optional<std::uint64_t> generation, Mode mode) {
    if (generation && *generation != generation_) return stale();
    if (auto problems = validate(config, &running_); !problems.empty())
        return refuse(rpc::invalid_config, std::move(problems));
    Outcome outcome{generation_, diff(running_, config), advise(config), {}};
    if (mode == Mode::check) return outcome;

    const bool other_table = planner::ruleset_text(config) != planner::ruleset_text(running_);
    const auto pushed = other_table ? push_with_table(config, outcome.warnings) : push(config);
    if (!pushed) return tl::make_unexpected(rpc_error(pushed.error()));
    hands_off_ = false;
    undecided_ = false;
    if (other_table) table_refused_ = false;
    begin_counting(running_, config);
    const auto change = change_to_json(running_, config);
    outcome.lines = ios_diff(running_, config);
    become(std::move(config));
    keep(change, outcome);
    forget_settled_refusals();
    in_sync_ = refused_.empty() && !table_refused_;
    outcome.generation = generation_;
    log_change(outcome, *pushed);
    return outcome;
}

// The number of a rule is its place: one that is another rule's now counts from 0.
void Manager::begin_counting(const Config& before, const Config& after) {
    std::set<std::uint8_t> others;
    auto old = before.rules.begin();
    std::uint8_t number = 0;
    for (const auto& [sequence, ignored] : after.rules) {
        ++number;
        if (old == before.rules.end() || old->first != sequence) others.insert(number);
        if (old != before.rules.end()) ++old;
    }
    if (others.empty()) return;
    const auto rules = kernel_.rules();
    if (!rules) return;
    for (const auto& status : *rules) {
        if (others.contains(status.rule.number)) baselines_.clear(status);
    }
}

RpcResult<Outcome> Manager::change(const Change& change, std::optional<std::uint64_t> generation,
                                   Mode mode) {
    if (generation && *generation != generation_) return stale();
    if (auto outcome = change_alone(change, mode)) return std::move(*outcome);
    Config config = running_;
    carry_out(change, config);
    return set(std::move(config), generation, mode);
}

// The same as set(), of these objects only. Nothing, and nothing was done, if the others are
// to be looked at as well: to find what they have to do with it, or what is wrong.
std::optional<Outcome> Manager::change_alone(const Change& change, Mode mode) {
    if (!change.only_interfaces() || concerns_rules(change, running_) || !in_sync_ ||
        !refused_.empty() || hands_off_)
        return std::nullopt;
    const ChangedPart part = changed_part(change, running_);
    if (!validate(part.after).empty()) return std::nullopt;
    Outcome outcome{generation_, diff(part.before, part.after), advise(part.after), {}};
    // The one thing that is said of an entry because of an interface.
    for (auto& advice : advise_classes(running_.crypto_maps, part.after.interfaces))
        outcome.warnings.push_back(std::move(advice));
    if (mode == Mode::check) return outcome;

    if (!mirror_is_current()) return std::nullopt;
    const auto pushed = push_part(part);
    if (!pushed) return std::nullopt;
    if (part.before != part.after) {
        carry_out(change, running_);
        ++generation_;
        keep(change_to_json(part.before, part.after), outcome);
        outcome.lines = ios_diff(part.before, part.after);
    }
    outcome.generation = generation_;
    log_change(outcome, *pushed);
    return outcome;
}

void Manager::log_change(const Outcome& outcome, std::size_t operations) {
    log_.info("config-changed", {{"changes", outcome.changes.size()},
                                 {"operations", operations},
                                 {"generation", generation_}});
    for (const auto& change : outcome.changes)
        log_.debug("change", {{"what", change}});
}

RpcResult<Outcome> Manager::reload(const kernel::ILinks& links) {
    auto loaded = file_.load();
    if (!loaded) {
        log_.problems("config-reload-refused", loaded.error());
        return refuse(rpc::invalid_config, std::move(loaded.error()));
    }
    if (!*loaded) {
        // Not "empty": that would take the marks off every tunnel for a typo in a path.
        log_.error("config-reload-refused", {{"file", file_.path()}, {"problem", "no such file"}});
        return no_startup();
    }
    auto problems = check_devices(**loaded, running_, links);
    auto outcome = problems.empty() ? set(std::move(**loaded), std::nullopt, Mode::apply)
                                    : refuse(rpc::invalid_config, std::move(problems));
    if (outcome)
        file_is_bad_ = false;
    else
        log_.problems("config-reload-refused", outcome.error().problems);
    return outcome;
}

RpcResult<std::string> Manager::save() {
    if (file_is_bad_) {
        if (auto aside = file_.set_aside(); !aside)
            return refuse(rpc::io_error, std::move(aside.error()));
        log_.warning("config-file-set-aside", {{"file", file_.path() + ".bad"}});
    }
    if (auto saved = file_.save(running_); !saved) {
        log_.problems("config-save-failed", saved.error());
        return refuse(rpc::io_error, std::move(saved.error()));
    }
    file_is_bad_ = false;
    log_.info("config-saved", {{"file", file_.path()}});
    return file_.path();
}

RpcResult<Config> Manager::startup() const {
    auto loaded = file_.load();
    if (!loaded) return refuse(rpc::invalid_config, std::move(loaded.error()));
    if (!*loaded) return no_startup();
    return std::move(**loaded);
}

RpcResult<std::vector<std::string>> Manager::unsaved() const {
    const auto loaded = file_.load();
    if (!loaded) return refuse(rpc::invalid_config, loaded.error());
    return diff(loaded->value_or(Config{}), running_);
}

tl::unexpected<RpcError> Manager::no_startup() const {
    return refuse(rpc::io_error, {{file_.path(),
                                   "startup-config is not present: there is no such "
                                   "file; write memory makes it"}});
}

// Somebody has configured a module that we know nothing of: it is right, and the file is for the
// next start of the machine. A module without a setting leaves it to the file.
kernel::KernelResult<void> Manager::decide() {
    if (!undecided_) return {};
    if (auto read = refresh_mirror(); !read) {
        undecided_ = read.error().kind != kernel::Error::Kind::no_module;
        return read;
    }
    undecided_ = false;
    const auto& state = mirror_->state;
    if (state == kernel::State{} || state == planner::compile(running_)) return {};
    log_.warning("startup-config-differs",
                 {{"file", file_.path()},
                  {"action",
                   "what the module has is what runs; configure replace startup-config "
                   "takes the file instead"}});
    adopt();
    return {};
}

// In the file before anybody is told of it.
void Manager::keep(const nlohmann::json& change, Outcome& outcome) {
    const bool changes = change.size() > 1; // besides the version
    if (!changes && kept_.written()) return;
    const auto kept = kept_.keep(running_, change);
    if (kept) return;
    report_not_kept(kept.error());
    outcome.warnings.push_back("the running configuration cannot be kept (" +
                               one_line(kept.error().front()) +
                               "), and would be lost if tunqosd ended now; write memory saves it");
}

void Manager::keep_all() {
    if (const auto kept = kept_.write(running_); !kept) report_not_kept(kept.error());
}

void Manager::report_not_kept(const Problems& problems) {
    const std::string text = one_line(problems.front());
    if (text != last_not_kept_) log_.problems("running-config-not-kept", problems);
    last_not_kept_ = text;
}

bool Manager::resync(std::string_view why) {
    mirror_.reset();
    kernel::KernelResult<std::size_t> pushed = 0;
    if (hands_off_) {
        if (auto read = refresh_mirror(); !read)
            pushed = tl::make_unexpected(read.error());
        else
            adopt();
    } else if (auto known = decide(); !known) {
        pushed = tl::make_unexpected(known.error());
    } else {
        pushed = push_running();
    }
    const bool decided = !hands_off_ && !undecided_;
    if (decided && !kept_.written() && running_ != Config{}) keep_all();
    in_sync_ = pushed.has_value();
    if (!pushed) {
        report_sync_failure(pushed.error());
        return false;
    }
    last_failure_.clear();
    log_.info("module-in-sync", {{"why", why}, {"operations", *pushed}});
    return true;
}

void Manager::on_commit(std::uint32_t kernel_generation) {
    // Our own commits come back here too, and late: several may have followed.
    if (mirror_ && static_cast<std::int32_t>(kernel_generation - mirror_->generation) <= 0) return;
    log_.warning("foreign-commit", {{"generation", kernel_generation}});
    resync("foreign-commit");
}

void Manager::on_module_gone() {
    mirror_.reset();
    in_sync_ = false;
    last_failure_.clear();
    log_.warning("module-gone", {{"action", "it is programmed again when it is loaded"}});
}

void Manager::look_at_table() {
    if (!in_sync_ || hands_off_ || !table_.is_lost(running_)) return;
    log_.warning("rules-lost", {{"action", "the table inet tunqos is put in place again"}});
    resync("rules-lost");
}

void Manager::doubt() {
    mirror_.reset();
    in_sync_ = false;
}

void Manager::adopt() {
    Config config = planner::recover(mirror_->state, running_);
    if (config == running_) return;
    auto lines = ios_diff(running_, config);
    become(std::move(config));
    change_log_.add(loader_of("the module", "recovery"), std::move(lines));
    log_.warning("config-recovered", {{"interfaces", running_.interfaces.size()},
                                      {"crypto-maps", running_.crypto_maps.size()}});
}

void Manager::become(Config config) {
    if (config == running_) return;
    running_ = std::move(config);
    ++generation_;
}

void Manager::report_sync_failure(const kernel::Error& error) {
    const std::string text = one_line(error.problems.front());
    if (text == last_failure_) return;
    last_failure_ = text;
    if (error.kind == kernel::Error::Kind::no_module)
        log_.warning("no-module", {{"problem", text}});
    else
        log_.problems("module-not-in-sync", error.problems);
}

} // namespace tunqos
