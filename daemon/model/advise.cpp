// SPDX-License-Identifier: GPL-2.0-or-later
//
// Valid, but probably not what was meant.
#include <algorithm>

#include "tunqos/class_givers.hpp"
#include "tunqos/config.hpp"

namespace tunqos {

namespace {

class Adviser {
public:
    explicit Adviser(const Config& config) : config_(config) {}

    std::vector<std::string> run() {
        for (const auto& [key, map] : config_.crypto_maps) {
            const std::string name = "crypto map " + key.name + ' ' + std::to_string(key.sequence);
            if (map.match.empty())
                say(name +
                    ": has no peer and no match yet, so it is not in effect; use set peer "
                    "or match");
            profile(name, map.tunnel);
            network_control(name, map.tunnel.decap);
        }
        for (auto& text : advise_classes(config_.crypto_maps, config_.interfaces))
            say(std::move(text));
        for (const auto& [name, interface] : config_.interfaces) {
            if (interface.tunnel) profile("interface " + name, *interface.tunnel);
            if (interface.port) use(interface.port->table, Use::pcp, "interface " + name);
            if (interface.mark) use(interface.mark->table, Use::mark, "interface " + name);
            arrival("interface " + name, interface);
        }
        for (auto& text : advise_rules(config_))
            say(std::move(text));
        for (const auto& [name, map] : config_.table_maps) {
            if (!used_.contains(name)) say("table-map " + name + ": is not used");
        }
        for (const auto& [name, table] : config_.qos_maps.mutations) {
            if (!mutations_.contains(name))
                say("mls qos map dscp-mutation " + name + ": is not used");
        }
        return std::move(advice_);
    }

private:
    enum class Use { dscp, pcp, priority, mark };

    void say(std::string text) { advice_.push_back(std::move(text)); }

    void profile(const std::string& owner, const TunnelProfile& profile) {
        each_dscp_source(profile, [&](const DscpSourceSetting&, const auto& source) {
            use(source.table, Use::dscp, owner);
        });
        if (profile.mode) use(profile.mode->dscp.table, Use::dscp, owner);
        use(profile.pre_classify.table, Use::priority, owner);
    }

    void use(const std::string& name, Use how, const std::string& owner) {
        const auto found = config_.table_maps.find(name);
        if (found == config_.table_maps.end()) return;
        used_.emplace(name, true);
        if (how == Use::dscp && looks_like_priorities(found->second))
            say(owner + ": table-map " + name +
                " holds numbers 0-7 only, but is used for DSCPs (0-63)");
    }

    void arrival(const std::string& owner, const Interface& interface) {
        const MlsQos& mls = interface.mls_qos;
        const auto& set = interface.set_dscp;
        mutations_.insert(mls.mutation);
        inert(owner, interface);
        if (set) use(set->dscp.table, Use::dscp, owner);
        if (set && set->dscp == PortDscp::table) cos_lines(owner, set->dscp.table);
        const bool by_map = mls.trust == PortTrust::cos || (set && set->dscp == PortDscp::cos);
        constexpr std::size_t voice = 5; // CoS
        constexpr std::uint8_t cs5 = 40;
        const bool is_used = mls.override ? mls.cos == voice : by_map;
        if (is_used && config_.qos_maps.cos_dscp[voice] == cs5)
            say(owner +
                ": CoS 5 becomes DSCP cs5 (40), and not ef (46); if that is voice here, type mls "
                "qos map cos-dscp 0 8 16 24 32 46 48 56");
    }

    // Accepted as on IOS, in any order, but not in force.
    void inert(const std::string& owner, const Interface& interface) {
        const MlsQos& mls = interface.mls_qos;
        const std::string mutation =
            mls.mutation.empty() ? "" : "mls qos dscp-mutation " + mls.mutation;
        if (!mls.override) {
            if (mutation.empty() || mls.trust == PortTrust::dscp) return;
            say(owner + ": " + mutation +
                (interface.set_dscp ? ": no effect beside set dscp; type no mls qos dscp-mutation"
                                    : " is not in force until mls qos trust dscp is typed; type "
                                      "that, or no mls qos dscp-mutation"));
            return;
        }
        std::string idle;
        if (mls.trust != PortTrust::none)
            idle = "mls qos trust " + std::string(to_string(mls.trust));
        if (!mutation.empty()) idle += (idle.empty() ? "" : " and ") + mutation;
        if (!idle.empty())
            say(owner + ": " + idle +
                ": no effect beside mls qos cos override, by which all that arrives has CoS " +
                std::to_string(mls.cos) + "; type no mls qos cos override if it is to count");
    }

    // Read by a CoS: no frame has one above 7.
    void cos_lines(const std::string& owner, const std::string& name) {
        const auto found = config_.table_maps.find(name);
        if (found == config_.table_maps.end()) return;
        DscpSet idle;
        for (const auto& [from, to] : found->second.map) {
            if (from >= pcp_count && from < dscp_count) idle.set(from);
        }
        if (idle.any())
            say(owner + ": set dscp cos reads table-map " + name + " by CoS 0 to 7, so that its " +
                "lines from " + to_string(idle) +
                " are never used; write them as lines from 0 to 7");
    }

    // A table of DSCPs has class selectors and the like; 1-7 are priorities (or le).
    static bool looks_like_priorities(const TableMap& map) {
        const auto small = [](const auto& line) { return line.second < pcp_count; };
        const auto priority = [](const auto& line) { return line.second > 1; };
        return std::all_of(map.map.begin(), map.map.end(), small) &&
               std::any_of(map.map.begin(), map.map.end(), priority);
    }

    void network_control(const std::string& owner, const Decap& decap) {
        if (!decap.permit || decap.dscp == DecapDscp::keep) return;
        constexpr std::size_t cs6 = 48;
        constexpr std::size_t cs7 = 56;
        if (decap.permit->test(cs6) || decap.permit->test(cs7))
            say(owner + ": permits cs6 or cs7 from outside, the class of routing protocols");
    }

    const Config& config_;
    std::vector<std::string> advice_;
    std::map<std::string, bool> used_;
    std::set<std::string> mutations_; // the same
};

// The outer DSCP is the inner one, so that it is the class as well.
bool copies(const Encap& encap) {
    return encap.dscp == EncapDscp::copy && encap.inner == EncapInner::keep &&
           !encap.single_aggregate;
}

// Nothing is done to a packet that is sent.
bool leaves(const TunnelProfile& profile) {
    return profile.encap.dscp == EncapDscp::native && profile.options.encap_ecn == EncapEcn::native;
}

} // namespace

ClassGivers::ClassGivers(const std::map<std::string, Interface>& interfaces) {
    for (const auto& [name, interface] : interfaces) {
        if (!interface.tunnel || !interface.tunnel->pre_classify.enabled ||
            interface.tunnel->pre_classify.via != ClassVia::companion)
            continue;
        if (any_.empty()) any_ = name;
        if (copies(interface.tunnel->encap)) continue;
        not_copying_ = name;
        break;
    }
}

std::optional<std::string> ClassGivers::lost_by(const CryptoMap& map) const {
    if (map.match.empty() || map.tunnel.pre_classify.enabled || leaves(map.tunnel))
        return std::nullopt;
    const std::string& loser = copies(map.tunnel.encap) ? not_copying_ : any_;
    if (loser.empty()) return std::nullopt;
    return "has no qos pre-classify, but interface " + loser +
           " has it: if SAs of this entry carry packets of that interface, the class they are "
           "queued by is the outer DSCP and not the inner one; put qos pre-classify on the entry, "
           "too";
}

std::optional<std::string> class_lost(const CryptoMap& map,
                                      const std::map<std::string, Interface>& interfaces) {
    return ClassGivers(interfaces).lost_by(map);
}

std::vector<std::string> advise_classes(const std::map<CryptoMapKey, CryptoMap>& maps,
                                        const std::map<std::string, Interface>& interfaces) {
    const ClassGivers givers(interfaces);
    std::vector<std::string> advice;
    for (const auto& [key, map] : maps) {
        if (auto lost = givers.lost_by(map))
            advice.push_back("crypto map " + key.name + ' ' + std::to_string(key.sequence) + ": " +
                             *lost);
    }
    return advice;
}

namespace {

// What hides the inner classes from who sees the outer header; empty if nothing does.
std::string hidden_by(const TunnelProfile& profile) {
    const Encap& encap = profile.encap;
    if (encap.dscp == EncapDscp::set || encap.dscp == EncapDscp::table)
        return to_string(encap.dscp);
    if (encap.dscp == EncapDscp::copy && encap.single_aggregate)
        return "single-aggregate " + to_string(*encap.single_aggregate);
    return {};
}

void advise_change(const std::string& owner, const TunnelProfile& before,
                   const TunnelProfile& after, std::vector<std::string>& advice) {
    const std::string hidden = hidden_by(before);
    const bool said_copy = !after.mode && !after.encap.implied;
    const Encap& encap = after.encap;
    if (hidden.empty() || encap.dscp != EncapDscp::copy || encap.single_aggregate || said_copy)
        return;
    const bool aggregate = before.encap.dscp == EncapDscp::copy;
    advice.push_back(owner + ": the outer DSCP was " + hidden +
                     " and is a copy of the inner one again, so that the inner classes show on "
                     "the wire; if they are not to, type tunnel encap " +
                     (aggregate ? hidden : "dscp " + hidden));
}

} // namespace

std::vector<std::string> advise_change(const Config& before, const Config& after) {
    std::vector<std::string> advice;
    for (const auto& [name, interface] : after.interfaces) {
        const auto old = before.interfaces.find(name);
        if (old != before.interfaces.end() && old->second.tunnel && interface.tunnel)
            advise_change("interface " + name, *old->second.tunnel, *interface.tunnel, advice);
    }
    for (const auto& [key, map] : after.crypto_maps) {
        const auto old = before.crypto_maps.find(key);
        if (old != before.crypto_maps.end())
            advise_change("crypto map " + key.name + ' ' + std::to_string(key.sequence),
                          old->second.tunnel, map.tunnel, advice);
    }
    return advice;
}

std::vector<std::string> advise(const Config& config) {
    return Adviser(config).run();
}

} // namespace tunqos
