// SPDX-License-Identifier: GPL-2.0-or-later
//
// An SA and a profile that are each sound, but not together.
#include "planner/planner.hpp"
#include "planner/sa_binder.hpp"

namespace tunqos::planner {

namespace {

using kernel::Sa;

// What a router with a few classes and queues of some hundred packets gets along with; from
// here on nothing is said.
constexpr std::uint32_t enough_window = 1024;

// The kernel's receiver copies before tunqos sees the packet.
bool copied_before(const Sa& sa, const TunnelProfile& profile) {
    return sa.decap_dscp && sa.direction != Sa::Direction::out &&
           profile.decap.dscp != DecapDscp::keep;
}

std::string decap_setting(const Decap& decap) {
    return decap.dscp == DecapDscp::copy ? "tunnel decap dscp copy"
                                         : "tunnel decap dscp table " + decap.table;
}

// How to make the SA again with a window; its keys stay unsaid.
std::string ip_xfrm(const Sa& sa) {
    return "ip xfrm state add src " + sa.source + " dst " + sa.destination + " proto " +
           kernel::protocol_name(sa.protocol) + " spi " + hexadecimal(sa.spi) + " replay-window " +
           std::to_string(enough_window) + " ...";
}

} // namespace

std::vector<std::string> advise_sa(const Sa& sa, const SaBinder::Owner& owner,
                                   const Config& config) {
    std::vector<std::string> advice;
    const std::string name = "SA " + to_string(sa);
    if (copied_before(sa, *owner.profile))
        advice.push_back(name +
                         " has decap-dscp: the kernel copies the outer DSCP to the inner "
                         "header before " +
                         decap_setting(owner.profile->decap) + " of " + owner.name +
                         " could, and without its permit list; put copy_dscp = out into the child "
                         "of swanctl.conf, or leave out flag decap-dscp of ip xfrm state");
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

} // namespace tunqos::planner
