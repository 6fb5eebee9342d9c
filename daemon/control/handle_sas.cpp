// SPDX-License-Identifier: GPL-2.0-or-later
//
// The SAs of the kernel with the entries that bind them.
#include "control/handlers.hpp"
#include "control/sa_watch.hpp"

namespace tunqos {

using nlohmann::json;

namespace {

json drops_json(const kernel::Sa::Drops& drops) {
    return {{"late", drops.late}, {"repeated", drops.repeated}, {"broken", drops.broken}};
}

const char* direction_name(kernel::Sa::Direction direction) {
    switch (direction) {
    case kernel::Sa::Direction::in: return "in";
    case kernel::Sa::Direction::out: return "out";
    case kernel::Sa::Direction::unknown: break;
    }
    return "unknown";
}

json sa_json(const SaReport& report) {
    const kernel::Sa& sa = report.sa;
    json value = {{"name", to_string(sa)},
                  {"direction", direction_name(sa.direction)},
                  {"peer", sa.peer()},
                  {"local", sa.local()},
                  {"protocol", kernel::protocol_name(sa.protocol)},
                  {"spi", hexadecimal(sa.spi)},
                  {"mode", kernel::mode_name(sa.mode)},
                  {"reqid", sa.reqid},
                  {"natTraversal", sa.natt},
                  {"decapDscp", sa.decap_dscp},
                  {"dontEncapDscp", sa.dont_encap_dscp},
                  {"noEcn", sa.no_ecn},
                  {"replayWindow", sa.window},
                  {"drops", drops_json(sa.drops)},
                  {"recentDrops", drops_json(report.recent)},
                  {"bound", report.bound.empty() ? json() : json(report.bound)},
                  {"warnings", report.warnings},
                  {"notes", report.notes}};
    value["ifId"] = sa.if_id != 0 ? json(sa.if_id) : json();
    value["mark"] = sa.mark ? json(to_string(*sa.mark)) : json();
    return value;
}

} // namespace

JsonResult handle_show_sas(Context& context, const json&) {
    const auto reports = context.sas.report();
    if (!reports) return tl::make_unexpected(rpc_error(reports.error()));
    json list = json::array();
    for (const auto& report : *reports)
        list.push_back(sa_json(report));
    return json{{"sas", std::move(list)}};
}

} // namespace tunqos
