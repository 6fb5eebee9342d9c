// SPDX-License-Identifier: GPL-2.0-or-later
#include "tunqos/model.hpp"

namespace tunqos {

TunnelModel model_of(const TunnelProfile& profile) {
    const Decap& decap = profile.decap;
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

} // namespace tunqos
