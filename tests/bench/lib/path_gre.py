# SPDX-License-Identifier: GPL-2.0-or-later
"""GRE: where the mark of the outer header comes from, and back."""

import contextlib
from functools import partial

import peers
import topo
import traffic
from rows import Path, Row

TUN = "tun"


@contextlib.contextmanager
def gre(tos="0x00", count=1):
    """A tunnel between the routers; its device is the route to the receiver."""
    for ns, here, there in (("r1", traffic.LOCAL, traffic.REMOTE),
                            ("r2", traffic.REMOTE, traffic.LOCAL)):
        topo.ip(ns, ["link add %s type gre local %s remote %s ttl 64 tos %s" % (
            TUN, here, there, tos), "link set %s up" % TUN])
    topo.ip("r1", ["route replace 10.2.0.0/24 dev " + TUN])
    try:
        yield
    finally:
        for ns in ("r1", "r2"):
            topo.ip(ns, ["link del " + TUN])


def tunqos(ns="r1", **what):
    return partial(peers.module, ns, [dict(device=TUN, **what)])


def encap():
    same, zero, fixed, table = peers.same, peers.zero, peers.fixed, peers.table
    inherit = partial(gre, "inherit")
    return [
        Row("no marking", gre, outer=zero, kind="base"),
        Row("kernel, tos inherit", inherit, outer=same, kind="kernel"),
        Row("empty hook", gre, partial(peers.hook, "r1", "output"),
            outer=zero, kind="floor"),
        Row("tunqos copy", gre, tunqos(encap_dscp="copy"), outer=same,
            kind="tunqos"),
        Row("tunqos table", gre, tunqos(
            encap_dscp="table", encap_table=peers.TABLE), outer=table,
            kind="tunqos"),
        Row("tunqos set", gre, tunqos(
            encap_dscp="set", encap_value=peers.SET), outer=fixed,
            kind="tunqos"),
        Row("tunqos copy, pre-classify", gre, tunqos(
            encap_dscp="copy", pre_classify=1), outer=same, kind="tunqos"),
        Row("tunqos pre-classify only", gre, tunqos(
            encap_dscp="native", pre_classify=1), outer=zero, kind="tunqos"),
        Row("nft static", gre, partial(peers.nft_static, "r1", "output"),
            outer=fixed, note="one DSCP for all"),
        Row("nft vmap of 64, tos inherit", inherit, partial(
            peers.nft_vmap, "r1", "output"), outer=table),
        Row("iptables-legacy DSCP", gre, partial(
            peers.iptables, "legacy", "r1",
            "-A POSTROUTING -p gre -j DSCP --set-dscp %d" % peers.SET),
            outer=fixed, note="one DSCP for all"),
        Row("iptables-nft DSCP", gre, partial(
            peers.iptables, "nft", "r1",
            "-A POSTROUTING -p gre -j DSCP --set-dscp %d" % peers.SET),
            outer=fixed, note="one DSCP for all"),
        Row("tc pedit", gre, partial(peers.tc_pedit, "r1", "wan"),
            outer=fixed, note="one DSCP for all"),
        Row("tc flower 64, tos inherit", inherit, partial(
            peers.tc_flower, "r1", "wan"), outer=table),
        Row("tc-bpf copy", gre, partial(
            peers.tc_bpf, "r1", "wan", "tc-gre-copy"), outer=same),
        Row("tc-bpf table", gre, partial(
            peers.tc_bpf, "r1", "wan", "tc-gre-map"), outer=table),
        Row("no marking again", gre, outer=zero, kind="again"),
    ]


@contextlib.contextmanager
def no_gro():
    topo.ethtool("r2", TUN, gro=False)
    yield


def decap():
    """The outer DSCP says SET, and the inner one is to become that."""
    marked = partial(gre, "%#x" % (peers.SET << 2))
    same, fixed = peers.same, peers.fixed

    def table(_):
        return peers.TABLE[peers.SET]

    chains, rule = peers.jumps("meta mark", peers.same)
    return [
        Row("no marking", marked, outer=fixed, kind="base"),
        Row("no marking, GRO of the tunnel off", marked, no_gro, outer=fixed,
            kind="floor", note="as tunqos has it while a decap mode is bound"),
        Row("empty input hook", marked, partial(peers.hook, "r2", "input"), outer=fixed,
            kind="floor"),
        Row("empty ingress hook at the tunnel", marked,
            partial(peers.hook, "r2", "ingress", TUN), outer=fixed,
            kind="floor"),
        Row("tunqos copy", marked, tunqos(
            "r2", encap_dscp="native", decap_dscp="copy"), outer=fixed,
            inner=fixed, kind="tunqos"),
        Row("tunqos table", marked, tunqos(
            "r2", encap_dscp="native", decap_dscp="table",
            decap_table=peers.TABLE), outer=fixed, inner=table, kind="tunqos"),
        Row("tunqos class outer", marked, tunqos(
            "r2", encap_dscp="native", decap_class="outer"), outer=fixed,
            inner=same, kind="tunqos"),
        Row("nft mark in input, vmap in forward", marked, partial(
            peers.nft, "r2", peers.chain(
                "forward", rule, extra=chains + peers.base(
                    "arrived", "input", "meta mark set ip dscp map { %s }" %
                    ", ".join("%d : %d" % (d, d) for d in range(64))))),
            outer=fixed, inner=fixed),
        Row("nft static", marked, partial(peers.nft_static, "r2", "forward"),
            outer=fixed, inner=fixed, note="does not look at the outer DSCP"),
        Row("iptables-nft DSCP", marked, partial(
            peers.iptables, "nft", "r2",
            "-A FORWARD -j DSCP --set-dscp %d" % peers.SET),
            outer=fixed, inner=fixed, note="does not look at the outer DSCP"),
        Row("no marking again", marked, outer=fixed, kind="again"),
    ]


PATHS = (
    Path("gre-encap", "GRE, encapsulation", contextlib.nullcontext, encap,
         tolerance=40),
    Path("gre-decap", "GRE, decapsulation", contextlib.nullcontext, decap,
         tolerance=40),
)
