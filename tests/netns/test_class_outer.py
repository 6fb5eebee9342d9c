#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: limit=400
"""RFC 3270's pipe behind every kind of tunnel: packets are queued by the
outer DSCP as it arrived, and their 802.1p follows the inner one.

tc on the port of rB writes the priority that it is about to queue each packet
by into the VLAN ID, where it is read on the wire.
"""

import contextlib

import devices  # noqa: F401  adds its kinds of tunnels
import genl
import ipsec  # noqa: F401  and these
import topo
import tq
import wire
from case import main

MIXED = [(d * 7 + 3) % 64 for d in range(64)]
BACK = [(d * 11 + 5) % 64 for d in range(64)]
PCP = [(d * 5 + d // 8) % 8 for d in range(64)]
HALF = frozenset(range(0, 64, 2))
DS = [d << 2 | d & 1 for d in range(64)]
VID = 100  # that of priority 0
KINDS = ("ipip", "sit", "ip6tnl", "gretap", "ip6gre", "vxlan", "geneve6",
         "l2tp", "wireguard", "ipsec", "ipsec6", "ipsec-natt", "ah",
         "xfrm-device", "vti6")


@contextlib.contextmanager
def visible(r, dev):
    """The priorities of what leaves by a device with VLANs."""
    topo.run(r, "tc", "qdisc", "add", "dev", dev, "clsact")
    try:
        for n in range(8):
            topo.run(r, "tc", "filter", "add", "dev", dev, "egress",
                     "protocol", "802.1Q", "prio", str(n + 1), "basic",
                     "match", "meta(priority eq %d)" % n, "action", "vlan",
                     "modify", "id", str(VID + n))
        yield
    finally:
        topo.run(r, "tc", "qdisc", "del", "dev", dev, "clsact")


def shoot(case, name, net, family):
    """{DS byte sent: packet at hostB's end}"""
    shot = wire.Shot(net, family, DS)
    with wire.Captures(end=("hostB", "lan")) as caps:
        shot.send()
        case.true(name + ": the fence arrives", caps.until_fence(shot, "end"))
        found = shot.sort(caps["end"])
    case.equal(name + ": all there", set(found), set(DS))
    return found


def seen(packet):
    """(priority, PCP, DSCP) of a frame at hostB."""
    tag, = packet.tags
    return tag.vid - VID, tag.pcp, packet.ips[0].dscp


def key(tun, r):
    return tun.keys(r)[0] if hasattr(tun, "keys") else dict(device="tun")


def one_kind(case, net, kind, sock):
    with net.tunnel(kind) as tun, visible("rB", "lan"):
        for r, setting in (
                ("rA", dict(encap_dscp="table", encap_table=MIXED)),
                ("rB", dict(encap_dscp="native", decap_class="outer",
                            decap_dscp="table", decap_table=BACK,
                            decap_permit=HALF))):
            with sock[r].transaction():
                sock[r].flush()
                sock[r].set_tunnel(**key(tun, r), **setting)
                if r == "rB":
                    sock[r].set_port("lan.10", PCP)
        for family in tun.families:
            word = "%s, IPv%d" % (kind, family)
            for ds, p in shoot(case, word, net, family).items():
                outer = MIXED[ds >> 2]
                dscp = BACK[outer] if outer in HALF else ds >> 2
                case.equal(word + ": priority, PCP, DSCP", seen(p),
                           (PCP[outer], PCP[dscp], dscp), "0x%02x" % ds)
                case.equal(word + ": bad", p.bad, [], "0x%02x" % ds)
    case.note("%s done" % kind)


def inner_class(case, net, sock):
    """By default the priority is the kernel's, as without a binding."""
    with net.tunnel("ipip"), visible("rB", "lan"):
        with sock["rB"].transaction():
            sock["rB"].flush()
            sock["rB"].set_port("lan.10", PCP)
        plain = shoot(case, "unbound", net, 4)
        with sock["rB"].transaction():
            sock["rB"].set_tunnel(device="tun", encap_dscp="native",
                                  decap_class="inner", decap_ecn="rfc6040")
        bound = shoot(case, "class inner", net, 4)
        for ds, p in bound.items():
            case.equal("class inner: priority", seen(p), seen(plain[ds]),
                       "0x%02x" % ds)


def test(case):
    with tq.module(), topo.Founding(vlan_b=10) as net:
        sock = {r: genl.Tunqos(r) for r in ("rA", "rB")}
        for kind in KINDS:
            one_kind(case, net, kind, sock)
        inner_class(case, net, sock)


if __name__ == "__main__":
    main(test)
