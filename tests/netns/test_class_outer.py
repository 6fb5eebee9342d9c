#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: limit=600
"""RFC 3270's pipe behind every kind of tunnel: packets are queued by the
outer DSCP as it arrived, and their 802.1p follows the inner one.

tc on the port of rB writes the priority that it is about to queue each packet
by into the VLAN ID, where it is read on the wire.
"""

import contextlib

import devices  # noqa: F401  adds its kinds of tunnels
import genl
import ipsec  # noqa: F401  and these
import test_merged as bulk
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
DEVICES = ("xfrm-device", "vti6")


@contextlib.contextmanager
def visible(r, dev):
    """The priorities of what leaves by a device with VLANs."""
    topo.tc(r, "qdisc add dev %s clsact" % dev, *(
        "filter add dev %s egress protocol 802.1Q prio %d basic match "
        "'meta(priority eq %d)' action vlan modify id %d" % (
            dev, n + 1, n, VID + n) for n in range(8)))
    try:
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


def one_flow(case, name, net, kind, family, bound):
    """Segments of TCP that a provider marks by turns, decrypted in one go."""
    base, total = 1000, bulk.NUMBER * bulk.BURSTS
    iif = "tun" if kind in DEVICES else "wan"
    with wire.Captures(far=("wan", "rB", "out"), end=("hostB", "lan")) as caps:
        with bulk.forwarded(iif) as number, wire.Raw("hostA", "lan") as raw:
            raw.sock.setsockopt(wire.SOL_PACKET, bulk.PACKET_VNET_HDR, 1)
            for n in range(bulk.BURSTS):
                raw.send(bulk.super_packet(
                    net, family, base + n * bulk.NUMBER * bulk.SEGMENT))
            case.true(name + ": all arrive", caps.until(lambda: sum(
                bulk.segment(p, base) is not None for p in caps["end"])
                >= total))
        sealed = sorted((p for p in caps["far"] if p.first("esp") and
                         p.first("esp").length > bulk.SEGMENT),
                        key=lambda p: p.first("esp").seq)
        end = {bulk.segment(p, base): p for p in caps["end"]}
    case.equal(name + ": sealed", len(sealed), total)
    marks = {p.ips[0].dscp for p in sealed}
    case.equal(name + ": marks", len(marks), 3)
    if not bound:
        case.true(name + ": the kernel merges", number[0] < total,
                  (number[0], total))
        return
    case.true(name + ": neighbours of one mark are merged",
              number[0] < total, (number[0], total))
    for i, p in enumerate(sealed):
        if case.true(name + ": there", i in end, i):
            case.equal(name + ": priority", seen(end[i])[0],
                       PCP[p.ips[0].dscp], "segment %d" % i)
            case.equal(name + ": bad", end[i].bad, [], "segment %d" % i)


def merged(case, net, sock):
    """GRO behind decryption keeps apart what is queued by different classes."""
    for r, dev in (("rA", "wan"), ("wan", "rB"), ("rB", "lan")):
        topo.ethtool(r, dev, tso=False, gso=False, tx=False)
    topo.ethtool("rB", "wan", gro=True)
    with bulk.provider(net):
        for kind in ("ipsec", "ipsec6", "xfrm-device", "vti6"):
            with net.tunnel(kind) as tun, visible("rB", "lan"):
                for family in tun.families:
                    for bound in (False, True):
                        with sock["rB"].transaction():
                            sock["rB"].flush()
                            if bound:
                                sock["rB"].set_tunnel(
                                    **key(tun, "rB"), encap_dscp="native",
                                    decap_class="outer")
                                sock["rB"].set_port("lan.10", PCP)
                        one_flow(case, "merged %s IPv%d %s" % (
                            kind, family, "bound" if bound else "alone"),
                            net, kind, family, bound)
            case.note("%s in bulk done" % kind)


def test(case):
    with tq.module(), topo.Founding(vlan_b=10) as net:
        sock = {r: genl.Tunqos(r) for r in ("rA", "rB")}
        for kind in KINDS:
            one_kind(case, net, kind, sock)
        inner_class(case, net, sock)
        merged(case, net, sock)


if __name__ == "__main__":
    main(test)
