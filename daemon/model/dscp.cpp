// SPDX-License-Identifier: GPL-2.0-or-later
//
// Names and numbers of DSCPs. Never a TOS byte: a number over 63 is not a DSCP, and is
// refused here rather than shifted.
#include "tunqos/dscp.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace tunqos {

namespace {

// IANA, "Differentiated Services Field Codepoints". The first name of a number is the
// one to print; IOS prints "default" for 0.
constexpr auto names = std::to_array<DscpName>({
    {"default", 0, "Best effort (RFC 2474)"},
    {"df", 0, "Best effort (RFC 2474)"},
    {"cs0", 0, "Class selector 0 (RFC 2474)"},
    {"le", 1, "Lower effort (RFC 8622)"},
    {"cs1", 8, "Class selector 1 (RFC 2474)"},
    {"af11", 10, "Assured forwarding, class 1 low drop (RFC 2597)"},
    {"af12", 12, "Assured forwarding, class 1 medium drop (RFC 2597)"},
    {"af13", 14, "Assured forwarding, class 1 high drop (RFC 2597)"},
    {"cs2", 16, "Class selector 2 (RFC 2474)"},
    {"af21", 18, "Assured forwarding, class 2 low drop (RFC 2597)"},
    {"af22", 20, "Assured forwarding, class 2 medium drop (RFC 2597)"},
    {"af23", 22, "Assured forwarding, class 2 high drop (RFC 2597)"},
    {"cs3", 24, "Class selector 3 (RFC 2474)"},
    {"af31", 26, "Assured forwarding, class 3 low drop (RFC 2597)"},
    {"af32", 28, "Assured forwarding, class 3 medium drop (RFC 2597)"},
    {"af33", 30, "Assured forwarding, class 3 high drop (RFC 2597)"},
    {"cs4", 32, "Class selector 4 (RFC 2474)"},
    {"af41", 34, "Assured forwarding, class 4 low drop (RFC 2597)"},
    {"af42", 36, "Assured forwarding, class 4 medium drop (RFC 2597)"},
    {"af43", 38, "Assured forwarding, class 4 high drop (RFC 2597)"},
    {"cs5", 40, "Class selector 5 (RFC 2474)"},
    {"voice-admit", 44, "Admitted voice (RFC 5865)"},
    {"va", 44, "Admitted voice (RFC 5865)"},
    {"nqb", 45, "Non-queue-building (RFC 9956)"},
    {"ef", 46, "Expedited forwarding (RFC 3246)"},
    {"cs6", 48, "Class selector 6, network control (RFC 2474)"},
    {"cs7", 56, "Class selector 7, reserved for networks (RFC 2474)"},
});

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<Dscp> parse_number(std::string_view text) {
    int base = 10;
    if (text.starts_with("0x")) {
        text.remove_prefix(2);
        base = 16;
    }
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return Dscp::from(value);
}

struct Range {
    Dscp first, last;
};

// "8", "ef", "8-15", "cs1-cs2". Names may hold a '-' themselves: the whole piece is
// tried first, then every '-' as the separator.
std::optional<Range> parse_range(std::string_view piece) {
    if (const auto single = parse_dscp(piece)) return Range{*single, *single};
    for (auto dash = piece.find('-'); dash != std::string_view::npos;
         dash = piece.find('-', dash + 1)) {
        const auto first = parse_dscp(trim(piece.substr(0, dash)));
        const auto last = parse_dscp(trim(piece.substr(dash + 1)));
        if (first && last && *first <= *last) return Range{*first, *last};
    }
    return std::nullopt;
}

} // namespace

std::span<const DscpName> dscp_names() {
    return names;
}

std::optional<Dscp> parse_dscp(std::string_view text) {
    const std::string key = lower(text);
    for (const auto& entry : names) {
        if (entry.name == key) return Dscp{entry.dscp};
    }
    return parse_number(key);
}

std::string to_string(Dscp dscp) {
    for (const auto& entry : names) {
        if (entry.dscp == dscp.value) return std::string(entry.name);
    }
    return std::to_string(dscp.value);
}

std::string describe(Dscp dscp) {
    const std::string number = std::to_string(dscp.value);
    const std::string name = to_string(dscp);
    return name == number ? number : name + " (" + number + ")";
}

std::optional<DscpSet> parse_dscp_set(std::string_view text, std::string* bad) {
    DscpSet set;
    for (;;) {
        const auto comma = text.find(',');
        const std::string_view piece = trim(text.substr(0, comma));
        const auto range = parse_range(piece);
        if (!range) {
            if (bad) *bad = std::string(piece);
            return std::nullopt;
        }
        for (std::size_t i = range->first.value; i <= range->last.value; ++i)
            set.set(i);
        if (comma == std::string_view::npos) return set;
        text.remove_prefix(comma + 1);
    }
}

std::string to_string(const DscpSet& set) {
    std::string out;
    for (std::size_t i = 0; i < set.size(); ++i) {
        if (!set.test(i)) continue;
        std::size_t last = i;
        while (last + 1 < set.size() && set.test(last + 1))
            ++last;
        if (!out.empty()) out += ',';
        out += std::to_string(i);
        if (last > i) out += '-' + std::to_string(last);
        i = last;
    }
    return out;
}

} // namespace tunqos
