// SPDX-License-Identifier: GPL-2.0-or-later
//
// `qos pre-classify`: where queueing finds the class of the inner packet.
#include <bit>
#include <charconv>

#include "tunqos/model.hpp"
#include "tunqos/selector.hpp"

namespace tunqos {

std::string_view to_string(ClassVia via) {
    switch (via) {
    case ClassVia::companion: return "companion";
    case ClassVia::priority: return "priority";
    case ClassVia::mark: break;
    }
    return "mark";
}

std::string handle_text(std::uint16_t handle) {
    return hexadecimal(handle).substr(2) + ':';
}

std::optional<std::uint16_t> parse_handle(std::string_view text) {
    if (text.ends_with(':')) text.remove_suffix(1);
    std::uint16_t handle = 0;
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, handle, 16);
    constexpr std::uint16_t root = 0xffff; // and clsact
    if (read.ec != std::errc{} || read.ptr != end || handle == 0 || handle == root)
        return std::nullopt;
    return handle;
}

std::string to_string(const PreClassify& pre_classify) {
    std::string text;
    if (!pre_classify.table.empty()) text += " table " + pre_classify.table;
    if (pre_classify.handle != 0) text += " handle " + handle_text(pre_classify.handle);
    if (pre_classify.via == ClassVia::companion) return text;
    text += " via " + std::string(to_string(pre_classify.via));
    if (pre_classify.via == ClassVia::mark) text += ' ' + hexadecimal(pre_classify.mask);
    return text;
}

bool holds_dscp(std::uint32_t mask) {
    constexpr int dscp_bits = 6;
    const int bits = std::popcount(mask);
    return bits >= dscp_bits && mask >> std::countr_zero(mask) == ~std::uint32_t{0} >> (32 - bits);
}

} // namespace tunqos
