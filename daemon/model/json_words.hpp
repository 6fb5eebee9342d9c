// SPDX-License-Identifier: GPL-2.0-or-later
//
// Settings that are one of some words, or a DSCP by word, value or table, from JSON.
#pragma once

#include "json_reader.hpp"

namespace tunqos {

// One of its words.
template <Worded Value>
void ConfigReader::setting(const nlohmann::json& value, Path path, Value& to) {
    if (value.is_string() && read_value(value.get_ref<const std::string&>(), to)) return;
    std::string list;
    for (const auto& word : words_of(to))
        list += (list.empty() ? "" : ", ") + in_quotes(word.text);
    problem(path, "must be one of " + list + ", not " + excerpt(value));
}

// DSCP of {"set": DSCP}; nullptr if it is something else.
inline const nlohmann::json* fixed_dscp(const nlohmann::json& value) {
    return value.is_object() && value.size() == 1 ? member(value, "set") : nullptr;
}

// "\"copy\", \"native\", {\"set\": DSCP} or {\"table\": NAME}"
template <typename Mode>
std::string forms_of() {
    std::string forms;
    for (const auto& [word, help, shown] : words_of_source(Mode{})) {
        if (word != "set" && word != "table") forms += in_quotes(word) + ", ";
    }
    if constexpr (CanSet<Mode>) forms += "{\"set\": DSCP}, ";
    return forms.substr(0, forms.size() - 2) + " or {\"table\": NAME}";
}

template <typename Mode>
void ConfigReader::source(const nlohmann::json& value, Path path, DscpSource<Mode>& source) {
    const auto words = words_of_source(Mode{});
    for (std::size_t i = 0; i < words.size(); ++i) {
        source = static_cast<Mode>(i);
        const auto word = words[i].text;
        if (word != "set" && word != "table" && is(value, word)) return;
    }
    source = {};
    if constexpr (CanSet<Mode>) {
        if (const nlohmann::json* fixed = fixed_dscp(value)) {
            source = Mode::set;
            if (const auto dscp = number(*fixed, path / "set")) source.value = Dscp{*dscp};
            return;
        }
    }
    static const std::string forms = forms_of<Mode>();
    if (auto table = only_key(value, "table", path, forms))
        source = {Mode::table, std::move(*table)};
}

} // namespace tunqos
