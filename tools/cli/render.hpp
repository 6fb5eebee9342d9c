// SPDX-License-Identifier: GPL-2.0-or-later
//
// Text for people, in layouts that scripts can key on. Values in, text out: nothing here asks the
// daemon.
#pragma once

#include <string>
#include <vector>

#include "cli/links.hpp"
#include "cli/status.hpp"
#include "tunqos/model.hpp"

namespace tunqos::cli {

// render_tunnel.cpp
std::string render_tunnels(const std::vector<TunnelStatus>& tunnels); // one line a tunnel
std::string render_tunnel(const TunnelStatus& tunnel);                // everything about one

// render_port.cpp
std::string render_cos(const std::vector<PortStatus>& ports);
std::string render_marks(const std::vector<PortStatus>& ports);
std::string render_port(const PortStatus& port);

// render_mls.cpp
// What becomes of the DSCP of what a port receives: "kept", "from the CoS by table-map lan".
std::string arrival_text(const MlsQos& mls, const std::optional<SetDscp>& set);
// `show mls qos`
std::string render_mls(const std::map<std::string, Interface>& interfaces);
std::string render_cos_dscp(const CosMap& map);
std::string render_dscp_cos(const Table& table);
std::string render_mutation(const std::string& name, const Table& table);
// `show mls qos interface`; `port` may be missing.
std::string render_mls_interface(const std::string& name, const Interface& interface,
                                 const PortStatus* port);

// render_rules.cpp
std::string render_rules(const std::vector<RuleStatus>& rules); // one line a rule
std::string render_rule(const RuleStatus& rule);                // everything about one
std::string render_mapping(const QosMaps& maps);                // as SonicOS has the maps

// render_config.cpp
std::string render_table_map(const std::string& name, const TableMap& map);
std::string render_crypto_map(const CryptoMapKey& key, const CryptoMap& map,
                              const TunnelStatus* status);
// render_sa.cpp
std::string render_sas(const std::vector<SaStatus>& sas); // `show crypto session`
// What is to be said of the SAs that this entry binds, below it; empty if all is well.
std::string render_sa_notes(const std::vector<SaStatus>& sas, const std::string& bound);

// render_config.cpp
// `show interfaces`: what tunqos knows about one device; each part may be missing.
std::string render_interface(const std::string& name, const LinkState& link,
                             const Interface* interface, const TunnelStatus* tunnel,
                             const PortStatus* port);

// render_watch.cpp
std::string render_watch(const WatchStatus& status);

// render_system.cpp
std::string render_reasons(const std::vector<ReasonStatus>& reasons);
std::string render_changes(const std::vector<ChangeStatus>& changes); // show archive log config
std::string render_version(const VersionStatus& version, const std::string& tool);
// What a reason means and what to do about it; empty for an unknown one.
std::string reason_advice(const std::string& reason);

// Columns padded to their widest cell, two spaces between, no trailing spaces. The first row is
// the heading.
using Row = std::vector<std::string>;
std::string render_table(const std::vector<Row>& rows);
// The same with a star behind the rows at these places, and a line that says what it means.
std::string render_table(const std::vector<Row>& rows, const std::vector<std::size_t>& marked,
                         const std::string& legend);

} // namespace tunqos::cli
