// SPDX-License-Identifier: GPL-2.0-or-later
//
// Text that came from a file, a client or the kernel, and goes to a terminal or a log.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tunqos/result.hpp"

namespace tunqos {

// The code point whose bytes begin at `at`, which moves behind them. Nothing if they are not
// UTF-8 (RFC 3629: no stray byte, no longer form than needed, no surrogate); one byte is passed.
inline std::optional<std::uint32_t> next_code_point(std::string_view text, std::size_t& at) {
    const auto first = static_cast<unsigned char>(text[at++]);
    if (first < 0x80U) return first;
    if (first < 0xc2U || first > 0xf4U) return std::nullopt;
    const std::size_t more = first >= 0xf0U ? 3 : first >= 0xe0U ? 2 : 1;
    if (text.size() - at < more) return std::nullopt;
    std::uint32_t point = first & (0x3fU >> more);
    for (std::size_t i = 0; i < more; ++i) {
        const auto byte = static_cast<unsigned char>(text[at + i]);
        if ((byte & 0xc0U) != 0x80U) return std::nullopt;
        point = point << 6U | (byte & 0x3fU);
    }
    constexpr std::uint32_t least[] = {0, 0x80U, 0x800U, 0x10000U};
    if (point < least[more] || point > 0x10ffffU || (point >= 0xd800U && point <= 0xdfffU))
        return std::nullopt;
    at += more;
    return point;
}

inline bool utf8(std::string_view text) {
    for (std::size_t at = 0; at < text.size();)
        if (!next_code_point(text, at)) return false;
    return true;
}

// Does a terminal do something else with it than to show it? Control characters, of which
// U+009B begins an escape sequence as ESC [ does; marks and overrides of the writing direction,
// which show a line in another order than it is in; separators of lines; what has no width.
inline bool is_control(std::uint32_t point) {
    const auto in = [point](std::uint32_t first, std::uint32_t last) {
        return point >= first && point <= last;
    };
    return point < ' ' || in(0x7f, 0x9f) || point == 0xad || point == 0x61c || point == 0x180e ||
           point == 0x200b || in(0x200e, 0x200f) || in(0x2028, 0x202e) || in(0x2060, 0x206f) ||
           point == 0xfeff || in(0xfff9, 0xfffb) || in(0xe0000, 0xe007f);
}

// UTF-8 that a terminal shows as it is, on one line.
inline bool is_printable(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const auto point = next_code_point(text, at);
        if (!point || is_control(*point)) return false;
    }
    return true;
}

// Each byte of anything else is shown as '?', as ls does it. `kept`: but not these.
inline std::string printable(std::string text, std::string_view kept = {}) {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t begin = at;
        const auto point = next_code_point(text, at);
        if (point && !is_control(*point)) continue;
        if (kept.find(text[begin]) != std::string_view::npos) continue;
        text.replace(begin, at - begin, at - begin, '?');
    }
    return text;
}

// A problem quotes what it was found in, and is printed on terminals, one a line.
inline Problem printable(Problem problem) {
    return {printable(std::move(problem.path)), printable(std::move(problem.message))};
}

} // namespace tunqos
