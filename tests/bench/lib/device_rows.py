# SPDX-License-Identifier: GPL-2.0-or-later
"""The rows of a tunnel that is a device: GRE, VXLAN, WireGuard.

make() is the tunnel between the routers, its device TUN, with an outer DSCP of
0; inherit() the same with the kernel's 'tos inherit'.
"""

import contextlib
from functools import partial

import peers
import topo
from rows import Row

TUN = "tun"
FIXED = "%#x" % (peers.SET << 2)  # as the 'tos' of a device


def tunqos(ns="r1", **what):
    return partial(peers.module, ns, [dict(device=TUN, **what)])


def ours(make):
    """tunqos at the sender."""
    return [
        Row("tunqos copy", make, tunqos(encap_dscp="copy"), outer=peers.same,
            kind="tunqos"),
        Row("tunqos table", make, tunqos(
            encap_dscp="table", encap_table=peers.TABLE), outer=peers.table,
            kind="tunqos"),
        Row("tunqos set", make, tunqos(
            encap_dscp="set", encap_value=peers.SET), outer=peers.fixed,
            kind="tunqos"),
        Row("tunqos copy, pre-classify", make, tunqos(
            encap_dscp="copy", pre_classify=1), outer=peers.same,
            kind="tunqos"),
        Row("tunqos pre-classify only", make, tunqos(
            encap_dscp="native", pre_classify=1), outer=peers.zero,
            kind="tunqos"),
    ]


def static(make, nft, iptables):
    """What needs no mark to begin with. nft, iptables: matches of the outer
    packet and no other."""
    one = dict(outer=peers.fixed, note="one DSCP for all")
    rule = "-A POSTROUTING %s -j DSCP --set-dscp %d" % (iptables, peers.SET)
    return [
        Row("nft static", make, partial(
            peers.nft_static, "r1", "output", nft), **one),
        Row("iptables-legacy DSCP", make, partial(
            peers.iptables, "legacy", "r1", rule), **one),
        Row("iptables-nft DSCP", make, partial(
            peers.iptables, "nft", "r1", rule), **one),
        Row("tc pedit", make, partial(peers.tc_pedit, "r1", "wan"), **one)]


def mapped(make, inherit, program):
    """What looks at each packet. program: of mark.bpf.c."""
    return [
        Row("nft vmap of 64, tos inherit", inherit, partial(
            peers.nft_vmap, "r1", "output"), outer=peers.table),
        Row("tc flower 64, tos inherit", inherit, partial(
            peers.tc_flower, "r1", "wan"), outer=peers.table),
        Row("tc-bpf copy", make, partial(
            peers.tc_bpf, "r1", "wan", program + "-copy"), outer=peers.same),
        Row("tc-bpf table", make, partial(
            peers.tc_bpf, "r1", "wan", program + "-map"), outer=peers.table)]


def encap(make, alternatives, inherit=None):
    zero = peers.zero
    kernel = [Row("kernel, tos inherit", inherit, outer=peers.same,
                  kind="kernel")] if inherit else []
    return [
        Row("no marking", make, outer=zero, kind="base"), *kernel,
        Row("empty hook", make, partial(peers.hook, "r1", "output"),
            outer=zero, kind="floor"),
        *ours(make), *alternatives,
        Row("no marking again", make, outer=zero, kind="again")]


@contextlib.contextmanager
def no_gro():
    topo.ethtool("r2", TUN, gro=False)
    yield


def table_of_fixed(_):
    return peers.TABLE[peers.SET]


def by_mark():
    """The outer DSCP as the packet's mark, which the tunnel must not clear."""
    chains, rule = peers.jumps("meta mark", peers.same)
    return peers.nft("r2", peers.chain(
        "forward", rule, extra=chains + peers.base(
            "arrived", "input", "meta mark set ip dscp map { %s }" % ", ".join(
                "%d : %d" % (d, d) for d in range(64)))))


def decap(*marked, keeps_mark=True):
    """marked: parts after which the outer DSCP says SET. The inner one is to
    become that."""
    fixed = peers.fixed

    def row(name, *parts, **more):
        return Row(name, *marked, *parts, outer=fixed, **more)

    blind = dict(inner=fixed, note="does not look at the outer DSCP")
    return [
        row("no marking", kind="base"),
        row("no marking, GRO of the tunnel off", no_gro, kind="floor",
            note="as tunqos has it while a decap mode is bound"),
        row("empty input hook", partial(peers.hook, "r2", "input"),
            kind="floor"),
        row("empty ingress hook at the tunnel",
            partial(peers.hook, "r2", "ingress", TUN), kind="floor"),
        row("tunqos copy", tunqos(
            "r2", encap_dscp="native", decap_dscp="copy"), inner=fixed,
            kind="tunqos"),
        row("tunqos table", tunqos(
            "r2", encap_dscp="native", decap_dscp="table",
            decap_table=peers.TABLE), inner=table_of_fixed, kind="tunqos"),
        row("tunqos class outer", tunqos(
            "r2", encap_dscp="native", decap_class="outer"), kind="tunqos"),
        *([row("nft mark in input, vmap in forward", by_mark, inner=fixed)]
          if keeps_mark else []),
        row("nft static", partial(peers.nft_static, "r2", "forward"), **blind),
        row("iptables-nft DSCP", partial(
            peers.iptables, "nft", "r2",
            "-A FORWARD -j DSCP --set-dscp %d" % peers.SET), **blind),
        row("no marking again", kind="again"),
    ]
