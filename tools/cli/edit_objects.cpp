// SPDX-License-Identifier: GPL-2.0-or-later
//
// Table-maps, interfaces and crypto maps: making and removing them, and what is not about a
// tunnel. The grammar has checked every value already.
#include <fmt/format.h>

#include "cli/edit.hpp"
#include "cli/grammar/types.hpp"
#include "tunqos/address.hpp"

namespace tunqos::cli {
namespace {

std::uint8_t dscp_value(const std::string& text) {
    return parse_dscp(text).value_or(Dscp{}).value;
}

std::uint32_t sequence_of(const Match& match) {
    return parse_number(match.get("SEQUENCE"), 1, 65535).value_or(0);
}

// An interface about which nothing is said is not in the configuration.
void forget_if_empty(Config& config, const std::string& name) {
    const auto found = config.interfaces.find(name);
    if (found != config.interfaces.end() && found->second == Interface{}) {
        config.interfaces.erase(found);
    }
}

} // namespace

CryptoMapKey crypto_map_key(const Context& context) {
    return {context.name, context.sequence};
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
    } else if (map.map.erase(from) == 0) {
        return fail("table-map " + context.name,
                    fmt::format("there is no line for {}", describe(Dscp{from})));
    }
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

Result<Config> edit_default_interface(Config config, const Context&, const Match& match) {
    config.interfaces.erase(match.get("INTERFACE"));
    return config;
}

Result<Config> edit_crypto_map(Config config, const Context&, const Match& match) {
    const CryptoMapKey key{match.get("CRYPTO-MAP"), sequence_of(match)};
    if (!match.negated) {
        config.crypto_maps.try_emplace(key);
    } else if (config.crypto_maps.erase(key) == 0) {
        return fail(fmt::format("crypto map {} {}", key.name, key.sequence),
                    "there is no such crypto map");
    }
    return config;
}

Result<Config> edit_peer(Config config, const Context& context, const Match& match) {
    CryptoMap& map = config.crypto_maps[crypto_map_key(context)];
    const std::string typed = match.get("ADDRESS");
    const std::string address = canonical_address(typed).value_or(typed);
    if (match.negated && !address.empty() && address != map.peer) {
        return fail(fmt::format("crypto map {} {}", context.name, context.sequence),
                    fmt::format("{} is not its peer", address));
    }
    map.peer = match.negated ? std::string() : address;
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
    forget_if_empty(config, context.name);
    return config;
}

} // namespace tunqos::cli
