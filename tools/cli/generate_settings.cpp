// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/generate.hpp"
#include "tunqos/dscp_source.hpp"
#include "tunqos/settings.hpp"

namespace tunqos::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 3> sections{"encap", "decap", ""};

Json reference(std::string_view name) {
    return {{"$ref", fmt::format("#/$defs/{}", name)}};
}

// A value in a configuration, and one that `show` says, which may be none.
template <Worded Value>
Json schema_of(const TunnelSetting<Value>&, bool) {
    Json texts = Json::array();
    for (const Word& word : words_of(Value{}))
        texts.push_back(word.text);
    return {{"enum", texts}};
}
Json schema_of(const TunnelSetting<std::optional<Dscp>>&, bool shown) {
    if (!shown) return reference("dscp");
    return {{"anyOf", Json::array({reference("dscp"), {{"type", "null"}}})}};
}

Json schema_of(std::string_view section, bool shown) {
    Json required = Json::array();
    Json properties = Json::object();
    each_setting(section, [&](const auto& setting) {
        required.push_back(setting.key);
        properties[std::string(setting.key)] = schema_of(setting, shown);
    });
    if (!shown) return {{"properties", properties}};
    return {{"required", required}, {"properties", properties}};
}

template <typename Mode>
Json source_schema() {
    Json words = Json::array();
    for (const auto& [word, help, shown] : words_of_source(Mode{})) {
        if (word != "set" && word != "table") words.push_back(word);
    }
    Json forms = Json::array({{{"enum", words}}});
    if (CanSet<Mode>) forms.push_back(reference("set"));
    forms.push_back(reference("table"));
    return {{"anyOf", forms}};
}

std::string definition(std::string_view name, const Json& schema) {
    return fmt::format("    \"settings {}\": {},\n", name, schema.dump());
}

template <Worded Value>
std::string man_values(const TunnelSetting<Value>&) {
    std::string text;
    for (const Word& word : words_of(Value{}))
        text += fmt::format(".It Qq {}\n{}.\n", word.text, word.help);
    return ".Bl -tag -width \"compatibility\" -compact\n" + text + ".El\n";
}
std::string man_values(const TunnelSetting<std::optional<Dscp>>&) {
    return "A DSCP; without it, what the kernel makes of it.\n";
}

} // namespace

std::string generate_settings_schema() {
    std::string text;
    for (const bool shown : {false, true}) {
        for (const std::string_view section : sections) {
            const std::string name(section.empty() ? "tunnel" : section);
            text += definition(name + (shown ? " shown" : ""), schema_of(section, shown));
        }
    }
    text += definition("outer dscp", source_schema<EncapDscp>());
    text += definition("inner dscp", source_schema<EncapInner>());
    text += definition("decap dscp", source_schema<DecapDscp>());
    return text;
}

std::string generate_settings_man(std::string_view section) {
    std::string text;
    each_setting(section, [&](const auto& setting) {
        text += fmt::format(".It Cm {}\n{}\n{}", setting.key, setting.summary, man_values(setting));
        if (!setting.not_on_sas.empty()) text += "Not of a crypto map.\n";
    });
    return text;
}

} // namespace tunqos::cli
