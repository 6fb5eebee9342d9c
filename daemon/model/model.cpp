// SPDX-License-Identifier: GPL-2.0-or-later
#include "tunqos/model.hpp"

namespace tunqos {

TunnelModel model_of(const TunnelProfile& profile) {
    const Decap& decap = profile.decap;
    if (profile.encap.inner.mode != EncapInner::keep || profile.encap.single_aggregate)
        return TunnelModel::custom;
    if (profile.encap.dscp == EncapDscp::copy && decap.dscp == DecapDscp::copy)
        return TunnelModel::uniform;
    if (decap.dscp != DecapDscp::keep) return TunnelModel::custom;
    return decap.queue_by == DecapClass::outer ? TunnelModel::pipe : TunnelModel::short_pipe;
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

std::string_view to_string(EncapEcn ecn) {
    switch (ecn) {
    case EncapEcn::rfc6040: return "rfc6040";
    case EncapEcn::compatibility: return "compatibility";
    case EncapEcn::native: break;
    }
    return "native";
}

std::string_view to_string(DecapEcn ecn) {
    return ecn == DecapEcn::rfc6040 ? "rfc6040" : "native";
}

} // namespace tunqos
