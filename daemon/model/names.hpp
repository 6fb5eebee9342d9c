// SPDX-License-Identifier: GPL-2.0-or-later
//
// What names of objects and devices may be.
#pragma once

#include <algorithm>
#include <cctype>
#include <string>

namespace tunqos {

inline constexpr std::size_t interface_name_max = 15; // IFNAMSIZ - 1
inline constexpr std::size_t object_name_max = 64;    // that of a table-map on IOS

// Letters, digits, - and _.
inline bool word(const std::string& name) {
    return std::all_of(name.begin(), name.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '-' || c == '_';
    });
}

inline bool object_name(const std::string& name) {
    return !name.empty() && name.size() <= object_name_max && word(name);
}

// What dev_valid_name() of the kernel takes, less what cannot be shown.
inline bool device_name(const std::string& name) {
    if (name.empty() || name.size() > interface_name_max || name == "." || name == "..")
        return false;
    return std::none_of(name.begin(), name.end(), [](unsigned char c) {
        return c == '/' || c == ':' || c <= ' ' || c == 0x7f;
    });
}

} // namespace tunqos
