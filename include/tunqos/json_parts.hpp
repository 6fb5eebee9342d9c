// SPDX-License-Identifier: GPL-2.0-or-later
//
// Parts of a configuration as JSON (tunqos/json.hpp), for answers that say what is configured in
// the words of the configuration.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "tunqos/model.hpp"

namespace tunqos {

// Of packaging/schema/tunqos-1.schema.json, which has all answers.
inline constexpr int json_schema_version = 1;

// A configuration has the keys that are set; an answer has all of them, with the default, or
// null where there is none.
enum class Keys { set, all };

nlohmann::json tunnel_to_json(const TunnelProfile& profile, Keys keys);
nlohmann::json port_to_json(const PortProfile& port);
nlohmann::json protocol_cos_to_json(const ProtocolCos& cos); // null: none has one
nlohmann::json mark_to_json(const MarkProfile& mark);
nlohmann::json mls_qos_to_json(const MlsQos& mls, Keys keys);
nlohmann::json set_dscp_to_json(const SetDscp& set, Keys keys);
nlohmann::json rule_to_json(const Rule& rule, Keys keys);

} // namespace tunqos
