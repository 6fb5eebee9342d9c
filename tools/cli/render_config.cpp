// SPDX-License-Identifier: GPL-2.0-or-later
//
// Configured objects in the layouts of IOS: `show table-map`, `show crypto map`, `show interfaces`.
#include <fmt/format.h>

#include "cli/render.hpp"

namespace tunqos::cli {

std::string render_table_map(const std::string& name, const TableMap& map) {
    std::string text = fmt::format(" Table Map {}\n", name);
    for (const auto& [from, to] : map.map)
        text += fmt::format("   from {} to {}\n", from, to);
    if (map.fallback == TableDefault::copy) text += "   default copy\n";
    if (map.fallback == TableDefault::ignore) text += "   default ignore\n";
    if (map.fallback == TableDefault::value)
        text += fmt::format("   default {}\n", map.default_value);
    return text + '\n';
}

std::string render_crypto_map(const CryptoMapKey& key, const CryptoMap& map,
                              const TunnelStatus* status) {
    const bool v6 = map.peer.find(':') != std::string::npos;
    std::string text = fmt::format("Crypto Map {} \"{}\" {} ipsec-isakmp\n", v6 ? "IPv6" : "IPv4",
                                   key.name, key.sequence);
    if (!map.description.empty()) text += fmt::format("        Description: {}\n", map.description);
    if (map.peer.empty()) {
        text += "        Peer = none: disabled until a peer has been configured\n";
    } else {
        text += fmt::format("        Peer = {}\n        Current peer: {}\n", map.peer, map.peer);
    }
    text += fmt::format("        Diffserv model: {}\n", to_string(model_of(map.tunnel)));
    if (map.tunnel.pre_classify.enabled) text += "        QOS pre-classification\n";
    if (status != nullptr) {
        text += fmt::format("        State: {}\n", status->state);
        if (!status->problem.empty()) text += fmt::format("        Problem: {}\n", status->problem);
    }
    return text;
}

std::string render_interface(const std::string& name, const LinkState& link,
                             const Interface* interface, const TunnelStatus* tunnel,
                             const PortStatus* port) {
    std::string text = name;
    if (!link.exists) {
        text += " does not exist\n";
    } else {
        text += fmt::format(" is {}, line protocol is {}\n",
                            link.up ? "up" : "administratively down", link.running ? "up" : "down");
    }
    if (interface != nullptr && !interface->description.empty()) {
        text += fmt::format("  Description: {}\n", interface->description);
    }
    // The parts below have a head line of their own; here it becomes the QoS state.
    const auto part = [&](const std::string& rendered) {
        const auto end = rendered.find('\n');
        const auto is = rendered.rfind(" is ", end);
        text += fmt::format("  QoS state {}\n", rendered.substr(is + 4, end - is - 4));
        text += rendered.substr(end + 1);
    };
    if (tunnel != nullptr) {
        part(render_tunnel(*tunnel));
        if (tunnel->pre_classify) text += "  Queueing strategy: fifo (QOS pre-classification)\n";
    }
    if (port != nullptr) part(render_port(*port));
    if (tunnel == nullptr && port == nullptr) text += "  No QoS setting of tunqos\n";
    return text;
}

} // namespace tunqos::cli
