#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: limit=600
"""What the kernel does alone, over the whole table, on every tunnel.

Marks are lost: a GRE, IPIP or SIT tunnel's outer DSCP is 0, a VLAN's PCP is
0. Plain ESP copies the DSCP. ECN follows RFC 3168, but not on ip6gre. It is
what tunqos is measured against, and it proves the topology, the decoder and
the model.
"""

import expect
import topo
import wire
from case import main
from outside import facts

KINDS = ("plain", "gre", "ipip", "sit", "ip6gre", "ip6tnl", "esp", "esp6",
         "gre-esp", "xfrmi")


def table(case, net, tun, family, mark=None):
    """Send the 256 DS bytes from hostA to hostB and judge each hop.

    mark: the DS byte that the provider writes on all (None: nothing).
    """
    name = "%s inner IPv%d%s" % (
        tun.kind, family, "" if mark is None else " remarked")
    shot = wire.Shot(net, family)
    with wire.Captures(near=("wan", "rA"), far=("rB", "wan"),
                       end=("hostB", "lan")) as caps:
        shot.send()
        case.true(name + ": the fence arrives",
                  caps.until_fence(shot, "end"))
        case.later(judge, shot, facts(tun), caps.taken(), name, mark)


def judge(case, shot, tun, caught, name, mark):
    esp = tun.kind in ("esp", "esp6", "xfrmi")
    near = shot.sort(caught["near"], tun)
    far = shot.sort(caught["far"], tun)
    end = shot.sort(caught["end"])
    for before in range(256):
        if tun.layers:
            sent = expect.native_encap(
                before, esp, ip6gre=tun.kind == "ip6gre")
        else:
            sent = before
        arrives = sent if mark is None else mark
        if tun.kind == "gre-esp":
            # ESP in transport mode has one header: ECN is GRE's affair
            after = expect.native_decap(before, arrives)
        elif tun.layers:
            after = expect.native_decap(before, arrives, esp)
        else:
            after = arrives
        outer(case, name + " near", near, before, sent, tun)
        outer(case, name + " far", far, before, arrives, tun)
        inner(case, name + " end", end, before, after)


def outer(case, name, packets, before, ds, tun):
    p = packets.get(before)
    if not case.true(name + ": the packet is there", p, "0x%02x" % before):
        return
    where = "0x%02x" % before
    case.equal(name + ": DS", p.ips[0].ds, ds, where)
    case.equal(name + ": wrong checksums", p.bad, [], where)
    if tun.layers:
        case.equal(name + ": layers", tuple(p.kinds[1:1 + len(tun.layers)]),
                   tun.layers, where)
    if tun.layers and tun.esp_extra is None:
        case.equal(name + ": inner DS", p.ips[1].ds, before, where)


def inner(case, name, packets, before, ds):
    p = packets.get(before)
    where = "0x%02x" % before
    if ds is expect.DROP:
        case.true(name + ": dropped", p is None, where)
        return
    if not case.true(name + ": the packet is there", p, where):
        return
    case.equal(name + ": DS", p.ips[0].ds, ds, where)
    case.equal(name + ": wrong checksums", p.bad, [], where)
    case.equal(name + ": tags", [(t.tpid, t.vid, t.pcp, t.dei)
                                 for t in p.tags], [(0x8100, 10, 0, 0)], where)


def test(case):
    with topo.Founding(vlan_b=10) as net:
        for kind in KINDS:
            with net.tunnel(kind) as tun:
                for family in tun.families:
                    table(case, net, tun, family)
                with net.remark(net.mark_all(dscp=expect.DSCP["cs1"],
                                             ecn=expect.CE)):
                    for family in tun.families:
                        table(case, net, tun, family, expect.ds(
                            expect.DSCP["cs1"], expect.CE))
            case.note("%s done" % kind)


if __name__ == "__main__":
    main(test)
