// SPDX-License-Identifier: GPL-2.0-or-later
#include "planner/watch.hpp"

#include <algorithm>

#include "planner/foreign_marks.hpp"

namespace tunqos::planner {

namespace {

using kernel::Act;
using kernel::LinkFacts;
using kernel::Side;

bool is_ipsec(const std::string& kind) {
    return kind == "xfrm" || kind == "vti" || kind == "vti6";
}

// Of IPsec the module has done its part before; most drivers do RFC 6040 by themselves.
bool works_on_ingress(const TunnelProfile& profile, const std::string& kind) {
    const Decap& decap = profile.decap;
    if (is_ipsec(kind)) return false;
    if (decap.dscp != DecapDscp::keep || decap.queue_by == DecapClass::outer) return true;
    const bool l2tp = kind.empty();
    return profile.options.decap_ecn != DecapEcn::native && (l2tp || kind == "wireguard");
}

// Would a plain copy of the header in place of all that is set be something else?
bool is_more_than_a_copy(const TunnelProfile& profile) {
    TunnelProfile plain;
    plain.encap.dscp =
        profile.encap.dscp == EncapDscp::native ? EncapDscp::native : EncapDscp::copy;
    return profile != plain;
}

// In skb->tc_index: by a table it is skb->priority.
bool class_is_in_companion(const TunnelProfile& profile) {
    return profile.pre_classify.enabled && profile.pre_classify.table.empty();
}

// Decided before the device, written behind it.
bool decides_before_device(const TunnelProfile& profile, const std::string& kind) {
    return is_ipsec(kind) &&
           (profile.encap.dscp == EncapDscp::set || profile.encap.dscp == EncapDscp::table ||
            profile.options.encap_ecn != EncapEcn::native || class_is_in_companion(profile));
}

// Something may be done to the DSCP of what it receives.
bool decides_on_arrival(const Interface& interface) {
    const MlsQos& mls = interface.mls_qos;
    return interface.set_dscp || mls.override || mls.trust == PortTrust::cos ||
           (mls.trust == PortTrust::dscp && !mls.mutation.empty());
}

std::string interface(const std::string& name) {
    return "interface " + name;
}

// One of each, however many filters do the same.
void put(std::vector<Finding>& findings, Finding finding) {
    if (std::find(findings.begin(), findings.end(), finding) == findings.end())
        findings.push_back(std::move(finding));
}

} // namespace

Watcher::Watcher(const kernel::ILinks& links, kernel::ISurroundings& surroundings)
    : links_(links), surroundings_(surroundings) {}

const Watcher::Place* Watcher::place(const std::string& device) {
    const auto known = places_.find(device);
    if (known != places_.end()) return &known->second;
    auto facts = links_.facts(device);
    if (!facts) return nullptr;
    auto classifiers = surroundings_.classifiers(facts->index);
    return &places_.emplace(device, Place{device, std::move(*facts), std::move(classifiers)})
                .first->second;
}

std::vector<const Watcher::Place*> Watcher::way_from(const std::string& device) {
    std::vector<const Place*> way;
    const auto add = [&](const std::string& name) {
        if (const Place* const found = place(name)) way.push_back(found);
    };
    add(device);
    for (const auto& name : links_.under(device))
        add(name);
    return way;
}

// The links that its outer packets go by. Of a device that is tied to none the route tells.
std::vector<const Watcher::Place*> Watcher::way(const LinkFacts& tunnel) {
    if (tunnel.lower != 0) {
        const auto name = links_.name(tunnel.lower);
        return name ? way_from(*name) : std::vector<const Place*>();
    }
    if (tunnel.remote.empty()) return {};
    const auto name = surroundings_.way_to(tunnel.remote);
    return name ? way_from(*name) : std::vector<const Place*>();
}

// What stands in front of the module where packets come in.
void Watcher::on_arrival(const Place& place, bool of_tunnel, Findings& findings) {
    const std::string where = interface(place.name);
    for (const auto& one : place.classifiers) {
        if (one.side != Side::ingress) continue;
        const Words words{.what = one.kind, .device = place.name, .side = "ingress"};
        if (one.act == Act::redirects)
            put(findings, make_finding(Watched::tc_redirect, where, words));
        if (one.act == Act::overwrites && of_tunnel)
            put(findings, make_finding(Watched::tc_arrived, where, words));
        if (one.act == Act::unknown) put(findings, make_finding(Watched::tc_program, where, words));
    }
    if (place.facts.has_xdp) put(findings, make_finding(Watched::xdp_program, where, {}));
    if (of_tunnel && surroundings_.merges_in_lists(place.name))
        put(findings, make_finding(Watched::gro_list, where, {.what = {}, .device = place.name}));
}

// What writes over a class where packets go out.
void Watcher::on_departure(const Place& place, bool may_choose_via, Findings& findings) {
    for (const auto& one : place.classifiers) {
        if (one.side != Side::egress || one.act == Act::redirects) continue;
        const Words words{
            .what = one.kind,
            .device = place.name,
            .side = "egress",
            .via = may_choose_via ? ", or use qos pre-classify via priority, or via mark" : ""};
        put(findings,
            make_finding(one.act == Act::overwrites ? Watched::tc_class : Watched::tc_program,
                         interface(place.name), words));
    }
}

void Watcher::by_device(const Place& place, const TunnelProfile& profile, Findings& findings) {
    const LinkFacts& facts = place.facts;
    const std::string where = interface(place.name);
    const Words words{.what = facts.kind, .device = place.name};
    // A copy of all of them is what the kernel does as well.
    if (facts.copies_dscp && (profile.decap.dscp != DecapDscp::copy || profile.decap.permit))
        put(findings, make_finding(Watched::device_decap_dscp, where, words));
    if (facts.inherits_tos && profile.encap.dscp != EncapDscp::native)
        put(findings, make_finding(Watched::device_tos_inherit, where,
                                   {.what = facts.kind.starts_with("ip6") ? "tclass" : "tos",
                                    .device = place.name}));
    if (facts.external) put(findings, make_finding(Watched::device_external, where, words));
}

void Watcher::by_flowtable(const Place& place, const TunnelProfile& profile,
                           const std::vector<const Place*>& way, Findings& findings) {
    for (const auto& flowtable : surroundings_.flowtables()) {
        const auto holds = [&](const Place* one) { return flowtable.holds(one->name); };
        const bool here = holds(&place);
        if (!here && std::none_of(way.begin(), way.end(), holds)) continue;
        if (flowtable.hardware)
            put(findings, make_finding(Watched::flowtable_hardware, interface(place.name),
                                       {.what = flowtable.name, .device = place.name}));
        const LinkFacts& facts = place.facts;
        const bool keeps_out =
            facts.inherits_tos || (facts.kind == "ip6tnl" && !facts.no_encaplimit);
        if (keeps_out || !is_more_than_a_copy(profile)) continue;
        const auto shortcut = surroundings_.shortcut(facts.kind);
        if (shortcut == kernel::Shortcut::no) continue;
        const std::string remedy =
            facts.kind == "ip6tnl"
                ? "ip link set " + place.name +
                      " type ip6tnl encaplimit 4 (the default), or tclass inherit, keeps the "
                      "kernel from it"
                : "ip link set " + place.name + " type ipip tos inherit keeps the kernel from it";
        put(findings,
            make_finding(Watched::flowtable_tunnel, interface(place.name),
                         {.what = flowtable.name,
                          .device = place.name,
                          .only_if = shortcut == kernel::Shortcut::yes
                                         ? ""
                                         : " if this kernel can do that (Linux 6.19 and later)",
                          .remedy = remedy}));
    }
}

std::vector<Finding> Watcher::tunnel(const std::string& device, const TunnelProfile& profile) {
    Findings findings;
    const Place* const here = place(device);
    if (!here) return findings;
    const auto links = way(here->facts);
    by_device(*here, profile, findings);
    if (works_on_ingress(profile, here->facts.kind)) {
        on_arrival(*here, true, findings);
        for (const Place* const link : links) {
            if (link->facts.has_xdp || surroundings_.has_xdp(link->facts.index))
                put(findings, make_finding(Watched::xdp_program, interface(link->name), {}));
            if (surroundings_.merges_in_lists(link->name))
                put(findings, make_finding(Watched::gro_list, interface(link->name),
                                           {.what = {}, .device = link->name}));
        }
    }
    if (decides_before_device(profile, here->facts.kind)) on_departure(*here, false, findings);
    if (class_is_in_companion(profile)) {
        for (const Place* const link : links)
            on_departure(*link, true, findings);
    }
    by_flowtable(*here, profile, links, findings);
    return findings;
}

std::vector<Finding> Watcher::crypto_map(const CryptoMap& map) {
    Findings findings;
    if (map.match.peer.empty() || !class_is_in_companion(map.tunnel)) return findings;
    const auto name = surroundings_.way_to(map.match.peer);
    if (!name) return findings;
    for (const Place* const link : way_from(*name))
        on_departure(*link, true, findings);
    return findings;
}

std::vector<Finding> Watcher::port(const std::string& device, const Interface& interface_,
                                   bool by_class) {
    Findings findings;
    const Place* const here = place(device);
    if (!here) return findings;
    const auto links = way_from(device);
    if (interface_.mark) on_arrival(*here, false, findings);
    if (decides_on_arrival(interface_)) {
        // The frames of a VLAN device have their tag on the one under it.
        const bool under = here->facts.kind == "vlan";
        for (const Place* const link : links)
            if (!under || link != here) on_arrival(*link, false, findings);
    }
    if (interface_.port) {
        if (by_class) on_departure(*here, false, findings);
        if (here->facts.has_qos_map)
            put(findings, make_finding(Watched::vlan_qos_map, interface(device), {}));
    }
    for (const auto& flowtable : surroundings_.flowtables()) {
        const auto holds = [&](const Place* one) { return flowtable.holds(one->name); };
        if (flowtable.hardware && std::any_of(links.begin(), links.end(), holds))
            put(findings, make_finding(Watched::flowtable_hardware, interface(device),
                                       {.what = flowtable.name, .device = device}));
    }
    return findings;
}

// What nobody can read now is read at the next look.
std::vector<Finding> Watcher::rules(std::uint32_t mark_mask) {
    Findings findings;
    for (const auto& flowtable : surroundings_.flowtables())
        findings.push_back(make_finding(Watched::rule_flowtable, "flowtable " + flowtable.name,
                                        {.what = flowtable.name}));
    const auto ruleset = surroundings_.ruleset();
    const auto foreign = ruleset ? find_foreign_marks(*ruleset, mark_mask) : ForeignMarks();
    if (!foreign) return findings;
    const auto say = [&](Watched what, const std::vector<ForeignMark>& all) {
        for (const auto& one : all)
            findings.push_back(
                make_finding(what, one.place, {.what = one.harm, .remedy = one.remedy}));
    };
    say(Watched::rule_ct_mark, foreign->erasing);
    say(Watched::rule_iptables, foreign->unreadable);
    return findings;
}

} // namespace tunqos::planner
