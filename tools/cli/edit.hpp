// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the configuration commands do: an old configuration, where the user is and what was typed
// in, a new configuration out. Pure. Whether the result is valid is the daemon's to say.
#pragma once

#include <functional>

#include "cli/grammar/command.hpp"

namespace tunqos::cli {

// edit_objects.cpp
Result<Config> edit_table_map(Config config, const Context& context, const Match& match);
Result<Config> edit_table_map_line(Config config, const Context& context, const Match& match);
Result<Config> edit_table_map_default(Config config, const Context& context, const Match& match);
Result<Config> edit_interface(Config config, const Context& context, const Match& match);
Result<Config> edit_description(Config config, const Context& context, const Match& match);
Result<Config> edit_cos(Config config, const Context& context, const Match& match);
Result<Config> edit_protocol_cos(Config config, const Context& context, const Match& match);
Result<Config> edit_dscp_mark(Config config, const Context& context, const Match& match);

// edit_crypto.cpp
Result<Config> edit_crypto_map(Config config, const Context& context, const Match& match);
Result<Config> edit_peer(Config config, const Context& context, const Match& match);
Result<Config> edit_local(Config config, const Context& context, const Match& match);
Result<Config> edit_reqid(Config config, const Context& context, const Match& match);
Result<Config> edit_if_id(Config config, const Context& context, const Match& match);
Result<Config> edit_mark(Config config, const Context& context, const Match& match);
Result<Config> edit_spi(Config config, const Context& context, const Match& match);

// edit_tunnel.cpp
Result<Config> edit_diffserv_mode(Config config, const Context& context, const Match& match);
Result<Config> edit_encap_dscp(Config config, const Context& context, const Match& match);
Result<Config> edit_single_aggregate(Config config, const Context& context, const Match& match);
Result<Config> edit_inner_dscp(Config config, const Context& context, const Match& match);
Result<Config> edit_tos(Config config, const Context& context, const Match& match);
Result<Config> edit_decap_dscp(Config config, const Context& context, const Match& match);
Result<Config> edit_decap_class(Config config, const Context& context, const Match& match);
Result<Config> edit_pre_classify(Config config, const Context& context, const Match& match);

// edit_mls.cpp
Result<Config> edit_cos_dscp(Config config, const Context& context, const Match& match);
Result<Config> edit_dscp_cos(Config config, const Context& context, const Match& match);
Result<Config> edit_mutation(Config config, const Context& context, const Match& match);
Result<Config> edit_preset(Config config, const Context& context, const Match& match);
Result<Config> edit_mapping_to(Config config, const Context& context, const Match& match);
Result<Config> edit_mapping_from(Config config, const Context& context, const Match& match);
Result<Config> edit_mapping_reset(Config config, const Context& context, const Match& match);
Result<Config> edit_trust(Config config, const Context& context, const Match& match);
Result<Config> edit_default_cos(Config config, const Context& context, const Match& match);
Result<Config> edit_cos_override(Config config, const Context& context, const Match& match);
Result<Config> edit_port_mutation(Config config, const Context& context, const Match& match);
Result<Config> edit_set_dscp(Config config, const Context& context, const Match& match);

// edit_rules.cpp
Result<Config> edit_rule(Config config, const Context& context, const Match& match);
Result<Config> edit_zone(Config config, const Context& context, const Match& match);
Result<Config> edit_member(Config config, const Context& context, const Match& match);
Result<Config> edit_mark_mask(Config config, const Context& context, const Match& match);
Result<Config> edit_cos_mask(Config config, const Context& context, const Match& match);
Result<Config> edit_dot1p(Config config, const Context& context, const Match& match);
Result<Config> edit_rule_path(Config config, const Context& context, const Match& match);
Result<Config> edit_rule_traffic(Config config, const Context& context, const Match& match);
Result<Config> edit_rule_dscps(Config config, const Context& context, const Match& match);
Result<Config> edit_rule_cos_list(Config config, const Context& context, const Match& match);
Result<Config> edit_rule_dscp(Config config, const Context& context, const Match& match);
Result<Config> edit_rule_cos(Config config, const Context& context, const Match& match);

// An interface about which nothing is said is not in the configuration.
void forget_if_empty(Config& config, const std::string& name);

// A change of the profile that the context is about.
Result<Config> edit_profile(Config config, const Context& context,
                            const std::function<void(TunnelProfile&)>& change);

CryptoMapKey crypto_map_key(const Context& context);

} // namespace tunqos::cli
