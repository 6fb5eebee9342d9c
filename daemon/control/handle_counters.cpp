// SPDX-License-Identifier: GPL-2.0-or-later
//
// `clear counters`, of all or of one object.
#include "control/handlers.hpp"

namespace tunqos {

using nlohmann::json;

namespace {

// What `name` is called in the configuration: a device, or the entry of a crypto map.
std::optional<kernel::Binding> binding_of(const Config& config, const std::string& name) {
    if (config.interfaces.contains(name)) return kernel::Binding(name);
    for (const auto& [key, map] : config.crypto_maps) {
        if (key.name + ' ' + std::to_string(key.sequence) == name)
            return kernel::ipsec_binding(map.match);
    }
    return std::nullopt;
}

RpcResult<void> clear_reasons(Manager& manager) {
    const auto reasons = manager.kernel().reasons();
    if (!reasons) return tl::make_unexpected(rpc_error(reasons.error()));
    manager.baselines().clear(*reasons);
    return {};
}

} // namespace

JsonResult handle_counters_clear(Context& context, const json& params) {
    const auto wanted = text_param(params, "name");
    if (!wanted) return tl::make_unexpected(wanted.error());
    Manager& manager = context.manager;
    std::optional<kernel::Binding> only;
    if (*wanted) {
        only = binding_of(manager.running(), **wanted);
        if (!only)
            return invalid_params(
                "", **wanted + " has no counters; see show tunnel, show cos and show mark");
    }
    const auto tunnels = manager.kernel().tunnels();
    if (!tunnels) return tl::make_unexpected(rpc_error(tunnels.error()));
    const auto ports = manager.kernel().ports();
    if (!ports) return tl::make_unexpected(rpc_error(ports.error()));
    const auto rules = manager.kernel().rules();
    if (!rules) return tl::make_unexpected(rpc_error(rules.error()));
    for (const auto& status : *tunnels) {
        if (!only || *only == status.tunnel.binding) manager.baselines().clear(status);
    }
    for (const auto& status : *ports) {
        if (!only || *only == kernel::Binding(status.port.device))
            manager.baselines().clear(status);
    }
    if (!only) {
        for (const auto& status : *rules)
            manager.baselines().clear(status);
        if (const auto cleared = clear_reasons(manager); !cleared)
            return tl::make_unexpected(cleared.error());
    }
    return json::object();
}

} // namespace tunqos
