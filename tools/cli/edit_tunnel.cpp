// SPDX-License-Identifier: GPL-2.0-or-later
//
// The settings of a tunnel profile, on an interface or on a crypto map.
//
// On an interface the profile begins with the first setting that is not at its default, and it
// ends when every one of them is: then nothing is left that `show running-config` would print.
// What a line implies (a tunnel has an outer DSCP, a copy) is not stored with it.
#include "cli/edit.hpp"
#include "cli/grammar/types.hpp"

namespace tunqos::cli {

Result<Config> edit_profile(Config config, const Context& context,
                            const std::function<void(TunnelProfile&)>& apply) {
    if (context.mode == Mode::crypto_map) {
        apply(config.crypto_maps[crypto_map_key(context)].tunnel);
        return config;
    }
    Interface& interface = config.interfaces[context.name];
    if (!interface.tunnel) interface.tunnel.emplace().encap.implied = true;
    apply(*interface.tunnel);
    if (says_nothing(*interface.tunnel)) interface.tunnel.reset();
    if (interface == Interface{}) config.interfaces.erase(context.name);
    return config;
}

namespace {

std::optional<DscpSet> permit_of(const Match& match) {
    if (!match.has("permit")) return std::nullopt;
    return parse_dscp_set(match.get("DSCP-LIST"));
}

// What the model says, or the default.
TunnelProfile without_lines(const TunnelProfile& profile) {
    TunnelProfile other;
    other.encap.implied = true;
    if (profile.mode) carry_out(*profile.mode, other);
    return other;
}

// The settings of another line (inner-dscp, single-aggregate, ecn) stay.
void put_outer(const Encap& from, Encap& encap) {
    encap.dscp = from.dscp;
    encap.implied = from.implied;
}

void put_inner(const Decap& from, Decap& decap) {
    decap.dscp = from.dscp;
    decap.permit = from.permit;
}

// What comes behind the words of such a setting, or behind the name of a model.
template <typename Mode>
DscpSource<Mode> source_of(const Match& match) {
    if constexpr (CanSet<Mode>)
        if (const auto dscp = parse_dscp(match.get("DSCP"))) return {Mode::set, *dscp};
    if (std::string table = match.get("TABLE-MAP"); !table.empty())
        return {Mode::table, std::move(table)};
    const auto words = words_of_source(Mode{});
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (match.has(words[i].text)) return static_cast<Mode>(i);
    }
    return {};
}

Encap outer_of(const Match& match) {
    Encap encap;
    encap.dscp = source_of<EncapDscp>(match);
    return encap;
}

DiffservMode mode_of(const Match& match) {
    DiffservMode mode;
    mode.dscp = source_of<EncapDscp>(match);
    mode.permit = permit_of(match);
    if (match.has("uniform")) mode.model = TunnelModel::uniform;
    if (match.has("pipe")) mode.model = TunnelModel::pipe;
    return mode;
}

// What was said by lines of their own stays.
void remove_mode(TunnelProfile& profile) {
    TunnelProfile defaults;
    defaults.encap.implied = true;
    const SaidByMode said = said_by_mode(profile);
    profile.mode.reset();
    if (said.encap_dscp) put_outer(defaults.encap, profile.encap);
    if (said.decap_dscp) put_inner(defaults.decap, profile.decap);
    if (said.decap_class) profile.decap.queue_by = defaults.decap.queue_by;
}

} // namespace

// A model says everything about the DSCPs of both directions: what it does not name goes to its
// default, so that a line of a running configuration always means the same. ECN is no part of it.
Result<Config> edit_diffserv_mode(Config config, const Context& context, const Match& match) {
    return edit_profile(std::move(config), context, [&](TunnelProfile& profile) {
        if (match.negated) return remove_mode(profile);
        profile.encap.inner = {};
        profile.encap.single_aggregate.reset();
        profile.mode = mode_of(match);
        carry_out(*profile.mode, profile);
    });
}

Result<Config> edit_encap_dscp(Config config, const Context& context, const Match& match) {
    return edit_profile(std::move(config), context, [&](TunnelProfile& profile) {
        put_outer(match.negated ? without_lines(profile).encap : outer_of(match), profile.encap);
    });
}

Result<Config> edit_single_aggregate(Config config, const Context& context, const Match& match) {
    std::optional<Aggregate> aggregate;
    for (const char* name : {"af1", "af2", "af3", "af4"}) {
        if (match.has(name)) aggregate = parse_aggregate(name);
    }
    if (const auto dscp = parse_dscp(match.get("DSCP"))) aggregate = Aggregate{0, *dscp};
    if (match.negated) aggregate.reset();
    return edit_profile(std::move(config), context, [&](TunnelProfile& profile) {
        profile.encap.single_aggregate = aggregate;
    });
}

Result<Config> edit_inner_dscp(Config config, const Context& context, const Match& match) {
    return edit_profile(std::move(config), context, [&](TunnelProfile& profile) {
        profile.encap.inner = {};
        if (!match.negated) profile.encap.inner = source_of<EncapInner>(match);
    });
}

Result<Config> edit_tos(Config config, const Context& context, const Match& match) {
    return edit_profile(std::move(config), context, [&](TunnelProfile& profile) {
        // A table, say, is of tunnel encap dscp alone.
        if (match.negated && profile.encap.dscp != EncapDscp::set) return;
        if (match.negated) return put_outer(without_lines(profile).encap, profile.encap);
        const auto tos = parse_number(match.get("TOS"), 0, 255).value_or(0);
        Encap outer;
        outer.dscp = {EncapDscp::set, Dscp{static_cast<std::uint8_t>(tos >> 2U)}};
        put_outer(outer, profile.encap);
    });
}

Result<Config> edit_decap_dscp(Config config, const Context& context, const Match& match) {
    return edit_profile(std::move(config), context, [&](TunnelProfile& profile) {
        if (match.negated) return put_inner(without_lines(profile).decap, profile.decap);
        Decap decap;
        decap.dscp = source_of<DecapDscp>(match);
        if (decap.dscp != DecapDscp::keep) decap.permit = permit_of(match);
        put_inner(decap, profile.decap);
    });
}

Result<Config> edit_decap_class(Config config, const Context& context, const Match& match) {
    return edit_profile(std::move(config), context, [&](TunnelProfile& profile) {
        profile.decap.queue_by = match.has("outer") ? DecapClass::outer : DecapClass::inner;
        if (match.negated) profile.decap.queue_by = without_lines(profile).decap.queue_by;
    });
}

Result<Config> edit_pre_classify(Config config, const Context& context, const Match& match) {
    return edit_profile(std::move(config), context, [&](TunnelProfile& profile) {
        profile.pre_classify = {};
        if (match.negated) return;
        PreClassify& to = profile.pre_classify;
        to.enabled = true;
        to.table = match.get("TABLE-MAP");
        to.handle = parse_handle(match.get("HANDLE")).value_or(0);
        if (match.has("priority")) to.via = ClassVia::priority;
        if (!match.has("mark")) return;
        to.via = ClassVia::mark;
        to.mask = parse_u32(match.get("MASK")).value_or(0);
    });
}

} // namespace tunqos::cli
