// SPDX-License-Identifier: GPL-2.0-or-later
#include "tunqos/model.hpp"

#include <tuple>

namespace tunqos {

TunnelModel model_of(const TunnelProfile& profile) {
    const Decap& decap = profile.decap;
    if (profile.encap.inner != EncapInner::keep || profile.encap.single_aggregate)
        return TunnelModel::custom;
    if (profile.encap.dscp == EncapDscp::copy && decap.dscp == DecapDscp::copy)
        return TunnelModel::uniform;
    if (decap.dscp != DecapDscp::keep) return TunnelModel::custom;
    return decap.queue_by == DecapClass::outer ? TunnelModel::pipe : TunnelModel::short_pipe;
}

void carry_out(const DiffservMode& mode, TunnelProfile& profile) {
    Encap& encap = profile.encap;
    encap.dscp = mode.dscp;
    encap.implied = false;
    Decap& decap = profile.decap;
    decap.dscp = mode.model == TunnelModel::uniform ? DecapDscp::copy : DecapDscp::keep;
    decap.permit = mode.permit;
    decap.queue_by = mode.model == TunnelModel::pipe ? DecapClass::outer : DecapClass::inner;
}

SaidByMode said_by_mode(const TunnelProfile& profile) {
    if (!profile.mode) return {};
    TunnelProfile by_mode;
    carry_out(*profile.mode, by_mode);
    const auto& [encap, decap] = std::tie(profile.encap, profile.decap);
    return {
        encap.dscp == by_mode.encap.dscp,
        std::tie(decap.dscp, decap.permit) == std::tie(by_mode.decap.dscp, by_mode.decap.permit),
        decap.queue_by == by_mode.decap.queue_by};
}

bool says_nothing(const TunnelProfile& profile) {
    TunnelProfile nothing;
    nothing.encap.implied = true;
    return profile == nothing;
}

std::string_view to_string(TunnelModel model) {
    switch (model) {
    case TunnelModel::uniform: return "uniform";
    case TunnelModel::pipe: return "pipe";
    case TunnelModel::short_pipe: return "short-pipe";
    case TunnelModel::custom: break;
    }
    return "custom";
}

} // namespace tunqos
