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
#include "json_value.hpp"
#include "printable.hpp"
#include "tunqos/address.hpp"
#include "tunqos/config.hpp"

namespace tunqos {

namespace {

using nlohmann::json;

class Reader {
public:
    Problems problems;
    Change* change = nullptr; // null removes an object, which is noted there

    Config config(const json& value);

private:
    using Keys = std::initializer_list<std::string_view>;

    bool removes(const json& value) const { return change && value.is_null(); }

    void problem(Path path, std::string message) {
        problems.push_back(printable({path.text(), std::move(message)}));
    }

    bool object(const json& value, Path path, Keys keys);
    bool any_object(const json& value, Path path);
    std::string text(const json& object, std::string_view key, Path path);
    std::optional<std::string> only_key(const json& value, std::string_view key, Path path,
                                        std::string_view expected);
    std::optional<std::uint8_t> number(const json& value, Path path);
    TableMap table_map(const json& value, Path path);
    void table_default(const json& value, Path path, TableMap& map);
    template <typename Ecn>
    Ecn ecn(const json& value, Path path, std::initializer_list<Ecn> known);
    void encap_dscp(const json& value, Path path, Encap& encap);
    InnerDscp inner_dscp(const json& value, Path path);
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
std::string Reader::text(const json& object, std::string_view key, Path path) {
    const json* found = member(object, key);
    if (!found) return {};
    if (found->is_string()) return found->get<std::string>();
    problem(path / key, "must be a text, not " + excerpt(*found));
    return {};
}

// {"table": "NAME"}: the text of the only key that this object may have.
std::optional<std::string> Reader::only_key(const json& value, std::string_view key, Path path,
                                            std::string_view expected) {
    const json* found = value.is_object() && value.size() == 1 ? member(value, key) : nullptr;
    if (!found || !found->is_string() || is(*found, "")) {
        problem(path, "must be " + std::string(expected) + ", not " + excerpt(value));
        return std::nullopt;
    }
    return found->get<std::string>();
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
    if (is(value, "copy")) {
        map.fallback = TableDefault::copy;
    } else if (is(value, "ignore")) {
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
    if (const json* lines = member(value, "map")) {
        const PathTo here = path / "map";
        if (any_object(*lines, here)) {
            for (const auto& [key, line] : members(*lines)) {
                const auto from = parse_dscp(key);
                if (!from) problem(here / key, "is not a DSCP: 0-63 or a name such as \"ef\"");
                const auto to = number(line, here / key);
                if (!from || !to) continue;
                if (!map.map.emplace(from->value, *to).second)
                    problem(here / key, "code point " + describe(*from) + " is there twice");
            }
        }
    }
    if (const json* fallback = member(value, "default"))
        table_default(*fallback, path / "default", map);
    // Nothing is left for a default to say: one form for one meaning.
    if (!map.fallback && map.map.size() == dscp_count) map.fallback = TableDefault::copy;
    return map;
}

// One of the words that to_string() has for them.
template <typename Ecn>
Ecn Reader::ecn(const json& value, Path path, std::initializer_list<Ecn> known) {
    std::string list;
    for (const Ecn one : known) {
        if (is(value, to_string(one))) return one;
        list += (list.empty() ? "" : ", ") + in_quotes(to_string(one));
    }
    problem(path, "must be one of " + list + ", not " + excerpt(value));
    return Ecn::native;
}

// DSCP of {"set": DSCP}; nullptr if it is something else.
const json* fixed_dscp(const json& value) {
    return value.is_object() && value.size() == 1 ? member(value, "set") : nullptr;
}

void Reader::encap_dscp(const json& value, Path path, Encap& encap) {
    if (is(value, "copy")) return;
    if (is(value, "native")) {
        encap.dscp = EncapDscp::native;
    } else if (const json* fixed = fixed_dscp(value)) {
        encap.dscp = EncapDscp::set;
        if (const auto dscp = number(*fixed, path / "set")) encap.value = Dscp{*dscp};
    } else if (auto table = only_key(value, "table", path,
                                     "\"copy\", \"native\", {\"set\": DSCP} or "
                                     "{\"table\": NAME}")) {
        encap.dscp = EncapDscp::table;
        encap.table = std::move(*table);
    }
}

InnerDscp Reader::inner_dscp(const json& value, Path path) {
    InnerDscp inner;
    if (is(value, "keep")) return inner;
    if (const json* fixed = fixed_dscp(value)) {
        inner.mode = EncapInner::set;
        if (const auto dscp = number(*fixed, path / "set")) inner.value = Dscp{*dscp};
    } else if (auto table = only_key(value, "table", path,
                                     "\"keep\", {\"set\": DSCP} or {\"table\": NAME}")) {
        inner.mode = EncapInner::table;
        inner.table = std::move(*table);
    }
    return inner;
}

Encap Reader::encap(const json& value, Path path) {
    Encap encap;
    if (!object(value, path, {"dscp", "innerDscp", "ecn"})) return encap;
    if (const json* found = member(value, "dscp")) encap_dscp(*found, path / "dscp", encap);
    if (const json* found = member(value, "innerDscp"))
        encap.inner = inner_dscp(*found, path / "innerDscp");
    if (const json* found = member(value, "ecn"))
        encap.ecn = ecn(*found, path / "ecn",
                        {EncapEcn::native, EncapEcn::rfc6040, EncapEcn::compatibility});
    return encap;
}

Decap Reader::decap(const json& value, Path path) {
    Decap decap;
    if (!object(value, path, {"dscp", "permit", "class", "ecn"})) return decap;
    if (const json* dscp = member(value, "dscp"); dscp && !is(*dscp, "keep")) {
        if (is(*dscp, "copy")) {
            decap.dscp = DecapDscp::copy;
        } else if (auto table = only_key(*dscp, "table", path / "dscp",
                                         "\"keep\", \"copy\" or {\"table\": NAME}")) {
            decap.dscp = DecapDscp::table;
            decap.table = std::move(*table);
        }
    }
    if (const json* permit = member(value, "permit")) {
        const std::string list = text(value, "permit", path);
        std::string bad;
        decap.permit = parse_dscp_set(list, &bad);
        if (!decap.permit && permit->is_string())
            problem(path / "permit",
                    in_quotes(bad) + " is not a DSCP or a range of them; for example \"ef,0-47\"");
    }
    if (const json* queue_by = member(value, "class")) {
        if (is(*queue_by, "outer"))
            decap.queue_by = DecapClass::outer;
        else if (!is(*queue_by, "inner"))
            problem(path / "class", "must be \"inner\" or \"outer\", not " + excerpt(*queue_by));
    }
    if (const json* found = member(value, "ecn"))
        decap.ecn = ecn(*found, path / "ecn", {DecapEcn::native, DecapEcn::rfc6040});
    return decap;
}

PreClassify Reader::pre_classify(const json& value, Path path) {
    if (value.is_boolean()) return {value.get<bool>(), {}};
    const auto table = only_key(value, "table", path, "true, false or {\"table\": NAME}");
    return table ? PreClassify{true, *table} : PreClassify{};
}

TunnelProfile Reader::tunnel(const json& value, Path path) {
    TunnelProfile profile;
    if (!object(value, path, {"encap", "decap", "preClassify", "controlDscp"})) return profile;
    if (const json* found = member(value, "encap")) profile.encap = encap(*found, path / "encap");
    if (const json* found = member(value, "decap")) profile.decap = decap(*found, path / "decap");
    if (const json* found = member(value, "preClassify"))
        profile.pre_classify = pre_classify(*found, path / "preClassify");
    if (const json* found = member(value, "controlDscp")) {
        if (const auto dscp = number(*found, path / "controlDscp"))
            profile.control_dscp = Dscp{*dscp};
    }
    return profile;
}

PortProfile Reader::port(const json& value, Path path) {
    PortProfile profile;
    if (!object(value, path, {"cos"})) return profile;
    const json* cos = member(value, "cos");
    if (!cos || is(*cos, "dscp")) return profile;
    if (auto table = only_key(*cos, "table", path / "cos", "\"dscp\" or {\"table\": NAME}"))
        profile.table = std::move(*table);
    return profile;
}

Interface Reader::interface(const json& value, Path path) {
    Interface interface;
    if (!object(value, path, {"description", "tunnel", "port"})) return interface;
    interface.description = text(value, "description", path);
    if (const json* found = member(value, "tunnel"))
        interface.tunnel = tunnel(*found, path / "tunnel");
    if (const json* found = member(value, "port")) interface.port = port(*found, path / "port");
    return interface;
}

CryptoMap Reader::crypto_map(const json& value, Path path) {
    CryptoMap map;
    if (!object(value, path, {"description", "peer", "tunnel"})) return map;
    map.description = text(value, "description", path);
    map.peer = text(value, "peer", path);
    if (const auto address = canonical_address(map.peer)) map.peer = *address;
    if (const json* found = member(value, "tunnel")) map.tunnel = tunnel(*found, path / "tunnel");
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
    const PathTo root;
    if (!object(value, root, {"version", "tableMaps", "interfaces", "cryptoMaps"})) return config;
    const json* version = member(value, "version");
    if (!version)
        problem(root / "version", "is missing; this daemon reads version 1");
    else if (*version != json_format_version)
        problem(root / "version", "this daemon reads version 1, not " + excerpt(*version));

    const auto each = [&](std::string_view key, auto&& read) {
        const PathTo path = root / key;
        const json* found = member(value, key);
        if (!found || !any_object(*found, path)) return;
        for (const auto& [name, item] : members(*found))
            read(name, item, path / name);
    };
    // The names come in order: each goes behind the last.
    each("tableMaps", [&](const std::string& name, const json& item, Path path) {
        if (removes(item))
            change->removed_table_maps.insert(name);
        else
            config.table_maps.emplace_hint(config.table_maps.end(), name, table_map(item, path));
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

Result<Change> change_from_json(const json& value) {
    Change change;
    Reader reader;
    reader.change = &change;
    change.objects = reader.config(value);
    if (reader.problems.empty()) return change;
    return tl::make_unexpected(std::move(reader.problems));
}

Result<Config> config_from_text(std::string_view text) {
    return parse_json(text).and_then(config_from_json);
}

} // namespace tunqos
