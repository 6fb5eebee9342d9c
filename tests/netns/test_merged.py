#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: limit=400
"""A provider that marks each packet of a flow otherwise: the kernel would
merge them behind the tunnel, and all but the first would get a wrong mark.
Every segment of TCP arrives with what its own outer header had; with decap-gro
merge, with what that of the first had that it was merged with."""

import contextlib
import struct

import devices  # noqa: F401  adds its kinds of tunnels
import expect
import genl
import topo
import tq
import wire
from case import main

AF41 = expect.DSCP["af41"]
MARKS = ("cs1", "cs3", "cs3", "af42", "cs1")  # by turns
SEGMENT, NUMBER = 400, 24
BURSTS = 3
PACKET_VNET_HDR = 15
NEEDS_CSUM, TCPV4, TCPV6 = 1, 1, 4
PORTS = 5203, 5204
# does the kernel, left alone, merge what comes out of it, every time?
KINDS = {"ip6gre": True, "ip6tnl": True, "gretap": True, "vxlan": True,
         "geneve6": True,
         "vxlan-gpe": True, "geneve-ip": True, "l2tp": False,
         "wireguard": False}


def super_packet(net, family, seq):
    """Segments that are still one packet, in front of a device's work."""
    src, dst = topo.HOST["hostA"][family], topo.HOST["hostB"][family]
    body = bytes(SEGMENT * NUMBER)
    pseudo = wire.packed(src) + wire.packed(dst) + struct.pack(
        "!II", 20 + len(body), 6)
    # the sum of the rest is the device's affair
    check = 0xffff - wire.checksum(pseudo)
    tcp = struct.pack("!HHIIBBHHH", *PORTS, seq, 1, 5 << 4, 0x10, 0xffff,
                      check, 0)
    if family == 4:
        head = wire.ipv4_header(src, dst, AF41 << 2, 20 + len(body), 6,
                                df=True)
        eth = wire.ethernet_header(*net.gateway_macs("hostA"), 0x0800)
    else:
        head = wire.ipv6_header(src, dst, AF41 << 2, 20 + len(body), 6)
        eth = wire.ethernet_header(*net.gateway_macs("hostA"), 0x86dd)
    start = len(eth + head)
    return struct.pack("=BBHHHH", NEEDS_CSUM, TCPV4 if family == 4 else TCPV6,
                       start + 20, SEGMENT, start, 16) + eth + head + tcp + body


@contextlib.contextmanager
def provider(net):
    """Counters of nftables go by turns; each rule has its own."""
    rules = ["meta nfproto ipv%d meta length > %d numgen inc mod %d %d"
             " %s dscp set %s" % (f, SEGMENT, len(MARKS), i, word, mark)
             for f, word in ((4, "ip"), (6, "ip6"))
             for i, mark in enumerate(MARKS)]
    with net.remark(rules):
        yield


@contextlib.contextmanager
def forwarded(iif="tun"):
    """What rB takes out of the tunnel, as packets of its own: a list of one
    number."""
    topo.run("rB", "nft", "-f", "-", input="""
table inet watch {
  chain forward {
    type filter hook forward priority 0;
    iifname "%s" tcp dport %d counter
  }
}
""" % (iif, PORTS[1]))
    number = []
    try:
        yield number
        words = topo.run("rB", "nft", "list", "table", "inet", "watch").stdout
        number.append(int(words.split("counter packets ")[1].split()[0]))
    finally:
        topo.run("rB", "nft", "delete", "table", "inet", "watch")


def segment(packet, base):
    """Which one it is, or None."""
    tcp = packet.first("tcp")
    if not tcp or (tcp.sport, tcp.dport) != PORTS:
        return None
    return (struct.unpack_from("!I", tcp.raw, 4)[0] - base) // SEGMENT


def sealed(caps):
    """Those of WireGuard, in the order of their counters."""
    packets = [p for p in caps if p.first("wireguard")
               and p.first("wireguard").length >= SEGMENT]
    return sorted(packets, key=lambda p: p.first("wireguard").counter)


def burst(case, name, net, tun, family):
    """One flow in some bursts; packets that rB forwards."""
    base, total = 1000, NUMBER * BURSTS
    with wire.Captures(far=("wan", "rB", "out"),
                       end=("hostB", "lan")) as caps, forwarded() as number:
        with wire.Raw("hostA", "lan") as raw:
            raw.sock.setsockopt(wire.SOL_PACKET, PACKET_VNET_HDR, 1)
            for n in range(BURSTS):
                raw.send(super_packet(net, family,
                                      base + n * NUMBER * SEGMENT))
        case.true(name + ": all arrive", caps.until(
            lambda: sum(segment(p, base) is not None for p in caps["end"])
            >= total))
        if "wireguard" in tun.layers:
            arrived = {i: p.ips[0].ds for i, p in enumerate(
                sealed(caps["far"]))}
        else:
            arrived = {segment(p, base): p.ips[0].ds for p in caps["far"]}
        end = {segment(p, base): p for p in caps["end"]}
    for i in range(total):
        where = "segment %d" % i
        if case.true(name + ": there", i in end and i in arrived, where):
            yield i, arrived[i], end[i]
    yield None, number[0], total


def one_kind(case, net, kind, sock):
    with net.tunnel(kind) as tun:
        for family in tun.families[:1] if kind != "vxlan" else tun.families:
            for bound, nic, again in (("", False, False),
                                      ("exact", False, False),
                                      ("exact", True, False),
                                      ("exact", False, True),
                                      ("merge", False, False)):
                name = "%s IPv%d %s%s%s" % (
                    kind, family, bound or "alone",
                    ", GRO of the NIC" if nic else "",
                    ", GRO switched on" if again else "")
                topo.ethtool("rB", "wan", gro=nic)
                for r in ("rA", "rB"):
                    with sock[r].transaction():
                        sock[r].flush()
                        if bound:
                            sock[r].set_tunnel(
                                device="tun", encap_dscp="copy",
                                decap_dscp="copy",
                                decap_permit=frozenset(range(64)),
                                decap_gro=bound)
                if again:
                    topo.ethtool("rB", "tun", gro=True)
                judge(case, name, kind, bound,
                      list(burst(case, name, net, tun, family)))
    case.note("%s done" % kind)


def judge(case, name, kind, bound, found):
    *segments, (_, packets, total) = found
    marks = {outer >> 2 for _, outer, _ in segments}
    case.equal(name + ": marks of the provider", marks,
               {expect.DSCP[m] for m in MARKS})
    want = None
    if kind == "wireguard" and bound:
        bound = "exact"  # whatever was asked for
    for i, outer, p in segments:
        # of some with one mark in a row the first was not merged with another
        if bound == "exact" or bound and p.ips[0].dscp != want:
            want = outer >> 2
        elif not bound:
            want = AF41
        case.equal(name + ": DSCP", p.ips[0].dscp, want, "segment %d" % i)
        case.equal(name + ": bad", p.bad, [], "segment %d" % i)
    if bound != "exact" and KINDS[kind]:
        case.true(name + ": the kernel merges", packets < total,
                  "%d of %d" % (packets, total))


def test(case):
    with tq.module(), topo.Founding(vlan_b=None) as net:
        # in segments from here on, and again behind the tunnel
        for r, dev in (("rA", "wan"), ("wan", "rB"), ("rB", "lan")):
            topo.ethtool(r, dev, tso=False, gso=False, tx=False)
        sock = {r: genl.Tunqos(r) for r in ("rA", "rB")}
        with provider(net):
            for kind in KINDS:
                one_kind(case, net, kind, sock)


if __name__ == "__main__":
    main(test)
