// SPDX-License-Identifier: GPL-2.0-or-later
//
// The settings of a tunnel profile, on an interface or on a crypto map.
//
// On an interface the profile begins with the first tunnel setting. It ends with `no tunnel encap
// dscp` (or `no tunnel diffserv-mode`) when every other setting is at its default as well: then
// nothing is left that `show running-config` would have to print.
#include "cli/edit.hpp"
#include "cli/grammar/types.hpp"

namespace tunqos::cli {
namespace {

// What a setting's `no` form does to a profile that is all defaults afterwards.
enum class WhenDefault { keep, remove };

template <typename Change>
Result<Config> change(Config config, const Context& context, const Match& match,
                      WhenDefault when_default, Change&& apply) {
    if (context.mode == Mode::crypto_map) {
        apply(config.crypto_maps[crypto_map_key(context)].tunnel);
        return config;
    }
    // `no` of a setting that was never made does not make a tunnel of the interface.
    const auto found = config.interfaces.find(context.name);
    if (match.negated && (found == config.interfaces.end() || !found->second.tunnel)) return config;

    Interface& interface = config.interfaces[context.name];
    if (!interface.tunnel) interface.tunnel.emplace();
    apply(*interface.tunnel);
    if (match.negated && when_default == WhenDefault::remove &&
        *interface.tunnel == TunnelProfile{}) {
        interface.tunnel.reset();
        if (interface == Interface{}) config.interfaces.erase(context.name);
    }
    return config;
}

std::optional<DscpSet> permit_of(const Match& match) {
    if (!match.has("permit")) return std::nullopt;
    return parse_dscp_set(match.get("DSCP-LIST"));
}

// The settings of another line (inner-dscp, single-aggregate, ecn) stay.
Encap encap_of(Encap before, const Match& match) {
    Encap encap;
    encap.inner = std::move(before.inner);
    encap.ecn = before.ecn;
    encap.single_aggregate = before.single_aggregate;
    if (match.negated) return encap;
    if (const std::string dscp = match.get("DSCP"); !dscp.empty()) {
        encap.dscp = EncapDscp::set;
        encap.value = parse_dscp(dscp).value_or(Dscp{});
    } else if (const std::string table = match.get("TABLE-MAP"); !table.empty()) {
        encap.dscp = EncapDscp::table;
        encap.table = table;
    } else if (match.has("native")) {
        encap.dscp = EncapDscp::native;
    }
    return encap;
}

} // namespace

// A model says everything about the DSCPs of both directions: what it does not name goes to its
// default, so that a line of a running configuration always means the same. ECN is no part of it.
Result<Config> edit_diffserv_mode(Config config, const Context& context, const Match& match) {
    return change(std::move(config), context, match, WhenDefault::remove,
                  [&](TunnelProfile& profile) {
                      profile.encap.inner = {};
                      profile.encap.single_aggregate.reset();
                      profile.encap = encap_of(std::move(profile.encap), match);
                      Decap decap;
                      decap.ecn = profile.decap.ecn;
                      if (!match.negated && match.has("uniform")) {
                          decap.dscp = DecapDscp::copy;
                          decap.permit = permit_of(match);
                      }
                      if (!match.negated && match.has("pipe")) decap.queue_by = DecapClass::outer;
                      profile.decap = decap;
                  });
}

Result<Config> edit_encap_dscp(Config config, const Context& context, const Match& match) {
    return change(
        std::move(config), context, match, WhenDefault::remove,
        [&](TunnelProfile& profile) { profile.encap = encap_of(std::move(profile.encap), match); });
}

Result<Config> edit_single_aggregate(Config config, const Context& context, const Match& match) {
    std::optional<Aggregate> aggregate;
    for (const char* name : {"af1", "af2", "af3", "af4"}) {
        if (match.has(name)) aggregate = parse_aggregate(name);
    }
    if (const auto dscp = parse_dscp(match.get("DSCP"))) aggregate = Aggregate{0, *dscp};
    if (match.negated) aggregate.reset();
    return change(std::move(config), context, match, WhenDefault::keep,
                  [&](TunnelProfile& profile) { profile.encap.single_aggregate = aggregate; });
}

Result<Config> edit_inner_dscp(Config config, const Context& context, const Match& match) {
    return change(std::move(config), context, match, WhenDefault::keep,
                  [&](TunnelProfile& profile) {
                      InnerDscp& inner = profile.encap.inner;
                      inner = {};
                      if (match.negated || match.has("keep")) return;
                      inner.mode = match.has("set") ? EncapInner::set : EncapInner::table;
                      inner.value = parse_dscp(match.get("DSCP")).value_or(Dscp{});
                      inner.table = match.get("TABLE-MAP");
                  });
}

Result<Config> edit_encap_ecn(Config config, const Context& context, const Match& match) {
    return change(std::move(config), context, match, WhenDefault::keep,
                  [&](TunnelProfile& profile) {
                      EncapEcn& ecn = profile.encap.ecn;
                      ecn = EncapEcn::native;
                      if (match.negated) return;
                      if (match.has("rfc6040")) ecn = EncapEcn::rfc6040;
                      if (match.has("compatibility")) ecn = EncapEcn::compatibility;
                  });
}

Result<Config> edit_tos(Config config, const Context& context, const Match& match) {
    return change(std::move(config), context, match, WhenDefault::remove,
                  [&](TunnelProfile& profile) {
                      profile.encap = encap_of(std::move(profile.encap), match);
                      if (match.negated) return;
                      const auto tos = parse_number(match.get("TOS"), 0, 255).value_or(0);
                      profile.encap.dscp = EncapDscp::set;
                      profile.encap.value = Dscp{static_cast<std::uint8_t>(tos >> 2U)};
                  });
}

Result<Config> edit_decap_dscp(Config config, const Context& context, const Match& match) {
    return change(std::move(config), context, match, WhenDefault::keep,
                  [&](TunnelProfile& profile) {
                      Decap decap;
                      decap.queue_by = profile.decap.queue_by;
                      decap.ecn = profile.decap.ecn;
                      if (!match.negated && !match.has("keep")) {
                          decap.dscp = match.has("copy") ? DecapDscp::copy : DecapDscp::table;
                          decap.table = match.get("TABLE-MAP");
                          decap.permit = permit_of(match);
                      }
                      profile.decap = decap;
                  });
}

Result<Config> edit_decap_class(Config config, const Context& context, const Match& match) {
    const bool outer = !match.negated && match.has("outer");
    return change(std::move(config), context, match, WhenDefault::keep,
                  [&](TunnelProfile& profile) {
                      profile.decap.queue_by = outer ? DecapClass::outer : DecapClass::inner;
                  });
}

Result<Config> edit_decap_ecn(Config config, const Context& context, const Match& match) {
    const bool rfc6040 = !match.negated && match.has("rfc6040");
    return change(std::move(config), context, match, WhenDefault::keep,
                  [&](TunnelProfile& profile) {
                      profile.decap.ecn = rfc6040 ? DecapEcn::rfc6040 : DecapEcn::native;
                  });
}

Result<Config> edit_control_dscp(Config config, const Context& context, const Match& match) {
    return change(std::move(config), context, match, WhenDefault::keep,
                  [&](TunnelProfile& profile) {
                      profile.control_dscp.reset();
                      if (!match.negated) profile.control_dscp = parse_dscp(match.get("DSCP"));
                  });
}

Result<Config> edit_pre_classify(Config config, const Context& context, const Match& match) {
    return change(std::move(config), context, match, WhenDefault::keep,
                  [&](TunnelProfile& profile) {
                      profile.pre_classify = {};
                      if (match.negated) return;
                      profile.pre_classify.enabled = true;
                      PreClassify& to = profile.pre_classify;
                      to.table = match.get("TABLE-MAP");
                      to.handle = parse_handle(match.get("HANDLE")).value_or(0);
                      if (match.has("priority")) to.via = ClassVia::priority;
                      if (!match.has("mark")) return;
                      to.via = ClassVia::mark;
                      to.mask = parse_u32(match.get("MASK")).value_or(0);
                  });
}

} // namespace tunqos::cli
