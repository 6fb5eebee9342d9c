// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/surroundings_watch.hpp"

#include <algorithm>

#include "control/manager.hpp"

namespace tunqos {

namespace {

bool queues_by_outer(const Config& config) {
    const auto outer = [](const TunnelProfile& profile) {
        return profile.decap.queue_by == DecapClass::outer;
    };
    return std::any_of(
               config.interfaces.begin(), config.interfaces.end(),
               [&](const auto& one) { return one.second.tunnel && outer(*one.second.tunnel); }) ||
           std::any_of(config.crypto_maps.begin(), config.crypto_maps.end(),
                       [&](const auto& one) { return outer(one.second.tunnel); });
}

void put(FindingsByName& all, const std::string& name, std::vector<planner::Finding> findings) {
    if (!findings.empty()) all.emplace(name, std::move(findings));
}

} // namespace

SurroundingsWatch::SurroundingsWatch(kernel::ISurroundings& surroundings,
                                     const kernel::ILinks& links, Running running, Log& log)
    : surroundings_(surroundings), links_(links), running_(std::move(running)), log_(log) {}

Surroundings SurroundingsWatch::report(const std::string& name) {
    Surroundings report;
    const Config& config = running_();
    if (config.interfaces.empty() && config.crypto_maps.empty() && config.rules.empty())
        return report;
    if (const auto fresh = surroundings_.refresh(); !fresh) {
        report.problem = one_line(fresh.error().problems.front()); // `show` is about more than this
        return report;
    }
    planner::Watcher watcher(links_, surroundings_);
    const bool by_class = queues_by_outer(config);
    const auto look_at = [&](const std::string& device, const Interface& interface) {
        if (interface.tunnel)
            put(report.tunnels, device, watcher.tunnel(device, *interface.tunnel));
        if (interface.is_port())
            put(report.ports, device, watcher.port(device, interface, by_class));
    };
    if (name.empty()) {
        for (const auto& [device, interface] : config.interfaces)
            look_at(device, interface);
    } else if (const auto found = config.interfaces.find(name); found != config.interfaces.end()) {
        look_at(name, found->second);
    }
    for (const auto& [key, map] : config.crypto_maps) {
        const std::string label = key.name + ' ' + std::to_string(key.sequence);
        if (name.empty() || name == label) put(report.tunnels, label, watcher.crypto_map(map));
    }
    if (name.empty() && !config.rules.empty())
        report.rules = watcher.rules(config.rule_options.mark_mask);
    return report;
}

void SurroundingsWatch::look() {
    const auto now = report();
    if (!now.problem.empty()) {
        if (now.problem != last_problem_) log_.warning("no-watch", {{"problem", now.problem}});
        last_problem_ = now.problem;
        return;
    }
    last_problem_.clear();
    std::map<std::string, std::string> told;
    const auto tell = [&](const std::string& name, const std::vector<planner::Finding>& findings) {
        for (const auto& finding : findings) {
            if (finding.level() != planner::Level::warning) continue;
            const std::string what(planner::entry_of(finding.what).name);
            const bool fresh = told.emplace(finding.text, what).second;
            if (fresh && !told_.contains(finding.text))
                log_.warning("acts-on-marks",
                             {{"object", name}, {"what", what}, {"problem", finding.text}});
        }
    };
    for (const auto* all : {&now.tunnels, &now.ports}) {
        for (const auto& [name, findings] : *all)
            tell(name, findings);
    }
    tell("qos rules", now.rules);
    for (const auto& [text, what] : told_) {
        if (!told.contains(text)) log_.info("acts-no-more", {{"what", what}, {"problem", text}});
    }
    told_ = std::move(told);
}

} // namespace tunqos
