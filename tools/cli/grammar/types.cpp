// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/grammar/types.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "tunqos/address.hpp"
#include "tunqos/dscp.hpp"
#include "tunqos/model.hpp"
#include "tunqos/network.hpp"
#include "tunqos/selector.hpp"

namespace tunqos::cli {
namespace {

constexpr std::string_view dscp_hint = "use 0-63 or a name such as ef, af41, cs1, default";

bool all_of(std::string_view text, bool (*good)(char)) {
    return std::all_of(text.begin(), text.end(), good);
}

bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_name_character(char c) {
    return is_alphanumeric(c) || c == '-' || c == '_';
}

bool is_interface_character(char c) {
    return static_cast<unsigned char>(c) > ' ' && c != '/' && c != ':' && c != '\x7f';
}

std::string no_problem(std::string_view) {
    return {};
}

std::string dscp_problem(std::string_view text) {
    if (parse_dscp(text)) return {};
    return fmt::format("\"{}\" is not a dscp; {}", text, dscp_hint);
}

// Two DSCPs, of which the first is the greater one.
bool is_backwards(std::string_view piece) {
    for (auto dash = piece.find('-'); dash != piece.npos; dash = piece.find('-', dash + 1)) {
        if (parse_dscp(piece.substr(0, dash)) && parse_dscp(piece.substr(dash + 1))) return true;
    }
    return false;
}

// A number, or a range of two, of which one is above 63.
bool is_out_of_range(std::string_view piece) {
    const auto number = [](std::string_view text) {
        return !text.empty() &&
               std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    };
    const auto dash = piece.find('-');
    return number(piece.substr(0, dash)) && (dash == piece.npos || number(piece.substr(dash + 1)));
}

std::string dscp_list_problem(std::string_view text) {
    std::string bad;
    if (parse_dscp_set(text, &bad)) return {};
    if (bad.empty())
        return fmt::format("\"{}\" has a comma without a dscp on both sides; use a form like 8,46",
                           text);
    if (is_backwards(bad))
        return fmt::format(
            "\"{}\" is not a dscp list: the range is backwards; use the smaller dscp "
            "first, as in 0-47",
            bad);
    if (is_out_of_range(bad))
        return fmt::format("\"{}\" is not a dscp list: out of range; use 0-63", bad);
    return fmt::format("\"{}\" is not a dscp list; {}, separated by commas, ranges as 0-47", bad,
                       dscp_hint);
}

std::string value_problem(std::string_view text) {
    if (parse_dscp(text)) return {};
    return fmt::format("\"{}\" is not a table value; use 0-63 or a dscp name such as ef", text);
}

std::string tos_problem(std::string_view text) {
    const auto tos = parse_number(text, 0, 255);
    if (!tos) {
        return fmt::format(
            "\"{}\" is not a tos value; use a multiple of 4 from 0 to 252, or "
            "\"tunnel encap dscp set\" with a dscp",
            text);
    }
    if ((*tos & 3U) == 0) return {};
    const Dscp dscp{static_cast<std::uint8_t>(*tos >> 2U)};
    return fmt::format(
        "tos {} sets the ECN bits, which are not for configuration; use {} for "
        "dscp {}",
        *tos, *tos & ~3U, describe(dscp));
}

std::string name_problem(std::string_view text) {
    if (text.size() <= 64 && all_of(text, is_name_character)) return {};
    return fmt::format("\"{}\" is not a name; use up to 64 letters, digits, '-' and '_'", text);
}

std::string interface_problem(std::string_view text) {
    if (text.size() <= 15 && text != "." && text != ".." && all_of(text, is_interface_character)) {
        return {};
    }
    return fmt::format(
        "\"{}\" is not an interface name; use up to 15 characters without '/', "
        "':' and spaces",
        text);
}

std::string sequence_problem(std::string_view text) {
    if (parse_number(text, 1, 65535)) return {};
    return fmt::format("\"{}\" is not a sequence number; use 1-65535", text);
}

// A zone or an interface.
std::string place_problem(std::string_view text) {
    if (name_problem(text).empty() || interface_problem(text).empty()) return {};
    return fmt::format("\"{}\" is neither a zone nor an interface, nor any", text);
}

std::string port_problem(std::string_view text) {
    if (parse_number(text, 1, 65535)) return {};
    return fmt::format("\"{}\" is not a port; use 1-65535", text);
}

std::string network_problem(std::string_view text) {
    if (parse_network(text)) return {};
    return fmt::format("\"{}\" is not a network; use a form like 192.0.2.0/24 or 2001:db8::/32",
                       text);
}

std::string length_problem(std::string_view text) {
    if (parse_number(text, 0, 512)) return {};
    return fmt::format("\"{}\" is not a number of lines or columns; use 0-512", text);
}

std::string cos_problem(std::string_view text) {
    if (parse_number(text, 0, 7)) return {};
    return fmt::format("\"{}\" is not an 802.1p priority; use 0-7", text);
}

std::string number_problem(std::string_view text, std::string_view what) {
    const auto number = parse_u32(text);
    if (number && *number > 0) return {};
    return fmt::format("\"{}\" is not {}; use 1-4294967295, or 0x and hexadecimal digits", text,
                       what);
}

std::string reqid_problem(std::string_view text) {
    return number_problem(text, "a request ID");
}
std::string if_id_problem(std::string_view text) {
    return number_problem(text, "an interface ID");
}
std::string spi_problem(std::string_view text) {
    return number_problem(text, "an SPI");
}
std::string mask_problem(std::string_view text) {
    return number_problem(text, "a mask");
}

std::string handle_problem(std::string_view text) {
    if (parse_handle(text)) return {};
    return fmt::format(
        "\"{}\" is not the handle of a queue; use 1: to fffe:, hexadecimal as in "
        "tc qdisc show",
        text);
}

std::string mark_problem(std::string_view text) {
    if (parse_u32(text)) return {};
    return fmt::format("\"{}\" is not a mark; use 0-4294967295, or 0x and hexadecimal digits",
                       text);
}

std::string address_problem(std::string_view text) {
    if (canonical_address(text)) return {};
    return fmt::format("\"{}\" is not an IP address; use a form like 203.0.113.2 or 2001:db8::2",
                       text);
}

std::vector<HelpLine> dscp_values(const Names&) {
    std::vector<HelpLine> lines;
    for (const DscpName& name : dscp_names()) {
        lines.push_back({std::string(name.name), fmt::format("{} ({})", name.help, name.dscp)});
    }
    return lines;
}

std::vector<HelpLine> with_help(std::vector<std::string> words, std::string_view help) {
    std::sort(words.begin(), words.end());
    words.erase(std::unique(words.begin(), words.end()), words.end());
    std::vector<HelpLine> lines;
    for (std::string& word : words)
        lines.push_back({std::move(word), std::string(help)});
    return lines;
}

std::vector<HelpLine> interface_values(const Names& names) {
    return with_help(names.interfaces(), "Interface");
}
std::vector<HelpLine> table_map_values(const Names& names) {
    return with_help(names.table_maps(), "Table map");
}
std::vector<HelpLine> crypto_map_values(const Names& names) {
    return with_help(names.crypto_maps(), "Crypto map");
}
std::vector<HelpLine> mutation_values(const Names& names) {
    return with_help(names.mutations(), "DSCP mutation map");
}
std::vector<HelpLine> zone_values(const Names& names) {
    return with_help(names.zones(), "Zone");
}
std::vector<HelpLine> rule_values(const Names& names) {
    return with_help(names.rules(), "Rule");
}
std::vector<HelpLine> place_values(const Names& names) {
    std::vector<HelpLine> lines = interface_values(names);
    lines.push_back({"any", "Wherever it is"});
    for (HelpLine& zone : zone_values(names))
        lines.push_back(std::move(zone));
    std::sort(lines.begin(), lines.end(),
              [](const HelpLine& one, const HelpLine& other) { return one.word < other.word; });
    return lines;
}
std::vector<HelpLine> tunnel_values(const Names& names) {
    return with_help(names.tunnels(), "Tunnel");
}

constexpr std::array types{
    VariableType{"DSCP", "<0-63>", dscp_problem, dscp_values},
    VariableType{"DSCP-LIST", "LIST", dscp_list_problem},
    VariableType{"VALUE", "<0-63>", value_problem, dscp_values},
    VariableType{"TOS", "<0-255>", tos_problem},
    VariableType{"COS", "<0-7>", cos_problem},
    VariableType{"TABLE-MAP", "WORD", name_problem, table_map_values},
    VariableType{"MUTATION", "WORD", name_problem, mutation_values},
    VariableType{"INTERFACE", "WORD", interface_problem, interface_values},
    VariableType{"CRYPTO-MAP", "WORD", name_problem, crypto_map_values},
    VariableType{"SEQUENCE", "<1-65535>", sequence_problem},
    VariableType{"RULE", "<1-65535>", sequence_problem, rule_values},
    VariableType{"NAME", "WORD", name_problem},
    VariableType{"ZONE", "WORD", name_problem, zone_values},
    VariableType{"PLACE", "WORD", place_problem, place_values},
    VariableType{"NETWORK", "A.B.C.D/N|X:X::X/N", network_problem},
    VariableType{"PORT", "<1-65535>", port_problem},
    VariableType{"TUNNEL", "WORD", no_problem, tunnel_values},
    VariableType{"ADDRESS", "A.B.C.D|X:X::X", address_problem},
    VariableType{"REQID", "<1-4294967295>", reqid_problem},
    VariableType{"IF-ID", "<1-4294967295>", if_id_problem},
    VariableType{"MARK", "<0-0xffffffff>", mark_problem},
    VariableType{"MASK", "<1-0xffffffff>", mask_problem},
    VariableType{"HANDLE", "<1:-fffe:>", handle_problem},
    VariableType{"SPI", "<1-0xffffffff>", spi_problem},
    VariableType{"LENGTH", "<0-512>", length_problem},
    VariableType{"LINE", "LINE", no_problem, nullptr, true},
};

} // namespace

std::span<const VariableType> variable_types() {
    return types;
}

const VariableType* find_type(std::string_view name) {
    const auto* found = std::find_if(types.begin(), types.end(),
                                     [&](const VariableType& type) { return type.name == name; });
    return found == types.end() ? nullptr : found;
}

std::optional<std::uint32_t> parse_number(std::string_view text, std::uint32_t low,
                                          std::uint32_t high) {
    std::uint32_t number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || stop != end || number < low || number > high) return std::nullopt;
    return number;
}

} // namespace tunqos::cli
