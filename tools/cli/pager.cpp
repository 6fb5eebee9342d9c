// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/pager.hpp"

#include <algorithm>
#include <ostream>

namespace tunqos::cli {

void page(std::string_view text, std::size_t lines, std::size_t columns, std::ostream& out,
          const std::function<int()>& key) {
    constexpr std::string_view more = " --More-- ";
    const std::size_t screen = lines > 1 ? lines - 1 : lines; // the last one is for the question
    std::size_t left = screen;
    while (!text.empty()) {
        const std::size_t size = std::min(text.find('\n'), text.size() - 1) + 1;
        const std::size_t rows = columns == 0 || size <= 1 ? 1 : (size - 2) / columns + 1;
        if (lines > 0 && left < rows && left < screen) {
            out << more << std::flush;
            const int pressed = key();
            // Over it stands what comes next.
            out << '\r' << std::string(more.size(), ' ') << '\r';
            if (pressed == ' ')
                left = screen;
            else if (pressed == '\r' || pressed == '\n')
                left = rows;
            else
                break;
        }
        out << text.substr(0, size);
        text.remove_prefix(size);
        left -= std::min(left, rows);
    }
    out << std::flush;
}

} // namespace tunqos::cli
