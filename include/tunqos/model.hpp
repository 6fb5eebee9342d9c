// SPDX-License-Identifier: GPL-2.0-or-later
//
// The configuration: plain values, no I/O. The daemon, the CLI and the tests share it.
// daemon/model/ validates it, compares two of them and renders it as JSON and as IOS
// text; both renderings read back to an equal Config.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>

#include "tunqos/aggregate.hpp"
#include "tunqos/arrival.hpp"
#include "tunqos/dscp.hpp"
#include "tunqos/dscp_source.hpp"
#include "tunqos/qos_maps.hpp"
#include "tunqos/rules.hpp"
#include "tunqos/selector.hpp"
#include "tunqos/settings.hpp"

namespace tunqos {

// What a table-map does with a code point that has no `map from` line.
enum class TableDefault {
    copy,   // IOS's default: the same value (to a PCP: the upper three bits)
    ignore, // leave the packet alone
    value,  // TableMap::default_value
};

// A named table of 64 entries: from a DSCP to a number whose meaning depends on the
// use: a DSCP (0-63), a PCP (0-7), a queueing priority (0-63) or bits of the mark (0-63).
struct TableMap {
    std::map<std::uint8_t, std::uint8_t> map; // from 0-63 -> to 0-63
    // No default: every code point must have a line, or validation reports the holes.
    std::optional<TableDefault> fallback = TableDefault::copy;
    std::uint8_t default_value = 0; // 0-63, for TableDefault::value

    bool operator==(const TableMap&) const = default;
};

struct Encap {
    DscpSource<EncapDscp> dscp{}; // the outer one, of what the inner one was before
    // The inner header's DSCP at encapsulation ([3 Inner]).
    DscpSource<EncapInner> inner{};
    // The outer marks are brought into this one. None: they are as they come.
    std::optional<Aggregate> single_aggregate = std::nullopt;
    // Nobody has said how the outer DSCP is made: it is a copy because there is a tunnel.
    bool implied = false;

    bool operator==(const Encap&) const = default;
};

enum class DecapClass { inner, outer };

struct Decap {
    DscpSource<DecapDscp> dscp{}; // a table: outer DSCP -> inner DSCP
    // Outer code points that may become inner ones. None: all of them, which an IPsec
    // binding may not have (RFC 2983 section 7).
    std::optional<DscpSet> permit;
    DecapClass queue_by = DecapClass::inner;

    bool operator==(const Decap&) const = default;
};

// Where queueing on the way out finds the class. The companion is skb->tc_index, which what
// is put on the egress of a device by clsact or tcx overwrites; the others are there besides.
enum class ClassVia { companion, priority, mark };

struct PreClassify {
    bool enabled = false;
    std::string table; // optional: innermost DSCP -> skb->priority (0-63)
    // With a table: its numbers are those of classes, or of cake's tins, of the qdisc with this
    // handle (major number). 0: they are numbers and no more.
    std::uint16_t handle = 0;
    ClassVia via = ClassVia::companion; // priority: not with a table, which writes the same
    // With mark: the bits of skb->mark that become the DSCP, at least 6 in a row.
    std::uint32_t mask = 0;

    bool operator==(const PreClassify&) const = default;
};

std::string_view to_string(ClassVia via); // "companion", "priority", "mark"
// What `qos pre-classify` says after these words: " table prio handle 1: via mark 0x3f00".
std::string to_string(const PreClassify& pre_classify);
// A handle as tc has it, "8001:"; the colon may be left out. Nothing if no qdisc can have it.
std::optional<std::uint16_t> parse_handle(std::string_view text);
std::string handle_text(std::uint16_t handle);
// Can a DSCP stand in these bits of a mark? They are in a row, and 6 of them at least.
bool holds_dscp(std::uint32_t mask);

// RFC 2983 and RFC 3270: a name for a pair of encap and decap settings. uniform: encap copy and
// decap copy; pipe: decap keep, queue by outer; short_pipe: decap keep, queue by inner; all with
// the inner DSCP kept at encapsulation and without single-aggregate; custom: anything else.
enum class TunnelModel { uniform, pipe, short_pipe, custom };

// `tunnel diffserv-mode` as it was typed. What it says can be said otherwise by a line for one of
// the settings, and holds again when that line is gone.
struct DiffservMode {
    TunnelModel model = TunnelModel::short_pipe; // not custom
    DscpSource<EncapDscp> dscp{};                // copy; of the two pipes set or table as well
    std::optional<DscpSet> permit{};             // of uniform

    bool operator==(const DiffservMode&) const = default;
};

// One tunnel's complete policy.
struct TunnelProfile {
    Encap encap;
    Decap decap;
    PreClassify pre_classify;
    TunnelOptions options{};
    // How encap and decap came to be what they are, if by a model. They hold, whatever it says.
    std::optional<DiffservMode> mode = std::nullopt;

    bool operator==(const TunnelProfile&) const = default;
};

// What a mode says of the two DSCPs and of the class; ECN, the inner DSCP and single-aggregate
// stay as they are.
void carry_out(const DiffservMode& mode, TunnelProfile& profile);
// Which of the settings that a mode has a say in are said by it, and not by a line of their own.
// Without a mode none is.
struct SaidByMode {
    bool encap_dscp = false, decap_dscp = false, decap_class = false;
};
SaidByMode said_by_mode(const TunnelProfile& profile);
// No line would be printed for it.
bool says_nothing(const TunnelProfile& profile);

// visit(setting, source) for each of dscp_source.hpp.
template <typename Profile, typename Visit>
void each_dscp_source(Profile& profile, Visit&& visit) {
    visit(settings::encap_dscp, profile.encap.dscp);
    visit(settings::encap_inner, profile.encap.inner);
    visit(settings::decap_dscp, profile.decap.dscp);
}

// Of the settings, however they were typed; never stored.
TunnelModel model_of(const TunnelProfile& profile);
std::string_view to_string(TunnelModel model); // "uniform", "pipe", "short-pipe", "custom"

// What the tags of frames that leave say: `set cos dscp [table NAME]`.
struct PortProfile {
    std::string table; // DSCP -> PCP; empty: mls qos map dscp-cos

    bool operator==(const PortProfile&) const = default;
};

// What a port can give a PCP of its own, in the order of enum tunqos_port_protocol.
inline constexpr std::array<std::string_view, 6> port_protocols{
    "non-ip", "arp", "dhcp", "nd", "pppoe-discovery", "ppp-control"};

// `set cos PROTOCOL N`: a PCP 0-7 for each of port_protocols that has one. non-ip is all that is
// not IP and has none; the rest is as without.
using ProtocolCos = std::array<std::optional<std::uint8_t>, port_protocols.size()>;

// The mark of what a device receives, in front of routing and of IPsec policies: `set mark dscp
// [table NAME] mask MASK`. A number of the table has its lowest bit at the mask's lowest one.
struct MarkProfile {
    std::string table;      // DSCP -> 0-63; empty: the DSCP itself
    std::uint32_t mask = 0; // the bits that may change; not 0

    bool operator==(const MarkProfile&) const = default;
};

struct Interface {
    std::string description;
    std::optional<TunnelProfile> tunnel;
    std::optional<PortProfile> port;
    std::optional<MarkProfile> mark = std::nullopt;
    ProtocolCos protocol_cos{};
    MlsQos mls_qos{};
    std::optional<SetDscp> set_dscp = std::nullopt;
    bool dot1p = false; // rules know the tags that arrive here, and write those that leave

    // Is it an 802.1p port?
    bool has_cos() const { return port || protocol_cos != ProtocolCos{} || dot1p; }
    // Is anything said of the DSCP of what it receives?
    bool has_arrival() const { return set_dscp || mls_qos != MlsQos{}; }
    // Is it a port of any kind?
    bool is_port() const { return has_cos() || has_arrival() || mark; }

    bool operator==(const Interface&) const = default;
};

// A crypto map entry: a profile bound to IPsec SAs.
struct CryptoMap {
    std::string description;
    Selector match; // empty: not complete yet
    TunnelProfile tunnel;

    bool operator==(const CryptoMap&) const = default;
};

// "vpn" 10
struct CryptoMapKey {
    std::string name;
    std::uint32_t sequence = 0; // 1-65535

    auto operator<=>(const CryptoMapKey&) const = default;
};

// The whole configuration of one network namespace. An interface that does not exist is
// valid: the module keeps its profile pending.
struct Config {
    std::map<std::string, TableMap> table_maps;
    std::map<std::string, Interface> interfaces;
    std::map<CryptoMapKey, CryptoMap> crypto_maps;
    QosMaps qos_maps{};
    Rules rules{};
    Zones zones{};
    RuleOptions rule_options{};

    bool operator==(const Config&) const = default;
};

} // namespace tunqos
