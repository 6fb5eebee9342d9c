// SPDX-License-Identifier: GPL-2.0-or-later
#include "tunqos/selector.hpp"

#include <array>
#include <charconv>

namespace tunqos {

std::string to_string(const Selector& selector) {
    std::string text;
    const auto say = [&](std::string_view what, const std::string& value) {
        if (!text.empty()) text += ", ";
        text.append(what).append(" ").append(value);
    };
    if (!selector.peer.empty()) say("peer", selector.peer);
    if (!selector.local.empty()) say("local", selector.local);
    if (selector.reqid) say("reqid", std::to_string(*selector.reqid));
    if (selector.if_id) say("if-id", std::to_string(*selector.if_id));
    if (selector.mark) say("mark", to_string(*selector.mark));
    if (selector.spi) say("spi", hexadecimal(*selector.spi));
    return text;
}

std::string hexadecimal(std::uint32_t number) {
    std::array<char, 8> digits{};
    const auto [end, error] =
        std::to_chars(digits.data(), digits.data() + digits.size(), number, 16);
    return "0x" + std::string(digits.data(), end);
}

std::string to_string(const Mark& mark) {
    const std::string value = hexadecimal(mark.value);
    return mark.mask == Mark{}.mask ? value : value + '/' + hexadecimal(mark.mask);
}

std::optional<std::uint32_t> parse_u32(std::string_view text) {
    const bool hex = text.starts_with("0x") || text.starts_with("0X");
    if (hex) text.remove_prefix(2);
    std::uint32_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number, hex ? 16 : 10);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return number;
}

std::optional<Mark> parse_mark(std::string_view text) {
    const auto slash = text.find('/');
    const auto value = parse_u32(text.substr(0, slash));
    if (!value) return std::nullopt;
    if (slash == std::string_view::npos) return Mark{*value};
    const auto mask = parse_u32(text.substr(slash + 1));
    if (!mask) return std::nullopt;
    return Mark{*value, *mask};
}

} // namespace tunqos
