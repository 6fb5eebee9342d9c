// SPDX-License-Identifier: GPL-2.0-or-later
//
// show tunnel, show crypto: configuration, state and SAs of what is named.
#include <fmt/format.h>

#include "cli/grammar/types.hpp"
#include "cli/render.hpp"
#include "cli/show.hpp"
#include "tunqos/json.hpp"

namespace tunqos::cli {

using nlohmann::json;

json named(const std::string& name) {
    json params = json::object();
    if (!name.empty()) params["name"] = name;
    return params;
}

tl::expected<Fetched, CallError> fetch_config(Session& session, const char* source,
                                              const std::string& interface) {
    json params = {{"source", source}};
    if (!interface.empty()) params["interface"] = interface;
    Reply reply = session.call("config.get", std::move(params));
    if (!reply) return tl::make_unexpected(reply.error());
    json raw = reply->value("config", json::object());
    auto config = config_from_json(raw);
    if (!config) {
        return tl::make_unexpected(CallError{
            CallError::Kind::refused, 0, "the configuration is not understood", config.error()});
    }
    return Fetched{std::move(*config), std::move(raw)};
}

namespace {

std::uint32_t sequence_of(const Match& match) {
    return parse_number(match.get("SEQUENCE"), 1, 65535).value_or(0);
}

std::string crypto_label(const CryptoMapKey& key) {
    return fmt::format("{} {}", key.name, key.sequence);
}

} // namespace

std::string typed(const Match& match) {
    if (match.has("interface")) return "interface " + match.get("INTERFACE");
    if (match.has("table-map")) return "table-map " + match.get("TABLE-MAP");
    std::string name = "crypto map " + match.get("CRYPTO-MAP");
    if (const auto sequence = match.get("SEQUENCE"); !sequence.empty()) name += " " + sequence;
    return name;
}

bool is_asked_for(const CryptoMapKey& key, const Match& match) {
    const std::uint32_t sequence = sequence_of(match);
    return key.name == match.get("CRYPTO-MAP") && (sequence == 0 || sequence == key.sequence);
}

namespace {

// Of a list in an answer what is about one of these.
template <typename IsWanted>
json only_these(const json& answer, const char* list, IsWanted&& is_wanted) {
    json wanted = json::array();
    for (const json& one : answer.value(list, json::array())) {
        if (one.is_object() && is_wanted(one)) wanted.push_back(one);
    }
    return wanted;
}

std::string member(const json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// The configuration of the entries, their state, and the SAs that they bind.
json crypto_map_answer(const Config& shown, const json& tunnels, const json& sas) {
    json answer = config_to_json(shown);
    const auto is_shown = [&](const std::string& label) {
        return std::any_of(shown.crypto_maps.begin(), shown.crypto_maps.end(),
                           [&](const auto& entry) { return crypto_label(entry.first) == label; });
    };
    answer["tunnels"] = only_these(tunnels, "tunnels",
                                   [&](const json& one) { return is_shown(member(one, "name")); });
    constexpr std::string_view title = "crypto map ";
    answer["sas"] = only_these(sas, "sas", [&](const json& one) {
        const std::string bound = member(one, "bound");
        return bound.starts_with(title) && is_shown(bound.substr(title.size()));
    });
    return answer;
}

bool is_entry_of(const std::string& map, const json& tunnel) {
    return member(tunnel, "name").starts_with(map + " ");
}

} // namespace

std::vector<std::string> labels_of(const Match& match) {
    const std::string name = match.get("TUNNEL");
    const std::string number = match.get("SEQUENCE");
    if (number.empty()) return {name};
    return {name + ' ' + number, name + number};
}

std::vector<std::string> entries_of(const json& answer, const std::string& map) {
    std::vector<std::string> names;
    for (const json& one :
         only_these(answer, "tunnels", [&](const json& one) { return is_entry_of(map, one); }))
        names.push_back(member(one, "name"));
    return names;
}

Status show_tunnel(Session& session, const Match& match) {
    const std::string name = match.get("TUNNEL");
    const auto labels = labels_of(match);
    std::optional<CallError> error;
    for (const std::string& label : labels) {
        const Reply reply = session.call("show.tunnels", named(label));
        if (!reply) {
            if (!error) error = reply.error();
            continue;
        }
        const auto tunnels = tunnels_from_json(*reply);
        if (name.empty()) return session.show(match, *reply, render_tunnels(tunnels));
        if (const TunnelStatus* tunnel = find_named(tunnels, label))
            return session.show(match, *reply, render_tunnel(*tunnel));
    }
    if (const Reply all = session.call("show.tunnels", json::object()); all && labels.size() == 1) {
        const json entries = {{"tunnels", only_these(*all, "tunnels", [&](const json& one) {
                                   return is_entry_of(name, one);
                               })}};
        if (!entries["tunnels"].empty())
            return session.show(match, entries, render_tunnels(tunnels_from_json(entries)));
    }
    if (error) return session.refuse(*error);
    return session.refuse(fmt::format("there is no tunnel setting for {}", labels.front()));
}

Status show_crypto_map(Session& session, const Match& match) {
    auto fetched = fetch_config(session, "running");
    if (!fetched) return session.refuse(fetched.error());
    const Reply reply = session.call("show.tunnels", json::object());
    if (!reply) return session.refuse(reply.error());
    const auto tunnels = tunnels_from_json(*reply);
    // What there is to say of the SAs comes on top: an older daemon does not know them.
    const Reply answer = session.call("show.sas");
    const json raw_sas = answer ? *answer : json::object();
    const auto sas = sas_from_json(raw_sas);
    const std::string name = match.get("CRYPTO-MAP");
    std::string text;
    Config shown;
    for (const auto& [key, map] : fetched->config.crypto_maps) {
        if (!name.empty() && !is_asked_for(key, match)) continue;
        text += render_crypto_map(key, map, find_named(tunnels, crypto_label(key)));
        text += render_sa_notes(sas, "crypto map " + crypto_label(key));
        shown.crypto_maps.emplace(key, map);
    }
    if (text.empty()) {
        if (!name.empty()) return session.refuse(fmt::format("there is no {}", typed(match)));
        text = "No crypto map is configured.\n";
    }
    return session.show(match, crypto_map_answer(shown, *reply, raw_sas), text);
}

Status show_crypto_session(Session& session, const Match& match) {
    const Reply reply = session.call("show.sas");
    if (!reply) return session.refuse(reply.error());
    return session.show(match, *reply, render_sas(sas_from_json(*reply)));
}

} // namespace tunqos::cli
