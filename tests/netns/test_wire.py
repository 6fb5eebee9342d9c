#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The decoder sees what is wrong, and the library's other ways work.

A judge that finds no fault with anything would let every test pass.
"""

import expect
import topo
import wire
from case import main


def broken(case, net):
    """Each damage to a good frame is seen."""
    for family in (4, 6):
        good = wire.Shot(net, family).frame(0xb8)
        p = wire.Packet(good)
        case.equal("good frame", (p.bad, p.ips[0].ds, p.mark[:3]),
                   ([], 0xb8, (family, 0xb8, 0xb8)))
        for at, what in ((15, "DS byte"), (-1, "payload"), (-40, "payload")):
            bad = bytearray(good)
            bad[at] ^= 0x10
            p = wire.Packet(bytes(bad))
            if family == 6 and at == 15:
                # no checksum covers it: the value itself tells
                case.true("IPv6 traffic class", p.ips[0].ds != 0xb8)
            else:
                case.true("damaged %s is seen" % what, p.bad, family)
        case.true("cut frame is seen", wire.Packet(good[:60]).bad)
    tagged = wire.ethernet_header(
        topo.mac(1, 1), topo.mac(1, 2), 0x0800,
        ((0x88a8, 5, 1, 7), (0x8100, 3, 0, 10)))
    p = wire.Packet(tagged + wire.Shot(net, 4).frame(4)[14:])
    case.equal("tags", [(t.tpid, t.pcp, t.dei, t.vid) for t in p.tags],
               [(0x88a8, 5, 1, 7), (0x8100, 3, 0, 10)])
    case.equal("DS behind tags", p.ips[0].ds, 4)


def way(case, net, src, dst, place, kind, **shot):
    case.note("%s from %s" % (kind, src))
    with net.tunnel(kind) as tun:
        for family in tun.families:
            one = wire.Shot(net, family, (0, 0xb8, 0x63), src, dst, **shot)
            with wire.Captures(wire=place, end=(dst, "lan")) as caps:
                one.send()
                case.true("%s arrives from %s" % (kind, src),
                          caps.until_fence(one, "end"))
                got = one.sort(caps["wire"], tun)
                end = one.sort(caps["end"])
            case.equal("%s from %s" % (kind, src), sorted(got),
                       [0, 0x63, 0xb8])
            for ds, p in end.items():
                case.equal("wrong checksums at the end", p.bad, [], ds)
                case.equal("DS at the end", p.ips[0].ds, ds)
                case.equal("VID", [t.vid for t in p.tags],
                           [net.vlan[dst]] if net.vlan[dst] else [])


def test(case):
    with topo.Founding() as net:
        broken(case, net)
        way(case, net, "hostB", "hostA", ("wan", "rB"), "gre")
        way(case, net, "hostB", "hostA", ("wan", "rB"), "esp")
    with topo.Founding(vlan_a=20, vlan_b=None, real_csum=True) as net:
        way(case, net, "hostA", "hostB", ("wan", "rA"), "ip6gre")
        way(case, net, "hostA", "hostB", ("wan", "rA"), "gre-esp",
            tags=((0x8100, 5, 0, 20),))
        way(case, net, "hostB", "hostA", ("wan", "rB"), "plain")
        with net.remark(net.mark_all(dscp=expect.DSCP["ef"])):
            with net.tunnel("plain"):
                one = wire.Shot(net, 6, (0,))
                with wire.Captures(end=("hostB", "lan")) as caps:
                    one.send()
                    caps.until_fence(one, "end")
                case.equal("remarked", one.sort(caps["end"])[0].ips[0].ds,
                           0xb8)


if __name__ == "__main__":
    main(test)
