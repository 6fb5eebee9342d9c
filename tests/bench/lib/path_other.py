# SPDX-License-Identifier: GPL-2.0-or-later
"""Tunnels that tunqos does not know yet, and what else marks on them."""

import contextlib
import os
from functools import partial

import peers
import topo
from rows import NotYet, Path, Row
from traffic import LOCAL, REMOTE, Settled

LATER = "tunqos binds to gre, ipip, sit and IPsec peers"


@contextlib.contextmanager
def device(lines, far):
    """'tun' in both routers; lines(ns, here, there, inner address)."""
    for ns, here, there, inner in (("r1", LOCAL, REMOTE, "10.8.0.1"),
                                   ("r2", REMOTE, LOCAL, "10.8.0.2")):
        topo.ip(ns, lines(ns, here, there) + [
            "link set tun up", "address add %s/24 dev tun" % inner])
    try:
        far()
        yield
    finally:
        for ns in ("r1", "r2"):
            topo.ip(ns, ["link del tun"])


def vxlan(tos="0x00"):
    def lines(ns, here, there):
        mac = "02:00:00:00:08:0%d" % (1 if ns == "r1" else 2)
        return ["link add tun address %s type vxlan id 8 local %s remote %s"
                " dstport 4789 ttl 64 tos %s" % (mac, here, there, tos)]

    def far():
        topo.ip("r1", ["neigh replace 10.8.0.2 lladdr 02:00:00:00:08:02"
                       " dev tun nud permanent",
                       "route replace 10.2.0.0/24 via 10.8.0.2"])
    return device(lines, far)


def wireguard():
    keys = {ns: topo.run(None, "wg", "genkey").stdout for ns in ("r1", "r2")}

    def far():
        for ns, other, there in (("r1", "r2", REMOTE), ("r2", "r1", LOCAL)):
            public = topo.run(None, "wg", "pubkey",
                              input=keys[other]).stdout.strip()
            path = "/tmp/key-" + ns
            with open(path, "w") as f:
                f.write(keys[ns])
            topo.run(ns, "wg", "set", "tun", "listen-port", "51820",
                     "private-key", path, "peer", public, "allowed-ips",
                     "0.0.0.0/0", "endpoint", there + ":51820")
            os.remove(path)
        topo.ip("r1", ["route replace 10.2.0.0/24 dev tun"])
    return device(lambda *_: ["link add tun type wireguard"], far)


def alternatives(make, copy):
    """Rows that write a fixed or, where there is a copy, a mapped DSCP."""
    fixed, table = peers.fixed, peers.table
    one = dict(outer=fixed, note="one DSCP for all")
    rows = [
        Row("empty hook", make, partial(peers.hook, "r1", "output"),
            outer=peers.zero, kind="floor"),
        Row("nft static", make, partial(
            peers.nft_static, "r1", "output", "ip protocol udp"), **one),
        Row("iptables-nft DSCP", make, partial(
            peers.iptables, "nft", "r1", "-A POSTROUTING -o wan -p udp -j DSCP"
            " --set-dscp %d" % peers.SET), **one),
        Row("tc pedit", make, partial(peers.tc_pedit, "r1", "wan"), **one)]
    if copy:
        rows += [
            Row("nft vmap of 64, tos inherit", copy, partial(
                peers.nft_vmap, "r1", "output"), outer=table),
            Row("tc flower 64, tos inherit", copy, partial(
                peers.tc_flower, "r1", "wan"), outer=table),
            Row("tc-bpf table, tos inherit", copy, partial(
                peers.tc_bpf, "r1", "wan", "tc-own"), outer=table,
                note="sees the outer header only")]
    return rows


def vxlan_rows():
    inherit = partial(vxlan, "inherit")
    return [
        Row("no marking", vxlan, outer=peers.zero, kind="base"),
        Row("kernel, tos inherit", inherit, outer=peers.same, kind="kernel"),
        NotYet("tunqos copy", LATER), NotYet("tunqos table", LATER),
    ] + alternatives(vxlan, inherit) + [
        Row("no marking again", vxlan, outer=peers.zero, kind="again")]


def wireguard_rows():
    return [
        Row("no marking", wireguard, outer=peers.zero, kind="base"),
        NotYet("tunqos copy", LATER), NotYet("tunqos table", LATER),
    ] + alternatives(wireguard, None) + [
        Row("no marking again", wireguard, outer=peers.zero, kind="again")]


PATHS = (
    Path("vxlan", "VXLAN, encapsulation", contextlib.nullcontext, vxlan_rows,
         tolerance=40),
    Path("wireguard", "WireGuard, its threads included: to 3 % only",
         contextlib.nullcontext, wireguard_rows, tolerance=4000, best=True,
         world=Settled),
)
