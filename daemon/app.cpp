// SPDX-License-Identifier: GPL-2.0-or-later
#include "app.hpp"

#include <sys/stat.h>
#include <systemd/sd-daemon.h>

#include <chrono>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <system_error>

#include "control/dispatcher.hpp"
#include "control/manager.hpp"
#include "control/retry.hpp"
#include "control/sa_watch.hpp"
#include "control/server.hpp"
#include "control/surroundings_watch.hpp"
#include "guard.hpp"
#include "kernel/event_monitor.hpp"
#include "kernel/genl_client.hpp"
#include "kernel/link_monitor.hpp"
#include "kernel/surroundings_client.hpp"
#include "kernel/xfrm_client.hpp"
#include "tunqos/asio.hpp"
#include "tunqos/rpc.hpp"

namespace tunqos {

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds tick{1};
constexpr std::chrono::seconds look_period{10};

NetworkNamespace own_namespace() {
    NetworkNamespace netns;
    struct stat own {};
    if (stat("/proc/self/ns/net", &own) != 0) return netns;
    netns.inode = own.st_ino;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator("/run/netns", error)) {
        struct stat named {};
        if (stat(entry.path().c_str(), &named) == 0 && named.st_ino == own.st_ino &&
            named.st_dev == own.st_dev)
            netns.name = entry.path().filename();
    }
    return netns;
}

// systemd wants to know when a reload began, by the clock that it uses itself.
void notify_reloading() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld",
               static_cast<long long>(now.tv_sec) * 1000000 + now.tv_nsec / 1000);
}

std::string socket_path(const Options& options) {
    return fs::absolute(options.socket.empty() ? rpc::default_socket_path() : options.socket);
}

// Greater than what any daemon before has given out: it counts from the time it started,
// and no daemon changes its configuration more than once a second on average.
std::uint64_t first_generation() {
    return static_cast<std::uint64_t>(std::time(nullptr));
}

class App {
public:
    App(const Options& options, Log& log)
        : log_(log),
          options_(options),
          signals_(io_, SIGTERM, SIGINT, SIGHUP),
          tick_(io_),
          watchdog_(io_),
          look_(io_),
          server_(io_, log),
          links_(
              io_,
              [this](auto change, const auto& device, const auto& kind) {
                  on_link(change, device, kind);
              },
              [this](const std::string& problem) {
                  log_.warning("no-link-monitor", {{"problem", problem}});
              }),
          events_(io_, event_handlers()),
          table_(nftables_, conntrack_),
          manager_(kernel_, table_, ConfigFile(options.config), log, first_generation(),
                   RunningFile(socket_path(options) + ".running", current_era())),
          retry_(manager_),
          watch_(
              sas_, links_, [this]() -> const Config& { return manager_.running(); }, log),
          beside_(
              surroundings_, links_, [this]() -> const Config& { return manager_.running(); }, log),
          dispatcher_({manager_, links_, watch_, beside_, own_namespace()}, log) {}

    int run() {
        // 1. The socket, before anything is touched: a second daemon ends here.
        const std::string path = socket_path(options_);
        if (const auto claimed = server_.claim(path, options_.group); !claimed) {
            log_.problems("socket-not-available", claimed.error());
            return EXIT_FAILURE;
        }
        // 2. Signals, from here on handled by the loop.
        wait_signal();
        // 3. Events and devices, before the state is read, so that nothing is missed.
        events_.start();
        if (const auto problem = links_.start(); !problem.empty())
            log_.warning("no-link-monitor", {{"problem", problem}});
        // 4. What ran before, or the file; read the module back; send the difference.
        manager_.start();
        wait_tick();
        wait_look();
        // 5. Serve. With or without the module: boot never waits for it.
        server_.serve(dispatcher_);
        start_watchdog();
        log_.info("ready", {{"version", TUNQOS_VERSION}, {"socket", path}});
        sd_notify(0, "READY=1");
        while (!guard("event-loop", [this] { io_.run(); })) {
        }
        // 6. The module keeps marking; whoever starts next reads it back.
        log_.info("stopped", {{"action", "the module keeps its state"}});
        return EXIT_SUCCESS;
    }

private:
    // What was going on is not known to have ended as it should: the module is read again.
    template <typename Part>
    bool guard(std::string_view name, const Part& part) {
        if (guarded(log_, name, part)) return true;
        manager_.doubt();
        retry_.soon();
        return false;
    }

    kernel::EventMonitor::Handlers event_handlers() {
        return {
            [this] {
                manager_.resync("module-loaded");
                retry_.soon();
            },
            [this] {
                manager_.on_module_gone();
                retry_.soon();
            },
            [this](std::uint32_t generation) { manager_.on_commit(generation); },
            [this](const kernel::TunnelStatus& status) {
                on_state(kernel::object_of(status.tunnel), status.phase, status.problem);
            },
            [this](const kernel::PortStatus& status) {
                on_state("interface " + status.port.device, status.phase, status.problem);
            },
            [this] {
                log_.warning("events-lost", {{"action", "read everything again"}});
                manager_.resync("events-lost");
                retry_.soon();
            },
        };
    }

    void on_state(const std::string& object, kernel::Phase phase, const std::string& problem) {
        // Pending is what every binding is before its device; thousands may be.
        if (phase == kernel::Phase::failed)
            log_.error("binding-failed", {{"object", object}, {"problem", problem}});
        else if (phase == kernel::Phase::active)
            log_.info("binding-active", {{"object", object}});
        else
            log_.debug("binding-pending", {{"object", object}});
    }

    void on_link(kernel::LinkMonitor::Change change, const std::string& device,
                 const std::string& kind) {
        if (!manager_.running().interfaces.contains(device)) return;
        log_.info(change == kernel::LinkMonitor::Change::came ? "device-came" : "device-went",
                  {{"device", device}, {"kind", kind.empty() ? std::string("none") : kind}});
        manager_.on_device(device);
    }

    void wait_signal() {
        signals_.async_wait([this](ErrorCode error, int signal) {
            if (error) return;
            if (signal == SIGHUP) {
                notify_reloading();
                guard("reload", [this] { reload(); });
                sd_notify(0, "READY=1");
                wait_signal();
            } else {
                sd_notify(0, "STOPPING=1");
                io_.stop();
            }
        });
    }

    // It says itself what is wrong.
    void reload() {
        auto outcome = manager_.reload(links_);
        if (outcome)
            manager_.change_log().add(loader_of(manager_.file().path(), "SIGHUP"),
                                      std::move(outcome->lines));
    }

    // The events tell at once; this is for what failed, and for events that do not exist.
    void wait_tick() {
        tick_.expires_after(tick);
        tick_.async_wait([this](ErrorCode error) {
            if (error) return;
            guard("retry", [this] { retry_.tick(); });
            wait_tick();
        });
    }

    // Nothing tells that a packet was dropped by the replay check, or what goes round the hooks.
    void wait_look() {
        guarded(log_, "look-at-sas", [this] { watch_.look(); });
        guarded(log_, "look-around", [this] { beside_.look(); });
        guard("look-at-rules", [this] { manager_.look_at_table(); });
        look_.expires_after(look_period);
        look_.async_wait([this](ErrorCode error) {
            if (!error) wait_look();
        });
    }

    void start_watchdog() {
        std::uint64_t limit = 0; // microseconds
        if (sd_watchdog_enabled(0, &limit) > 0) feed_watchdog(std::chrono::microseconds(limit / 2));
    }

    void feed_watchdog(std::chrono::microseconds period) {
        sd_notify(0, "WATCHDOG=1");
        watchdog_.expires_after(period);
        watchdog_.async_wait([this, period](ErrorCode error) {
            if (!error) feed_watchdog(period);
        });
    }

    Log& log_;
    Options options_;
    asio::io_context io_;
    asio::signal_set signals_;
    asio::steady_timer tick_, watchdog_, look_;
    Server server_;
    kernel::GenlClient kernel_;
    kernel::LinkMonitor links_;
    kernel::EventMonitor events_;
    kernel::XfrmClient sas_;
    kernel::SurroundingsClient surroundings_;
    kernel::Nftables nftables_;
    kernel::Conntrack conntrack_;
    RuleTable table_;
    Manager manager_;
    Retry retry_;
    SaWatch watch_;
    SurroundingsWatch beside_;
    Dispatcher dispatcher_;
};

} // namespace

int run_app(const Options& options, Log& log) {
    try {
        return App(options, log).run(); // once it runs, nothing that is thrown comes here
    } catch (const std::exception& failure) {
        log.error("cannot-start", {{"problem", failure.what()}});
        return EXIT_FAILURE;
    }
}

} // namespace tunqos
