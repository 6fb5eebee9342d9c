// SPDX-License-Identifier: GPL-2.0-or-later
//
// Small steps in a JSON value, for json.cpp: the way to it, its members, its looks in a
// message.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace tunqos {

// The way to a value. It is made for every value and printed for the few that are wrong:
// so it is a chain of names, on the stack, each pointing to the one before.
struct PathTo {
    const PathTo* parent = nullptr;
    std::string_view key;

    PathTo operator/(std::string_view next) const { return {this, next}; }
    std::string text() const {
        if (!parent) return std::string(key);
        std::string before = parent->text();
        return before.empty() ? std::string(key) : before + " / " + std::string(key);
    }
};
using Path = const PathTo&;

inline std::string in_quotes(std::string_view text) {
    return '"' + std::string(text) + '"';
}

// A short copy of what was found, for a message.
inline std::string excerpt(const nlohmann::json& value) {
    constexpr std::size_t limit = 40;
    std::string text = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    return text.size() > limit ? text.substr(0, limit) + "..." : text;
}

inline const nlohmann::json::object_t& members(const nlohmann::json& object) {
    return object.get_ref<const nlohmann::json::object_t&>();
}

// The value of a key that may be left out; nullptr if it is.
inline const nlohmann::json* member(const nlohmann::json& object, std::string_view key) {
    const auto found = members(object).find(key);
    return found == members(object).end() ? nullptr : &found->second;
}

inline bool is(const nlohmann::json& value, std::string_view text) {
    return value.is_string() && value.get_ref<const std::string&>() == text;
}

} // namespace tunqos
