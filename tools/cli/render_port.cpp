// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include "cli/render.hpp"

namespace tunqos::cli {
namespace {

std::string table_words(const PortStatus& port) {
    return port.table.empty() ? "class selector" : port.table;
}

} // namespace

std::string render_ports(const std::vector<PortStatus>& ports) {
    if (ports.empty()) return "No 802.1p port is configured.\n";
    std::vector<Row> rows{
        {"Interface", "State", "Lower", "VLAN", "DSCP to CoS", "Written", "Left alone"}};
    for (const PortStatus& port : ports) {
        rows.push_back({port.name, port.state, port.lower.empty() ? "-" : port.lower,
                        port.vid ? std::to_string(*port.vid) : "-", table_words(port),
                        std::to_string(port.egress.written),
                        std::to_string(port.egress.left_alone)});
    }
    return render_table(rows);
}

std::string render_port(const PortStatus& port) {
    std::string text = fmt::format("{} is {}\n", port.name, port.state);
    if (!port.problem.empty()) text += fmt::format("  Problem: {}\n", port.problem);
    if (port.vid) {
        text += fmt::format("  Encapsulation 802.1Q Virtual LAN, Vlan ID {}, on {}\n", *port.vid,
                            port.lower.empty() ? "an unknown device" : port.lower);
    }
    text += port.table.empty() ? "  CoS: the upper three bits of the DSCP\n"
                               : fmt::format("  CoS: from the DSCP by table-map {}\n", port.table);
    text +=
        fmt::format("    {} packets, {} written, {} left alone, {} dropped\n", port.egress.packets,
                    port.egress.written, port.egress.left_alone, port.egress.dropped);
    text +=
        fmt::format("  Hooks: {}\n",
                    port.hooks.empty() ? "none" : fmt::format("{}", fmt::join(port.hooks, ", ")));
    return text;
}

} // namespace tunqos::cli
