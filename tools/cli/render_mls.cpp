// SPDX-License-Identifier: GPL-2.0-or-later
//
// Ports and their maps in the layouts of a Catalyst: `show mls qos`, `show mls qos maps`,
// `show mls qos interface`.
#include <fmt/format.h>

#include "cli/render.hpp"

namespace tunqos::cli {
namespace {

constexpr std::string_view rule = "     ---------------------------------------\n";

// A row for each ten.
std::string grid(const Table& table) {
    constexpr std::size_t columns = 10;
    std::string text = "     d1 :  d2 0  1  2  3  4  5  6  7  8  9\n" + std::string(rule);
    for (std::size_t i = 0; i < table.size(); ++i) {
        if (i % columns == 0)
            text += fmt::format("{}      {} :   ", i == 0 ? "" : "\n", i / columns);
        text += fmt::format(" {:02}", table[i]);
    }
    return text + "\n\n";
}

std::string counters_line(const Counters& counters) {
    return fmt::format("received: {} packets, {} written, {} left alone, {} dropped\n",
                       counters.packets, counters.written, counters.left_alone, counters.dropped);
}

std::string by_untagged(const MlsQos& mls) {
    return fmt::format("from the CoS by the cos-dscp map, CoS {} without a tag", mls.cos);
}

// A port without trust is none that sets marks to 0: what happens is said behind it.
std::string trust_text(const Interface& interface) {
    const MlsQos& mls = interface.mls_qos;
    const std::string text(words_of(mls.trust)[static_cast<std::size_t>(mls.trust)].shown);
    if (mls.override)
        return text + (mls.trust == PortTrust::none ? " (COS override decides)"
                                                    : " (not in force: COS override decides)");
    if (mls.trust != PortTrust::none) return text;
    return text + (interface.set_dscp ? " (set dscp decides)" : " (all marks are kept)");
}

std::string mutation_text(const MlsQos& mls) {
    if (mls.mutation.empty()) return "Default DSCP Mutation Map";
    const bool in_force = mls.trust == PortTrust::dscp && !mls.override;
    return mls.mutation + (in_force ? "" : " (not in force)");
}

std::string set_dscp_text(const SetDscp& set) {
    const std::string value =
        set.dscp == PortDscp::set ? to_string(set.dscp.value) : set.dscp.table;
    const std::string text = fmt::format(fmt::runtime(word_of(set.dscp.mode).shown), value);
    if (set.dscp == PortDscp::set) return text;
    return text + (set.override ? ", whatever it was" : ", if it was 0");
}

} // namespace

std::string arrival_text(const MlsQos& mls, const std::optional<SetDscp>& set) {
    if (set) return set_dscp_text(*set);
    if (mls.override) return fmt::format("that of CoS {} in the cos-dscp map", mls.cos);
    if (mls.trust == PortTrust::cos) return by_untagged(mls);
    return mls.mutation.empty() || mls.trust == PortTrust::none
               ? "kept"
               : "mapped by dscp-mutation " + mls.mutation;
}

std::string render_mls(const std::map<std::string, Interface>& interfaces) {
    std::string ports;
    for (const auto& [name, interface] : interfaces) {
        if (interface.has_arrival())
            ports += fmt::format("  {}: {}\n", name,
                                 arrival_text(interface.mls_qos, interface.set_dscp));
    }
    if (ports.empty()) return "QoS is enabled\nDSCP of what arrives: kept on all interfaces\n";
    return "QoS is enabled\nDSCP of what arrives: kept, if nothing else is said here\n" + ports;
}

std::string render_cos_dscp(const CosMap& map) {
    std::string cos, dscp;
    for (std::size_t i = 0; i < map.size(); ++i) {
        cos += fmt::format("{:3}", i);
        dscp += fmt::format("{:3}", map[i]);
    }
    return fmt::format(
        "   Cos-dscp map:\n        cos: {}\n     --------------------------------\n       dscp: "
        "{}\n\n",
        cos, dscp);
}

std::string render_dscp_cos(const Table& table) {
    return "   Dscp-cos map:\n" + grid(table);
}

std::string render_mutation(const std::string& name, const Table& table) {
    return fmt::format("   {}:\n", name) + grid(table);
}

std::string render_mls_interface(const std::string& name, const Interface& interface,
                                 const PortStatus* port) {
    const MlsQos& mls = interface.mls_qos;
    const bool trusts = mls.trust != PortTrust::none && !mls.override;
    const std::string trust = trust_text(interface);
    std::string text = fmt::format(
        "{}\ntrust state: {}\ntrust mode: {}\ntrust enabled flag: {}\nCOS override: {}\n"
        "default COS: {}\nDSCP Mutation Map: {}\nTrust device: none\nqos mode: port-based\n",
        name, trust, trust, trusts ? "ena" : "dis", mls.override ? "ena" : "dis", mls.cos,
        mutation_text(mls));
    text += fmt::format("DSCP: {}\n", arrival_text(mls, interface.set_dscp));
    if (port == nullptr) return text;
    text += fmt::format("state: {}\n", port->state);
    if (!port->problem.empty()) text += fmt::format("problem: {}\n", port->problem);
    for (const std::string& warning : port->warnings)
        text += fmt::format("warning: {}\n", warning);
    if (port->arrival && port->arrival->ingress) text += counters_line(*port->arrival->ingress);
    return text;
}

} // namespace tunqos::cli
