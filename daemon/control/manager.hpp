// SPDX-License-Identifier: GPL-2.0-or-later
//
// Owns the running configuration. Every change goes one way: validate, diff, plan, apply
// to the module, and only then is it the running configuration. The module owns what is
// in effect; whenever the two may differ (start, lost events, a reloaded module) the
// module is read back and only the difference is sent.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "control/baselines.hpp"
#include "control/change_log.hpp"
#include "control/config_file.hpp"
#include "control/rule_table.hpp"
#include "control/running_file.hpp"
#include "kernel/ikernel.hpp"
#include "log.hpp"
#include "tunqos/config.hpp"
#include "tunqos/rpc.hpp"

namespace tunqos {

// An answer of the control socket that is an error.
struct RpcError {
    rpc::Error code = rpc::internal_error;
    Problems problems; // at least one
};

template <typename T>
using RpcResult = tl::expected<T, RpcError>;

// "interface gre1 / tunnel decap dscp: ...", or the message alone if there is no path.
std::string one_line(const Problem& problem);
RpcError rpc_error(const kernel::Error& error);

struct Outcome {
    std::uint64_t generation = 0; // of the configuration after the change
    std::vector<std::string> changes;
    std::vector<std::string> warnings;
    std::vector<std::string> lines; // ios_diff() of a change that was made
};

class Manager {
public:
    enum class Mode { apply, check };

    // `first_generation` should be greater than any that an earlier daemon has given out,
    // so that a client's old one is known to be stale.
    Manager(kernel::IKernel& kernel, RuleTable& table, ConfigFile file, Log& log,
            std::uint64_t first_generation, RunningFile kept = {});

    // Goes on with the running configuration of the daemon before this one, if there was one since
    // the machine started. Without: with what the module has, if it has anything, and else with
    // the startup file. Then brings the module up to it. A bad startup file: the module keeps what
    // it has.
    void start();

    // Changes nothing if it fails. `generation`: refuse if it is not the running one.
    RpcResult<Outcome> set(Config config, std::optional<std::uint64_t> generation, Mode mode);
    // The same of some objects. Costs nothing for the others if these are interfaces.
    RpcResult<Outcome> change(const Change& change, std::optional<std::uint64_t> generation,
                              Mode mode);
    // The file becomes the running configuration, as if it had been given to set().
    RpcResult<Outcome> reload(const kernel::ILinks& links);
    RpcResult<std::string> save(); // the file that was written
    RpcResult<Config> startup() const;
    // What differs between the startup file, missing or not, and what runs.
    RpcResult<std::vector<std::string>> unsaved() const;

    // The module may hold something else than what is configured: reads it back and sends
    // the difference. False if the module could not be brought up to date; call it again
    // later. Logs a failure once, not at each attempt.
    bool resync(std::string_view why);
    // What there is to do again while the two differ. If the module has refused some objects
    // and nothing has changed since, just these are asked for again, and no other is read or
    // compared: call it as seldom or as often as you like. True if the two are the same then.
    bool retry();
    // Something has happened to this device: what was refused of it may be taken now.
    void on_device(const std::string& device);
    // Somebody committed a transaction.
    void on_commit(std::uint32_t kernel_generation);
    void on_module_gone();
    // Somebody may have taken our table of nftables away. Call it every few seconds.
    void look_at_table();
    // Something ended in the middle: what the module holds is not known until the next retry().
    void doubt();
    bool in_sync() const { return in_sync_; }
    // Why the module refuses an object ("interface gre1") of the running configuration.
    std::string refusal(const std::string& object) const;

    const Config& running() const { return running_; }
    std::uint64_t generation() const { return generation_; }
    const ConfigFile& file() const { return file_; }
    kernel::IKernel& kernel() { return kernel_; }
    Baselines& baselines() { return baselines_; }
    ChangeLog& change_log() { return change_log_; }

private:
    // An object of the running configuration that the module does not take.
    struct Refused {
        std::string problem;
        std::vector<kernel::Operation> operations; // what was asked for
    };
    // What the module held when it was last read or written.
    struct Mirror {
        std::uint32_t instance = 0, generation = 0;
        std::uint64_t capabilities = 0;
        kernel::State state;
    };

    bool mirror_is_current();
    kernel::KernelResult<void> refresh_mirror();
    // Refused, too, if the module is too old for one of them. With a mirror.
    kernel::KernelResult<void> apply(std::uint32_t generation,
                                     std::span<const kernel::Operation> operations);
    kernel::KernelResult<void> apply_and_note(const std::vector<kernel::Operation>& operations);
    kernel::KernelResult<std::size_t> commit(const kernel::State& desired);
    void restore_rules(const std::map<std::uint8_t, kernel::Rule>& rules);
    std::optional<Outcome> change_alone(const Change& change, Mode mode);
    std::optional<std::size_t> push_part(const ChangedPart& part);
    void log_change(const Outcome& outcome, std::size_t operations);
    kernel::KernelResult<std::size_t> push(const Config& config);
    using Warnings = std::vector<std::string>;
    kernel::KernelResult<std::size_t> push_with_table(const Config& config, Warnings& warnings);
    std::uint32_t mark_masks(const Config& config) const;
    void take_table_back(std::uint32_t mark_masks, Warnings& warnings);
    void ask_connections_again(std::uint32_t mark_masks, Warnings& warnings);
    kernel::KernelResult<void> put_table();
    kernel::KernelResult<std::size_t> push_running();
    void begin_counting(const Config& before, const Config& after);
    void hold_back(std::vector<kernel::Operation>& operations) const;
    bool retry_refused(const std::string& object);
    void note_refusal(const kernel::Operation& operation, const kernel::Error& error);
    void settle(); // after a retry of what was refused
    void forget_settled_refusals();
    // The running configuration, one object at a time: what is refused keeps out no other.
    kernel::KernelResult<std::size_t> push_each();
    std::optional<Config> load_startup();
    void log_config(std::string_view event);
    void adopt(); // what the module holds becomes the running configuration
    kernel::KernelResult<void> decide();
    void keep(const nlohmann::json& change, Outcome& outcome);
    void keep_all();
    void report_not_kept(const Problems& problems);
    void become(Config config);
    tl::unexpected<RpcError> no_startup() const;
    void report_sync_failure(const kernel::Error& error);

    kernel::IKernel& kernel_;
    RuleTable& table_;
    ConfigFile file_;
    RunningFile kept_;
    Log& log_;
    Config running_;
    std::uint64_t generation_;
    std::optional<Mirror> mirror_;
    ChangeLog change_log_;
    Baselines baselines_; // of the counters that are shown
    std::string last_failure_, last_not_kept_;
    std::map<std::string, Refused> refused_; // by object: "interface gre1"
    bool table_refused_ = false; // and so the rules that are configured are not in effect
    bool in_sync_ = false;
    bool file_is_bad_ = false;
    // A bad file at start: until somebody gives a configuration the module keeps its own.
    bool hands_off_ = false;
    // No daemon before this one has left its configuration: the module may know better.
    bool undecided_ = false;
};

} // namespace tunqos
