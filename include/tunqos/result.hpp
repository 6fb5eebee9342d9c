// SPDX-License-Identifier: GPL-2.0-or-later
//
// Values in, results out. std::expected takes this alias's place with C++23.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace tunqos {

// One thing that is wrong. `path` names the object as a person would
// ("table-map wan / map 3", "interface gre1 / tunnel decap dscp"); `message` says what is
// wrong and the way out: lower case, no full stop, no bare numbers.
struct Problem {
    std::string path;
    std::string message;

    bool operator==(const Problem&) const = default;
};

using Problems = std::vector<Problem>;

template <typename T>
using Result = tl::expected<T, Problems>;

inline tl::unexpected<Problems> fail(std::string path, std::string message) {
    return tl::make_unexpected(Problems{{std::move(path), std::move(message)}});
}

} // namespace tunqos
