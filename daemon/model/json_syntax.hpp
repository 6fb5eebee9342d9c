// SPDX-License-Identifier: GPL-2.0-or-later
//
// JSON text to a JSON value: syntax and duplicate keys, nothing of tunqos. And back.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "tunqos/result.hpp"

namespace tunqos {

// Problems: one syntax error with path "line L, column C", or each key that occurs twice
// in one object, with the path of the object.
Result<nlohmann::json> parse_json(std::string_view text);

// The value in one line: what dump() gives, and what is not UTF-8 replaced. The library
// takes 40 instructions for each byte of a text, and most bytes are letters.
std::string to_line(const nlohmann::json& value);

} // namespace tunqos
