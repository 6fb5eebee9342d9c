// SPDX-License-Identifier: GPL-2.0-or-later
//
// A tunnel profile in JSON.
#include <nlohmann/json.hpp>

#include "json_words.hpp"

namespace tunqos {

using nlohmann::json;

void ConfigReader::setting(const json& value, Path path, std::optional<Dscp>& to) {
    if (const auto dscp = number(value, path)) to = Dscp{*dscp};
}

// True if it is an object; its keys are these and those of settings.hpp.
bool ConfigReader::section(const json& value, Path path, std::string_view name, Keys keys,
                           TunnelOptions& options) {
    std::vector<std::string_view> all(keys);
    each_setting(name, [&](const auto& setting) { all.push_back(setting.key); });
    if (!object(value, path, all)) return false;
    each_setting(name, [&](const auto& one) {
        if (const json* found = member(value, one.key))
            setting(*found, path / one.key, options.*one.member);
    });
    return true;
}

// A member of a section.
template <typename Mode>
void ConfigReader::source_of(const json& section, Path path, const DscpSourceSetting& setting,
                             DscpSource<Mode>& to) {
    if (const json* found = member(section, setting.key)) source(*found, path / setting.key, to);
}

Encap ConfigReader::encap(const json& value, Path path, TunnelOptions& options) {
    Encap encap;
    encap.implied = value.is_object() && member(value, "dscp") == nullptr;
    if (!section(value, path, "encap",
                 {settings::encap_dscp.key, settings::encap_inner.key, "singleAggregate"}, options))
        return encap;
    source_of(value, path, settings::encap_dscp, encap.dscp);
    source_of(value, path, settings::encap_inner, encap.inner);
    if (const json* found = member(value, "singleAggregate"))
        encap.single_aggregate = aggregate(*found, path / "singleAggregate");
    return encap;
}

std::optional<Aggregate> ConfigReader::aggregate(const json& value, Path path) {
    if (value.is_string()) {
        if (const auto read = parse_aggregate(value.get_ref<const std::string&>())) return read;
        problem(path, "must be \"af1\" to \"af4\", a number 0-63 or a name such as \"ef\", not " +
                          excerpt(value));
        return std::nullopt;
    }
    const auto dscp = number(value, path);
    return dscp ? std::optional(Aggregate{0, Dscp{*dscp}}) : std::nullopt;
}

std::optional<DscpSet> ConfigReader::permit(const json& value, Path path) {
    const json* const found = member(value, "permit");
    if (found == nullptr) return std::nullopt;
    const std::string list = text(value, "permit", path);
    std::string bad;
    auto permit = parse_dscp_set(list, &bad);
    if (!permit && found->is_string())
        problem(path / "permit",
                in_quotes(bad) + " is not a DSCP or a range of them; for example \"ef,0-47\"");
    return permit;
}

// How encap and decap were typed. Whether they are still so is no question.
std::optional<DiffservMode> ConfigReader::mode(const json& value, Path path) {
    DiffservMode mode;
    if (!object(value, path, {"model", "dscp", "permit"})) return std::nullopt;
    const json* const model = member(value, "model");
    if (model != nullptr && is(*model, "uniform")) {
        mode.model = TunnelModel::uniform;
    } else if (model != nullptr && is(*model, "pipe")) {
        mode.model = TunnelModel::pipe;
    } else if (model == nullptr || !is(*model, "short-pipe")) {
        problem(path / "model", "must be \"uniform\", \"pipe\" or \"short-pipe\"");
        return std::nullopt;
    }
    if (const json* found = member(value, "dscp")) {
        source(*found, path / "dscp", mode.dscp);
        if (mode.dscp == EncapDscp::native ||
            (mode.model == TunnelModel::uniform && mode.dscp != EncapDscp::copy))
            problem(path / "dscp", "is not of the model " + std::string(to_string(mode.model)));
    }
    mode.permit = permit(value, path);
    if (mode.permit && mode.model != TunnelModel::uniform)
        problem(path / "permit", "is of the model uniform only");
    return mode;
}

Decap ConfigReader::decap(const json& value, Path path, TunnelOptions& options) {
    Decap decap;
    if (!section(value, path, "decap", {settings::decap_dscp.key, "permit", "class"}, options))
        return decap;
    source_of(value, path, settings::decap_dscp, decap.dscp);
    decap.permit = permit(value, path);
    if (const json* queue_by = member(value, "class")) {
        if (is(*queue_by, "outer"))
            decap.queue_by = DecapClass::outer;
        else if (!is(*queue_by, "inner"))
            problem(path / "class", "must be \"inner\" or \"outer\", not " + excerpt(*queue_by));
    }
    return decap;
}

PreClassify ConfigReader::pre_classify(const json& value, Path path) {
    PreClassify pre_classify;
    if (value.is_boolean()) {
        pre_classify.enabled = value.get<bool>();
        return pre_classify;
    }
    if (!value.is_object()) {
        problem(path, "must be true, false or an object with table or via, not " + excerpt(value));
        return pre_classify;
    }
    if (!object(value, path, {"table", "handle", "via"})) return pre_classify;
    pre_classify.enabled = true;
    if (member(value, "table")) pre_classify.table = text(value, "table", path);
    if (const json* found = member(value, "handle")) {
        const std::string said = text(value, "handle", path);
        if (const auto handle = parse_handle(said))
            pre_classify.handle = *handle;
        else if (found->is_string())
            problem(path / "handle", in_quotes(said) +
                                         " is no handle of a qdisc (\"1:\" to "
                                         "\"fffe:\", hexadecimal as tc has it)");
    }
    if (const json* found = member(value, "via")) class_via(*found, path / "via", pre_classify);
    return pre_classify;
}

void ConfigReader::class_via(const json& value, Path path, PreClassify& pre_classify) {
    if (is(value, "companion")) return;
    if (is(value, "priority")) {
        pre_classify.via = ClassVia::priority;
        return;
    }
    const json* const mask =
        value.is_object() && value.size() == 1 ? member(value, "mark") : nullptr;
    if (!mask) {
        problem(path,
                "must be \"companion\", \"priority\" or {\"mark\": MASK}, not " + excerpt(value));
        return;
    }
    pre_classify.via = ClassVia::mark;
    pre_classify.mask =
        u32(*mask, path / "mark", "a number or a text such as \"0x3f00\"").value_or(0x3f);
}

// What is not in the object is what the mode says.
static void complete(const json& value, TunnelProfile& profile) {
    static const json nothing = json::object();
    TunnelProfile by_mode;
    carry_out(*profile.mode, by_mode);
    if (profile.encap.implied) {
        profile.encap.dscp = by_mode.encap.dscp;
        profile.encap.implied = false;
    }
    const json* const found = member(value, "decap");
    const json& decap = found != nullptr && found->is_object() ? *found : nothing;
    if (member(decap, "class") == nullptr) profile.decap.queue_by = by_mode.decap.queue_by;
    if (member(decap, "dscp") != nullptr) return;
    profile.decap.dscp = by_mode.decap.dscp;
    if (member(decap, "permit") == nullptr) profile.decap.permit = by_mode.decap.permit;
}

TunnelProfile ConfigReader::tunnel(const json& value, Path path) {
    TunnelProfile profile;
    profile.encap.implied = true;
    TunnelOptions& options = profile.options;
    if (!section(value, path, "", {"encap", "decap", "preClassify", "diffservMode"}, options))
        return profile;
    if (const json* found = member(value, "encap"))
        profile.encap = encap(*found, path / "encap", options);
    if (const json* found = member(value, "decap"))
        profile.decap = decap(*found, path / "decap", options);
    if (const json* found = member(value, "preClassify"))
        profile.pre_classify = pre_classify(*found, path / "preClassify");
    if (const json* found = member(value, "diffservMode"))
        profile.mode = mode(*found, path / "diffservMode");
    if (profile.mode) complete(value, profile);
    return profile;
}

} // namespace tunqos
