// SPDX-License-Identifier: GPL-2.0-or-later
//
// The modes: prompt, and the mode around each one (IOS walks up: a command of the outer mode
// works in the inner one).
#pragma once

#include <optional>
#include <string_view>

#include "cli/grammar/command.hpp"

namespace tunqos::cli {

constexpr std::string_view prompt_of(Mode mode) {
    switch (mode) {
    case Mode::exec: return "#";
    case Mode::config: return "(config)#";
    case Mode::interface: return "(config-if)#";
    case Mode::crypto_map: return "(config-crypto-map)#";
    case Mode::table_map: return "(config-tablemap)#";
    case Mode::rule: return "(config-qos-rule)#";
    case Mode::zone: return "(config-qos-zone)#";
    case Mode::skip: return "(config-skip)#";
    }
    return "#";
}

// The mode whose commands are tried next. Not exec: that needs `do` or `end`.
constexpr std::optional<Mode> parent(Mode mode) {
    switch (mode) {
    case Mode::exec:
    case Mode::config: return std::nullopt;
    case Mode::interface:
    case Mode::crypto_map:
    case Mode::table_map:
    case Mode::rule:
    case Mode::zone:
    case Mode::skip: return Mode::config;
    }
    return std::nullopt;
}

constexpr std::string_view name_of(Mode mode) {
    switch (mode) {
    case Mode::exec: return "exec";
    case Mode::config: return "configuration";
    case Mode::interface: return "interface configuration";
    case Mode::crypto_map: return "crypto map configuration";
    case Mode::table_map: return "table-map configuration";
    case Mode::rule: return "rule configuration";
    case Mode::zone: return "zone configuration";
    case Mode::skip: return "skipped block";
    }
    return "";
}

} // namespace tunqos::cli
