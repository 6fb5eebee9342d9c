// SPDX-License-Identifier: GPL-2.0-or-later
//
// JSON text to a JSON value: syntax and duplicate keys, nothing of tunqos.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "tunqos/result.hpp"

namespace tunqos {

// Problems: one syntax error with path "line L, column C", or each key that occurs twice
// in one object, with the path of the object.
Result<nlohmann::json> parse_json(std::string_view text);

} // namespace tunqos
