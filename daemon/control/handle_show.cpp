// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is configured, joined with what the module says of it. Without the module
// everything configured is still shown, as "no-module".
#include <linux/tunqos.h>

#include "control/handlers.hpp"
#include "control/sa_watch.hpp"
#include "control/show_state.hpp"
#include "control/surroundings_watch.hpp"
#include "kernel/uapi_names.hpp"
#include "planner/planner.hpp"
#include "tunqos/class_givers.hpp"
#include "tunqos/config.hpp"
#include "tunqos/json.hpp"
#include "tunqos/json_parts.hpp"

namespace tunqos {

using nlohmann::json;

namespace {

static_assert(std::size(kernel::names::reasons) == TUNQOS_REASON_MAX + 1);

// The parts of a status that come from the configuration alone, as it has them.
json profile_json(const TunnelProfile& profile, bool ipsec) {
    json value = tunnel_to_json(profile, Keys::all);
    value["model"] = to_string(model_of(profile));
    // The kernel's ESP copies the DSCP by itself.
    const Encap& encap = profile.encap;
    value["encap"]["byKernel"] = ipsec && encap.dscp == EncapDscp::copy && !encap.single_aggregate;
    return value;
}

using Tunnels = Reported<kernel::Binding, kernel::TunnelStatus>;
using Ports = Reported<kernel::Device, kernel::PortStatus>;

// What has an SA; read from the kernel when it is asked for first.
class Owners {
public:
    Owners(SaWatch& sas, const kernel::ILinks& links) : sas_(sas), links_(links) {}

    // `object`: "crypto map vpn 10".
    void put_state(json& tunnel, const std::string& object) {
        if (tunnel.at("state") != phase_name(kernel::Phase::active) || !is_by_sas(tunnel)) return;
        if (!owners_) owners_ = sas_.owners();
        if (!*owners_) {
            tunnel["warnings"].push_back("it is not known whether it has an SA: " +
                                         one_line(owners_->error().problems.front()));
        } else if (!(*owners_)->contains(object)) {
            tunnel["state"] = "no-sa";
            tunnel["problem"] =
                "the kernel has no SA for it; show crypto session lists those that there are, and "
                "what binds them";
        }
    }

private:
    // Without an SA no packet comes to it, whatever the module says. Of a device without a
    // selector (an external xfrm interface, one of another namespace) nothing is known.
    bool is_by_sas(const json& tunnel) {
        if (tunnel.at("binding") == "ipsec") return true;
        if (!devices_) {
            devices_.emplace();
            for (const auto& device : links_.ipsec_devices())
                devices_->insert(device.name);
        }
        return devices_->contains(tunnel.at("name").get_ref<const std::string&>());
    }

    SaWatch& sas_;
    const kernel::ILinks& links_;
    std::optional<std::set<std::string>> devices_;
    std::optional<kernel::KernelResult<std::set<std::string>>> owners_;
};

json tunnel_json(const TunnelProfile& profile, const kernel::Binding& binding,
                 const Tunnels& reported, const kernel::ILinks& links, const std::string& refusal) {
    const auto* device = std::get_if<kernel::Device>(&binding);
    const kernel::TunnelStatus* status = reported.find(binding);
    json value = profile_json(profile, device == nullptr);
    value["binding"] = device ? "device" : "ipsec";
    put_state(value, status, reported.no_module, refusal);
    put_counters(value["encap"], status ? status->encap : kernel::Counters{});
    put_counters(value["decap"], status ? status->decap : kernel::Counters{});
    value["peer"] = value["match"] = value["kind"] = nullptr;
    if (!device) return value;
    if (status && !status->kind.empty())
        value["kind"] = status->kind;
    else if (const auto kind = links.kind(*device); kind && !kind->empty())
        value["kind"] = *kind;
    return value;
}

json crypto_map_json(const CryptoMap& map, const Tunnels& reported, const kernel::ILinks& links,
                     const std::string& refusal) {
    json value;
    if (const auto binding = kernel::ipsec_binding(map.match)) {
        value = tunnel_json(map.tunnel, *binding, reported, links, refusal);
    } else {
        value = profile_json(map.tunnel, true);
        value["binding"] = "ipsec";
        value["kind"] = nullptr;
        value["state"] = "incomplete";
        value["problem"] = "has neither peer nor match; use set peer or match";
        value["hooks"] = json::array();
        put_counters(value["encap"], {});
        put_counters(value["decap"], {});
    }
    value["peer"] = map.match.peer.empty() ? json() : json(map.match.peer);
    json match = match_to_json(map.match);
    value["match"] = match.empty() ? json() : std::move(match);
    return value;
}

json mls_qos_or_null(const MlsQos& mls) {
    return mls == MlsQos{} ? json() : mls_qos_to_json(mls, Keys::all);
}

// Some settings leave all packets as they are, and are in effect without the module.
json port_json(const std::string& name, const Interface& interface, const Config& config,
               const Ports& reported, const std::string& refusal) {
    const kernel::PortStatus* status = reported.find(name);
    const auto wanted = planner::compile_port(config, name, interface);
    json value = {{"name", name}, {"lower", nullptr}, {"vid", nullptr}};
    value["port"] = interface.port ? port_to_json(*interface.port) : json();
    value["protocolCos"] = protocol_cos_to_json(interface.protocol_cos);
    value["mark"] = interface.mark ? mark_to_json(*interface.mark) : json();
    value["mlsQos"] = mls_qos_or_null(interface.mls_qos);
    value["setDscp"] =
        interface.set_dscp ? set_dscp_to_json(*interface.set_dscp, Keys::all) : json();
    value["802.1p"] = interface.dot1p;
    put_state(value, status, reported.no_module, refusal);
    if (!wanted) value.update({{"state", phase_name(kernel::Phase::active)}, {"problem", nullptr}});
    if (status && !status->lower.empty()) value["lower"] = status->lower;
    if (status && status->vid) value["vid"] = *status->vid;
    value["egress"] = value["ingress"] = nullptr;
    if (interface.has_cos())
        put_counters(value["egress"], status ? status->egress : kernel::Counters{});
    if (interface.mark || (wanted && wanted->has_arrival()))
        put_counters(value["ingress"], status ? status->ingress : kernel::Counters{});
    return value;
}

tl::unexpected<RpcError> nothing_named(const std::string& name, const std::string& what,
                                       const std::string& way_out) {
    return invalid_params("", name + " has no " + what + "; " + way_out);
}

} // namespace

JsonResult handle_version(Context& context, const json&) {
    json value = {{"daemon", TUNQOS_VERSION},
                  {"schema", json_schema_version},
                  {"configFile", context.manager.file().path()},
                  {"netns", {{"inode", context.netns.inode}, {"name", nullptr}}}};
    if (!context.netns.name.empty()) value["netns"]["name"] = context.netns.name;
    const auto info = context.manager.kernel().info();
    json& module = value["module"];
    module = {{"loaded", info.has_value()}, {"problem", nullptr},      {"release", nullptr},
              {"srcversion", nullptr},      {"capabilities", nullptr}, {"generation", nullptr},
              {"classTag", nullptr}};
    if (info) {
        module["release"] = info->release;
        module["srcversion"] = info->srcversion;
        module["capabilities"] = names(kernel::names::capabilities, info->capabilities);
        module["generation"] = info->generation;
        module["classTag"] = info->class_tag;
    } else {
        module["problem"] = info.error().problems.front().message;
    }
    return value;
}

namespace {

// By object: "crypto map vpn 10".
struct SaidOfSas {
    std::map<std::string, std::vector<std::string>> warnings, notes, of_entry;
};

// Nothing if they cannot be read: `show crypto session` says why.
SaidOfSas said_of_sas(Context& context) {
    SaidOfSas said;
    if (context.manager.running().crypto_maps.empty() && context.links.ipsec_devices().empty())
        return said;
    const auto reports = context.sas.report();
    if (!reports) return said;
    for (const auto& report : *reports) {
        if (report.bound.empty()) continue;
        for (const auto& warning : report.warnings)
            said.warnings[report.bound].push_back(warning);
        for (const auto& note : report.notes)
            said.notes[report.bound].push_back(note);
    }
    for (const auto& [label, finding] : context.sas.moved(*reports))
        said.of_entry["crypto map " + label].push_back(finding.text);
    return said;
}

// Also the names of what was found, for programs.
void put_findings(json& value, const FindingsByName& all, const std::string& name) {
    value["warnings"] = value["notes"] = value["acting"] = json::array();
    const auto found = all.find(name);
    if (found == all.end()) return;
    for (const auto& finding : found->second) {
        const bool warning = finding.level() == planner::Level::warning;
        value[warning ? "warnings" : "notes"].push_back(finding.text);
        value["acting"].push_back(
            {{"what", planner::entry_of(finding.what).name}, {"place", finding.place}});
    }
}

// Those of an SA apart: `show crypto map` has them with the SA.
void put_sas(json& value, const SaidOfSas& said, const std::string& object) {
    const auto put = [&](const char* key, const auto& all) {
        const auto found = all.find(object);
        if (found == all.end()) return;
        for (const auto& text : found->second)
            value[key].push_back(text);
    };
    value["saWarnings"] = json::array();
    put("saWarnings", said.warnings);
    put("notes", said.notes);
    put("warnings", said.of_entry);
}

} // namespace

JsonResult handle_show_tunnels(Context& context, const json& params) {
    const auto wanted = text_param(params, "name");
    if (!wanted) return tl::make_unexpected(wanted.error());
    auto answer = context.manager.kernel().tunnels();
    since_cleared(answer, context.manager.baselines());
    const auto reported = report<kernel::Binding, kernel::TunnelStatus>(
        answer, [](const auto& status) { return status.tunnel.binding; });
    if (!reported) return tl::make_unexpected(reported.error());

    const auto beside = context.surroundings.report(wanted->value_or(""));
    const auto sas = said_of_sas(context);
    Owners owners(context.sas, context.links);
    json list = json::array();
    const auto add = [&](const std::string& name, const std::string& object, json value) {
        value["name"] = name;
        put_findings(value, beside.tunnels, name);
        put_sas(value, sas, object);
        owners.put_state(value, object);
        list.push_back(std::move(value));
    };
    const auto is_wanted = [&](const std::string& name) { return !*wanted || **wanted == name; };
    for (const auto& [name, interface] : context.manager.running().interfaces) {
        if (interface.tunnel && is_wanted(name))
            add(name, "interface " + name,
                tunnel_json(*interface.tunnel, name, *reported, context.links,
                            context.manager.refusal("interface " + name)));
    }
    const ClassGivers givers(context.manager.running().interfaces);
    for (const auto& [key, map] : context.manager.running().crypto_maps) {
        const std::string name = key.name + ' ' + std::to_string(key.sequence);
        if (!is_wanted(name)) continue;
        const std::string object = "crypto map " + name;
        add(name, object,
            crypto_map_json(map, *reported, context.links, context.manager.refusal(object)));
        if (auto lost = givers.lost_by(map)) list.back()["warnings"].push_back(std::move(*lost));
    }
    if (*wanted && list.empty())
        return nothing_named(**wanted, "tunnel profile", "see show tunnel");
    return json{{"tunnels", std::move(list)}};
}

JsonResult handle_show_ports(Context& context, const json& params) {
    const auto wanted = text_param(params, "name");
    if (!wanted) return tl::make_unexpected(wanted.error());
    auto answer = context.manager.kernel().ports();
    since_cleared(answer, context.manager.baselines());
    const auto reported = report<kernel::Device, kernel::PortStatus>(
        answer, [](const auto& status) { return status.port.device; });
    if (!reported) return tl::make_unexpected(reported.error());

    const auto beside = context.surroundings.report(wanted->value_or(""));
    json list = json::array();
    for (const auto& [name, interface] : context.manager.running().interfaces) {
        if (interface.is_port() && (!*wanted || **wanted == name)) {
            list.push_back(port_json(name, interface, context.manager.running(), *reported,
                                     context.manager.refusal("interface " + name)));
            put_findings(list.back(), beside.ports, name);
        }
    }
    if (*wanted && list.empty())
        return nothing_named(**wanted, "port profile", "see show interfaces");
    return json{{"ports", std::move(list)}};
}

JsonResult handle_show_reasons(Context& context, const json&) {
    auto reasons = context.manager.kernel().reasons();
    if (!reasons) return tl::make_unexpected(rpc_error(reasons.error()));
    context.manager.baselines().subtract(*reasons);
    json list = json::array();
    for (const auto& [reason, packets] : *reasons) {
        // A newer module may have more reasons than we have names for.
        const auto& known = kernel::names::reasons;
        const std::string name = reason < std::size(known) ? std::string(known[reason])
                                                           : "reason-" + std::to_string(reason);
        list.push_back({{"reason", name}, {"packets", packets}});
    }
    return json{{"reasons", std::move(list)}};
}

} // namespace tunqos
