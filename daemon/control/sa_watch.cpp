// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/sa_watch.hpp"

#include <linux/xfrm.h>

#include "control/manager.hpp"
#include "planner/sa_binder.hpp"
#include "planner/watch.hpp"

namespace tunqos {

namespace {

using Drops = kernel::Sa::Drops;

// Of an SA that was made anew under the same name everything is new.
Drops increase(const Drops& before, const Drops& now) {
    const auto since = [](std::uint32_t old, std::uint32_t young) {
        return young < old ? young : young - old;
    };
    return {since(before.late, now.late), since(before.repeated, now.repeated),
            since(before.broken, now.broken)};
}

} // namespace

SaWatch::SaWatch(kernel::ISas& sas, const kernel::ILinks& links, Running running, Log& log)
    : sas_(sas), links_(links), running_(std::move(running)), log_(log) {}

SaWatch::Key SaWatch::key_of(const kernel::Sa& sa) {
    return {sa.destination, sa.spi, sa.protocol, sa.mark.value_or(Mark{0, 0})};
}

kernel::KernelResult<std::vector<SaReport>> SaWatch::report() {
    auto sas = sas_.sas();
    if (!sas) return tl::make_unexpected(sas.error());
    const Config& config = running_();
    const planner::SaBinder binder(config, links_.ipsec_devices());
    std::set<std::pair<std::string, std::string>> tunnels; // from, to
    for (const auto& sa : *sas) {
        if (sa.mode == XFRM_MODE_TUNNEL) tunnels.emplace(sa.source, sa.destination);
    }
    std::vector<SaReport> reports;
    reports.reserve(sas->size());
    for (auto& sa : *sas) {
        SaReport report{std::move(sa), {}, {}, {}, {}, {}};
        if (const auto* const owner = binder.find(report.sa)) {
            report.bound = owner->name;
            const bool may_be_bundled = tunnels.contains({report.sa.source, report.sa.destination});
            report.warnings = planner::advise_sa(report.sa, *owner, config, may_be_bundled);
            report.notes = planner::note_sa(report.sa, *owner);
            report.findings = planner::watch_sa(report.sa, *owner);
        }
        if (const auto found = seen_.find(key_of(report.sa)); found != seen_.end())
            report.recent = found->second.recent;
        reports.push_back(std::move(report));
    }
    return reports;
}

kernel::KernelResult<std::set<std::string>> SaWatch::owners() {
    const auto sas = sas_.sas();
    if (!sas) return tl::make_unexpected(sas.error());
    const planner::SaBinder binder(running_(), links_.ipsec_devices());
    std::set<std::string> owners;
    for (const auto& sa : *sas) {
        if (const auto* const owner = binder.find(sa)) owners.insert(owner->name);
    }
    return owners;
}

void SaWatch::look() {
    // Without an entry for it nobody has asked about IPsec.
    if (planner::SaBinder(running_(), links_.ipsec_devices()).empty()) {
        seen_.clear();
        told_.clear();
        had_.clear();
        first_ = true;
        return;
    }
    const auto reports = report();
    if (reports) {
        last_failure_.clear();
        look_at(*reports);
        return;
    }
    const std::string text = one_line(reports.error().problems.front());
    if (text != last_failure_) log_.warning("no-sas", {{"problem", text}});
    last_failure_ = text;
}

MovedSas SaWatch::moved(const std::vector<SaReport>& reports) {
    MovedSas moved;
    std::map<std::string, Had> had;
    for (const auto& [key, map] : running_().crypto_maps) {
        if (map.match.peer.empty()) continue;
        const std::string label = key.name + ' ' + std::to_string(key.sequence);
        Had one{map.match, {}};
        for (const auto& report : reports) {
            if (report.bound == "crypto map " + label && report.sa.reqid != 0)
                one.reqids.insert(report.sa.reqid);
        }
        const bool has_sa = !one.reqids.empty();
        if (const auto before = had_.find(label);
            !has_sa && before != had_.end() && before->second.match == map.match)
            one.reqids = before->second.reqids;
        if (!has_sa && map.match.reqid) one.reqids.insert(*map.match.reqid);
        for (const auto& report : reports) {
            if (has_sa || !report.bound.empty() || !one.reqids.contains(report.sa.reqid)) continue;
            moved.emplace(label,
                          planner::make_finding(planner::Watched::sa_moved, "crypto map " + label,
                                                {.what = report.sa.peer()}));
        }
        if (!one.reqids.empty()) had.emplace(label, std::move(one));
    }
    had_ = std::move(had);
    return moved;
}

void SaWatch::look_at(const std::vector<SaReport>& reports) {
    std::map<Key, Seen> now;
    std::set<std::string> told;
    for (const auto& [label, finding] : moved(reports)) {
        const std::string& warning = finding.text;
        if (!told_.contains(warning)) log_.warning("sa-moved", {{"what", warning}});
        told.insert(warning);
    }
    for (const auto& report : reports) {
        compare(report, now);
        for (const auto& warning : report.warnings) {
            if (!told_.contains(warning)) log_.warning("sa-warning", {{"what", warning}});
            told.insert(warning);
        }
    }
    seen_ = std::move(now);
    told_ = std::move(told);
    first_ = false;
}

void SaWatch::compare(const SaReport& report, std::map<Key, Seen>& now) {
    const Drops& drops = report.sa.drops;
    Seen& seen = now[key_of(report.sa)];
    seen.drops = drops;
    if (first_) return;
    const auto before = seen_.find(key_of(report.sa));
    seen.recent = increase(before == seen_.end() ? Drops{} : before->second.drops, drops);
    if (report.bound.empty() || seen.recent == Drops{}) return;
    log_.warning("replay-drops", {{"sa", to_string(report.sa)},
                                  {"bound", report.bound},
                                  {"window", report.sa.window},
                                  {"late", seen.recent.late},
                                  {"repeated", seen.recent.repeated},
                                  {"broken", seen.recent.broken}});
}

} // namespace tunqos
