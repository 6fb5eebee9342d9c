// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/check_devices.hpp"

#include "tunqos/config.hpp"

namespace tunqos {

Problems check_devices(const Config& config, const Config& running, const kernel::ILinks& links) {
    Problems problems;
    for (const auto& [name, interface] : config.interfaces) {
        if (!interface.tunnel) continue;
        const Decap& decap = interface.tunnel->decap;
        const bool for_ipsec_too = decap.dscp == DecapDscp::keep || decap.permit;
        const TunnelOptions& options = interface.tunnel->options;
        const bool merges = options.decap_gro == DecapGro::merge;
        if (for_ipsec_too && !options.control_dscp && !merges) continue; // good for every kind
        const auto known = running.interfaces.find(name);
        if (known != running.interfaces.end() && known->second == interface) continue;
        const auto kind = links.kind(name);
        if (kind && *kind != "wireguard" && options.control_dscp)
            problems.push_back({"interface " + name + " / tunnel control dscp",
                                "is for WireGuard interfaces, and this one is " +
                                    (kind->empty() ? std::string("not") : "of kind " + *kind)});
        if (kind == "wireguard" && merges)
            problems.push_back({"interface " + name + " / tunnel decap gro",
                                "merge is not for WireGuard interfaces, behind whose decryption "
                                "what is merged loses its outer mark; use exact"});
        if (kind != "xfrm" && kind != "vti" && kind != "vti6") continue;
        if (auto wrong = check_ipsec_decap(decap, "interface " + name))
            problems.push_back(std::move(*wrong));
    }
    return problems;
}

} // namespace tunqos
