// SPDX-License-Identifier: GPL-2.0-or-later
//
// Table-maps and interfaces: making and removing them, and what is not about a tunnel. The grammar
// has checked every value already.
#include <fmt/format.h>

#include "cli/edit.hpp"
#include "cli/grammar/types.hpp"

namespace tunqos::cli {
namespace {

std::uint8_t dscp_value(const std::string& text) {
    return parse_dscp(text).value_or(Dscp{}).value;
}

} // namespace

void forget_if_empty(Config& config, const std::string& name) {
    const auto found = config.interfaces.find(name);
    if (found != config.interfaces.end() && found->second == Interface{}) {
        config.interfaces.erase(found);
    }
}

Result<Config> edit_table_map(Config config, const Context&, const Match& match) {
    const std::string name = match.get("TABLE-MAP");
    if (!match.negated) {
        config.table_maps.try_emplace(name);
    } else if (config.table_maps.erase(name) == 0) {
        return fail("table-map " + name, "there is no such table-map");
    }
    return config;
}

Result<Config> edit_table_map_line(Config config, const Context& context, const Match& match) {
    TableMap& map = config.table_maps[context.name];
    const std::uint8_t from = dscp_value(match.get("DSCP"));
    if (!match.negated) {
        map.map[from] = dscp_value(match.get("VALUE"));
        return config;
    }
    const std::string path = "table-map " + context.name;
    const auto line = map.map.find(from);
    if (line == map.map.end())
        return fail(path, fmt::format("there is no line for {}", describe(Dscp{from})));
    if (match.has("to") && line->second != dscp_value(match.get("VALUE")))
        return fail(path, fmt::format("{} is mapped to {}, not to {}; type no map from {}",
                                      describe(Dscp{from}), to_string(Dscp{line->second}),
                                      match.get("VALUE"), to_string(Dscp{from})));
    map.map.erase(line);
    return config;
}

Result<Config> edit_table_map_default(Config config, const Context& context, const Match& match) {
    TableMap& map = config.table_maps[context.name];
    map.fallback = TableDefault::copy; // `no default`, too: what IOS does without the line
    map.default_value = 0;
    if (match.negated) return config;
    if (match.has("ignore")) map.fallback = TableDefault::ignore;
    if (const std::string value = match.get("VALUE"); !value.empty()) {
        map.fallback = TableDefault::value;
        map.default_value = dscp_value(value);
    }
    return config;
}

Result<Config> edit_interface(Config config, const Context&, const Match& match) {
    // Entering the mode says nothing about the interface yet.
    if (match.negated) config.interfaces.erase(match.get("INTERFACE"));
    return config;
}

Result<Config> edit_description(Config config, const Context& context, const Match& match) {
    const std::string text = match.negated ? std::string() : match.get("LINE");
    if (context.mode == Mode::crypto_map) {
        config.crypto_maps[crypto_map_key(context)].description = text;
    } else {
        config.interfaces[context.name].description = text;
        forget_if_empty(config, context.name);
    }
    return config;
}

Result<Config> edit_cos(Config config, const Context& context, const Match& match) {
    Interface& interface = config.interfaces[context.name];
    interface.port.reset();
    if (!match.negated) interface.port = PortProfile{match.get("TABLE-MAP")};
    // without a word more it is about all of them
    if (match.negated && !match.has("dscp")) interface.protocol_cos = {};
    forget_if_empty(config, context.name);
    return config;
}

Result<Config> edit_protocol_cos(Config config, const Context& context, const Match& match) {
    Interface& interface = config.interfaces[context.name];
    for (std::size_t i = 0; i < port_protocols.size(); ++i) {
        if (!match.has(port_protocols[i])) continue;
        interface.protocol_cos[i].reset();
        if (!match.negated)
            interface.protocol_cos[i] =
                static_cast<std::uint8_t>(parse_number(match.get("COS"), 0, 7).value_or(0));
    }
    forget_if_empty(config, context.name);
    return config;
}

Result<Config> edit_dscp_mark(Config config, const Context& context, const Match& match) {
    Interface& interface = config.interfaces[context.name];
    interface.mark.reset();
    if (!match.negated)
        interface.mark =
            MarkProfile{match.get("TABLE-MAP"), parse_u32(match.get("MASK")).value_or(0)};
    forget_if_empty(config, context.name);
    return config;
}

} // namespace tunqos::cli
