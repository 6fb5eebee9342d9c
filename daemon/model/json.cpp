// SPDX-License-Identifier: GPL-2.0-or-later
//
// Strict reading: every problem is collected with its path, unknown keys are problems,
// and what cannot be read is left at its default so that reading goes on. Whether the
// parts fit each other is validate()'s business.
#include "tunqos/json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <iterator>

#include "json_syntax.hpp"
#include "tunqos/address.hpp"
#include "tunqos/config.hpp"

namespace tunqos {

namespace {

using nlohmann::json;
using Path = const std::string&;

constexpr int format_version = 1;

std::string join(Path path, std::string_view key) {
    return path.empty() ? std::string(key) : path + " / " + std::string(key);
}

std::string in_quotes(std::string_view text) {
    return '"' + std::string(text) + '"';
}

// A short copy of what was found, for a message.
std::string excerpt(const json& value) {
    constexpr std::size_t limit = 40;
    std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
    return text.size() > limit ? text.substr(0, limit) + "..." : text;
}

class Reader {
public:
    Problems problems;

    Config config(const json& value);

private:
    using Keys = std::initializer_list<std::string_view>;

    void problem(Path path, std::string message) { problems.push_back({path, std::move(message)}); }

    bool object(const json& value, Path path, Keys keys);
    bool any_object(const json& value, Path path);
    std::string text(const json& object, std::string_view key, Path path);
    std::optional<std::string> only_key(const json& value, std::string_view key, Path path,
                                        const std::string& expected);
    std::optional<std::uint8_t> number(const json& value, Path path);
    TableMap table_map(const json& value, Path path);
    void table_default(const json& value, Path path, TableMap& map);
    Encap encap(const json& value, Path path);
    Decap decap(const json& value, Path path);
    PreClassify pre_classify(const json& value, Path path);
    TunnelProfile tunnel(const json& value, Path path);
    PortProfile port(const json& value, Path path);
    Interface interface(const json& value, Path path);
    CryptoMap crypto_map(const json& value, Path path);
    std::optional<CryptoMapKey> crypto_map_key(const std::string& key, Path path);
};

bool Reader::any_object(const json& value, Path path) {
    if (value.is_object()) return true;
    problem(path, "must be an object, not " + excerpt(value));
    return false;
}

// True if it is an object; each key that is none of `keys` is a problem.
bool Reader::object(const json& value, Path path, Keys keys) {
    if (!any_object(value, path)) return false;
    for (const auto& item : value.items()) {
        bool known = false;
        std::string list;
        for (const auto key : keys) {
            known = known || item.key() == key;
            list += (list.empty() ? "" : ", ") + in_quotes(key);
        }
        if (!known) problem(join(path, item.key()), "unknown key; this object may have " + list);
    }
    return true;
}

// The text of a key that may be left out.
std::string Reader::text(const json& object, std::string_view key, Path path) {
    const auto found = object.find(key);
    if (found == object.end()) return {};
    if (found->is_string()) return found->get<std::string>();
    problem(join(path, key), "must be a text, not " + excerpt(*found));
    return {};
}

// {"table": "NAME"}: the text of the only key that this object may have.
std::optional<std::string> Reader::only_key(const json& value, std::string_view key, Path path,
                                            const std::string& expected) {
    if (!value.is_object() || value.size() != 1 || !value.contains(key) ||
        !value.at(std::string(key)).is_string() ||
        value.at(std::string(key)).get_ref<const std::string&>().empty()) {
        problem(path, "must be " + expected + ", not " + excerpt(value));
        return std::nullopt;
    }
    return value.at(std::string(key)).get<std::string>();
}

// A number 0-63, as number or as name. Whether it fits its use is seen later.
std::optional<std::uint8_t> Reader::number(const json& value, Path path) {
    std::optional<Dscp> dscp;
    if (value.is_number_unsigned() && value.get<std::uint64_t>() < dscp_count)
        dscp = Dscp{value.get<std::uint8_t>()};
    if (value.is_string()) dscp = parse_dscp(value.get_ref<const std::string&>());
    if (dscp) return dscp->value;
    problem(path, "must be a number 0-63 or a name such as \"ef\", not " + excerpt(value));
    return std::nullopt;
}

void Reader::table_default(const json& value, Path path, TableMap& map) {
    if (value == "copy") {
        map.fallback = TableDefault::copy;
    } else if (value == "ignore") {
        map.fallback = TableDefault::ignore;
    } else if (const auto to = number(value, path)) {
        map.fallback = TableDefault::value;
        map.default_value = *to;
    } else {
        problems.back().message =
            "must be \"copy\", \"ignore\", a number 0-63 or a name such as "
            "\"ef\", not " +
            excerpt(value);
        map.fallback = TableDefault::copy;
    }
}

TableMap Reader::table_map(const json& value, Path path) {
    TableMap map;
    map.fallback.reset();
    if (!object(value, path, {"map", "default"})) return map;
    if (const auto lines = value.find("map"); lines != value.end()) {
        const std::string here = join(path, "map");
        if (any_object(*lines, here)) {
            for (const auto& item : lines->items()) {
                const auto from = parse_dscp(item.key());
                if (!from)
                    problem(join(here, item.key()), "is not a DSCP: 0-63 or a name such as \"ef\"");
                const auto to = number(item.value(), join(here, item.key()));
                if (!from || !to) continue;
                if (!map.map.emplace(from->value, *to).second)
                    problem(join(here, item.key()),
                            "code point " + describe(*from) + " is there twice");
            }
        }
    }
    if (const auto fallback = value.find("default"); fallback != value.end())
        table_default(*fallback, join(path, "default"), map);
    // Nothing is left for a default to say: one form for one meaning.
    if (!map.fallback && map.map.size() == dscp_count) map.fallback = TableDefault::copy;
    return map;
}

Encap Reader::encap(const json& value, Path path) {
    Encap encap;
    if (!object(value, path, {"dscp"})) return encap;
    const auto found = value.find("dscp");
    if (found == value.end()) return encap;
    const std::string here = join(path, "dscp");
    if (*found == "copy") return encap;
    if (*found == "native") {
        encap.dscp = EncapDscp::native;
    } else if (found->is_object() && found->size() == 1 && found->contains("set")) {
        encap.dscp = EncapDscp::set;
        if (const auto dscp = number(found->at("set"), join(here, "set")))
            encap.value = Dscp{*dscp};
    } else if (const auto table = only_key(*found, "table", here,
                                           "\"copy\", \"native\", {\"set\": DSCP} or "
                                           "{\"table\": NAME}")) {
        encap.dscp = EncapDscp::table;
        encap.table = *table;
    }
    return encap;
}

Decap Reader::decap(const json& value, Path path) {
    Decap decap;
    if (!object(value, path, {"dscp", "permit", "class"})) return decap;
    if (const auto dscp = value.find("dscp"); dscp != value.end() && *dscp != "keep") {
        if (*dscp == "copy") {
            decap.dscp = DecapDscp::copy;
        } else if (const auto table = only_key(*dscp, "table", join(path, "dscp"),
                                               "\"keep\", \"copy\" or {\"table\": NAME}")) {
            decap.dscp = DecapDscp::table;
            decap.table = *table;
        }
    }
    if (value.contains("permit")) {
        const std::string list = text(value, "permit", path);
        std::string bad;
        decap.permit = parse_dscp_set(list, &bad);
        if (!decap.permit && value.at("permit").is_string())
            problem(join(path, "permit"),
                    in_quotes(bad) + " is not a DSCP or a range of them; for example \"ef,0-47\"");
    }
    if (const auto queue_by = value.find("class"); queue_by != value.end()) {
        if (*queue_by == "outer")
            decap.queue_by = DecapClass::outer;
        else if (*queue_by != "inner")
            problem(join(path, "class"),
                    "must be \"inner\" or \"outer\", not " + excerpt(*queue_by));
    }
    return decap;
}

PreClassify Reader::pre_classify(const json& value, Path path) {
    if (value.is_boolean()) return {value.get<bool>(), {}};
    const auto table = only_key(value, "table", path, "true, false or {\"table\": NAME}");
    return table ? PreClassify{true, *table} : PreClassify{};
}

TunnelProfile Reader::tunnel(const json& value, Path path) {
    TunnelProfile profile;
    if (!object(value, path, {"encap", "decap", "preClassify"})) return profile;
    if (value.contains("encap")) profile.encap = encap(value.at("encap"), join(path, "encap"));
    if (value.contains("decap")) profile.decap = decap(value.at("decap"), join(path, "decap"));
    if (value.contains("preClassify"))
        profile.pre_classify = pre_classify(value.at("preClassify"), join(path, "preClassify"));
    return profile;
}

PortProfile Reader::port(const json& value, Path path) {
    PortProfile profile;
    if (!object(value, path, {"cos"})) return profile;
    const auto cos = value.find("cos");
    if (cos == value.end() || *cos == "dscp") return profile;
    if (const auto table =
            only_key(*cos, "table", join(path, "cos"), "\"dscp\" or {\"table\": NAME}"))
        profile.table = *table;
    return profile;
}

Interface Reader::interface(const json& value, Path path) {
    Interface interface;
    if (!object(value, path, {"description", "tunnel", "port"})) return interface;
    interface.description = text(value, "description", path);
    if (value.contains("tunnel"))
        interface.tunnel = tunnel(value.at("tunnel"), join(path, "tunnel"));
    if (value.contains("port")) interface.port = port(value.at("port"), join(path, "port"));
    return interface;
}

CryptoMap Reader::crypto_map(const json& value, Path path) {
    CryptoMap map;
    if (!object(value, path, {"description", "peer", "tunnel"})) return map;
    map.description = text(value, "description", path);
    map.peer = text(value, "peer", path);
    if (const auto address = canonical_address(map.peer)) map.peer = *address;
    if (value.contains("tunnel")) map.tunnel = tunnel(value.at("tunnel"), join(path, "tunnel"));
    return map;
}

std::optional<CryptoMapKey> Reader::crypto_map_key(const std::string& key, Path path) {
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

Config Reader::config(const json& value) {
    Config config;
    if (!object(value, "", {"version", "tableMaps", "interfaces", "cryptoMaps"})) return config;
    if (!value.contains("version"))
        problem("version", "is missing; this daemon reads version 1");
    else if (value.at("version") != format_version)
        problem("version", "this daemon reads version 1, not " + excerpt(value.at("version")));

    const auto each = [&](const char* key, auto&& read) {
        const auto found = value.find(key);
        if (found == value.end() || !any_object(*found, key)) return;
        for (const auto& item : found->items())
            read(item, join(key, item.key()));
    };
    each("tableMaps", [&](const auto& item, Path path) {
        config.table_maps.emplace(item.key(), table_map(item.value(), path));
    });
    each("interfaces", [&](const auto& item, Path path) {
        auto read = interface(item.value(), path);
        if (read != Interface{}) config.interfaces.emplace(item.key(), std::move(read));
    });
    each("cryptoMaps", [&](const auto& item, Path path) {
        auto read = crypto_map(item.value(), path);
        if (const auto name = crypto_map_key(item.key(), path))
            config.crypto_maps.emplace(*name, std::move(read));
    });
    return config;
}

json table_map_json(const TableMap& map) {
    json value = {{"map", json::object()}};
    for (const auto& [from, to] : map.map)
        value["map"][to_string(Dscp{from})] = to;
    if (map.fallback == TableDefault::copy) value["default"] = "copy";
    if (map.fallback == TableDefault::ignore) value["default"] = "ignore";
    if (map.fallback == TableDefault::value) value["default"] = map.default_value;
    return value;
}

json encap_json(const Encap& encap) {
    switch (encap.dscp) {
    case EncapDscp::set: return {{"dscp", {{"set", to_string(encap.value)}}}};
    case EncapDscp::table: return {{"dscp", {{"table", encap.table}}}};
    case EncapDscp::native: return {{"dscp", "native"}};
    case EncapDscp::copy: break;
    }
    return {{"dscp", "copy"}};
}

json decap_json(const Decap& decap) {
    json value = json::object();
    if (decap.dscp == DecapDscp::table)
        value["dscp"]["table"] = decap.table;
    else
        value["dscp"] = decap.dscp == DecapDscp::copy ? "copy" : "keep";
    if (decap.permit) value["permit"] = to_string(*decap.permit);
    if (decap.queue_by == DecapClass::outer) value["class"] = "outer";
    return value;
}

json tunnel_json(const TunnelProfile& profile) {
    json value = {{"encap", encap_json(profile.encap)}, {"decap", decap_json(profile.decap)}};
    if (profile.pre_classify.enabled) {
        value["preClassify"] = profile.pre_classify.table.empty()
                                   ? json(true)
                                   : json{{"table", profile.pre_classify.table}};
    }
    return value;
}

json interface_json(const Interface& interface) {
    json value = json::object();
    if (!interface.description.empty()) value["description"] = interface.description;
    if (interface.tunnel) value["tunnel"] = tunnel_json(*interface.tunnel);
    if (interface.port) {
        value["port"]["cos"] =
            interface.port->table.empty() ? json("dscp") : json{{"table", interface.port->table}};
    }
    return value;
}

json crypto_map_json(const CryptoMap& map) {
    json value = {{"tunnel", tunnel_json(map.tunnel)}};
    if (!map.description.empty()) value["description"] = map.description;
    if (!map.peer.empty()) value["peer"] = map.peer;
    return value;
}

} // namespace

namespace {

// The objects that could be read whole. A table-map that could not stays by name, so that
// nobody is told it is missing.
Config only_whole(Config config, const Problems& problems) {
    const auto broken = [&](const std::string& object) {
        return std::any_of(problems.begin(), problems.end(), [&](const Problem& one) {
            return one.path == object || one.path.rfind(object + " / ", 0) == 0;
        });
    };
    for (auto& [name, map] : config.table_maps)
        if (broken("tableMaps / " + name)) map = TableMap{};
    std::erase_if(config.interfaces,
                  [&](const auto& one) { return broken("interfaces / " + one.first); });
    std::erase_if(config.crypto_maps, [&](const auto& one) {
        return broken("cryptoMaps / " + one.first.name + ' ' + std::to_string(one.first.sequence));
    });
    return config;
}

} // namespace

Result<Config> config_from_json(const json& value) {
    Reader reader;
    Config config = reader.config(value);
    if (reader.problems.empty()) return config;
    // What could be read may be wrong as well: say everything at once.
    auto more = validate(only_whole(std::move(config), reader.problems));
    reader.problems.insert(reader.problems.end(), std::make_move_iterator(more.begin()),
                           std::make_move_iterator(more.end()));
    return tl::make_unexpected(std::move(reader.problems));
}

Result<Config> config_from_text(std::string_view text) {
    return parse_json(text).and_then(config_from_json);
}

json config_to_json(const Config& config) {
    json value = {{"version", format_version}};
    for (const auto& [name, map] : config.table_maps)
        value["tableMaps"][name] = table_map_json(map);
    for (const auto& [name, interface] : config.interfaces) {
        if (interface != Interface{}) value["interfaces"][name] = interface_json(interface);
    }
    for (const auto& [key, map] : config.crypto_maps)
        value["cryptoMaps"][key.name + ' ' + std::to_string(key.sequence)] = crypto_map_json(map);
    return value;
}

std::string config_to_text(const Config& config) {
    return config_to_json(config).dump(2, ' ', false, json::error_handler_t::replace) + '\n';
}

} // namespace tunqos
