// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reasons, versions, and the columns that all lists use.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "cli/render.hpp"

namespace tunqos::cli {
namespace {

struct Advice {
    std::string_view reason; // as in include/uapi/linux/tunqos.yaml
    std::string_view text;
};

constexpr std::array advice{
    Advice{"not-ip",
           "Neither IPv4 nor IPv6, so there is no DS field to read: on its way into a tunnel "
           "tunnel encap dscp set marks it, at a port set cos non-ip N."},
    Advice{"truncated",
           "The headers do not fit into the packet: look for a broken sender or a "
           "snapped capture that is replayed; `tunnel encap dscp set` marks it anyway."},
    Advice{"unknown-header",
           "What is in the tunnel is behind a header that is not understood: "
           "`tunnel encap dscp set` marks it anyway."},
    Advice{"control",
           "A handshake or keepalive of WireGuard keeps its own mark: set `tunnel "
           "control dscp` if you want another."},
    Advice{"table-leave",
           "The table-map says ignore for this DSCP: add a `map from` line if you "
           "want it written."},
    Advice{"not-permitted",
           "The outer DSCP is not in the permit list: widen `permit` if you trust "
           "the network between the ends."},
    Advice{"arrived-lost",
           "The outer DSCP did not reach the tunnel device: take off what stands in "
           "front of it, a tc redirect into it or clsact filters on its ingress."},
    Advice{"companion-lost",
           "What was known of the packet did not survive encryption: a few are "
           "normal after a change; else take off what redirects into the device past "
           "its egress (tc mirred) or writes the flow hash; `tunnel encap dscp set` "
           "marks it anyway."},
    Advice{"sa-decap-dscp",
           "The SA has decap-dscp, so that the kernel copied the DSCP itself: take "
           "the flag off the SA (strongSwan: copy_dscp = out)."},
    Advice{"device-decap-dscp",
           "The device has dscp inherit, so that the kernel copied the DSCP itself: make the "
           "device again without it (show tunnel NAME says how)."},
    Advice{"transport-mode",
           "Transport mode has one header, so there is nothing to copy and nothing to "
           "decapsulate: use tunnel mode or make the setting on the GRE tunnel in it."},
    Advice{"beet-mode",
           "BEET mode has one header, so there is nothing to copy and nothing to "
           "decapsulate: use tunnel mode."},
    Advice{"no-memory", "The header could not be made writable: the machine is short of memory."},
    Advice{"in-band-tag",
           "More than two VLAN tags are in the frame, and nothing behind them is read: "
           "take off tags in front of tunqos, or use set cos non-ip N."},
    Advice{"vrf-underlay",
           "A packet of a tunnel that is not bound, or that came by way of an IFB, "
           "is sent in a VRF, which hides its tunnel: bind the tunnel, or shape at "
           "egress instead."},
    Advice{"nested-family",
           "IPsec of one IP version inside IPsec of the other: use the same "
           "version for both."},
    Advice{"ecn-dropped",
           "Congestion was marked outside a packet that does not know ECN, so it "
           "was dropped (RFC 6040): see that the other end copies ECN at encap."},
    Advice{"gro-list",
           "Packets were merged on arrival, each with a header of its own: switch that "
           "off where they come in (ethtool -K DEV rx-gro-list off)."},
    Advice{"outer-lost",
           "The outer header is not in front of the decrypted packet, so its mark "
           "is unknown: take off what puts packets into the tunnel device, generic XDP "
           "programs and tc redirects."},
    Advice{"packet-offload",
           "Hardware makes the outer header of this SA, so its mark cannot be "
           "written: set the SA up with crypto offload or none."},
    Advice{"sa-output-mark",
           "The SA's output mark overwrites the bits in which qos pre-classify via mark shows "
           "the class: give it a mask that leaves them (ip xfrm state: output-mark 0x5 mask "
           "0xff; strongSwan: set_mark_out = 0x5/0xff), or use other bits."},
    Advice{"ip-tfs",
           "IP-TFS puts several packets under one outer header, which the kernel "
           "writes: nothing to do but to use tunnel mode."},
    Advice{"untagged",
           "The frame arrived without a tag, so `set dscp cos` has nothing to say of it: let the "
           "sender tag its frames, or use `mls qos trust cos` with `mls qos cos N`."},
    Advice{"has-dscp",
           "The packet arrived with a DSCP of its own, which `set dscp cos` leaves: add override "
           "if you do not trust it."},
    Advice{"tag-unknown",
           "A rule asks for the tag that the packet arrived with, which is known only at "
           "interfaces with `qos 802.1p`: set it there; what comes out of a tunnel or from an "
           "IFB has none."},
};

} // namespace

std::string reason_advice(const std::string& reason) {
    const auto* found = std::find_if(advice.begin(), advice.end(),
                                     [&](const Advice& one) { return one.reason == reason; });
    return found == advice.end() ? std::string() : std::string(found->text);
}

std::string render_reasons(const std::vector<ReasonStatus>& reasons) {
    std::vector<Row> rows{{"Packets", "Reason", "What to do"}};
    for (const ReasonStatus& reason : reasons) {
        if (reason.packets == 0) continue;
        rows.push_back(
            {std::to_string(reason.packets), reason.reason, reason_advice(reason.reason)});
    }
    if (rows.size() == 1) return "No packet was left alone.\n";
    return render_table(rows);
}

// The columns of IOS; when and by which program a change was made is above it, as a comment.
std::string render_changes(const std::vector<ChangeStatus>& changes) {
    if (changes.empty()) return "No change has been logged since tunqosd started.\n";
    std::string text = " idx   sess           user@line      Logged command\n";
    for (const ChangeStatus& change : changes) {
        const std::string who = change.user + '@' + change.line;
        const auto row = [&](const std::string& index, const std::string& line) {
            text += fmt::format("{:>5}{:>6}{:>23}  |{}\n", index, change.number, who, line);
        };
        std::string comment = fmt::format("! {:%Y-%m-%d %H:%M:%S} UTC",
                                          fmt::gmtime(static_cast<std::time_t>(change.time)));
        if (!change.program.empty()) comment += " by " + change.program;
        if (change.from != "console") comment += " from " + change.from;
        row("", comment);
        for (std::size_t i = 0; i < change.lines.size(); ++i)
            row(std::to_string(change.index + i), change.lines[i]);
    }
    return text;
}

std::string render_version(const VersionStatus& version, const std::string& tool) {
    std::string text =
        fmt::format("tunqos, version {}\ntunqosd, version {}\n", tool, version.daemon);
    if (version.module_loaded) {
        text += fmt::format("tunqos module, release {}, srcversion {}\n",
                            version.release.empty() ? "unknown" : version.release,
                            version.srcversion.empty() ? "unknown" : version.srcversion);
        text += fmt::format("  Capabilities: {}\n", fmt::join(version.capabilities, ", "));
        text += fmt::format("  Generation {}, class tag {}\n", version.generation,
                            version.class_tag.empty() ? "unknown" : version.class_tag);
    } else {
        text += fmt::format("tunqos module: {}\n",
                            version.problem.empty() ? "not loaded" : version.problem);
    }
    if (!version.netns.empty()) text += fmt::format("Network namespace {}\n", version.netns);
    if (!version.config_file.empty()) {
        text += fmt::format("Startup configuration {}\n", version.config_file);
    }
    return text;
}

std::string render_table(const std::vector<Row>& rows) {
    return render_table(rows, {}, {});
}

std::string render_table(const std::vector<Row>& rows, const std::vector<std::size_t>& marked,
                         const std::string& legend) {
    std::vector<std::size_t> widths;
    for (const Row& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], row[i].size());
    }
    std::string text;
    for (std::size_t at = 0; at < rows.size(); ++at) {
        const Row& row = rows[at];
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            line += fmt::format("{:<{}}", row[i].empty() ? "-" : row[i], widths[i] + 2);
        }
        if (std::find(marked.begin(), marked.end(), at) != marked.end()) line += '*';
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + '\n';
    }
    if (!marked.empty()) text += "* " + legend + '\n';
    return text;
}

} // namespace tunqos::cli
