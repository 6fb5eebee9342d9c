// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include "cli/render.hpp"

namespace tunqos::cli {
namespace {

// "ef (46)", "wan", or nothing.
template <typename Mode>
std::string operand(const DscpSource<Mode>& source) {
    if constexpr (CanSet<Mode>)
        if (source == Mode::set) return describe(source.value);
    return source.table;
}

template <typename Mode>
std::string short_of(const DscpSource<Mode>& source) {
    const std::string what = operand(source);
    return fmt::format("{}{}{}", word_of(source.mode).text, what.empty() ? "" : " ", what);
}

// What the declaration says of it.
template <typename Mode>
std::string words_for(const DscpSource<Mode>& source) {
    return fmt::format(fmt::runtime(word_of(source.mode).shown), operand(source));
}

std::string decap_short(const TunnelStatus& tunnel) {
    return short_of(tunnel.decap_dscp) + (tunnel.permit.empty() ? "" : " permit " + tunnel.permit);
}

// What is not at its default.
std::string single_words(const TunnelStatus& tunnel) {
    if (tunnel.encap_single.empty()) return {};
    return "; all outer DSCPs are brought into the aggregate " + tunnel.encap_single;
}

std::string inner_words(const TunnelStatus& tunnel) {
    const std::string words = words_for(tunnel.encap_inner);
    return words.empty() ? words : "; " + words;
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
    const bool list = tunnel.decap_dscp != DecapDscp::keep && !tunnel.permit.empty();
    return words_for(tunnel.decap_dscp) + (list ? ", for outer DSCPs " + tunnel.permit : "");
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
        rows.push_back({tunnel.name, tunnel.state, tunnel.model, short_of(tunnel.encap_dscp),
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
    text += fmt::format("  Encap: {}{}{}{}{}\n", words_for(tunnel.encap_dscp),
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
