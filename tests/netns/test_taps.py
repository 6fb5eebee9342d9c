#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: limit=400
"""Somebody looks on at six places at once, so that each packet is a clone
wherever its marks are written: all see what it was at their place, for good,
and what arrives is right. And packets that came in with the sum of their
bytes (CHECKSUM_COMPLETE) arrive with a sum that is still right."""

import contextlib
import os
import socket

import devices  # noqa: F401  adds its kinds of tunnels
import expect
import genl
import topo
import tq
import wire
from case import main

MIXED = [(d * 7 + 3) % 64 for d in range(64)]
BACK = [(d * 11 + 5) % 64 for d in range(64)]
ODD = [(d * 13 + 9) % 64 for d in range(64)]
DS = [d << 2 | d & 3 for d in range(64)]
A = expect.Profile(encap_dscp=MIXED, encap_inner=ODD, encap_ecn="rfc6040")
B = expect.Profile(decap_dscp=BACK, decap_ecn="rfc6040")
SO_RCVBUFFORCE = 33
EVENTS = "/sys/kernel/debug/tracing/"
COMPLETE = 2
TAPPED = ("ip6gre", "gretap", "vxlan", "geneve6", "l2tp", "wireguard")
# those that sum up a packet to check the sum of their own
SUMMED = ("gre-all", "gretap-csum", "vxlan", "vxlan6", "geneve", "gue-gre")


def bind(sock):
    for r, setting in (
            ("rA", dict(encap_dscp="table", encap_table=MIXED,
                        encap_inner="table", encap_inner_table=ODD,
                        encap_ecn="rfc6040")),
            ("rB", dict(encap_dscp="native", decap_dscp="table",
                        decap_table=BACK, decap_permit=frozenset(range(64)),
                        decap_ecn="rfc6040"))):
        with sock[r].transaction():
            sock[r].flush()
            sock[r].set_tunnel(device="tun", **setting)


class Tap:
    """A plain packet socket: it keeps clones until they are read."""

    def __init__(self, ns, dev):
        with topo.inside(ns):
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 23)
        self.sock.setblocking(False)
        with topo.inside(ns):
            self.sock.bind((dev, wire.ETH_P_ALL))

    def packets(self):
        with contextlib.suppress(BlockingIOError):
            while True:
                raw, (_, proto, _, hardware, _) = self.sock.recvfrom(4096)
                if hardware != 1:  # no Ethernet: begins with the IP header
                    raw = bytes(12) + proto.to_bytes(2, "big") + raw
                yield wire.Packet(raw)

    def close(self):
        self.sock.close()


def seen(kind, ds):
    """[DS bytes, outermost first] at each place."""
    outer, inner = expect.encap(A, ds)
    sealed = kind.startswith("wireguard")
    wan = [outer] if sealed else [outer, inner]
    return {
        ("rA", "lan"): [ds],
        # WireGuard's is written in front of the device
        ("rA", "tun"): [inner if sealed else ds],
        ("rA", "wan"): wan,
        ("rB", "wan"): wan,
        ("rB", "tun"): [inner],
        ("rB", "lan"): [expect.decap(B, inner, outer)],
    }


def tapped(case, net, kind, tun):
    for family in tun.families:
        taps = {place: Tap(*place) for place in seen(kind, 0)}
        shot = wire.Shot(net, family, DS)
        try:
            with wire.Captures(end=("hostB", "lan")) as caps:
                shot.send()
                case.true(kind + ": the fence arrives",
                          caps.until_fence(shot, "end"))
            found = {place: shot.sort(tap.packets(),
                                      tun if place[1] == "wan" else None)
                     for place, tap in taps.items()}
        finally:
            for tap in taps.values():
                tap.close()
        for ds in DS:
            for place, want in seen(kind, ds).items():
                name = "%s IPv%d, %s of %s" % (kind, family, *place[::-1])
                p = found[place].get(ds)
                if case.true(name + ": there", p, "0x%02x" % ds):
                    case.equal(name + ": DS", [one.ds for one in p.ips],
                               want, "0x%02x" % ds)
                    case.equal(name + ": bad", p.bad, [], "0x%02x" % ds)


@contextlib.contextmanager
def traced():
    """A list that gets the state of the checksum of what comes in by 'tun'."""
    states = []
    events = ("net/netif_rx_entry", "net/napi_gro_receive_entry")

    def write(name, text):
        with open(EVENTS + name, "w") as f:
            f.write(text)

    write("trace", "")
    for event in events:
        write("events/%s/enable" % event, "1")
    try:
        yield states
    finally:
        for event in events:
            write("events/%s/enable" % event, "0")
        with open(EVENTS + "trace") as f:
            for line in f:
                words = dict(word.split("=") for word in line.split()
                             if word.count("=") == 1)
                if words.get("dev") == "tun":
                    states.append(int(words["ip_summed"]))
        write("trace", "")


def sums(case, net, kind, tun):
    """To rB itself, whose UDP checks what the sum of the packet says."""
    for family in tun.families:
        name = "%s IPv%d to rB" % (kind, family)
        with topo.inside("rB"):
            s = socket.socket(socket.AF_INET if family == 4 else
                              socket.AF_INET6, socket.SOCK_DGRAM)
        shot = wire.Shot(net, family, DS, dst="rB")
        with s, traced() as states:
            if family == 4:
                s.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTOS, 1)
            else:
                s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVTCLASS, 1)
            s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 23)
            s.bind(("", topo.SINK_PORT))
            s.settimeout(10 * topo.SLOW)
            shot.send(fence=False)
            for ds in DS:
                try:
                    body, extra, *_ = s.recvmsg(2000, 100)
                except TimeoutError:
                    case.fail(name + ": there", "0x%02x" % ds)
                    break
                outer, inner = expect.encap(A, ds)
                case.equal(name + ": which", body[3], ds)
                case.equal(name + ": DS", extra[0][2][0],
                           expect.decap(B, inner, outer), "0x%02x" % ds)
        case.true(name + ": with their sums", states.count(COMPLETE) >=
                  len(DS), states)


def test(case):
    with tq.module(), topo.Founding(vlan_b=None, real_csum=True) as net:
        sock = {r: genl.Tunqos(r) for r in ("rA", "rB")}
        for kind in dict.fromkeys(TAPPED + SUMMED):
            with net.tunnel(kind) as tun:
                bind(sock)
                if kind in TAPPED:
                    tapped(case, net, kind, tun)
                if kind in SUMMED and os.path.exists(EVENTS):
                    sums(case, net, kind, tun)
            case.note(kind)
        case.true("no wrong sum was found", "hw csum failure" not in
                  tq.dmesg())


if __name__ == "__main__":
    main(test)
