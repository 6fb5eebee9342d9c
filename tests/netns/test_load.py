#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: limit=900
"""TCP and UDP at full speed through each kind of tunnel, with tunqos and
without: nothing is lost that was not before, every packet on the wire has the
mark, and offloads go on: as many packets on the wire for the same bytes."""

import contextlib
import re
import socket
import threading

import devices  # noqa: F401  adds its kinds of tunnels
import genl
import topo
import tq
from case import main

AF31 = 26  # not AF41, which WireGuard gives to its handshakes
BYTES = 3_000_000
SEGMENT = 1268  # bytes of TCP in one packet of the hosts' links
DATAGRAMS = 1000
SO_RCVBUFFORCE = 33
PORT = 5201
KINDS = ("gre", "gre-all", "ip6gre", "ip6tnl-limit", "sit", "gretap", "vxlan",
         "vxlan-gpe", "geneve6", "geneve-ip", "gue-gre", "l2tp", "wireguard")
ENCAP = dict(encap_dscp="copy", encap_inner="set", encap_inner_value=10,
             encap_ecn="rfc6040")
DECAP = dict(encap_dscp="native", decap_dscp="copy", decap_ecn="rfc6040")


class Counter:
    """Packets on the provider's first link, by their DSCP."""

    RULES = """
table inet watch {
  chain forward {
    type filter hook forward priority 10;
    iifname "rA" counter comment "outside"
    iifname "rA" ip dscp %d counter comment "marked"
    iifname "rA" ip6 dscp %d counter comment "marked"
  }
}
""" % (AF31, AF31)

    def __enter__(self):
        topo.run("wan", "nft", "-f", "-", input=self.RULES)
        return self

    def __exit__(self, *_):
        topo.run("wan", "nft", "delete", "table", "inet", "watch")

    def read(self):
        found = {"outside": 0, "marked": 0}
        listing = topo.run("wan", "nft", "list", "table", "inet",
                           "watch").stdout
        for packets, name in re.findall(
                r'counter packets (\d+) bytes \d+ comment "(\w+)"', listing):
            found[name] += int(packets)
        return found


def family_of(tun):
    return socket.AF_INET if 4 in tun.families else socket.AF_INET6


def mark(s, dscp):
    if s.family == socket.AF_INET:
        s.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, dscp << 2)
    else:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, dscp << 2)


def tcp(tun):
    """Bytes that arrived at hostB of those that hostA sent."""
    family = family_of(tun)
    with topo.inside("hostB"):
        listener = socket.socket(family)
    # the last connection may still be waiting for its end
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((topo.HOST["hostB"][4 if family == socket.AF_INET else 6],
                   PORT))
    listener.listen()
    listener.settimeout(20 * topo.SLOW)
    got = [0]

    def receive():
        with contextlib.suppress(OSError):
            s, _ = listener.accept()
            with s:
                s.settimeout(20 * topo.SLOW)
                while got[0] < BYTES and (data := s.recv(1 << 16)):
                    got[0] += len(data)

    thread = threading.Thread(target=receive)
    thread.start()
    with topo.inside("hostA"):
        s = socket.socket(family)
    with s:
        mark(s, AF31)
        s.settimeout(20 * topo.SLOW)
        s.connect(listener.getsockname()[:2])
        s.sendall(bytes(BYTES))
    thread.join()
    listener.close()
    return got[0]


def udp(tun):
    """Datagrams that arrived, sent no faster than they are taken."""
    family = family_of(tun)
    with topo.inside("hostB"):
        sink = socket.socket(family, socket.SOCK_DGRAM)
    with topo.inside("hostA"):
        s = socket.socket(family, socket.SOCK_DGRAM)
    with sink, s:
        sink.bind((topo.HOST["hostB"][4 if family == socket.AF_INET else 6],
                   PORT))
        sink.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 21)
        sink.settimeout(5 * topo.SLOW)
        mark(s, AF31)
        got = 0
        for _ in range(DATAGRAMS // 50):
            for _ in range(50):
                s.sendto(bytes(1000), sink.getsockname()[:2])
            try:
                for _ in range(50):
                    sink.recv(2000)
                    got += 1
            except TimeoutError:
                break  # some are lost: enough is known
    return got


def measure(tun):
    """What arrived, and how many packets it took outside."""
    with Counter() as watch:
        arrived = tcp(tun)
        stream = watch.read()
    with Counter() as watch:
        datagrams = udp(tun)
        single = watch.read()
    return arrived, stream, datagrams, single


def as_whole(before, after):
    """Are packets as large with us as without?

    Super-packets stay whole: how large they are is up to TCP's mood, but not
    that there are far fewer of them than segments.
    """
    few = BYTES // SEGMENT // 4
    return after < few if before < few else after <= before * 1.5


def again(tun, before, after):
    """The same at a better time: on a busy machine TCP sends what it has."""
    for _ in range(4):
        if as_whole(before, after):
            break
        with Counter() as watch:
            tcp(tun)
            after = watch.read()["outside"]
    return after


def one_kind(case, net, kind, sock):
    with net.tunnel(kind) as tun:
        plain = measure(tun)
        for r, setting in (("rA", ENCAP), ("rB", DECAP)):
            with sock[r].transaction():
                sock[r].flush()
                sock[r].set_tunnel(device="tun", **setting)
        ours = measure(tun)
        before, after = plain[1]["outside"], ours[1]["outside"]
        after = again(tun, before, after)
        for r in ("rA", "rB"):
            with sock[r].transaction():
                sock[r].flush()
    for name, (arrived, stream, datagrams, single) in (
            ("without", plain), ("with tunqos", ours)):
        case.equal("%s %s: bytes of TCP" % (kind, name), arrived, BYTES)
        case.equal("%s %s: datagrams" % (kind, name), datagrams, DATAGRAMS)
        case.true("%s %s: datagrams outside" % (kind, name),
                  single["outside"] >= DATAGRAMS, single)
    # the wire carries what was marked inside, but for a handshake of WireGuard
    # and the listener reports of a device with Ethernet
    for name, count in (("TCP", ours[1]), ("UDP", ours[3])):
        case.true("%s %s: all marked" % (kind, name),
                  count["outside"] - count["marked"] <= 6, count)
    case.equal("%s: the kernel marks nothing" % kind, plain[3]["marked"], 0)
    case.true("%s: as many packets for the bytes" % kind,
              as_whole(before, after), (before, after))
    case.note("%s: %d packets without, %d with" % (kind, before, after))


def test(case):
    with tq.module(), topo.Founding(vlan_b=None) as net:
        for host in ("hostA", "hostB"):  # room for every kind's headers
            topo.ip(host, ["link set lan mtu 1320"])
        sock = {r: genl.Tunqos(r) for r in ("rA", "rB")}
        for kind in KINDS:
            one_kind(case, net, kind, sock)


if __name__ == "__main__":
    main(test)
