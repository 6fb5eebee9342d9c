// SPDX-License-Identifier: GPL-2.0-or-later
#include "tunqos/json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <iterator>

#include "json_reader.hpp"
#include "json_syntax.hpp"
#include "tunqos/address.hpp"

namespace tunqos {

using nlohmann::json;

void ConfigReader::problem(Path path, std::string message) {
    problems.add({path.text(), std::move(message)});
}

bool ConfigReader::any_object(const json& value, Path path) {
    if (value.is_object()) return true;
    problem(path, "must be an object, not " + excerpt(value));
    return false;
}

// True if it is an object; each key that is none of `keys` is a problem.
bool ConfigReader::object(const json& value, Path path, std::span<const std::string_view> keys) {
    if (!any_object(value, path)) return false;
    for (const auto& [found, ignored] : members(value)) {
        if (std::find(keys.begin(), keys.end(), found) != keys.end()) continue;
        std::string list;
        for (const auto key : keys)
            list += (list.empty() ? "" : ", ") + in_quotes(key);
        problem(path / found, "unknown key; this object may have " + list);
    }
    return true;
}

// The text of a key that may be left out.
std::string ConfigReader::text(const json& object, std::string_view key, Path path) {
    const json* found = member(object, key);
    if (!found) return {};
    if (found->is_string()) return found->get<std::string>();
    problem(path / key, "must be a text, not " + excerpt(*found));
    return {};
}

// {"table": "NAME"}: the text of the only key that this object may have.
std::optional<std::string> ConfigReader::only_key(const json& value, std::string_view key,
                                                  Path path, std::string_view expected) {
    const json* found = value.is_object() && value.size() == 1 ? member(value, key) : nullptr;
    if (!found || !found->is_string() || is(*found, "")) {
        problem(path, "must be " + std::string(expected) + ", not " + excerpt(value));
        return std::nullopt;
    }
    return found->get<std::string>();
}

// A number 0-63, as number or as name. Whether it fits its use is seen later.
std::optional<std::uint8_t> ConfigReader::number(const json& value, Path path,
                                                 std::string_view expected) {
    std::optional<Dscp> dscp;
    if (value.is_number_unsigned() && value.get<std::uint64_t>() < dscp_count)
        dscp = Dscp{value.get<std::uint8_t>()};
    if (value.is_string()) dscp = parse_dscp(value.get_ref<const std::string&>());
    if (dscp) return dscp->value;
    problem(path, "must be " + std::string(expected) + ", not " + excerpt(value));
    return std::nullopt;
}

void ConfigReader::table_default(const json& value, Path path, TableMap& map) {
    if (is(value, "copy")) {
        map.fallback = TableDefault::copy;
    } else if (is(value, "ignore")) {
        map.fallback = TableDefault::ignore;
    } else if (const auto to = number(value, path,
                                      "\"copy\", \"ignore\", a number 0-63 or a name such as "
                                      "\"ef\"")) {
        map.fallback = TableDefault::value;
        map.default_value = *to;
    } else {
        map.fallback = TableDefault::copy;
    }
}

// {"af41": "af21", "46": 34}: put(from, to) for each line, which is false if `from` was there.
void ConfigReader::map_lines(const json& value, Path path,
                             const std::function<bool(Dscp from, std::uint8_t to)>& put) {
    if (!any_object(value, path)) return;
    for (const auto& [key, line] : members(value)) {
        const auto from = parse_dscp(key);
        if (!from) problem(path / key, "is not a DSCP: 0-63 or a name such as \"ef\"");
        const auto to = number(line, path / key);
        if (!from || !to) continue;
        if (!put(*from, *to))
            problem(path / key, "code point " + describe(*from) + " is there twice");
    }
}

TableMap ConfigReader::table_map(const json& value, Path path) {
    TableMap map;
    map.fallback.reset();
    if (!object(value, path, {"map", "default"})) return map;
    if (const json* lines = member(value, "map"))
        map_lines(*lines, path / "map", [&](Dscp from, std::uint8_t to) {
            return map.map.emplace(from.value, to).second;
        });
    if (const json* fallback = member(value, "default"))
        table_default(*fallback, path / "default", map);
    // Nothing is left for a default to say: one form for one meaning.
    if (!map.fallback && map.map.size() == dscp_count) map.fallback = TableDefault::copy;
    return map;
}

Interface ConfigReader::interface(const json& value, Path path) {
    Interface interface;
    if (!object(value, path,
                {"description", "tunnel", "port", "protocolCos", "mark", "mlsQos", "setDscp",
                 "802.1p"}))
        return interface;
    interface.description = text(value, "description", path);
    if (const json* found = member(value, "tunnel"))
        interface.tunnel = tunnel(*found, path / "tunnel");
    // A tunnel of which nothing is said is one all the same, and needs a line.
    if (interface.tunnel && says_nothing(*interface.tunnel))
        interface.tunnel->encap.implied = false;
    if (const json* found = member(value, "port")) interface.port = port(*found, path / "port");
    if (const json* found = member(value, "protocolCos"))
        interface.protocol_cos = protocol_cos(*found, path / "protocolCos");
    if (const json* found = member(value, "mark")) interface.mark = mark(*found, path / "mark");
    if (const json* found = member(value, "mlsQos"))
        interface.mls_qos = mls_qos(*found, path / "mlsQos");
    if (const json* found = member(value, "setDscp"))
        interface.set_dscp = set_dscp(*found, path / "setDscp");
    interface.dot1p = truth(value, "802.1p", path);
    return interface;
}

// In its one form if it is an address; else as it is, for validate() to refuse.
std::string ConfigReader::address(const json& object, std::string_view key, Path path) {
    std::string written = text(object, key, path);
    return canonical_address(written).value_or(std::move(written));
}

std::optional<std::uint32_t> ConfigReader::u32(const json& value, Path path,
                                               std::string_view expected) {
    std::optional<std::uint32_t> number;
    if (value.is_number_unsigned() && value.get<std::uint64_t>() <= UINT32_MAX)
        number = value.get<std::uint32_t>();
    if (value.is_string()) number = parse_u32(value.get_ref<const std::string&>());
    if (!number) problem(path, "must be " + std::string(expected) + ", not " + excerpt(value));
    return number;
}

void ConfigReader::match(const json& value, Path path, Selector& match) {
    if (!object(value, path, {"local", "reqid", "ifId", "mark", "spi"})) return;
    constexpr std::string_view number = "a number 1-4294967295 or a text such as \"0x1001\"";
    match.local = address(value, "local", path);
    if (const json* found = member(value, "reqid"))
        match.reqid = u32(*found, path / "reqid", number);
    if (const json* found = member(value, "ifId")) match.if_id = u32(*found, path / "ifId", number);
    if (const json* found = member(value, "spi")) match.spi = u32(*found, path / "spi", number);
    if (const json* found = member(value, "mark")) {
        if (found->is_string()) match.mark = parse_mark(found->get_ref<const std::string&>());
        if (!match.mark)
            problem(path / "mark",
                    "must be a text such as \"0x10\" or \"0x10/0xff\" (mark and "
                    "mask), not " +
                        excerpt(*found));
    }
}

CryptoMap ConfigReader::crypto_map(const json& value, Path path) {
    CryptoMap map;
    map.tunnel.encap.implied = true;
    if (!object(value, path, {"description", "peer", "match", "tunnel"})) return map;
    map.description = text(value, "description", path);
    map.match.peer = address(value, "peer", path);
    if (const json* found = member(value, "match")) match(*found, path / "match", map.match);
    if (const json* found = member(value, "tunnel")) map.tunnel = tunnel(*found, path / "tunnel");
    return map;
}

std::optional<CryptoMapKey> ConfigReader::crypto_map_key(const std::string& key, Path path) {
    const auto space = key.rfind(' ');
    if (space != std::string::npos && space > 0) {
        std::uint32_t sequence = 0;
        const char* const end = key.data() + key.size();
        const auto read = std::from_chars(key.data() + space + 1, end, sequence);
        const bool canonical = read.ec == std::errc{} && read.ptr == end &&
                               std::to_string(sequence) == key.substr(space + 1);
        if (canonical) return CryptoMapKey{key.substr(0, space), sequence};
    }
    problem(path, "must be a name, one space and a sequence number, for example \"vpn 10\"");
    return std::nullopt;
}

Config ConfigReader::config(const json& value) {
    Config config;
    const PathTo root;
    if (!object(value, root,
                {"version", "qosMaps", "tableMaps", "zones", "ruleOptions", "rules", "interfaces",
                 "cryptoMaps"}))
        return config;
    const json* version = member(value, "version");
    if (!version)
        problem(root / "version", "is missing; this daemon reads version 1");
    else if (*version != json_format_version)
        problem(root / "version", "this daemon reads version 1, not " + excerpt(*version));

    const auto each = [&](std::string_view key, auto&& read) {
        const PathTo path = root / key;
        const json* found = member(value, key);
        if (!found || !any_object(*found, path)) return;
        for (const auto& [name, item] : members(*found)) {
            const std::size_t before = problems.count();
            read(name, item, path / name);
            if (problems.count() > before) broken.emplace(key, name);
        }
    };
    if (const json* found = member(value, "qosMaps"))
        config.qos_maps = qos_maps(*found, root / "qosMaps");
    // The names come in order: each goes behind the last.
    each("tableMaps", [&](const std::string& name, const json& item, Path path) {
        if (removes(item))
            change->removed_table_maps.insert(name);
        else
            config.table_maps.emplace_hint(config.table_maps.end(), name, table_map(item, path));
    });
    each("zones", [&](const std::string& name, const json& item, Path path) {
        if (removes(item))
            change->removed_zones.insert(name);
        else
            config.zones.emplace(name, zone(item, path));
    });
    if (const json* found = member(value, "ruleOptions")) {
        if (change) change->rule_options = true;
        if (!removes(*found)) config.rule_options = rule_options(*found, root / "ruleOptions");
    }
    each("rules", [&](const std::string& name, const json& item, Path path) {
        const auto sequence = rule_sequence(name, path);
        if (sequence && removes(item))
            change->removed_rules.insert(*sequence);
        else if (sequence)
            config.rules.emplace(*sequence, rule(item, path));
    });
    each("interfaces", [&](const std::string& name, const json& item, Path path) {
        auto read = removes(item) ? Interface{} : interface(item, path);
        if (read != Interface{})
            config.interfaces.emplace_hint(config.interfaces.end(), name, std::move(read));
        else if (change)
            change->removed_interfaces.insert(name);
    });
    each("cryptoMaps", [&](const std::string& name, const json& item, Path path) {
        auto read = removes(item) ? CryptoMap{} : crypto_map(item, path);
        const auto key = crypto_map_key(name, path);
        if (key && removes(item))
            change->removed_crypto_maps.insert(*key);
        else if (key)
            config.crypto_maps.emplace(*key, std::move(read));
    });
    return config;
}

namespace {

// The objects that could be read whole. A table-map that could not stays by name, so that
// nobody is told it is missing.
Config only_whole(Config config, const ConfigReader& reader) {
    for (const auto& [kind, name] : reader.broken) {
        if (kind == "interfaces") config.interfaces.erase(name);
        if (kind == "zones") config.zones[name];
        const auto map = config.table_maps.find(name);
        if (kind == "tableMaps" && map != config.table_maps.end()) map->second = TableMap{};
    }
    std::erase_if(config.crypto_maps, [&](const auto& one) {
        const auto& [key, ignored] = one;
        return reader.broken.contains(
            {"cryptoMaps", key.name + ' ' + std::to_string(key.sequence)});
    });
    std::erase_if(config.rules, [&](const auto& one) {
        return reader.broken.contains({"rules", std::to_string(one.first)});
    });
    return config;
}

} // namespace

Result<Config> config_from_json(const json& value) {
    ConfigReader reader;
    Config config = reader.config(value);
    if (reader.problems.count() == 0) return config;
    // What could be read may be wrong as well: say everything at once.
    auto more = validate(only_whole(std::move(config), reader));
    auto all = reader.problems.take();
    all.insert(all.end(), std::make_move_iterator(more.begin()),
               std::make_move_iterator(more.end()));
    return tl::make_unexpected(std::move(all));
}

Result<Change> change_from_json(const json& value) {
    Change change;
    ConfigReader reader;
    reader.change = &change;
    change.objects = reader.config(value);
    if (reader.problems.count() == 0) return change;
    return tl::make_unexpected(reader.problems.take());
}

Result<Config> config_from_text(std::string_view text) {
    return parse_json(text).and_then(config_from_json);
}

} // namespace tunqos
