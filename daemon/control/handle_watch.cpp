// SPDX-License-Identifier: GPL-2.0-or-later
//
// All that is watched in one list, with what of it is seen now: of devices, filters, programs and
// fast paths by SurroundingsWatch, of SAs by SaWatch.
#include <array>

#include "control/handlers.hpp"
#include "control/sa_watch.hpp"
#include "control/surroundings_watch.hpp"
#include "planner/watch.hpp"

namespace tunqos {

using nlohmann::json;
using planner::Finding;
using planner::Watched;

namespace {

// What was found of each, in the order of the list; where nobody could look, nothing was.
struct Seen {
    std::array<json, planner::watched_count> findings;
    json problems = json::array();
    bool knows_surroundings = true, knows_sas = true;

    Seen() { findings.fill(json::array()); }

    void put(const std::string& object, const Finding& finding) {
        findings[static_cast<std::size_t>(finding.what)].push_back(
            {{"object", object}, {"place", finding.place}, {"text", finding.text}});
    }
};

bool is_of_sa(Watched what) {
    return what >= Watched::sa_decap_dscp;
}

void put_surroundings(Seen& seen, Context& context) {
    const auto beside = context.surroundings.report();
    if (!beside.problem.empty()) {
        seen.knows_surroundings = false;
        seen.problems.push_back(beside.problem);
    }
    const auto& interfaces = context.manager.running().interfaces;
    for (const auto* all : {&beside.tunnels, &beside.ports}) {
        for (const auto& [name, findings] : *all) {
            const std::string object =
                (interfaces.contains(name) ? "interface " : "crypto map ") + name;
            for (const auto& finding : findings)
                seen.put(object, finding);
        }
    }
    for (const auto& finding : beside.rules)
        seen.put("qos rules", finding);
}

void put_sas(Seen& seen, Context& context) {
    if (context.manager.running().crypto_maps.empty() && context.links.ipsec_devices().empty())
        return;
    const auto reports = context.sas.report();
    if (!reports) {
        seen.knows_sas = false;
        seen.problems.push_back(one_line(reports.error().problems.front()));
        return;
    }
    for (const auto& report : *reports) {
        for (const auto& finding : report.findings)
            seen.put(report.bound, finding);
    }
    for (const auto& [label, finding] : context.sas.moved(*reports))
        seen.put("crypto map " + label, finding);
}

} // namespace

JsonResult handle_show_watch(Context& context, const json&) {
    Seen seen;
    put_surroundings(seen, context);
    put_sas(seen, context);
    json list = json::array();
    for (const auto& entry : planner::watch_list) {
        json& findings = seen.findings[static_cast<std::size_t>(entry.what)];
        const bool known = is_of_sa(entry.what) ? seen.knows_sas : seen.knows_surroundings;
        const char* const state = !findings.empty() ? "seen" : known ? "not-seen" : "unknown";
        list.push_back({{"what", entry.name},
                        {"level", entry.level == planner::Level::warning ? "warning" : "note"},
                        {"where", entry.where},
                        {"remedy", planner::remedy_of(entry.what)},
                        {"state", state},
                        {"findings", std::move(findings)}});
    }
    return json{{"watched", std::move(list)}, {"problems", std::move(seen.problems)}};
}

} // namespace tunqos
