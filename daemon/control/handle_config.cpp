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

// What the kind of a device forbids: the configuration alone does not know it. The module would
// refuse it as well, but knows nothing of what is typed. What is running already is not looked at.
Problems check_devices(const Config& config, const Config& running, const kernel::ILinks& links) {
    Problems problems;
    for (const auto& [name, interface] : config.interfaces) {
        if (!interface.tunnel) continue;
        const Decap& decap = interface.tunnel->decap;
        const bool for_ipsec_too = decap.dscp == DecapDscp::keep || decap.permit;
        if (for_ipsec_too && !interface.tunnel->control_dscp) continue; // good for every kind
        const auto known = running.interfaces.find(name);
        if (known != running.interfaces.end() && known->second == interface) continue;
        const auto kind = links.kind(name);
        if (kind && *kind != "wireguard" && interface.tunnel->control_dscp)
            problems.push_back({"interface " + name + " / tunnel control dscp",
                                "is for WireGuard interfaces, and this one is " +
                                    (kind->empty() ? std::string("not") : "of kind " + *kind)});
        if (kind != "xfrm" && kind != "vti" && kind != "vti6") continue;
        if (auto wrong = check_ipsec_decap(decap, "interface " + name))
            problems.push_back(std::move(*wrong));
    }
    return problems;
}

json outcome_json(Outcome&& outcome) {
    json answer = {{"generation", outcome.generation}};
    answer["changes"] = texts(std::move(outcome.changes));
    answer["warnings"] = texts(std::move(outcome.warnings));
    return answer;
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
    auto problems = check_devices(*config, context.manager.running(), context.links);
    if (!problems.empty())
        return tl::make_unexpected(RpcError{rpc::invalid_config, std::move(problems)});
    return context.manager.set(std::move(*config), how->generation, how->mode).map(outcome_json);
}

JsonResult handle_config_change(Context& context, const json& params) {
    const auto how = set_params(params);
    if (!how) return tl::make_unexpected(how.error());
    auto change = change_from_json(params.at("config"));
    if (!change)
        return tl::make_unexpected(RpcError{rpc::invalid_config, std::move(change.error())});
    auto problems = check_devices(change->objects, context.manager.running(), context.links);
    if (!problems.empty())
        return tl::make_unexpected(RpcError{rpc::invalid_config, std::move(problems)});
    return context.manager.change(*change, how->generation, how->mode).map(outcome_json);
}

JsonResult handle_config_save(Context& context, const json&) {
    return context.manager.save().map([](const std::string& file) { return json{{"file", file}}; });
}

JsonResult handle_config_reload(Context& context, const json&) {
    return context.manager.reload().map(outcome_json);
}

} // namespace tunqos
