// SPDX-License-Identifier: GPL-2.0-or-later
//
// Text that came from a file and goes to a terminal.
#pragma once

#include "tunqos/result.hpp"

namespace tunqos {

// Follows RFC 3629 as far as JSON needs it: no stray or missing continuation bytes.
inline bool utf8(const std::string& text) {
    std::size_t more = 0;
    for (const unsigned char c : text) {
        if (more > 0) {
            if ((c & 0xc0U) != 0x80U) return false;
            --more;
        } else if (c >= 0x80U) {
            if (c < 0xc2U || c > 0xf4U) return false;
            more = c >= 0xf0U ? 3 : c >= 0xe0U ? 2 : 1;
        }
    }
    return more == 0;
}

// A problem quotes the file that it was found in, and is printed on terminals, one a line:
// control characters become '?', as in the log, and so does what is not UTF-8.
inline Problem printable(Problem problem) {
    for (std::string* text : {&problem.path, &problem.message}) {
        const bool is_utf8 = utf8(*text);
        for (std::size_t i = 0; i < text->size(); ++i) {
            char& c = (*text)[i];
            const auto byte = static_cast<unsigned char>(c);
            // U+0080 to U+009F, of which U+009B begins an escape sequence
            const bool c1 = byte == 0xc2 && i + 1 < text->size() &&
                            static_cast<unsigned char>((*text)[i + 1]) < 0xa0;
            if (byte < ' ' || byte == 0x7f || c1 || (byte >= 0x80 && !is_utf8)) c = '?';
            if (c1) (*text)[++i] = '?';
        }
    }
    return problem;
}

} // namespace tunqos
