// SPDX-License-Identifier: GPL-2.0-or-later
//
// The methods of the control socket (include/tunqos/rpc.hpp). Values in, a result or an
// RpcError out; they know nothing of sockets.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "control/author.hpp"
#include "control/manager.hpp"
#include "kernel/ikernel.hpp"

namespace tunqos {

struct NetworkNamespace {
    std::uint64_t inode = 0;
    std::string name; // of /run/netns; empty: none
};

class SaWatch;
class SurroundingsWatch;

// What the methods work on.
struct Context {
    Manager& manager;
    const kernel::ILinks& links;
    SaWatch& sas;
    SurroundingsWatch& surroundings;
    NetworkNamespace netns;
    Requester requester = Right::read; // of the request at hand
};

using JsonResult = RpcResult<nlohmann::json>;
using Handler = JsonResult (*)(Context&, const nlohmann::json& params);

// handle_config.cpp
JsonResult handle_config_get(Context& context, const nlohmann::json& params);
JsonResult handle_config_set(Context& context, const nlohmann::json& params);
JsonResult handle_config_change(Context& context, const nlohmann::json& params);
JsonResult handle_config_save(Context& context, const nlohmann::json& params);
JsonResult handle_config_reload(Context& context, const nlohmann::json& params);
JsonResult handle_config_unsaved(Context& context, const nlohmann::json& params);
JsonResult handle_config_log(Context& context, const nlohmann::json& params);

// handle_show.cpp
JsonResult handle_version(Context& context, const nlohmann::json& params);
JsonResult handle_show_tunnels(Context& context, const nlohmann::json& params);
JsonResult handle_show_ports(Context& context, const nlohmann::json& params);
JsonResult handle_show_reasons(Context& context, const nlohmann::json& params);
JsonResult handle_show_watch(Context& context, const nlohmann::json& params);

// handle_rules.cpp
JsonResult handle_show_rules(Context& context, const nlohmann::json& params);

// handle_counters.cpp
JsonResult handle_counters_clear(Context& context, const nlohmann::json& params);

// handle_sas.cpp
JsonResult handle_show_sas(Context& context, const nlohmann::json& params);

tl::unexpected<RpcError> invalid_params(std::string path, std::string message);
// The text of a parameter that may be left out.
RpcResult<std::optional<std::string>> text_param(const nlohmann::json& params,
                                                 const std::string& name);

} // namespace tunqos
