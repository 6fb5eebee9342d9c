// SPDX-License-Identifier: GPL-2.0-or-later
//
// Each setting of settings.hpp, in all that comes from its declaration.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "cli_test.hpp"
#include "tunqos/config.hpp"
#include "tunqos/json.hpp"

namespace tunqos::cli {
namespace {

template <Worded Value>
std::vector<Value> others(const TunnelSetting<Value>&) {
    std::vector<Value> values;
    for (std::size_t i = 1; i < words_of(Value{}).size(); ++i)
        values.push_back(static_cast<Value>(i));
    return values;
}
std::vector<std::optional<Dscp>> others(const TunnelSetting<std::optional<Dscp>>&) {
    return {Dscp{0}, Dscp{17}, Dscp{46}};
}

Config with(const TunnelOptions& options) {
    Config config;
    config.interfaces["gre1"].tunnel.emplace().options = options;
    return config;
}

// What a line does to gre1.
Result<Config> typed(const Config& config, std::string_view line, Mode mode = Mode::interface) {
    const Context context{mode, "gre1", 10};
    const auto outcome = grammar().match(mode, line);
    const auto* const match = std::get_if<Match>(&outcome);
    if (!match) return tl::make_unexpected(Problems{{std::string(line), "is no command"}});
    return match->command->edit(config, context, *match);
}

} // namespace

TEST_CASE("each setting of its own is written, read, typed, shown and taken back") {
    std::set<std::string> lines;
    std::set<std::uint16_t> attributes;
    each_setting([&](const auto& setting) {
        const std::string line = line_of(setting);
        CAPTURE(line);
        CHECK(lines.insert(line).second);
        CHECK(attributes.insert(setting.attribute).second);
        CHECK(setting.capability != 0);
        for (const auto& value : others(setting)) {
            TunnelOptions options;
            options.*setting.member = value;
            const Config config = with(options);
            const std::string text = value_text(value);
            CAPTURE(text);
            // JSON
            const auto json = config_to_json(config);
            auto tunnel = json["interfaces"]["gre1"]["tunnel"];
            if (!setting.section.empty()) tunnel = tunnel[std::string(setting.section)];
            CHECK(tunnel[std::string(setting.key)] == text);
            const auto read = config_from_json(json);
            REQUIRE(read);
            CHECK(*read == config);
            // the running configuration, and its line typed
            const std::string whole = line + ' ' + text;
            CHECK(config_to_ios(config).find("\n " + whole + '\n') != std::string::npos);
            const auto set = typed(with({}), whole);
            REQUIRE(set);
            CHECK(*set == config);
            for (const std::string& back : {"no " + line, "no " + whole}) {
                const auto gone = typed(config, back);
                REQUIRE(gone);
                CHECK(*gone == with({}));
            }
            // what differs
            const auto changes = diff(with({}), config);
            REQUIRE(changes.size() == 1);
            CHECK(changes[0].starts_with("interface gre1: " + name_of(setting) + ' '));
            CHECK(changes[0].ends_with(" -> " + text));
            // on a crypto map, or why not
            const auto on_sas = typed({}, whole, Mode::crypto_map);
            CHECK(on_sas.has_value() == setting.not_on_sas.empty());
            Config entry;
            entry.crypto_maps[{"vpn", 10}].match.peer = "192.0.2.1";
            entry.crypto_maps[{"vpn", 10}].tunnel.options = options;
            CHECK(validate(entry).empty() == setting.not_on_sas.empty());
        }
    });
}

} // namespace tunqos::cli
