// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/status.hpp"

#include <nlohmann/json.hpp>

#include "tunqos/json.hpp"
#include "tunqos/model.hpp"

namespace tunqos::cli {
namespace {

using nlohmann::json;

const json& member(const json& object, std::string_view key) {
    static const json none;
    if (!object.is_object()) return none;
    const auto found = object.find(key);
    return found == object.end() ? none : *found;
}

std::string text(const json& object, std::string_view key) {
    const json& value = member(object, key);
    if (value.is_string()) return value.get<std::string>();
    return value.is_number() ? value.dump() : std::string();
}

std::uint64_t number(const json& object, std::string_view key) {
    const json& value = member(object, key);
    return value.is_number_unsigned() ? value.get<std::uint64_t>() : 0;
}

bool truth(const json& object, std::string_view key) {
    const json& value = member(object, key);
    return value.is_boolean() && value.get<bool>();
}

std::vector<std::string> texts(const json& object, std::string_view key) {
    std::vector<std::string> all;
    const json& value = member(object, key);
    if (!value.is_array()) return all;
    for (const json& one : value) {
        if (one.is_string()) all.push_back(one.get<std::string>());
    }
    return all;
}

Counters counters(const json& object) {
    return {number(object, "packets"), number(object, "written"), number(object, "leftAlone"),
            number(object, "dropped")};
}

template <typename T, typename Read>
std::vector<T> all_of(const json& result, const char* key, Read&& read) {
    std::vector<T> all;
    const json& list = member(result, key);
    if (!list.is_array()) return all;
    for (const json& one : list)
        all.push_back(read(one));
    return all;
}

// "copy", {"set": "ef"} or {"table": "wan"}, as the configuration says it.
template <typename Mode>
void read_source(const json& section, std::string_view key, DscpSource<Mode>& to) {
    const json& value = member(section, key);
    if constexpr (CanSet<Mode>) {
        if (const auto dscp = parse_dscp(text(value, "set"))) to = {Mode::set, *dscp};
    }
    if (std::string table = text(value, "table"); !table.empty())
        to = {Mode::table, std::move(table)};
    const auto words = words_of_source(Mode{});
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (text(section, key) == words[i].text) to = static_cast<Mode>(i);
    }
}

// false, true, or an object with what is not at its default.
void read_pre_classify(const json& value, TunnelStatus& status) {
    status.pre_classify = value.is_object() || (value.is_boolean() && value.get<bool>());
    if (!status.pre_classify) return;
    status.pre_classify_table = text(value, "table");
    status.pre_classify_handle = text(value, "handle");
    const json& via = member(value, "via");
    status.pre_classify_mask = text(via, "mark");
    status.pre_classify_via = via.is_string()   ? via.get<std::string>()
                              : via.is_object() ? "mark"
                                                : "companion";
}

// "match" of a tunnel, in the words of the CLI.
std::vector<std::string> match_texts(const json& match) {
    std::vector<std::string> all;
    constexpr std::pair<const char*, const char*> words[] = {{"local", "local"},
                                                             {"reqid", "reqid"},
                                                             {"ifId", "if-id"},
                                                             {"mark", "mark"},
                                                             {"spi", "spi"}};
    for (const auto& [key, word] : words) {
        if (const std::string value = text(match, key); !value.empty())
            all.push_back(std::string(word) + ' ' + value);
    }
    return all;
}

TunnelStatus tunnel(const json& object) {
    TunnelStatus status;
    status.name = text(object, "name");
    status.binding = text(object, "binding");
    status.peer = text(object, "peer");
    status.match = match_texts(member(object, "match"));
    status.kind = text(object, "kind");
    status.model = text(object, "model");
    status.state = text(object, "state");
    status.problem = text(object, "problem");
    status.hooks = texts(object, "hooks");
    status.warnings = texts(object, "warnings");
    status.sa_warnings = texts(object, "saWarnings");
    status.notes = texts(object, "notes");

    const json& encap = member(object, "encap");
    read_source(encap, settings::encap_dscp.key, status.encap_dscp);
    read_source(encap, settings::encap_inner.key, status.encap_inner);
    status.encap_single = text(encap, "singleAggregate");
    status.encap_by_kernel = truth(encap, "byKernel");
    status.encap = counters(encap);

    const json& decap = member(object, "decap");
    read_source(decap, settings::decap_dscp.key, status.decap_dscp);
    status.permit = text(decap, "permit");
    status.decap_class = text(decap, "class");
    status.decap = counters(decap);

    read_pre_classify(member(object, "preClassify"), status);
    each_setting([&](const auto& setting) {
        const json& section = setting.section.empty() ? object : member(object, setting.section);
        read_value(text(section, setting.key), status.options.*setting.member);
    });
    return status;
}

// null, too: nothing is set.
MlsQos mls_qos(const json& object) {
    MlsQos mls;
    read_value(text(object, "trust"), mls.trust);
    mls.cos = static_cast<std::uint8_t>(number(object, "cos"));
    mls.override = truth(object, "override");
    mls.mutation = text(object, "dscpMutation");
    return mls;
}

std::optional<PortStatus::Arrival> arrival(const json& port) {
    const json& set = member(port, "setDscp");
    PortStatus::Arrival arrival{mls_qos(member(port, "mlsQos")), std::nullopt, std::nullopt};
    if (set.is_object()) {
        read_source(set, "dscp", arrival.set.emplace().dscp);
        arrival.set->override = truth(set, "override");
    }
    if (!arrival.set && arrival.mls == MlsQos{}) return std::nullopt;
    const json& ingress = member(port, "ingress");
    const bool decides = arrival.set || arrival.mls.override ||
                         arrival.mls.trust == PortTrust::cos || !arrival.mls.mutation.empty();
    if (decides && ingress.is_object()) arrival.ingress = counters(ingress);
    return arrival;
}

PortStatus port(const json& object) {
    PortStatus status;
    status.name = text(object, "name");
    status.lower = text(object, "lower");
    if (member(object, "vid").is_number_unsigned()) {
        status.vid = static_cast<std::uint32_t>(number(object, "vid"));
    }
    status.state = text(object, "state");
    status.problem = text(object, "problem");
    status.warnings = texts(object, "warnings");
    status.notes = texts(object, "notes");
    status.hooks = texts(object, "hooks");
    if (const json& mark = member(object, "mark"); mark.is_object())
        status.mark = PortStatus::FromDscp{text(mark, "table"), text(mark, "mask"),
                                           counters(member(object, "ingress"))};
    status.arrival = arrival(object);
    const json& port = member(object, "port");
    const json& protocols = member(object, "protocolCos");
    const bool rules = truth(object, "802.1p");
    if (port.is_object() || protocols.is_object() || rules) {
        status.cos = PortStatus::Cos{port.is_object(),
                                     rules,
                                     text(member(port, "cos"), "table"),
                                     {},
                                     counters(member(object, "egress"))};
        for (const std::string_view protocol : port_protocols) {
            const std::string name(protocol);
            if (protocols.is_object() && protocols.contains(name))
                status.cos->protocols.emplace_back(name, number(protocols, name.c_str()));
        }
    }
    return status;
}

// What is configured reads as in a configuration.
Rule configured_rule(const json& status) {
    constexpr const char* keys[] = {"name",   "from",        "to",          "protocol",
                                    "source", "sourcePorts", "destination", "destinationPorts",
                                    "dscp",   "cos",         "setDscp",     "override",
                                    "setCos"};
    json rule = json::object();
    for (const char* key : keys) {
        if (const json& value = member(status, key); !value.is_null()) rule[key] = value;
    }
    json config = {{"version", json_format_version}};
    config["rules"]["1"] = std::move(rule);
    const auto read = config_from_json(config);
    return read ? read->rules.at(1) : Rule{};
}

RuleStatus rule(const json& object) {
    RuleStatus status;
    status.sequence = static_cast<RuleSequence>(number(object, "sequence"));
    status.number = number(object, "number");
    status.rule = configured_rule(object);
    status.state = text(object, "state");
    status.problem = text(object, "problem");
    status.hooks = texts(object, "hooks");
    status.original = counters(member(object, "original"));
    status.reply = counters(member(object, "reply"));
    return status;
}

SaStatus::Drops drops(const json& object) {
    return {number(object, "late"), number(object, "repeated"), number(object, "broken")};
}

SaStatus sa(const json& object) {
    SaStatus status;
    status.name = text(object, "name");
    status.direction = text(object, "direction");
    status.peer = text(object, "peer");
    status.local = text(object, "local");
    status.protocol = text(object, "protocol");
    status.spi = text(object, "spi");
    status.mode = text(object, "mode");
    status.reqid = number(object, "reqid");
    status.if_id = text(object, "ifId");
    status.mark = text(object, "mark");
    constexpr std::pair<const char*, const char*> flags[] = {{"natTraversal", "nat-traversal"},
                                                             {"decapDscp", "decap-dscp"},
                                                             {"dontEncapDscp", "dont-encap-dscp"},
                                                             {"noEcn", "noecn"}};
    for (const auto& [key, word] : flags) {
        if (truth(object, key)) status.flags.emplace_back(word);
    }
    status.window = number(object, "replayWindow");
    status.drops = drops(member(object, "drops"));
    status.recent = drops(member(object, "recentDrops"));
    status.bound = text(object, "bound");
    status.warnings = texts(object, "warnings");
    status.notes = texts(object, "notes");
    return status;
}

} // namespace

std::vector<RuleStatus> rules_from_json(const json& result) {
    return all_of<RuleStatus>(result, "rules", rule);
}

std::vector<SaStatus> sas_from_json(const json& result) {
    return all_of<SaStatus>(result, "sas", sa);
}

std::vector<TunnelStatus> tunnels_from_json(const json& result) {
    return all_of<TunnelStatus>(result, "tunnels", tunnel);
}

std::vector<PortStatus> ports_from_json(const json& result) {
    return all_of<PortStatus>(result, "ports", port);
}

std::vector<ReasonStatus> reasons_from_json(const json& result) {
    return all_of<ReasonStatus>(result, "reasons", [](const json& object) {
        return ReasonStatus{text(object, "reason"), number(object, "packets")};
    });
}

WatchStatus watch_from_json(const json& result) {
    const auto finding = [](const json& object) {
        return WatchStatus::Finding{text(object, "object"), text(object, "text")};
    };
    const auto entry = [&](const json& object) {
        return WatchStatus::Entry{
            text(object, "what"),  text(object, "level"),
            text(object, "where"), text(object, "remedy"),
            text(object, "state"), all_of<WatchStatus::Finding>(object, "findings", finding)};
    };
    return {all_of<WatchStatus::Entry>(result, "watched", entry), texts(result, "problems")};
}

std::vector<ChangeStatus> changes_from_json(const json& result) {
    return all_of<ChangeStatus>(result, "changes", [](const json& object) {
        ChangeStatus change{number(object, "number"), number(object, "index"),
                            number(object, "time"),   text(object, "from"),
                            text(object, "user"),     text(object, "line"),
                            text(object, "program"),  texts(object, "lines")};
        if (!change.program.empty()) change.program += '[' + text(object, "pid") + ']';
        return change;
    });
}

VersionStatus version_from_json(const json& result) {
    VersionStatus status;
    status.daemon = text(result, "daemon");
    const json& module = member(result, "module");
    status.module_loaded = truth(module, "loaded");
    status.release = text(module, "release");
    status.srcversion = text(module, "srcversion");
    status.capabilities = texts(module, "capabilities");
    status.generation = number(module, "generation");
    status.class_tag = text(module, "classTag");
    status.problem = text(module, "problem");
    const json& netns = member(result, "netns");
    status.netns = text(netns, "name");
    if (status.netns.empty()) status.netns = text(netns, "inode");
    status.config_file = text(result, "configFile");
    return status;
}

} // namespace tunqos::cli
