# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets that no tunnel touches: forwarded, to a VLAN, from and to sockets."""

import contextlib
from functools import partial

import peers
import topo
from rows import Path, Row
from traffic import REMOTE, SIZE, LocalIn, LocalOut, control

VLAN = "wan.100"
PCP = [d >> 3 for d in range(64)]


@contextlib.contextmanager
def routed():
    topo.ip("r1", ["route add 10.2.0.0/24 via " + REMOTE])
    try:
        yield
    finally:
        topo.ip("r1", ["route del 10.2.0.0/24"])


@contextlib.contextmanager
def elsewhere(ns="r1"):
    """A tunnel and a VLAN that no packet takes."""
    topo.ip(ns, ["link add other type gre local 192.0.2.9 remote 192.0.2.10",
                 "link set other up",
                 "link add idle type dummy", "link set idle up",
                 "link add link idle name idle.7 type vlan id 7",
                 "link set idle.7 up"])
    try:
        yield
    finally:
        topo.ip(ns, ["link del other", "link del idle"])


def configured(ports=(), **tunnel):
    return partial(peers.module, "r1", [dict(device="other", **tunnel)]
                   if tunnel else [], ports)


def bystander():
    """What traffic pays for a module that has nothing to do with it."""
    port = [("idle.7", PCP)]
    return [
        Row("nothing loaded", elsewhere, kind="base"),
        Row("tunqos loaded, nothing bound", elsewhere, peers.module,
            kind="tunqos"),
        Row("tunqos encap elsewhere", elsewhere,
            configured(encap_dscp="copy"), kind="tunqos"),
        Row("tunqos pre-classify elsewhere", elsewhere,
            configured(encap_dscp="native", pre_classify=1), kind="tunqos"),
        Row("tunqos decap elsewhere", elsewhere,
            configured(encap_dscp="native", decap_dscp="copy"), kind="tunqos"),
        Row("tunqos port elsewhere", elsewhere, configured(port),
            kind="tunqos"),
        Row("tunqos, all of these elsewhere", elsewhere, configured(
            port, encap_dscp="copy", decap_dscp="copy", pre_classify=1),
            kind="tunqos"),
        Row("empty egress hook elsewhere", elsewhere,
            partial(peers.hook, "r1", "egress", "idle"), kind="floor"),
        Row("empty ingress hook elsewhere", elsewhere,
            partial(peers.hook, "r1", "ingress", "other"), kind="floor"),
    ]


def again():
    return [Row("nothing loaded again", elsewhere, kind="again")]


def plain():
    fixed, table = peers.fixed, peers.table

    def peer(name, part, mark, **more):
        return Row(name, part, outer=mark, inner=mark, **more)

    one = dict(note="one DSCP for all")
    return bystander() + [
        Row("empty forward hook", partial(peers.hook, "r1", "forward"),
            kind="floor"),
        peer("nft static", partial(peers.nft_static, "r1", "forward"), fixed,
             **one),
        peer("nft vmap of 64", partial(peers.nft_vmap, "r1", "forward"), table),
        peer("iptables-legacy DSCP", partial(
            peers.iptables, "legacy", "r1",
            "-A FORWARD -j DSCP --set-dscp %d" % peers.SET), fixed, **one),
        peer("iptables-nft DSCP", partial(
            peers.iptables, "nft", "r1",
            "-A FORWARD -j DSCP --set-dscp %d" % peers.SET), fixed, **one),
        peer("tc pedit", partial(peers.tc_pedit, "r1", "wan"), fixed, **one),
        peer("tc flower 64", partial(peers.tc_flower, "r1", "wan"), table),
        peer("tc-bpf table", partial(peers.tc_bpf, "r1", "wan", "tc-own"),
             table),
    ] + again()


@contextlib.contextmanager
def vlan(qos=""):
    """The routers talk by a VLAN; qos: an egress-qos-map."""
    for ns, here in (("r1", "10.9.0.1"), ("r2", "10.9.0.2")):
        topo.ip(ns, [
            "link add link wan name %s type vlan id 100 %s" % (
                VLAN, qos if ns == "r1" else ""),
            "link set %s up" % VLAN,
            "address add %s/24 dev %s" % (here, VLAN)])
    topo.ip("r1", [
        "neigh replace 10.9.0.2 lladdr %s dev %s nud permanent" % (
            topo.mac(2, 2), VLAN),
        "route replace 10.2.0.0/24 via 10.9.0.2"])
    try:
        yield
    finally:
        for ns in ("r1", "r2"):
            topo.ip(ns, ["link del " + VLAN])


def vlan_egress():
    # what skb->priority must be for a PCP, as the kernel does it
    by_class = partial(vlan, "egress-qos-map " + " ".join(
        "%d:%d" % (p, p) for p in range(1, 8)))
    by_dscp = partial(vlan, "egress-qos-map " + " ".join(
        "%d:%d" % (d, d >> 3) for d in range(8, 64)))

    def pcp(dscp):
        return PCP[dscp]

    def by_tos(dscp):
        """rt_tos2priority(): what forwarding makes of the old TOS bits."""
        return (0, 2, 6, 4)[dscp >> 1 & 3] if dscp & 6 else 0

    classify = "-A FORWARD -j CLASSIFY --set-class 0:5"
    five = dict(pcp=lambda _: 5, note="one PCP for all")
    return [
        Row("no marking", vlan, pcp=peers.zero, kind="base"),
        Row("kernel, egress-qos-map", by_class, pcp=by_tos, kind="kernel",
            note="PCP from the old TOS bits, not from the DSCP"),
        Row("empty egress hook", vlan,
            partial(peers.hook, "r1", "egress", "wan"), pcp=peers.zero,
            kind="floor"),
        Row("tunqos port PCP", vlan,
            partial(peers.module, "r1", (), [(VLAN, PCP)]), pcp=pcp,
            kind="tunqos"),
        Row("nft priority map of 64, qos map", by_class, partial(
            peers.nft, "r1", peers.chain(
                "forward", "meta priority set ip dscp map { %s }" % ", ".join(
                    "%d : 0:%d" % (d, d >> 3) for d in range(64)))), pcp=pcp),
        Row("iptables-legacy CLASSIFY, qos map", by_class,
            partial(peers.iptables, "legacy", "r1", classify), **five),
        Row("iptables-nft CLASSIFY, qos map", by_class,
            partial(peers.iptables, "nft", "r1", classify), **five),
        Row("tc skbedit inheritdsfield, qos map", by_dscp, partial(
            peers.tc, "r1", VLAN,
            "protocol ip matchall action skbedit inheritdsfield"), pcp=pcp),
        Row("tc flower 64, qos map", by_class, partial(
            peers.tc, "r1", VLAN, *(
                "protocol ip prio 1 flower ip_tos %#x/0xfc action skbedit"
                " priority 0:%d" % (d << 2, d >> 3) for d in range(64))),
            pcp=pcp),
        Row("tc-bpf priority, qos map", by_class,
            partial(peers.tc_bpf, "r1", VLAN, "tc-priority"), pcp=pcp),
        Row("no marking again", vlan, pcp=peers.zero, kind="again"),
    ]


@contextlib.contextmanager
def tagged():
    """Frames reach r1 in a VLAN, with PCP 6."""
    topo.ip("r1", ["link add link lan name lan.100 type vlan id 100",
                   "link set lan.100 up"])
    with topo.inside("src"):
        control("out", "vlan_id 100", "vlan_p 6", "pkt_size %d" % (SIZE + 4))
    try:
        with routed():
            yield
    finally:
        with topo.inside("src"):
            control("out", "vlan_id 4096", "pkt_size %d" % SIZE)  # none
        topo.ip("r1", ["link del lan.100"])


def vlan_arrival():
    by_tag = [d for d in range(0, 64, 8) for _ in range(2)] + [0]

    def six(_):
        return 48

    def port(**more):
        return partial(peers.module, "r1", (), [dict(
            device="lan.100", **more)])

    chains = "".join("chain p%d { ip dscp set %d; }\n" % (p, p << 3)
                     for p in range(8))
    return [
        Row("no marking", kind="base"),
        Row("empty ingress hook", partial(peers.hook, "r1", "ingress", "lan"),
            kind="floor"),
        Row("tunqos trust cos", port(arrival=by_tag, override=1), inner=six,
            kind="tunqos"),
        Row("tunqos set dscp cos, no override", port(arrival=by_tag),
            inner=lambda d: d or 48, kind="tunqos"),
        Row("tunqos dscp-mutation", port(mutation=[
            peers.table(d) for d in range(64)]), inner=peers.table,
            kind="tunqos"),
        Row("nft vmap of 8 at ingress", partial(
            peers.nft, "r1", "table netdev bench {\n%schain first {\n"
            "type filter hook ingress device lan priority 0;\n"
            "vlan pcp vmap { %s }\n}\n}\n" % (chains, ", ".join(
                "%d : jump p%d" % (p, p) for p in range(8)))), inner=six),
        Row("tc flower 8 at ingress", partial(
            peers.tc, "r1", "lan", *(
                "protocol 802.1q prio 1 flower vlan_id 100 vlan_prio %d"
                " vlan_ethtype ipv4 %s" % (p, peers.pedit_action(p << 3))
                for p in range(8)), place="ingress"), inner=six),
        Row("no marking again", kind="again"),
    ]


def rules():
    """nftables has classified: in the mark of the connection is which."""
    by_tag = [d for d in range(0, 64, 8) for _ in range(2)] + [255]
    ask = ("ct direction original ct mark & 0x00ff0000 == 0"
           " ct mark set ct mark & 0xff00ffff | 0x00010000")
    # as a router would: one chain for each rule
    chains = "".join("chain r%d { ip dscp set %d; }\n" % (n, peers.SET)
                     for n in range(1, 65))
    asked = partial(peers.nft, "r1", peers.chain("forward", ask))

    def rule(ports=(), **more):
        return partial(peers.module, "r1", (), ports,
                       rules=[dict(number=1, override=1, **more)])

    one = dict(inner=peers.fixed, outer=peers.fixed)
    tag = [dict(device="lan.100", rules=1)]
    return [
        Row("no marking", kind="base"),
        Row("nft's classification alone", asked, kind="floor"),
        Row("tunqos rule, explicit", asked,
            rule(arrival_dscp=[peers.SET] * 17), kind="tunqos", **one),
        Row("tunqos rule, mapped from the tag", asked,
            rule(tag, arrival_dscp=by_tag), inner=lambda _: 48,
            kind="tunqos"),
        Row("nft, vmap of 64 by ct mark", partial(peers.nft, "r1", peers.chain(
            "forward", ask, "ct mark & 0x00ff0000 vmap { %s }" % ", ".join(
                "0x%06x : jump r%d" % (n << 16, n) for n in range(1, 65)),
            extra=chains)), **one),
        Row("tc flower 64", partial(peers.tc_flower, "r1", "wan"),
            inner=peers.table),
        Row("no marking again", kind="again"),
    ]


def local(place):
    return bystander() + [
        Row("empty %s hook" % place, partial(peers.hook, "r1", place),
            kind="floor")] + again()


PATHS = (
    Path("plain", "Forwarding, no device of ours on the way", routed, plain),
    Path("vlan", "802.1p of a VLAN, egress", contextlib.nullcontext,
         vlan_egress),
    Path("vlan-arrival", "DSCP from the 802.1p of what arrives", tagged,
         vlan_arrival),
    Path("rules", "A rule's action, behind nft's classification", tagged,
         rules),
    Path("local-out", "A router's own UDP, sent (with the system call)",
         routed, partial(local, "output"), world=LocalOut),
    Path("local-in", "UDP to the router itself, until its socket filter",
         contextlib.nullcontext, partial(local, "input"), world=LocalIn),
)
