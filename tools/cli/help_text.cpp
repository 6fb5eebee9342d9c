// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include <algorithm>

#include "cli/output.hpp"

namespace tunqos::cli {

std::string format_help(const Help& help, std::size_t width) {
    if (!help.problem.empty()) return help.problem + '\n';
    std::size_t widest = 0;
    for (const HelpLine& line : help.lines)
        widest = std::max(widest, line.word.size());
    std::string text;
    if (!help.words_only) {
        for (const HelpLine& line : help.lines) {
            std::string row = fmt::format("  {:<{}}  {}", line.word, widest, line.help);
            row.erase(row.find_last_not_of(' ') + 1);
            text += row + '\n';
        }
        return text;
    }
    const std::size_t columns = std::max<std::size_t>(1, (width == 0 ? 80 : width) / (widest + 2));
    for (std::size_t i = 0; i < help.lines.size(); ++i) {
        const bool last = i + 1 == help.lines.size() || (i + 1) % columns == 0;
        text += last ? help.lines[i].word + '\n'
                     : fmt::format("{:<{}}", help.lines[i].word, widest + 2);
    }
    return text;
}

} // namespace tunqos::cli
