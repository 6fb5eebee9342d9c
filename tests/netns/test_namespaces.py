#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: limit=600
"""A thousand namespaces come, each with a bound tunnel of another kind than
the one before, and go with packets on their way through it both ways.

The devices are made in one more namespace, the hub, where their outer packets
stay and come from: a socket would keep the namespace that it is in. What the devices need is told
the kernel directly, for a process of ip(8) takes longer than all the rest.
"""

import contextlib
import os
import socket
import struct
import threading

import expect
import genl
import topo
import tq
import wire
import wire_udp
from case import main
from links import Links

# all of them only where they take no hours
NUMBER = 1000 if topo.SLOW == 1 else 40
FLOCK = 125 if topo.SLOW == 1 else 40  # at a time
EF = expect.DSCP["ef"]
RTM_NEWADDR, RTM_NEWNEIGH = 20, 28
ALL = dict(encap_dscp="copy", decap_dscp="copy", decap_class="outer",
           decap_permit=frozenset(range(64)), pre_classify=1)
FAR_MAC, HERE_MAC = topo.mac(9, 2), topo.mac(9, 1)
FALLBACK = "/proc/sys/net/core/fb_tunnels_only_for_init_net"


def here(i, outer):
    return "10.8.%d.1" % i if outer == 4 else "fd08::%d" % (i + 1)


def far(i, outer):
    return "10.7.%d.1" % i if outer == 4 else "fd07::%d" % (i + 1)


def inside(i, family, end):
    return "10.9.%d.%d" % (i, end) if family == 4 else "fd09:%x::%d" % (i, end)


def plain(kind, outer=4, options=""):
    def link(i):
        return "%s %s local %s remote %s" % (kind, options, here(i, outer),
                                             far(i, outer))
    return link


def vxlan(i):
    return "vxlan id %d dstport %d local %s remote %s" % (
        i + 1, wire_udp.VXLAN, here(i, 4), far(i, 4))


def geneve(i):
    return "geneve id %d remote %s" % (i + 1, far(i, 4))


def udp(port, header):
    def wrap(i, packet):
        return 17, wire.udp_datagram(far(i, 4), here(i, 4), 50000, port,
                                     header(i) + frame(packet))
    return wrap


def frame(packet):
    return wire.ethernet_header(FAR_MAC, HERE_MAC, 0x0800) + packet


# outer family, inner family, Ethernet inside, arguments of ip-link(8), and
# (protocol number, what follows the outer header)
KINDS = {
    "gre": (4, 4, False, plain("gre"),
            lambda i, p: (47, b"\0\0\x08\0" + p)),
    "vxlan": (4, 4, True, vxlan, udp(wire_udp.VXLAN, lambda i: struct.pack(
        "!II", 8 << 24, i + 1 << 8))),
    "ip6tnl": (6, 4, False, plain("ip6tnl", 6, "mode any encaplimit none"),
               lambda i, p: (4, p)),
    "sit": (4, 6, False, plain("sit"), lambda i, p: (41, p)),
    "geneve": (4, 4, True, geneve, udp(wire_udp.GENEVE, lambda i: struct.pack(
        "!BBHI", 0, 0, 0x6558, i + 1 << 8))),
    "ip6gre": (6, 4, False, plain("ip6gre", 6, "encaplimit none"),
               lambda i, p: (47, b"\0\0\x08\0" + p)),
    "gretap": (4, 4, True, plain("gretap"),
               lambda i, p: (47, b"\0\0\x65\x58" + frame(p))),
    "ipip": (4, 4, False, plain("ipip"), lambda i, p: (4, p)),
    # nobody there to shake hands with
    "wireguard": (4, 4, False, lambda i: "wireguard", None),
}
# their outer packets are where they are told of; others must be moved, which
# takes the kernel six times as long, so these come more often
REMEMBER = ("vxlan", "geneve", "wireguard")
NAMES = [name for kind in KINDS if kind not in REMEMBER
         for name in (kind, *REMEMBER)]


def echo(i, family):
    """An EF ping from the far end of tunnel i."""
    src, dst = inside(i, family, 2), inside(i, family, 1)
    body = struct.pack("!HH", i, 1) + bytes(64)
    if family == 4:
        head = struct.pack("!BBH", 8, 0, wire.checksum(b"\x08\0", body))
        return wire.ipv4_header(src, dst, EF << 2, 4 + len(body), 1) + \
            head + body
    pseudo = wire.packed(src) + wire.packed(dst) + struct.pack(
        "!II", 4 + len(body), 58)
    head = struct.pack("!BBH", 128, 0, wire.checksum(pseudo, b"\x80\0", body))
    return wire.ipv6_header(src, dst, EF << 2, 4 + len(body), 58) + head + body


def arriving(i, kind):
    """The same in its outer packet, in a frame of lo."""
    outer, family, _, _, wrap = KINDS[kind]
    proto, body = wrap(i, echo(i, family))
    ends = far(i, outer), here(i, outer)
    nobody = "00:00:00:00:00:00"
    if outer == 4:
        return wire.ethernet_header(nobody, nobody, 0x0800) + \
            wire.ipv4_header(*ends, EF << 2, len(body), proto) + body
    return wire.ethernet_header(nobody, nobody, 0x86dd) + \
        wire.ipv6_header(*ends, EF << 2, len(body), proto) + body


class Traffic(threading.Thread):
    """Those frames by turns, for as long as the block lasts."""

    def __init__(self, frames):
        super().__init__()
        self.frames = frames
        self.over = threading.Event()

    def run(self):
        with wire.Raw("hub", "lo") as raw:
            while not self.over.is_set():
                for one in self.frames:
                    with contextlib.suppress(OSError):
                        raw.send(one)
                    self.over.wait(0.001)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()


class Crowd(topo.Net):
    def build(self):
        self.namespaces("hub")
        topo.sysctl("hub", {"net.ipv6.conf.lo.accept_dad": 0})
        # whatever comes for a near end is taken, what is for a far one goes
        topo.ip("hub", [
            "link set lo up", "link add sink type dummy", "link set sink up",
            "route add local 10.8.0.0/16 dev lo", "route add 10.7.0.0/16"
            " dev sink", "address add 10.7.255.254/32 dev sink",
            "address add fd07::ffff/64 dev sink nodad",
            "link set sink arp off"] +
            # ip6tnl wants an address, not a route
            ["address add %s/128 dev lo nodad" % here(i, 6)
             for i in range(FLOCK)])

    def come(self, first):
        """Names and kinds; configuration first, then the devices."""
        flock = [("n%d" % i, NAMES[(first + i) % len(NAMES)])
                 for i in range(FLOCK)]
        names = [n for n, _ in flock]
        topo.ip(None, ["netns add " + n for n in names])
        self.names += names
        for n in names:
            with genl.Tunqos(n) as sock, sock.transaction():
                sock.set_tunnel(device="tun", **ALL)
                sock.set_tunnel(device="never", **ALL)
                sock.set_tunnel(peer="192.0.2.1", **ALL)
        lines = []
        for i, (n, kind) in enumerate(flock):
            _, _, ethernet, link, _ = KINDS[kind]
            what = (" address " + HERE_MAC if ethernet else "") + \
                " type " + link(i)
            if kind in REMEMBER:
                lines.append("link add tun netns %s%s" % (n, what))
            else:
                lines += ["link add t%d%s" % (i, what),
                          "link set t%d netns %s name tun" % (i, n)]
        # the last to go tells that all have gone
        topo.ip("hub", lines + [
            "link add last type veth peer name last netns " + names[-1]])
        for i, (n, kind) in enumerate(flock):
            set_up(n, i, kind)
        return flock

    def go(self, names):
        topo.ip(None, ["netns del " + n for n in names])
        for n in names:
            self.names.remove(n)
        with topo.inside("hub"):
            topo.wait(lambda: not any(name == "last" for _, name in
                                      socket.if_nameindex()), 120,
                      "the namespaces to be gone")


def set_up(n, i, kind):
    """Up, an address, and for Ethernet the neighbour."""
    _, family, ethernet, *_ = KINDS[kind]
    link = Links(n)
    index = link.index("tun")
    af = socket.AF_INET if family == 4 else socket.AF_INET6
    link.tell(link.up("tun"))
    nodad = 2
    link.tell(request(link, RTM_NEWADDR, struct.pack(
        "=BBBBI", af, 30 if family == 4 else 64, nodad, 0, index) +
        genl.attribute(1, wire.packed(inside(i, family, 1))) +
        genl.attribute(2, wire.packed(inside(i, family, 1)))))
    if ethernet:
        permanent = 0x80
        link.tell(request(link, RTM_NEWNEIGH, struct.pack(
            "=BxxxiHBB", af, index, permanent, 0, 0) +
            genl.attribute(1, wire.packed(inside(i, family, 2))) +
            genl.attribute(2, bytes.fromhex(FAR_MAC.replace(":", "")))))
    link.close()


def request(link, kind, body):
    link.seq += 1
    flags = genl.NLM_F_REQUEST | genl.NLM_F_ACK | 0x400
    return struct.pack("=IHHII", 16 + len(body), kind, flags, link.seq,
                       0) + body


def look(n):
    with genl.Tunqos(n) as sock:
        return sock.tunnels()["tun"]


def worked(n):
    one = look(n)
    return one["encap"]["written"] and one["decap"]["written"] and one


def flocks(case, net):
    gone = 0
    marked = dict.fromkeys(KINDS, 0)
    while gone < NUMBER:
        flock = net.come(gone)
        frames = [arriving(i, kind) for i, (_, kind) in enumerate(flock)
                  if KINDS[kind][4]]
        with Traffic(frames):
            for kind, n in {kind: n for n, kind in flock}.items():
                if not KINDS[kind][4]:
                    continue
                topo.wait(lambda n=n: worked(n), 60, "packets by " + kind)
                marked[kind] += look(n)["encap"]["written"]
            case.equal("attached as they come", {
                look(n)["state"] for n, _ in flock[::7]}, {"active"})
            net.go([n for n, _ in flock])
        gone += len(flock)
        case.note("%d came and went" % gone)
    case.note("answers marked in those looked at: %s" % marked)
    del marked["wireguard"]
    case.true("each kind has worked", all(marked.values()), marked)


@contextlib.contextmanager
def no_fallback():
    """New namespaces without the devices that modules make in each."""
    with open(FALLBACK) as f:
        before = f.read()
    write(FALLBACK, "2")
    try:
        yield
    finally:
        write(FALLBACK, before)


def write(path, text):
    with open(path, "w") as f:
        f.write(text)


def test(case):
    with tq.module(), no_fallback(), Crowd() as net:
        flocks(case, net)
    case.true("and the module could be unloaded", not tq.loaded())
    case.true("nothing is left of them", not [
        n for n in os.listdir("/run/netns") if n.startswith("n")])


if __name__ == "__main__":
    main(test)
