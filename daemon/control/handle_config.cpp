// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/handlers.hpp"
#include "tunqos/json.hpp"

namespace tunqos {

using nlohmann::json;

namespace {

json texts(std::vector<std::string>&& lines) {
    json::array_t array;
    array.reserve(lines.size());
    for (auto& line : lines)
        array.emplace_back(std::move(line));
    return array;
}

// What the kind of a device makes of its settings: the configuration alone does not know it.
std::vector<std::string> advise_devices(const Config& config, const kernel::ILinks& links) {
    std::vector<std::string> advice;
    for (const auto& [name, interface] : config.interfaces) {
        if (!interface.tunnel) continue;
        const Decap& decap = interface.tunnel->decap;
        if (decap.dscp == DecapDscp::keep || decap.permit) continue;
        const auto kind = links.kind(name);
        if (kind != "xfrm" && kind != "vti" && kind != "vti6") continue;
        advice.push_back("interface " + name +
                         ": takes the DSCP inside from the outer header without a permit list, and "
                         "IPsec does not protect that: anyone on the path can choose the class "
                         "behind the tunnel (RFC 2983 section 7); add permit 0-47 or the like");
    }
    return advice;
}

json outcome_json(Outcome&& outcome) {
    json answer = {{"generation", outcome.generation}};
    answer["changes"] = texts(std::move(outcome.changes));
    answer["warnings"] = texts(std::move(outcome.warnings));
    return answer;
}

json with_advice(Outcome&& outcome, const std::vector<std::string>& advice) {
    outcome.warnings.insert(outcome.warnings.end(), advice.begin(), advice.end());
    return outcome_json(std::move(outcome));
}

} // namespace

tl::unexpected<RpcError> invalid_params(std::string path, std::string message) {
    return tl::make_unexpected(
        RpcError{rpc::invalid_params, {{std::move(path), std::move(message)}}});
}

RpcResult<std::optional<std::string>> text_param(const json& params, const std::string& name) {
    const auto found = params.find(name);
    if (found == params.end() || found->is_null()) return std::optional<std::string>();
    if (!found->is_string()) return invalid_params("params / " + name, "must be a text");
    return std::optional<std::string>(found->get<std::string>());
}

JsonResult handle_config_get(Context& context, const json& params) {
    const auto source = text_param(params, "source");
    if (!source) return tl::make_unexpected(source.error());
    const std::string which = source->value_or("running");
    const Manager& manager = context.manager;
    if (which == "running") {
        return json{{"config", config_to_json(manager.running())},
                    {"generation", manager.generation()}};
    }
    if (which != "startup")
        return invalid_params("params / source", "must be \"running\" or \"startup\"");
    return manager.startup().map([&](const Config& config) {
        return json{{"config", config_to_json(config)}, {"generation", manager.generation()}};
    });
}

namespace {

// What config.set and config.change have in common.
struct SetParams {
    std::optional<std::uint64_t> generation;
    Manager::Mode mode = Manager::Mode::apply;
};

RpcResult<SetParams> set_params(const json& params) {
    if (!params.contains("config")) return invalid_params("params / config", "is missing");
    SetParams read;
    if (const auto found = params.find("generation"); found != params.end() && !found->is_null()) {
        if (!found->is_number_unsigned())
            return invalid_params("params / generation", "must be a number");
        read.generation = found->get<std::uint64_t>();
    }
    if (const auto found = params.find("check"); found != params.end() && !found->is_null()) {
        if (!found->is_boolean()) return invalid_params("params / check", "must be true or false");
        if (found->get<bool>()) read.mode = Manager::Mode::check;
    }
    return read;
}

} // namespace

JsonResult handle_config_set(Context& context, const json& params) {
    const auto how = set_params(params);
    if (!how) return tl::make_unexpected(how.error());
    auto config = config_from_json(params.at("config"));
    if (!config)
        return tl::make_unexpected(RpcError{rpc::invalid_config, std::move(config.error())});
    const auto advice = advise_devices(*config, context.links);
    return context.manager.set(std::move(*config), how->generation, how->mode)
        .map([&](Outcome&& outcome) { return with_advice(std::move(outcome), advice); });
}

JsonResult handle_config_change(Context& context, const json& params) {
    const auto how = set_params(params);
    if (!how) return tl::make_unexpected(how.error());
    auto change = change_from_json(params.at("config"));
    if (!change)
        return tl::make_unexpected(RpcError{rpc::invalid_config, std::move(change.error())});
    const auto advice = advise_devices(change->objects, context.links);
    return context.manager.change(*change, how->generation, how->mode).map([&](Outcome&& outcome) {
        return with_advice(std::move(outcome), advice);
    });
}

JsonResult handle_config_save(Context& context, const json&) {
    return context.manager.save().map([](const std::string& file) { return json{{"file", file}}; });
}

JsonResult handle_config_reload(Context& context, const json&) {
    return context.manager.reload().map(outcome_json);
}

} // namespace tunqos
