// SPDX-License-Identifier: GPL-2.0-or-later
#include "tunqos/printable.hpp"

#include "catch.hpp"

using namespace tunqos;

namespace {

// RFC 3629 section 3, written anew.
std::string encode(std::uint32_t point) {
    const auto tail = [point](unsigned shift) {
        return static_cast<char>(0x80U | ((point >> shift) & 0x3fU));
    };
    if (point < 0x80) return {static_cast<char>(point)};
    if (point < 0x800) return {static_cast<char>(0xc0U | point >> 6U), tail(0)};
    if (point < 0x10000) return {static_cast<char>(0xe0U | point >> 12U), tail(6), tail(0)};
    return {static_cast<char>(0xf0U | point >> 18U), tail(12), tail(6), tail(0)};
}

} // namespace

TEST_CASE("every code point is read as it is written, and no surrogate is one") {
    for (std::uint32_t point = 0; point <= 0x110000; ++point) {
        const std::string text = encode(point);
        std::size_t at = 0;
        const auto read = next_code_point(text, at);
        const bool is_one = (point < 0xd800 || point > 0xdfff) && point <= 0x10ffff;
        if (is_one != read.has_value() || (is_one && (*read != point || at != text.size())))
            FAIL("U+" << std::hex << point);
    }
}

TEST_CASE("bytes that are not UTF-8 are seen, one at a time") {
    for (const std::string text :
         {"\x80", "\xc2", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf",
          "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xe2\x82",
          "\xe2\x82(", "\xc2(", "\xed\xa0\x80"}) {
        INFO(printable(text));
        CHECK_FALSE(utf8(text));
        CHECK_FALSE(is_printable(text));
        const std::string shown = printable("a" + text + "z");
        CHECK(shown.size() == text.size() + 2);
        CHECK(shown.find_first_of("\x80\xc2\xc0\xe0\xf0\xf4\xff\xe2\xed") == std::string::npos);
    }
}

TEST_CASE("what a terminal would obey is not printed") {
    // C0, DEL, C1; marks, embeddings, overrides and isolates of direction; line and paragraph
    // separators; zero width; byte order mark; tags.
    for (const std::uint32_t point :
         {0x0U,    0x7U,    0x8U,    0x9U,    0xaU,    0xdU,    0x1bU,   0x1fU,    0x7fU,   0x80U,
          0x85U,   0x9bU,   0x9fU,   0xadU,   0x61cU,  0x200bU, 0x200eU, 0x200fU,  0x2028U, 0x2029U,
          0x202aU, 0x202eU, 0x2060U, 0x2066U, 0x2069U, 0xfeffU, 0xfff9U, 0xe0001U, 0xe007fU}) {
        const std::string text = encode(point);
        INFO(std::hex << point);
        CHECK(is_control(point));
        CHECK_FALSE(is_printable("a" + text));
        CHECK(printable("a" + text + "z") == "a" + std::string(text.size(), '?') + "z");
    }
    for (const std::uint32_t point : {0x20U, 0x7eU, 0xa0U, 0xfcU, 0x200cU, 0x200dU, 0x2010U,
                                      0x2027U, 0x202fU, 0x20acU, 0x4e2dU, 0x1f600U}) {
        INFO(std::hex << point);
        CHECK_FALSE(is_control(point));
        CHECK(is_printable(encode(point)));
        CHECK(printable(encode(point)) == encode(point));
    }
    CHECK(printable("a\tb\n\x1b[2J", "\n\t") == "a\tb\n?[2J");
}
