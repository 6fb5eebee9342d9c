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

namespace {

// "IPv4 "; nothing if the entry is about both.
std::string_view family(const Selector& match) {
    const std::string& address = match.peer.empty() ? match.local : match.peer;
    if (address.empty() && !match.empty()) return "";
    return address.find(':') == std::string::npos ? "IPv4 " : "IPv6 ";
}

std::string match_lines(const Selector& match) {
    if (match.empty()) return "        Peer = none: disabled until a peer has been configured\n";
    std::string text;
    const auto line = [&](std::string_view what, const std::string& value) {
        text += fmt::format("        {} = {}\n", what, value);
    };
    line("Peer", match.peer.empty() ? "any" : match.peer);
    if (!match.peer.empty()) text += fmt::format("        Current peer: {}\n", match.peer);
    if (!match.local.empty()) line("Local", match.local);
    if (match.reqid) line("Reqid", std::to_string(*match.reqid));
    if (match.if_id) line("If-id", std::to_string(*match.if_id));
    if (match.mark) line("Mark", to_string(*match.mark));
    if (match.spi) line("SPI", hexadecimal(*match.spi));
    return text;
}

} // namespace

std::string render_crypto_map(const CryptoMapKey& key, const CryptoMap& map,
                              const TunnelStatus* status) {
    std::string text = fmt::format("Crypto Map {}\"{}\" {} ipsec-isakmp\n", family(map.match),
                                   key.name, key.sequence);
    if (!map.description.empty()) text += fmt::format("        Description: {}\n", map.description);
    text += match_lines(map.match);
    text += fmt::format("        Diffserv model: {}\n", to_string(model_of(map.tunnel)));
    if (map.tunnel.pre_classify.enabled)
        text += "        QOS pre-classification" + to_string(map.tunnel.pre_classify) + '\n';
    if (status != nullptr) {
        text += fmt::format("        State: {}\n", status->state);
        if (!status->problem.empty()) text += fmt::format("        Problem: {}\n", status->problem);
        for (const std::string& warning : status->warnings)
            text += fmt::format("        Warning: {}\n", warning);
        for (const std::string& note : status->notes)
            text += fmt::format("        Note: {}\n", note);
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
    }
    if (!link.qdisc.empty()) {
        const bool classified = tunnel != nullptr && tunnel->pre_classify;
        text += fmt::format("  Queueing strategy: {}{}\n", link.qdisc,
                            classified ? " (QOS pre-classification)" : "");
    }
    if (port != nullptr) part(render_port(*port));
    if (tunnel == nullptr && port == nullptr) text += "  No QoS setting of tunqos\n";
    return text;
}

} // namespace tunqos::cli
