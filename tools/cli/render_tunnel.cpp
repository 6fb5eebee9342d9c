// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include "cli/render.hpp"

namespace tunqos::cli {
namespace {

std::string encap_short(const TunnelStatus& tunnel) {
    if (tunnel.encap_dscp == "set" && tunnel.encap_value) {
        return "set " + describe(*tunnel.encap_value);
    }
    if (tunnel.encap_dscp == "table") return "table " + tunnel.encap_table;
    return tunnel.encap_dscp;
}

std::string decap_short(const TunnelStatus& tunnel) {
    std::string text = tunnel.decap_dscp;
    if (tunnel.decap_dscp == "table") text += " " + tunnel.decap_table;
    if (!tunnel.permit.empty()) text += " permit " + tunnel.permit;
    return text;
}

std::string encap_words(const TunnelStatus& tunnel) {
    if (tunnel.encap_dscp == "copy") return "the outer DSCP is copied from the inner header";
    if (tunnel.encap_dscp == "set" && tunnel.encap_value) {
        return "the outer DSCP is set to " + describe(*tunnel.encap_value);
    }
    if (tunnel.encap_dscp == "table") {
        return "the outer DSCP is mapped from the inner one by table-map " + tunnel.encap_table;
    }
    return "the outer DSCP is left as the kernel wrote it";
}

// What is not at its default.
std::string single_words(const TunnelStatus& tunnel) {
    if (tunnel.encap_single.empty()) return {};
    return "; all outer DSCPs are brought into the aggregate " + tunnel.encap_single;
}

std::string inner_words(const TunnelStatus& tunnel) {
    if (tunnel.encap_inner == "set" && tunnel.encap_inner_value) {
        return "; the inner DSCP is then set to " + describe(*tunnel.encap_inner_value);
    }
    if (tunnel.encap_inner == "table") {
        return "; the inner DSCP is then mapped by table-map " + tunnel.encap_inner_table;
    }
    return {};
}

template <Worded Value>
std::string clause(const TunnelSetting<Value>&, Value value) {
    static constexpr auto words = words_of(Value{});
    const std::string_view shown = words[static_cast<std::size_t>(value)].shown;
    return shown.empty() ? std::string() : fmt::format("; {}", shown);
}
std::string clause(const TunnelSetting<std::optional<Dscp>>& setting,
                   const std::optional<Dscp>& value) {
    if (!value) return {};
    return fmt::format("  {}\n", fmt::format(fmt::runtime(setting.shown), describe(*value)));
}

// Of a section: clauses that go on with its line. Of none: lines.
std::string setting_words(const TunnelStatus& tunnel, std::string_view section) {
    std::string text;
    each_setting(section, [&](const auto& setting) {
        text += clause(setting, tunnel.options.*setting.member);
    });
    return text;
}

std::string decap_words(const TunnelStatus& tunnel) {
    const std::string permit =
        tunnel.permit.empty() ? std::string() : ", for outer DSCPs " + tunnel.permit;
    if (tunnel.decap_dscp == "copy")
        return "the inner DSCP is copied from the outer header" + permit;
    if (tunnel.decap_dscp == "table") {
        return "the inner DSCP is mapped from the outer one by table-map " + tunnel.decap_table +
               permit;
    }
    return "the inner DSCP is kept";
}

std::string counters(const Counters& counters) {
    return fmt::format("    {} packets, {} written, {} left alone, {} dropped\n", counters.packets,
                       counters.written, counters.left_alone, counters.dropped);
}

std::string subject(const TunnelStatus& tunnel) {
    if (tunnel.binding != "ipsec") return tunnel.name;
    return "Crypto map " + tunnel.name;
}

} // namespace

std::string render_tunnels(const std::vector<TunnelStatus>& tunnels) {
    if (tunnels.empty()) return "No tunnel is configured.\n";
    std::vector<Row> rows{
        {"Tunnel", "State", "Model", "Encap DSCP", "Decap DSCP", "Written", "Left alone"}};
    std::vector<std::size_t> marked;
    for (const TunnelStatus& tunnel : tunnels) {
        if (!tunnel.warnings.empty() || !tunnel.sa_warnings.empty()) marked.push_back(rows.size());
        rows.push_back({tunnel.name, tunnel.state, tunnel.model, encap_short(tunnel),
                        decap_short(tunnel),
                        std::to_string(tunnel.encap.written + tunnel.decap.written),
                        std::to_string(tunnel.encap.left_alone + tunnel.decap.left_alone)});
    }
    return render_table(rows, marked, "something acts on the marks around us: show tunnel NAME");
}

std::string render_tunnel(const TunnelStatus& tunnel) {
    std::string text = fmt::format("{} is {}\n", subject(tunnel), tunnel.state);
    if (!tunnel.problem.empty()) text += fmt::format("  Problem: {}\n", tunnel.problem);
    if (tunnel.state == "pending" && tunnel.binding == "device") {
        text +=
            "  There is no such device in this network namespace; one of another namespace "
            "needs the daemon of that\n  one: ip netns exec NAMESPACE tunqosd, then ip netns "
            "exec NAMESPACE tunqos\n";
    }
    for (const auto* warnings : {&tunnel.warnings, &tunnel.sa_warnings}) {
        for (const std::string& warning : *warnings)
            text += fmt::format("  Warning: {}\n", warning);
    }
    for (const std::string& note : tunnel.notes)
        text += fmt::format("  Note: {}\n", note);
    if (!tunnel.kind.empty()) text += fmt::format("  Tunnel protocol/transport {}\n", tunnel.kind);
    if (!tunnel.peer.empty()) text += fmt::format("  Peer {}\n", tunnel.peer);
    if (!tunnel.match.empty()) text += fmt::format("  Match {}\n", fmt::join(tunnel.match, ", "));
    text += fmt::format("  Diffserv model {}\n", tunnel.model);
    text += fmt::format("  Encap: {}{}{}{}{}\n", encap_words(tunnel),
                        tunnel.encap_by_kernel ? " (by the kernel)" : "", single_words(tunnel),
                        inner_words(tunnel), setting_words(tunnel, "encap"));
    text += counters(tunnel.encap);
    text += fmt::format("  Decap: {}; packets are queued by the {} DSCP{}\n", decap_words(tunnel),
                        tunnel.decap_class.empty() ? "inner" : tunnel.decap_class,
                        setting_words(tunnel, "decap"));
    text += counters(tunnel.decap);
    if (tunnel.pre_classify) {
        text += "  QOS pre-classification";
        if (!tunnel.pre_classify_table.empty()) {
            text += ", priority by table-map " + tunnel.pre_classify_table;
        }
        if (!tunnel.pre_classify_handle.empty())
            text += ", classes of " + tunnel.pre_classify_handle;
        if (tunnel.pre_classify_via == "priority") text += ", class in the priority";
        if (tunnel.pre_classify_via == "mark")
            text += ", class in the mark under " + tunnel.pre_classify_mask;
        text += '\n';
    }
    text += setting_words(tunnel, "");
    text += fmt::format("  Hooks: {}\n", tunnel.hooks.empty()
                                             ? "none"
                                             : fmt::format("{}", fmt::join(tunnel.hooks, ", ")));
    return text;
}

} // namespace tunqos::cli
