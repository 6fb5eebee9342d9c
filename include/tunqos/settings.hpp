// SPDX-License-Identifier: GPL-2.0-or-later
//
// The settings of a tunnel profile that say all by themselves: one of some words, or a DSCP. Each
// is declared here, once; reading and writing JSON, the running configuration, what differs, the
// command with its help, the attribute of the module, what an older module lacks, what
// `show tunnel` says, the JSON schema and tunqos.json(5) come from the declaration.
//
// To add one of a kind that exists: its member and its declaration here, its attribute in
// tunqos.yaml, and what the module does with it; then `make regen`.
#pragma once

#include <linux/tunqos.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "tunqos/dscp.hpp"

namespace tunqos {

// A word of a command line and its line of a `?` list.
struct Keyword {
    std::string_view text, help;
};

// One of the values of an enumeration.
struct Word {
    std::string_view text; // in JSON and on a line
    std::string_view help;
    std::string_view shown; // a clause for `show tunnel NAME`; empty: not worth one
};

enum class EncapEcn { native, rfc6040, compatibility }; // RFC 6040 section 4.1
enum class DecapEcn { native, rfc6040 };                // RFC 6040 section 4.2

// By the enumerator, which is the number in the module as well.
constexpr auto words_of(EncapEcn) {
    return std::to_array<Word>({
        {"native", "Whatever the kernel writes; the default", ""},
        {"rfc6040", "The inner ECN, for another end that does RFC 6040",
         "the outer ECN is the inner one (RFC 6040)"},
        {"compatibility", "Not-ECT, for another end that knows no ECN",
         "the outer ECN is Not-ECT (RFC 6040, compatibility mode)"},
    });
}
constexpr auto words_of(DecapEcn) {
    return std::to_array<Word>({
        {"native", "Whatever the kernel makes of it; the default", ""},
        {"rfc6040", "From both headers, by RFC 6040",
         "the inner ECN takes over what the outer one says (RFC 6040)"},
    });
}

enum class DecapGro { exact, merge };

constexpr auto words_of(DecapGro) {
    return std::to_array<Word>({
        {"exact", "Off, each packet has the mark of its own header; the default", ""},
        {"merge", "As it is, what it merges has the mark of its first part",
         "what receive aggregation merges has the mark of its first part"},
    });
}

// Their first enumerator is the default.
template <typename Value>
concept Worded = std::is_enum_v<Value> && requires(Value value) {
    words_of(value);
};

// Both the configuration's and the module's.
struct TunnelOptions {
    EncapEcn encap_ecn = EncapEcn::native;
    DecapEcn decap_ecn = DecapEcn::native;
    DecapGro decap_gro = DecapGro::exact;
    // Of what a WireGuard device sends on its own. None: what WireGuard writes.
    std::optional<Dscp> control_dscp = std::nullopt;

    bool operator==(const TunnelOptions&) const = default;
};

// Value: Worded, or std::optional<Dscp>, which is not set by default.
template <typename Value>
struct TunnelSetting {
    Value TunnelOptions::*member;
    std::string_view section; // where in a tunnel's JSON: "encap", "decap"; empty: in itself
    std::string_view key;     // there
    std::array<Keyword, 3> line;
    Keyword value{};                     // of a value that is no word: its type in the grammar
    std::string_view summary, example;   // for the manual page; the example's value
    std::uint16_t attribute;             // TUNQOS_A_TUNNEL_*
    std::uint64_t capability;            // TUNQOS_CAPABILITY_*, without which the module lacks it
    std::uint64_t capability_on_sas = 0; // the same of bindings to SAs, besides
    std::string_view not_on_sas{}; // why a crypto map can't have it, and what to do; empty: it can
    std::string_view shown{};      // of a value that is no word: a line, with {} for the value
};

namespace settings {

inline constexpr Keyword tunnel{"tunnel", "QoS of a tunnel"};
inline constexpr Keyword encap{"encap", "Towards the tunnel: the outer header"};
inline constexpr Keyword decap{"decap", "Out of the tunnel: the inner header"};

inline constexpr TunnelSetting<EncapEcn> encap_ecn{
    .member = &TunnelOptions::encap_ecn,
    .section = "encap",
    .key = "ecn",
    .line = {tunnel, encap, {"ecn", "The ECN field"}},
    .summary = "Says how the outer ECN field is made (RFC 6040 section 4.1).",
    .example = "rfc6040",
    .attribute = TUNQOS_A_TUNNEL_ENCAP_ECN,
    .capability = TUNQOS_CAPABILITY_ECN,
    .capability_on_sas = TUNQOS_CAPABILITY_SELECTOR,
};

inline constexpr TunnelSetting<DecapEcn> decap_ecn{
    .member = &TunnelOptions::decap_ecn,
    .section = "decap",
    .key = "ecn",
    .line = {tunnel, decap, {"ecn", "The ECN field"}},
    .summary = "Says how congestion that was marked outside comes back in (RFC 6040 section 4.2).",
    .example = "rfc6040",
    .attribute = TUNQOS_A_TUNNEL_DECAP_ECN,
    .capability = TUNQOS_CAPABILITY_ECN,
    .capability_on_sas = TUNQOS_CAPABILITY_SELECTOR,
};

inline constexpr TunnelSetting<DecapGro> decap_gro{
    .member = &TunnelOptions::decap_gro,
    .section = "decap",
    .key = "gro",
    .line = {tunnel, decap, {"gro", "Receive aggregation of the tunnel device"}},
    .summary =
        "Says whether receive aggregation (GRO) of the device may stay on while marks are "
        "written behind it. exact, the default, switches it off, and bulk TCP costs a third "
        "more of the processor; merge leaves it on, and packets of one flow that the "
        "provider has marked otherwise on the way have one mark.",
    .example = "merge",
    .attribute = TUNQOS_A_TUNNEL_DECAP_GRO,
    .capability = TUNQOS_CAPABILITY_DECAP_GRO,
    .not_on_sas = "is for tunnel interfaces: of SAs nothing is switched off; take it out",
};

inline constexpr TunnelSetting<std::optional<Dscp>> control_dscp{
    .member = &TunnelOptions::control_dscp,
    .section = "",
    .key = "controlDscp",
    .line = {tunnel,
             {"control", "What the tunnel device sends on its own"},
             {"dscp", "DSCP of WireGuard's handshakes and keepalives"}},
    .value = {"DSCP", "Outer DSCP"},
    .summary =
        "Marks the handshakes and keepalives of a WireGuard interface, which have their "
        "own mark otherwise.",
    .example = "cs6",
    .attribute = TUNQOS_A_TUNNEL_CONTROL_DSCP,
    .capability = TUNQOS_CAPABILITY_WIREGUARD,
    .not_on_sas =
        "is for WireGuard interfaces; take it out, and let the IKE daemon mark its own "
        "packets (strongSwan: dscp of the connection)",
    .shown = "Control: WireGuard's handshakes and keepalives have DSCP {}",
};

} // namespace settings

template <const auto&... setting>
struct SettingList {
    template <typename Visit>
    static constexpr void each(Visit&& visit) {
        (visit(setting), ...);
    }
};

// In the order of the running configuration.
using AllSettings = SettingList<settings::encap_ecn, settings::decap_ecn, settings::decap_gro,
                                settings::control_dscp>;

// visit(setting) for each.
template <typename Visit>
constexpr void each_setting(Visit&& visit) {
    AllSettings::each(visit);
}

// visit(setting) for those of a section of the JSON.
template <typename Visit>
constexpr void each_setting(std::string_view section, Visit&& visit) {
    each_setting([&](const auto& setting) {
        if (setting.section == section) visit(setting);
    });
}

// "tunnel encap ecn": what is in front of the value.
template <typename Setting>
std::string line_of(const Setting& setting) {
    std::string line;
    for (const auto& keyword : setting.line)
        line.append(line.empty() ? "" : " ").append(keyword.text);
    return line;
}

// "encap ecn": without the word that all settings have.
template <typename Value>
std::string name_of(const TunnelSetting<Value>& setting) {
    return line_of(setting).substr(settings::tunnel.text.size() + 1);
}

// A value as it is in JSON and on a line.
template <Worded Value>
std::string_view to_string(Value value) {
    static constexpr auto words = words_of(Value{});
    return words[static_cast<std::size_t>(value)].text;
}
inline std::string value_text(Worded auto value) {
    return std::string(to_string(value));
}
inline std::string value_text(const std::optional<Dscp>& value) {
    return value ? to_string(*value) : std::string();
}

// The value of such a text; false, and `value` as it was, if it is none.
template <Worded Value>
bool read_value(std::string_view text, Value& value) {
    static constexpr auto words = words_of(Value{});
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i].text != text) continue;
        value = static_cast<Value>(i);
        return true;
    }
    return false;
}
inline bool read_value(std::string_view text, std::optional<Dscp>& value) {
    const auto dscp = parse_dscp(text);
    if (dscp) value = dscp;
    return dscp.has_value();
}

} // namespace tunqos
