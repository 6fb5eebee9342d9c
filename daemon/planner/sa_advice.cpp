// SPDX-License-Identifier: GPL-2.0-or-later
//
// An SA and a profile that are each sound, but not together.
#include <linux/xfrm.h>

#include "planner/planner.hpp"
#include "planner/sa_binder.hpp"
#include "planner/watch.hpp"

namespace tunqos::planner {

namespace {

using kernel::Sa;

// What a router with a few classes and queues of some hundred packets gets along with; from
// here on nothing is said.
constexpr std::uint32_t enough_window = 1024;

// The kernel's receiver copies before tunqos sees the packet.
bool copied_before(const Sa& sa, const TunnelProfile& profile) {
    const bool whole_copy = profile.decap.dscp == DecapDscp::copy && !profile.decap.permit;
    return sa.decap_dscp && sa.direction != Sa::Direction::out && !whole_copy;
}

// The settings that are for two headers, of an SA that has one.
std::vector<std::string> idle_settings(const Sa& sa, const TunnelProfile& profile) {
    const auto& [encap, decap, pre_classify, options, mode] = profile;
    std::vector<std::string> settings;
    if (sa.mode != XFRM_MODE_TRANSPORT && sa.mode != XFRM_MODE_BEET) return settings;
    if (sa.direction != Sa::Direction::in) {
        if (encap.inner != EncapInner::keep) settings.emplace_back("tunnel encap inner-dscp");
        if (options.encap_ecn != EncapEcn::native) settings.emplace_back("tunnel encap ecn");
    }
    if (sa.direction != Sa::Direction::out) {
        if (decap.dscp != DecapDscp::keep)
            settings.push_back(line_of(settings::decap_dscp, decap.dscp));
        if (decap.queue_by == DecapClass::outer) settings.emplace_back("tunnel decap class outer");
        if (options.decap_ecn != DecapEcn::native) settings.emplace_back("tunnel decap ecn");
    }
    return settings;
}

std::string listed(const std::vector<std::string>& settings) {
    std::string text = settings.front();
    for (std::size_t i = 1; i < settings.size(); ++i)
        text += (i + 1 < settings.size() ? ", " : " and ") + settings[i];
    return text;
}

// How to make the SA again with a window; its keys stay unsaid.
std::string ip_xfrm(const Sa& sa) {
    return "ip xfrm state add src " + sa.source + " dst " + sa.destination + " proto " +
           kernel::protocol_name(sa.protocol) + " spi " + hexadecimal(sa.spi) + " replay-window " +
           std::to_string(enough_window) + " ...";
}

std::vector<std::string> texts_of(const std::vector<Finding>& findings, Level level) {
    std::vector<std::string> texts;
    for (const auto& finding : findings) {
        if (finding.level() == level) texts.push_back(finding.text);
    }
    return texts;
}

} // namespace

std::vector<Finding> watch_sa(const Sa& sa, const SaBinder::Owner& owner) {
    std::vector<Finding> findings;
    const auto& [encap, decap, pre_classify, options, mode] = *owner.profile;
    const std::string name = "SA " + to_string(sa);
    if (copied_before(sa, *owner.profile))
        findings.push_back(make_finding(
            Watched::sa_decap_dscp, name,
            {.what = line_of(settings::decap_dscp, decap.dscp) + " of " + owner.name,
             .only_if = decap.dscp == DecapDscp::keep ? "" : ", and without its permit list"}));
    const auto put = [&](Watched what, const std::string& setting) {
        findings.push_back(make_finding(what, name, {.what = setting + " of " + owner.name}));
    };
    const bool out = sa.direction != Sa::Direction::in;
    if (sa.dont_encap_dscp && out && encap.dscp == EncapDscp::native)
        put(Watched::sa_dont_encap_dscp, "tunnel encap dscp native");
    if (sa.no_ecn && out && options.encap_ecn == EncapEcn::native)
        put(Watched::sa_no_ecn, "tunnel encap ecn native");
    if (sa.no_ecn && sa.direction == Sa::Direction::in && options.decap_ecn == DecapEcn::native)
        put(Watched::sa_no_ecn, "tunnel decap ecn native");
    return findings;
}

std::vector<std::string> advise_sa(const Sa& sa, const SaBinder::Owner& owner, const Config& config,
                                   bool may_be_bundled) {
    std::vector<std::string> advice = texts_of(watch_sa(sa, owner), Level::warning);
    const std::string name = "SA " + to_string(sa);
    const auto idle = idle_settings(sa, *owner.profile);
    if (!idle.empty() && !may_be_bundled)
        advice.push_back(name + " is of " + kernel::mode_name(sa.mode) +
                         " mode, which has one header only: " + listed(idle) + " of " + owner.name +
                         (idle.size() > 1 ? " do" : " does") +
                         " nothing for its packets; if they are those of a tunnel interface, put " +
                         (idle.size() > 1 ? "these settings" : "the setting") +
                         " there, else use tunnel mode");
    const bool small = sa.window > 0 && sa.window < enough_window;
    if (small && several_aggregates(config, owner.profile->encap, !sa.dont_encap_dscp))
        advice.push_back(
            name + " has a replay window of " + std::to_string(sa.window) + " packets, and " +
            owner.name +
            " may put marks of several classes on its packets: one that waits while others "
            "overtake it is dropped by the receiver (RFC 2983 section 4.1); put replay_window = " +
            std::to_string(enough_window) + " into the child of the receiver's swanctl.conf (" +
            ip_xfrm(sa) + "), or use tunnel encap single-aggregate");
    return advice;
}

std::vector<std::string> note_sa(const Sa& sa, const SaBinder::Owner& owner) {
    return texts_of(watch_sa(sa, owner), Level::note);
}

} // namespace tunqos::planner
