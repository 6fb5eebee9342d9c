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

Encap encap_of(const Match& match) {
    Encap encap;
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

// A model says everything about both directions: what it does not name goes to its default, so
// that a line of a running configuration always means the same.
Result<Config> edit_diffserv_mode(Config config, const Context& context, const Match& match) {
    return change(std::move(config), context, match, WhenDefault::remove,
                  [&](TunnelProfile& profile) {
                      profile.encap = {};
                      profile.decap = {};
                      if (match.negated) return;
                      if (match.has("uniform")) {
                          profile.decap.dscp = DecapDscp::copy;
                          profile.decap.permit = permit_of(match);
                      } else {
                          profile.encap = encap_of(match);
                          if (match.has("pipe")) profile.decap.queue_by = DecapClass::outer;
                      }
                  });
}

Result<Config> edit_encap_dscp(Config config, const Context& context, const Match& match) {
    return change(
        std::move(config), context, match, WhenDefault::remove,
        [&](TunnelProfile& profile) { profile.encap = match.negated ? Encap{} : encap_of(match); });
}

Result<Config> edit_tos(Config config, const Context& context, const Match& match) {
    return change(std::move(config), context, match, WhenDefault::remove,
                  [&](TunnelProfile& profile) {
                      profile.encap = {};
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

Result<Config> edit_pre_classify(Config config, const Context& context, const Match& match) {
    return change(std::move(config), context, match, WhenDefault::keep,
                  [&](TunnelProfile& profile) {
                      profile.pre_classify = {};
                      if (match.negated) return;
                      profile.pre_classify.enabled = true;
                      profile.pre_classify.table = match.get("TABLE-MAP");
                  });
}

} // namespace tunqos::cli
