// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include "cli/render.hpp"

namespace tunqos::cli {
namespace {

std::string counters_line(const Counters& counters) {
    return fmt::format("    {} packets, {} written, {} left alone, {} dropped\n", counters.packets,
                       counters.written, counters.left_alone, counters.dropped);
}

constexpr const char* port_legend = "something acts on the marks around us: show interfaces NAME";

std::string or_else(const std::string& table, const char* without) {
    return table.empty() ? without : table;
}

std::string cos_source(const PortStatus::Cos& cos) {
    if (!cos.dscp) return cos.rules ? "rules" : "-";
    return or_else(cos.table, "dscp-cos map") + (cos.rules ? ", rules" : "");
}

} // namespace

std::string render_cos(const std::vector<PortStatus>& ports) {
    std::vector<Row> rows{
        {"Interface", "State", "Lower", "VLAN", "DSCP to CoS", "Written", "Left alone"}};
    std::vector<std::size_t> marked;
    for (const PortStatus& port : ports) {
        if (!port.cos) continue;
        if (!port.warnings.empty()) marked.push_back(rows.size());
        rows.push_back({port.name, port.state, port.lower.empty() ? "-" : port.lower,
                        port.vid ? std::to_string(*port.vid) : "-", cos_source(*port.cos),
                        std::to_string(port.cos->egress.written),
                        std::to_string(port.cos->egress.left_alone)});
    }
    return rows.size() == 1 ? "No 802.1p port is configured.\n"
                            : render_table(rows, marked, port_legend);
}

std::string render_marks(const std::vector<PortStatus>& ports) {
    std::vector<Row> rows{{"Interface", "State", "DSCP to mark", "Mask", "Written", "Left alone"}};
    std::vector<std::size_t> marked;
    for (const PortStatus& port : ports) {
        if (!port.mark) continue;
        if (!port.warnings.empty()) marked.push_back(rows.size());
        rows.push_back({port.name, port.state, or_else(port.mark->table, "the DSCP"),
                        port.mark->mask, std::to_string(port.mark->ingress.written),
                        std::to_string(port.mark->ingress.left_alone)});
    }
    return rows.size() == 1 ? "No interface sets the mark.\n"
                            : render_table(rows, marked, port_legend);
}

std::string render_port(const PortStatus& port) {
    std::string text = fmt::format("{} is {}\n", port.name, port.state);
    if (!port.problem.empty()) text += fmt::format("  Problem: {}\n", port.problem);
    for (const std::string& warning : port.warnings)
        text += fmt::format("  Warning: {}\n", warning);
    for (const std::string& note : port.notes)
        text += fmt::format("  Note: {}\n", note);
    if (port.vid) {
        text += fmt::format("  Encapsulation 802.1Q Virtual LAN, Vlan ID {}, on {}\n", *port.vid,
                            port.lower.empty() ? "an unknown device" : port.lower);
    }
    if (const auto& cos = port.cos) {
        if (cos->dscp)
            text += cos->table.empty()
                        ? "  CoS: from the DSCP by the dscp-cos map\n"
                        : fmt::format("  CoS: from the DSCP by table-map {}\n", cos->table);
        if (cos->rules) text += "  802.1p: rules know the tags here, and write them\n";
        for (const auto& [protocol, value] : cos->protocols)
            text += fmt::format("  CoS of {}: {}\n", protocol, value);
        text += counters_line(cos->egress);
    }
    if (const auto& arrival = port.arrival) {
        text +=
            fmt::format("  DSCP of what arrives: {}\n", arrival_text(arrival->mls, arrival->set));
        if (arrival->ingress) text += counters_line(*arrival->ingress);
    }
    if (const auto& mark = port.mark) {
        text += mark->table.empty()
                    ? fmt::format("  Mark: the DSCP, mask {}\n", mark->mask)
                    : fmt::format("  Mark: from the DSCP by table-map {}, mask {}\n", mark->table,
                                  mark->mask);
        // The module counts what arrives once.
        if (!port.arrival || !port.arrival->ingress) text += counters_line(mark->ingress);
    }
    text +=
        fmt::format("  Hooks: {}\n",
                    port.hooks.empty() ? "none" : fmt::format("{}", fmt::join(port.hooks, ", ")));
    return text;
}

} // namespace tunqos::cli
