// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/ingress_watch.hpp"

namespace tunqos {

namespace {

// Of IPsec the module has done its part before; most drivers do RFC 6040 by themselves.
bool works_on_ingress(const Decap& decap, const std::string& kind) {
    if (kind == "xfrm" || kind == "vti" || kind == "vti6") return false;
    if (decap.dscp != DecapDscp::keep || decap.queue_by == DecapClass::outer) return true;
    const bool l2tp = kind.empty();
    return decap.ecn != DecapEcn::native && (l2tp || kind == "wireguard");
}

} // namespace

IngressWatch::IngressWatch(kernel::ITc& tc, const kernel::ILinks& links, Running running, Log& log)
    : tc_(tc), links_(links), running_(std::move(running)), log_(log) {}

std::map<std::string, std::string> IngressWatch::warnings() {
    std::map<std::string, std::string> warnings;
    std::vector<kernel::Device> devices;
    for (const auto& [name, interface] : running_().interfaces) {
        if (!interface.tunnel) continue;
        const auto kind = links_.kind(name);
        if (kind && works_on_ingress(interface.tunnel->decap, *kind)) devices.push_back(name);
    }
    if (devices.empty()) return warnings;
    const auto redirected = tc_.redirected(devices);
    if (!redirected) return warnings; // `show` is about more than this
    for (const auto& device : *redirected) {
        warnings[device] = "interface " + device +
                           ": a tc filter redirects packets on its ingress, where decap does not "
                           "see them; shape on ingress of the link under it, or on egress of the "
                           "LAN, instead";
    }
    return warnings;
}

void IngressWatch::look() {
    std::set<std::string> told;
    for (const auto& [device, warning] : warnings()) {
        if (!told_.contains(device)) log_.warning("decap-bypassed", {{"what", warning}});
        told.insert(device);
    }
    told_ = std::move(told);
}

} // namespace tunqos
