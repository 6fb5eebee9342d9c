// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a change does, one line a change, in the words of the configuration.
#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

#include "tunqos/config.hpp"

namespace tunqos {

namespace {

// A value as people read it. Nothing: not set.
using Text = std::optional<std::string>;

Text if_any(const std::string& text) {
    return text.empty() ? Text{} : Text{text};
}

Text encap_text(const TunnelProfile& profile) {
    return to_string(profile.encap.dscp) + (profile.encap.implied ? " (implied)" : "");
}

Text inner_text(const TunnelProfile& profile) {
    return to_string(profile.encap.inner);
}

Text single_text(const TunnelProfile& profile) {
    const auto& single = profile.encap.single_aggregate;
    return single ? to_string(*single) : "off";
}

Text mode_text(const TunnelProfile& profile) {
    const auto& mode = profile.mode;
    if (!mode) return "none";
    std::string text(to_string(mode->model));
    if (mode->permit) text += " permit " + to_string(*mode->permit);
    if (mode->dscp == EncapDscp::set) text += " dscp " + to_string(mode->dscp.value);
    if (mode->dscp == EncapDscp::table) text += " table " + mode->dscp.table;
    return text;
}

Text decap_text(const TunnelProfile& profile) {
    const Decap& decap = profile.decap;
    std::string text = to_string(decap.dscp);
    if (decap.permit) text += " permit " + to_string(*decap.permit);
    return text;
}

Text pre_classify_text(const TunnelProfile& profile) {
    if (!profile.pre_classify.enabled) return "off";
    const std::string text = to_string(profile.pre_classify);
    return text.empty() ? "on" : text.substr(1);
}

Text decap_class_text(const TunnelProfile& profile) {
    return profile.decap.queue_by == DecapClass::outer ? "outer" : "inner";
}

Text default_text(const TableMap& map) {
    if (map.fallback == TableDefault::copy) return "copy";
    if (map.fallback == TableDefault::ignore) return "ignore";
    if (map.fallback == TableDefault::value) return std::to_string(map.default_value);
    return {};
}

Text cos_text(const Interface& interface) {
    if (!interface.port) return {};
    return interface.port->table.empty() ? "dscp" : "dscp table " + interface.port->table;
}

Text mark_text(const Interface& interface) {
    const auto& mark = interface.mark;
    if (!mark) return {};
    return (mark->table.empty() ? "dscp" : "dscp table " + mark->table) + " mask " +
           hexadecimal(mark->mask);
}

Text trust_text(const Interface& interface) {
    const PortTrust trust = interface.mls_qos.trust;
    return trust == PortTrust::none ? Text{} : Text(to_string(trust));
}

Text default_cos_text(const Interface& interface) {
    const MlsQos& mls = interface.mls_qos;
    if (mls.cos == 0 && !mls.override) return {};
    return std::to_string(mls.cos) + (mls.override ? " override" : "");
}

Text mutation_text(const Interface& interface) {
    return if_any(interface.mls_qos.mutation);
}

Text set_dscp_text(const Interface& interface) {
    return interface.set_dscp ? Text(to_string(*interface.set_dscp)) : Text{};
}

// compare(before, after, tell) calls tell(name, from, to) for each setting that may differ,
// in the order in which people read them. Of no object (nullptr) no setting is set. Most
// settings of most objects are equal, so texts are made for the others only.

template <typename Object, typename Part, typename Print, typename Tell>
void compare_part(std::string_view name, const Object* before, const Object* after, Part part,
                  Print print, const Tell& tell) {
    if (before && after && std::invoke(part, *before) == std::invoke(part, *after)) return;
    tell(name, before ? print(*before) : Text{}, after ? print(*after) : Text{});
}

// A setting that few profiles have: of a new one its default is not worth a word.
template <typename Part, typename Print, typename Tell>
void compare_rare(std::string_view name, const TunnelProfile* before, const TunnelProfile* after,
                  Part part, Print print, const Tell& tell) {
    static const TunnelProfile defaults;
    if (part(before ? *before : defaults) == part(after ? *after : defaults)) return;
    compare_part(name, before, after, part, print, tell);
}

template <typename Tell>
void compare_settings(std::string_view section, const TunnelProfile* before,
                      const TunnelProfile* after, const Tell& tell) {
    each_setting(section, [&](const auto& setting) {
        const auto value = [&](const TunnelProfile& profile) -> const auto& {
            return profile.options.*setting.member;
        };
        const auto print = [&](const TunnelProfile& profile) {
            return if_any(value_text(value(profile)));
        };
        compare_rare(name_of(setting), before, after, value, print, tell);
    });
}

template <typename Tell>
void compare(const TunnelProfile* before, const TunnelProfile* after, const Tell& tell) {
    using Profile = TunnelProfile;
    const auto inner = [](const Profile& profile) -> const DscpSource<EncapInner>& {
        return profile.encap.inner;
    };
    const auto single = [](const Profile& profile) { return profile.encap.single_aggregate; };
    const auto queue_by = [](const Profile& profile) { return profile.decap.queue_by; };
    const auto mode = [](const Profile& profile) -> const std::optional<DiffservMode>& {
        return profile.mode;
    };
    compare_rare("diffserv-mode", before, after, mode, mode_text, tell);
    compare_part("encap dscp", before, after, &Profile::encap, encap_text, tell);
    compare_rare("encap single-aggregate", before, after, single, single_text, tell);
    compare_rare("encap inner-dscp", before, after, inner, inner_text, tell);
    compare_settings("encap", before, after, tell);
    compare_part("decap dscp", before, after, &Profile::decap, decap_text, tell);
    compare_part("decap class", before, after, queue_by, decap_class_text, tell);
    compare_settings("decap", before, after, tell);
    compare_part("pre-classify", before, after, &Profile::pre_classify, pre_classify_text, tell);
    compare_settings("", before, after, tell);
}

template <typename Object, typename Tell>
void compare_description(const Object* before, const Object* after, const Tell& tell) {
    compare_part(
        "description", before, after, &Object::description,
        [](const Object& object) { return if_any(object.description); }, tell);
}

template <typename Tell>
void compare_arrival(const Interface* before, const Interface* after, const Tell& tell) {
    if (before && after && before->mls_qos == after->mls_qos && before->set_dscp == after->set_dscp)
        return;
    const auto one = [&](std::string_view name, Text (*print)(const Interface&)) {
        tell(name, before ? print(*before) : Text{}, after ? print(*after) : Text{});
    };
    one("mls qos trust", trust_text);
    one("mls qos cos", default_cos_text);
    one("mls qos dscp-mutation", mutation_text);
    one("set dscp", set_dscp_text);
}

template <typename Tell>
void compare(const Interface* before, const Interface* after, const Tell& tell) {
    const auto tunnel = [](const Interface* interface) {
        return interface && interface->tunnel ? &*interface->tunnel : nullptr;
    };
    compare_description(before, after, tell);
    compare(tunnel(before), tunnel(after), tell);
    compare_part("set cos", before, after, &Interface::port, cos_text, tell);
    for (std::size_t i = 0; i < port_protocols.size(); ++i) {
        const auto cos = [i](const Interface* interface) {
            return interface ? interface->protocol_cos[i] : std::nullopt;
        };
        const auto print = [](const std::optional<std::uint8_t>& value) {
            return value ? Text(std::to_string(*value)) : Text{};
        };
        if (cos(before) != cos(after))
            tell("set cos " + std::string(port_protocols[i]), print(cos(before)),
                 print(cos(after)));
    }
    compare_arrival(before, after, tell);
    compare_part(
        "qos 802.1p", before, after, &Interface::dot1p,
        [](const Interface& interface) { return interface.dot1p ? Text("on") : Text{}; }, tell);
    compare_part("set mark", before, after, &Interface::mark, mark_text, tell);
}

template <typename Tell>
void compare(const Rule* before, const Rule* after, const Tell& tell) {
    const auto one = [&](std::string_view name, const auto& print) {
        tell(name, before ? if_any(print(*before)) : Text{},
             after ? if_any(print(*after)) : Text{});
    };
    one("name", [](const Rule& rule) { return rule.name; });
    one("match from", [](const Rule& rule) { return path_text(rule.match); });
    one("match", [](const Rule& rule) { return traffic_text(rule.match); });
    one("match dscp", [](const Rule& rule) { return dscp_words(rule.match.dscp); });
    one("match cos", [](const Rule& rule) { return cos_words(rule.match.cos); });
    one("set dscp", dscp_action_text);
    one("set cos", cos_action_text);
}

template <typename Tell>
void compare(const Zone* before, const Zone* after, const Tell& tell) {
    const auto members = [](const Zone* zone) {
        std::string text;
        if (zone == nullptr) return Text{};
        for (const auto& member : *zone)
            text += (text.empty() ? "" : " ") + member;
        return if_any(text);
    };
    tell("members", members(before), members(after));
}

template <typename Tell>
void compare(const Selector* before, const Selector* after, const Tell& tell) {
    const auto part = [&](std::string_view name, auto member, const auto& print) {
        compare_part(
            name, before, after, member,
            [&](const Selector& match) {
                const auto& value = match.*member;
                return value ? Text{print(*value)} : Text{};
            },
            tell);
    };
    const auto decimal = [](std::uint32_t number) { return std::to_string(number); };
    const auto mark = [](const Mark& value) { return to_string(value); };
    const auto peer = [](const Selector& match) { return if_any(match.peer); };
    const auto local = [](const Selector& match) { return if_any(match.local); };
    compare_part("peer", before, after, &Selector::peer, peer, tell);
    compare_part("match local", before, after, &Selector::local, local, tell);
    part("match reqid", &Selector::reqid, decimal);
    part("match if-id", &Selector::if_id, decimal);
    part("match mark", &Selector::mark, mark);
    part("match spi", &Selector::spi, hexadecimal);
}

template <typename Tell>
void compare(const CryptoMap* before, const CryptoMap* after, const Tell& tell) {
    compare_description(before, after, tell);
    compare(before ? &before->match : nullptr, after ? &after->match : nullptr, tell);
    compare(before ? &before->tunnel : nullptr, after ? &after->tunnel : nullptr, tell);
}

template <typename Tell>
void compare(const TableMap* before, const TableMap* after, const Tell& tell) {
    for (std::size_t i = 0; i < dscp_count; ++i) {
        const auto from = static_cast<std::uint8_t>(i);
        const auto line = [from](const TableMap* map) -> Text {
            if (!map) return {};
            const auto found = map->map.find(from);
            return found == map->map.end() ? Text{} : std::to_string(found->second);
        };
        tell("map " + to_string(Dscp{from}), line(before), line(after));
    }
    tell("default", before ? default_text(*before) : Text{}, after ? default_text(*after) : Text{});
}

// A mutation: what of it is not the DSCP itself. A new one has no more to say.
template <typename Tell>
void compare(const Table* before, const Table* after, const Tell& tell) {
    static constexpr Table same = same_dscp_table();
    const Table& old = before ? *before : same;
    const Table& young = after ? *after : same;
    for (std::size_t i = 0; i < dscp_count; ++i) {
        if (old[i] != young[i])
            tell(to_string(Dscp{static_cast<std::uint8_t>(i)}), std::to_string(old[i]),
                 std::to_string(young[i]));
    }
}

std::string title(const CryptoMapKey& key) {
    return key.name + ' ' + std::to_string(key.sequence);
}
std::string title(const std::string& name) {
    return name;
}
std::string title(RuleSequence sequence) {
    return std::to_string(sequence);
}

// "added (encap dscp copy, decap dscp keep)": what is set of a new object.
template <typename Object>
std::string summary(const Object& object) {
    std::string text;
    const Object* const nothing = nullptr;
    compare(nothing, &object, [&](std::string_view name, const Text&, const Text& value) {
        if (!value) return;
        text += text.empty() ? " (" : ", ";
        text.append(name).append(" ").append(*value);
    });
    return text.empty() ? text : text + ')';
}

std::string_view or_none(const Text& text) {
    return text ? std::string_view(*text) : "none";
}

template <typename Object>
void compare_one(const std::string& name, const Object& before, const Object& after,
                 std::vector<std::string>& changes) {
    compare(&before, &after, [&](std::string_view setting, const Text& from, const Text& to) {
        if (from == to) return;
        const std::string_view pieces[] = {name,          ": ",   setting,    " ",
                                           or_none(from), " -> ", or_none(to)};
        std::size_t size = 0;
        for (const auto piece : pieces)
            size += piece.size();
        std::string& line = changes.emplace_back();
        line.reserve(size);
        for (const auto piece : pieces)
            line += piece;
    });
}

// Both are in order: one walk through them side by side finds every difference. Additions
// come last.
template <typename Objects>
void compare_all(const std::string& noun, const Objects& before, const Objects& after,
                 std::vector<std::string>& changes) {
    std::vector<std::string> added;
    const auto name = [&](const auto& key) { return noun + ' ' + title(key); };
    auto next = after.begin();
    const auto add_until = [&](auto&& reached) {
        for (; next != after.end() && !reached(next->first); ++next)
            added.push_back(name(next->first) + ": added" + summary(next->second));
    };
    for (const auto& [key, object] : before) {
        add_until([&key = key](const auto& other) { return !(other < key); });
        if (next == after.end() || key < next->first) {
            changes.push_back(name(key) + ": removed");
            continue;
        }
        if (!(next->second == object)) compare_one(name(key), object, next->second, changes);
        ++next;
    }
    add_until([](const auto&) { return false; });
    std::move(added.begin(), added.end(), std::back_inserter(changes));
}

template <typename Array, typename Name>
void compare_map(const std::string& title, const Array& before, const Array& after, Name name,
                 std::vector<std::string>& changes) {
    for (std::size_t i = 0; i < before.size(); ++i) {
        if (before[i] != after[i])
            changes.push_back(title + ": " + name(static_cast<std::uint8_t>(i)) + ' ' +
                              std::to_string(before[i]) + " -> " + std::to_string(after[i]));
    }
}

void compare_mask(const char* title, std::uint32_t before, std::uint32_t after,
                  std::vector<std::string>& changes) {
    if (before != after)
        changes.push_back(title + hexadecimal(before) + " -> " + hexadecimal(after));
}

} // namespace

std::vector<std::string> diff(const Config& before, const Config& after) {
    std::vector<std::string> changes;
    const QosMaps& maps = before.qos_maps;
    compare_map(
        "mls qos map cos-dscp", maps.cos_dscp, after.qos_maps.cos_dscp,
        [](std::uint8_t cos) { return std::to_string(cos); }, changes);
    compare_map(
        "mls qos map dscp-cos", maps.dscp_cos, after.qos_maps.dscp_cos,
        [](std::uint8_t dscp) { return to_string(Dscp{dscp}); }, changes);
    compare_all("mls qos map dscp-mutation", maps.mutations, after.qos_maps.mutations, changes);
    compare_all("table-map", before.table_maps, after.table_maps, changes);
    compare_all("qos zone", before.zones, after.zones, changes);
    const auto& [mark_mask, cos_mask] = before.rule_options;
    compare_mask("qos rules: mark-mask ", mark_mask, after.rule_options.mark_mask, changes);
    compare_mask("qos rules: cos-mask ", cos_mask, after.rule_options.cos_mask, changes);
    compare_all("qos rule", before.rules, after.rules, changes);
    compare_all("crypto map", before.crypto_maps, after.crypto_maps, changes);
    compare_all("interface", before.interfaces, after.interfaces, changes);
    return changes;
}

} // namespace tunqos
