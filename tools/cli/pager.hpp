// SPDX-License-Identifier: GPL-2.0-or-later
//
// Output that stops when the screen is full, as on IOS.
#pragma once

#include <cstddef>
#include <functional>
#include <iosfwd>
#include <string_view>

namespace tunqos::cli {

// Prints a text on a screen of so many lines and columns. 0 lines: without a stop; 0 columns:
// endless ones.
using Pager = std::function<void(std::string_view text, std::size_t lines, std::size_t columns)>;

// ` --More-- ` stands on the last line until a key comes: space for another screen, Enter for
// another line, any other key for the end. `key` waits for one; less than 0 is the end, too.
void page(std::string_view text, std::size_t lines, std::size_t columns, std::ostream& out,
          const std::function<int()>& key);

} // namespace tunqos::cli
