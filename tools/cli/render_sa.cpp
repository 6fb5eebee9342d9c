// SPDX-License-Identifier: GPL-2.0-or-later
//
// IPsec SAs, in the manner of IOS.
#include <fmt/format.h>

#include "cli/render.hpp"

namespace tunqos::cli {
namespace {

bool any(const SaStatus::Drops& drops) {
    return drops.late + drops.repeated + drops.broken > 0;
}

std::string drops(const SaStatus::Drops& drops) {
    return fmt::format("{} late, {} repeated, {} broken", drops.late, drops.repeated, drops.broken);
}

std::string direction(const SaStatus& sa) {
    if (sa.direction == "in") return "inbound";
    return sa.direction == "out" ? "outbound" : "direction unknown,";
}

std::string replay(const SaStatus& sa) {
    std::string text = sa.window == 0 ? "none" : fmt::format("window of {} packets", sa.window);
    text += fmt::format("; dropped {}", drops(sa.drops));
    if (any(sa.recent)) text += fmt::format(" (in the last 10 seconds {})", drops(sa.recent));
    return text;
}

} // namespace

std::string render_sas(const std::vector<SaStatus>& sas) {
    if (sas.empty()) return "There is no IPsec SA.\n";
    std::string text = "Crypto session current status\n";
    for (const SaStatus& sa : sas) {
        text += fmt::format("\nPeer: {} local: {}\n", sa.peer, sa.local);
        text += fmt::format("  {} {} SPI {}, {} mode, reqid {}", direction(sa), sa.protocol, sa.spi,
                            sa.mode, sa.reqid);
        if (!sa.if_id.empty()) text += ", if-id " + sa.if_id;
        if (!sa.mark.empty()) text += ", mark " + sa.mark;
        text += fmt::format("\n    Bound by: {}\n", sa.bound.empty() ? "unbound" : sa.bound);
        if (!sa.flags.empty()) text += fmt::format("    Flags: {}\n", fmt::join(sa.flags, ", "));
        text += fmt::format("    Replay check: {}\n", replay(sa));
        for (const std::string& warning : sa.warnings)
            text += fmt::format("    Warning: {}\n", warning);
        for (const std::string& note : sa.notes)
            text += fmt::format("    Note: {}\n", note);
    }
    return text;
}

std::string render_sa_notes(const std::vector<SaStatus>& sas, const std::string& bound) {
    std::string text;
    for (const SaStatus& sa : sas) {
        if (sa.bound != bound) continue;
        for (const std::string& warning : sa.warnings)
            text += fmt::format("        Warning: {}\n", warning);
        if (any(sa.drops))
            text += fmt::format("        Replay check of SA {}: {}\n", sa.name, replay(sa));
    }
    return text;
}

} // namespace tunqos::cli
