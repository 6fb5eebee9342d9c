// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include "planner/watch.hpp"

namespace tunqos::planner {

// A new line here needs one in tunqos(7) and, in watch.cpp or sa_advice.cpp, who looks for it.
const std::array<WatchEntry, watched_count> watch_list{{
    {Watched::device_decap_dscp, "device-decap-dscp", Level::warning,
     "ip6tnl, ip6gre, ip6gretap and ip6erspan devices",
     "the device has dscp inherit: the kernel copies the outer DSCP to the inner header before "
     "decap could keep or map it",
     "make the device again without it: ip link del {device}, ip link add {device} type {what} ... "
     "without dscp inherit (ip link set keeps it); CopyDSCP=no in networkd, no ip6-rcv-dscp-copy "
     "in ip-tunnel.flags of NetworkManager"},
    {Watched::device_tos_inherit, "device-tos-inherit", Level::note, "tunnel devices",
     "the device has {what} inherit, which costs the kernel its route cache and adds nothing to "
     "what tunqos writes",
     "give it a fixed one, unless it keeps a flowtable from the tunnel"},
    {Watched::device_external, "device-external", Level::note, "tunnel devices",
     "the device is external: whoever hands it a packet chooses the tunnel",
     "this setting is for all of its tunnels; use a device for each that needs another"},
    {Watched::vlan_qos_map, "vlan-qos-map", Level::note, "VLAN devices with set cos",
     "the device has an egress-qos-map, which counts only for what set cos leaves alone",
     "put what it is for into the table-map of set cos"},
    {Watched::tc_redirect, "tc-redirect", Level::warning,
     "ingress of tunnels with something to do at decap, of devices with set mark, of those that "
     "carry the frames of ports with set dscp or mls qos",
     "a tc filter redirects packets on its ingress ({what}), in front of tunqos, which does not "
     "see them",
     "shape on ingress of the link under it, or on egress of the LAN, instead"},
    {Watched::tc_arrived, "tc-arrived", Level::warning,
     "ingress of tunnels with something to do at decap",
     "a tc filter on its ingress ({what}) ends with ok, and tc overwrites what tunqos noted of the "
     "outer header: arrived-lost is counted",
     "let it end with action continue"},
    {Watched::tc_class, "tc-class", Level::warning,
     "egress of every device that the outer packet leaves by, of VLAN devices with set cos, of "
     "xfrm and vti devices",
     "a tc filter on its egress ({what}) ends with ok, and tc overwrites the class that tunqos "
     "gave the packet, which queues and devices below do not see any more",
     "let it end with action continue{via}"},
    {Watched::tc_program, "tc-program", Level::warning,
     "ingress and egress of the devices that tc-arrived and tc-class are about",
     "a program ({what}) runs on its {side}, of which nobody can tell what it does: it may "
     "redirect, and with TC_ACT_OK what tunqos noted in skb->tc_index is lost",
     "let it return TC_ACT_UNSPEC (TCX_NEXT){via}"},
    {Watched::xdp_program, "xdp-program", Level::warning,
     "tunnels with something to do at decap, and the links under them",
     "an XDP program sees what arrives before tunqos does, and nobody can tell what it does",
     "if it opens tunnels, redirects or marks, take the tunnel's packets out of that"},
    {Watched::flowtable_tunnel, "flowtable-tunnel", Level::warning,
     "ipip and ip6tnl devices in a flowtable, or with their link in one",
     "flowtable {what} goes round tunqos{if}: after the first packets of a flow the kernel makes "
     "and opens the outer header by itself, as a copy of the inner one",
     "{remedy}"},
    {Watched::flowtable_hardware, "flowtable-hardware", Level::warning,
     "tunnels, their links and ports",
     "flowtable {what} is offloaded to hardware, which forwards a flow without tunqos",
     "take the device out of it, or leave out flags offload"},
    {Watched::gro_list, "gro-list", Level::warning,
     "tunnels with something to do at decap, and the links under them",
     "rx-gro-list is on: packets are merged in a list in which each has headers of its own, and "
     "tunqos looks at the first only",
     "ethtool -K {device} rx-gro-list off"},
    {Watched::rule_flowtable, "rule-flowtable", Level::warning, "flowtables, with qos rules",
     "forwards a connection by itself after its first packets, which are all that a qos rule holds "
     "for",
     "leave what rules are for out of it, where the ruleset has flow add; set cos and mls qos of "
     "ports hold for every packet"},
    {Watched::rule_ct_mark, "rule-ct-mark", Level::warning, "rulesets of nftables, with qos rules",
     "{what}", "{remedy}"},
    {Watched::rule_iptables, "rule-iptables", Level::warning,
     "rulesets of iptables-nft, with qos rules", "{what}", "{remedy}"},
    {Watched::sa_decap_dscp, "sa-decap-dscp", Level::warning, "SAs of a crypto map or xfrm device",
     "has decap-dscp: the kernel copies the outer DSCP to the inner header before {what} could{if}",
     "put copy_dscp = out into the child of swanctl.conf, or leave out flag decap-dscp of ip xfrm "
     "state"},
    {Watched::sa_dont_encap_dscp, "sa-dont-encap-dscp", Level::note,
     "SAs of a crypto map or xfrm device",
     "has dont-encap-dscp: the outer DSCP is 0 where {what} leaves it to the kernel",
     "use tunnel encap dscp copy, or put copy_dscp = out into the child of swanctl.conf"},
    {Watched::sa_no_ecn, "sa-noecn", Level::note, "SAs of a crypto map or xfrm device",
     "has noecn: the kernel neither shows the inner ECN outside nor brings congestion back, and "
     "{what} leaves it to the kernel",
     "use tunnel encap ecn rfc6040 and tunnel decap ecn rfc6040, or leave out flag noecn"},
    {Watched::sa_moved, "sa-moved", Level::warning, "crypto maps with set peer",
     "has no SA, but SAs with the same reqid go to {what}: the peer has moved (MOBIKE), and set "
     "peer does not follow",
     "use match reqid or match if-id, which stay, in place of set peer"},
}};

const WatchEntry& entry_of(Watched what) {
    return watch_list[static_cast<std::size_t>(what)];
}

namespace {

std::string fill(std::string_view words, const Words& of) {
    return fmt::format(fmt::runtime(words), fmt::arg("what", of.what),
                       fmt::arg("device", of.device), fmt::arg("side", of.side),
                       fmt::arg("via", of.via), fmt::arg("if", of.only_if),
                       fmt::arg("remedy", of.remedy));
}

} // namespace

// What the words of watch_list stand for where nothing is seen that has names.
std::string remedy_of(Watched what) {
    std::string remedy =
        "ip link set DEVICE type ipip tos inherit, or of ip6tnl encaplimit 4 "
        "(the default) or tclass inherit, keeps the kernel from it";
    if (what == Watched::rule_ct_mark)
        remedy = "let it keep the bits of qos rules mark-mask: ct mark set ct mark & 0xff0000 | N";
    if (what == Watched::rule_iptables)
        remedy =
            "let it keep the bits of qos rules mark-mask: --set-xmark VALUE/MASK, --save-mark "
            "--nfmask MASK --ctmask MASK";
    return fmt::format(fmt::runtime(entry_of(what).remedy), fmt::arg("what", "TYPE"),
                       fmt::arg("device", "DEVICE"),
                       fmt::arg("via", ", or use qos pre-classify via priority, or via mark"),
                       fmt::arg("remedy", remedy));
}

Finding make_finding(Watched what, std::string place, const Words& of) {
    const WatchEntry& entry = entry_of(what);
    const bool stands_alone = place.starts_with("interface ") || place.starts_with("table ");
    const std::string_view link = stands_alone ? ": " : " ";
    std::string text =
        fmt::format("{}{}{}; {}", place, link, fill(entry.harm, of), fill(entry.remedy, of));
    return {what, std::move(place), std::move(text)};
}

} // namespace tunqos::planner
