#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Rules of nftables that change DSCPs around a tunnel, at the places where
RFC 2983 allows it: in front of encapsulation, of the outer header as it
arrives, behind decapsulation. Each takes effect, and tunqos goes by what it
left. The outer DSCP is the inner one, which is not the one before."""

import contextlib

import devices  # noqa: F401  adds its kinds of tunnels
import expect
import genl
import topo
import tq
import wire
from case import main

MIXED = [(d * 7 + 3) % 64 for d in range(64)]
DS = [d << 2 | d & 1 for d in range(64)]
KINDS = ("gre", "vxlan6")
# {DSCP: what a rule makes of it}, and what the last rule makes of all others
BEFORE = {46: 34, 34: 46, 0: 8}, None
OUTER = {d: 63 - d for d in range(0, 64, 4)}, None
# nothing but class selectors is let into the domain behind
AFTER = {d: d for d in range(0, 64, 8)}, 1


def conditioned(rules, dscp):
    marks, others = rules
    return marks.get(dscp, dscp if others is None else others)


def chain(dev, rules):
    """In nftables' words; the first that fits is the last."""
    marks, others = rules
    lines = []
    for family in ("ip", "ip6"):
        lines += ["iifname %s %s dscp %d %s dscp set %d accept" % (
            dev, family, old, family, new) for old, new in marks.items()]
        if others is not None:
            lines.append("iifname %s %s dscp set %d" % (dev, family, others))
    return "\n".join(lines)


@contextlib.contextmanager
def conditioner(r, *chains):
    """The rules of some devices of a router."""
    topo.run(r, "nft", "-f", "-", input="""
table inet conditioner {
  chain in {
    type filter hook prerouting priority mangle;
%s
  }
}
""" % "\n".join(chains))
    try:
        yield
    finally:
        topo.run(r, "nft", "delete", "table", "inet", "conditioner")


def table(case, name, net, tun, family):
    shot = wire.Shot(net, family, DS)
    with wire.Captures(near=("wan", "rA"), end=("hostB", "lan")) as caps:
        shot.send()
        case.true(name + ": the fence arrives", caps.until_fence(shot, "end"))
        near = shot.sort(caps["near"], tun)
        end = shot.sort(caps["end"])
    for ds in DS:
        where = "0x%02x" % ds
        outer = MIXED[conditioned(BEFORE, ds >> 2)]
        after = conditioned(AFTER, conditioned(OUTER, outer))
        if case.true(name + ": there", ds in near and ds in end, where):
            case.equal(name + ": outer, inner DS",
                       [p.ds for p in near[ds].ips],
                       [expect.ds(outer, ds & 3)] * 2, where)
            case.equal(name + ": DS at the end", end[ds].ips[0].ds,
                       expect.ds(after, ds & 3), where)
            case.equal(name + ": bad", near[ds].bad + end[ds].bad, [], where)


def test(case):
    with tq.module(), topo.Founding(vlan_b=None, real_csum=True) as net, \
            conditioner("rA", chain("lan", BEFORE)), \
            conditioner("rB", chain("wan", OUTER), chain("tun", AFTER)):
        for r, setting in (
                ("rA", dict(encap_dscp="table", encap_table=MIXED,
                            encap_inner="table", encap_inner_table=MIXED)),
                ("rB", dict(encap_dscp="native", decap_dscp="copy",
                            decap_permit=frozenset(range(64))))):
            with genl.Tunqos(r) as sock, sock.transaction():
                sock.set_tunnel(device="tun", **setting)
        for kind in KINDS:
            with net.tunnel(kind) as tun:
                for family in tun.families:
                    table(case, "%s IPv%d" % (kind, family), net, tun, family)


if __name__ == "__main__":
    main(test)
