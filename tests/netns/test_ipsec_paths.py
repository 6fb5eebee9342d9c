#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: limit=900
"""The other ways that the kernel has for IPsec's packets, each with its marks:
the offload's GSO and GRO in software, fragments of the outer packet, a VRF.

The tables and the judgement are those of test_ipsec_matrix.
"""

import contextlib
import os
import re
import socket
import struct

import expect
import genl
import ipsec
import test_ipsec_selectors
import test_preclassify
import topo
import tq
import vrf
import wire
from bulk import bulk
from case import main
from outside import facts
from test_ipsec_matrix import ONE_HEADER, one_kind, received, sent
from test_matrix import BACK, FEWER, MIXED, forwarded
from queues import classes
from topo import LAN, OTHER, WAN

EF = expect.DSCP["ef"]
ALL = set(range(64))
TABLE = dict(encap_dscp="table", encap_table=MIXED, encap_ecn="rfc6040")
RETURN = dict(encap_dscp="native", decap_dscp="table", decap_table=BACK,
              decap_permit=ALL, decap_ecn="rfc6040")


def peer(r, outer=4):
    return dict(peer=WAN[OTHER[r]][outer])


def bind(sock, encap=TABLE, decap=RETURN, outer=4):
    for r, setting in (("rA", encap), ("rB", decap)):
        with sock[r].transaction():
            sock[r].flush()
            sock[r].set_tunnel(**peer(r, outer), **setting)


def present():
    with open("/proc/modules") as f:
        return {line.split()[0] for line in f}


@contextlib.contextmanager
def modules(*names):
    """Loaded meanwhile, but for what is a part of the kernel."""
    before = present()
    topo.run(None, "modprobe", "-a", *names)
    try:
        yield
    finally:
        for name in reversed(names):
            # an SA that is gone lets go of it a little later
            if name in present() - before:
                topo.wait(lambda name=name: released() and topo.run(
                    None, "rmmod", name, check=False).returncode == 0, 30,
                    "rmmod " + name)


def released():
    """What TCP has read waits on its CPU until the next packet to be freed,
    with the SAs by which its parts have come. True."""
    with topo.inside("hostB"):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    cpus = os.sched_getaffinity(0)
    with s:
        for cpu in cpus:
            os.sched_setaffinity(0, {cpu})
            s.sendto(b"", (topo.HOST["hostB"][4], topo.SINK_PORT))
    os.sched_setaffinity(0, cpus)
    return True


@contextlib.contextmanager
def counting(ns, hook, **rules):
    """Counters of nftables; yields what gets {name: packets}."""
    text = "".join("counter %s { }\n" % name for name in rules) + \
        "chain c { type filter hook %s priority 0;\n%s\n}\n" % (
            hook, "\n".join("%s counter name %s" % (rule, name)
                            for name, rule in rules.items()))
    family = "netdev" if "device" in hook else "inet"
    topo.run(ns, "nft", "-f", "-", input="table %s seen {\n%s}\n" % (
        family, text))

    def counters():
        listed = topo.run(ns, "nft", "list", "counters", "table", family,
                          "seen").stdout
        return {name: int(packets) for name, packets in re.findall(
            r"counter (\w+) \{\s*packets (\d+)", listed)}
    try:
        yield counters
    finally:
        topo.run(ns, "nft", "delete", "table", family, "seen")


# The offload in software: encrypted behind the qdisc, decrypted in front of IP

def in_clear(outer, family):
    """What matches an ESP packet with hostB's prefix at its place inside."""
    at = (20 if outer == 4 else 40) + 16 + (16 if family == 4 else 24)
    word = topo.HOST["hostB"][family]
    return "@nh,%d,32 0x%s" % (at * 8, wire.packed(word)[:4].hex())


def offload(case, net, sock):
    topo.ethtool("wan", "rB", tso=False, gso=False)
    topo.ethtool("rB", "wan", gro=True)
    with modules("esp4_offload", "esp6_offload"):
        for kind in ("ipsec", "ipsec6"):
            proven(case, net, kind, sock)
        for kind in ("ipsec", "ipsec6", "ipsec-mark", "ah-esp", "xfrm-device",
                     "vti", "gre-transport"):
            one_kind(case, net, kind, sock, FEWER)
        for kind, key in (
                ("ipsec", peer), ("ipsec6", lambda r: peer(r, 6)),
                ("xfrm-device", lambda r: dict(device="tun")),
                ("gre-transport", lambda r: dict(device="tun"))):
            with counting("rA", "egress device wan",
                          big="meta length > 2000") as seen:
                bulk(case, net, kind, key)
                case.true(kind + ": in super-packets", seen()["big"] > 10,
                          str(seen()))
        unbind(sock)
    topo.ethtool("rB", "wan", gro=False)
    topo.ethtool("wan", "rB", tso=True, gso=True)


@contextlib.contextmanager
def sockets():
    """Of both routers, to the module as it is loaded now."""
    with genl.Tunqos("rA") as a, genl.Tunqos("rB") as b:
        yield {"rA": a, "rB": b}


def unbind(sock):
    for one in sock.values():
        with one.transaction():
            one.flush()


def proven(case, net, kind, sock):
    """Both ends really take that path."""
    with net.tunnel(kind) as tun:
        bind(sock, outer=tun.outer)
        for family in tun.families:
            shot = wire.Shot(net, family)
            with counting("rA", "egress device wan",
                          plain=in_clear(tun.outer, family)) as out, \
                    counting("rB", "input",
                             sealed="meta l4proto esp") as back, \
                    wire.Captures(end=("hostB", "lan")) as caps:
                shot.send()
                case.true("%s: fence" % kind, caps.until_fence(shot, "end"))
                name = "%s IPv%d, offload: " % (kind, family)
                case.equal(name + "in clear at the egress hook", out(),
                           {"plain": 257})
                case.equal(name + "not seen by input", back(), {"sealed": 0})


# Fragments of the outer packet

class Long(wire.Shot):
    """All of one length; their order tells them apart."""

    INNER = 1480

    def length(self, _):
        return self.INNER - (28 if self.family == 4 else 48)


class DontFragment(Long):
    df = True
    INNER = 1400  # the outer one goes by the first link, not by the second


class Short(Long):
    INNER = 1260  # with more around it than the second link takes


def datagrams(packets, outer):
    """rA's ESP datagrams in order, as their fragments. (A tap sees what was
    inside, too.)"""
    found, order = {}, {}
    for p in packets:
        ip = p.ips[0]
        if ip.src != WAN["rA"][outer]:
            continue
        if ip.kind == "ipv4":
            key, offset = ip.id, ip.offset
        else:
            ext = p.first("ext")
            if not ext or ext.proto != 44:
                continue
            key, = struct.unpack_from("!I", ext.raw, 4)
            offset = ext.offset
        found.setdefault(key, []).append(p)
        if not offset:
            data = p.first("data") or p.first("esp")
            order[key] = struct.unpack_from("!I", data.raw, 4)[0]
    return [found[key] for key in sorted(order, key=order.get)]


MTU = 1280  # with less a link has no IPv6


def cut(case, net, tun, family, shot, place):
    """Each packet in two fragments, on the link behind a device with a small
    MTU; both have the mark."""
    name = "%s %s IPv%d, fragments from %s" % (tun.kind, tun.options, family,
                                               place[0])
    look = ("wan", "rA") if place[0] == "rA" else ("rB", "wan")
    topo.ip(place[0], "link set %s mtu %d" % (place[1], MTU))
    try:
        with wire.Captures(seen=look, end=("hostB", "lan")) as caps:
            shot.send()
            case.true(name + ": fence", caps.until_fence(shot, "end"))
            case.later(judge_cut, shot, facts(tun), caps.taken(), name)
    finally:
        topo.ip(place[0], "link set %s mtu 1500" % place[1])


def judge_cut(case, shot, tun, caught, name):
    end = shot.sort(caught["end"])
    seen = datagrams(caught["seen"], tun.outer)
    if not case.equal(name + ": datagrams", len(seen), 257):
        return
    for before in range(256):
        where = "0x%02x" % before
        outer, inner = sent(tun.kind, TABLE, before)
        case.equal(name + ": outer DS of each",
                   [p.ips[0].ds for p in seen[before]], [outer] * 2, where)
        p = end.get(before)
        if case.true(name + ": there", p, where):
            want = received(tun.kind, RETURN, inner, outer)
            case.equal(name + ": packet", p.ips[0].raw, forwarded(
                shot.frame(before), want, 2), where)


def fragments(case, net, sock):
    here, there = ("rA", "wan"), ("wan", "rB")
    for kind, family, shot, place, options in (
            ("ipsec", 4, Long, here, ""),
            ("ipsec", 4, Long, here, "flag nopmtudisc"),
            ("ipsec6", 4, Long, here, ""),
            # by the provider, which without nopmtudisc would refuse them
            ("ipsec", 4, DontFragment, there, "flag nopmtudisc"),
            ("ipsec", 6, Short, there, "flag nopmtudisc")):
        with net.tunnel(kind, options=options) as tun:
            bind(sock, outer=tun.outer)
            cut(case, net, tun, family, shot(net, family), place)
    companions(case, net, sock)
    unbind(sock)


def companions(case, net, sock):
    """Each fragment has the class of the whole: qos pre-classify."""
    with net.tunnel("ipsec"):
        bind(sock, dict(encap_dscp="set", encap_value=0, pre_classify=1))
        topo.ip("rA", "link set wan mtu %d" % MTU)
        try:
            test_preclassify.htb(net, (10, EF), (20, expect.DSCP["af41"]))
            shot = Long(net, 4, [d << 2 for d in range(64)])
            with wire.Captures(end=("hostB", "lan")) as caps:
                shot.send()
                case.true("fragments, pre-classify: fence",
                          caps.until_fence(shot, "end"))
            got = classes(net, "rA", "wan")
            case.equal("fragments, pre-classify: classes",
                       (got["1:10"], got["1:20"], got["1:30"]),
                       (2, 2, 2 * 63))
            test_preclassify.clean(net)
        finally:
            topo.ip("rA", "link set wan mtu 1500")


# A VRF

class GreInVrf(ipsec.GreTransport):
    """GRE in ESP; its outer packets and what it carries are in the VRF."""

    def up(self, r):
        lines = []
        for line in super().up(r):
            if line == "link set tun up":
                lines.append("link set tun master " + vrf.NAME)
            if line.startswith("link add tun"):
                line += " dev wan"
            if line.startswith("route"):
                line += " vrf " + vrf.NAME
            lines.append(line)
        return lines


class XfrmInVrf(ipsec.XfrmDevice):
    """An xfrm interface in the VRF, above a device that is in it, too."""

    def up(self, r):
        lines = super().up(r)
        return lines[:1] + ["link set tun master " + vrf.NAME] + [
            line.replace("route add", "route replace vrf " + vrf.NAME)
            for line in lines[1:]]


topo.KINDS.update({"gre-in-vrf": GreInVrf, "xfrm-in-vrf": XfrmInVrf})
ONE_HEADER["gre-in-vrf"] = "transport_mode"


class Local(wire.Shot):
    """From rA itself, by sockets in its VRF."""

    def send(self, fence=True):
        af, level, option = (
            (socket.AF_INET, socket.IPPROTO_IP, socket.IP_TOS)
            if self.family == 4 else
            (socket.AF_INET6, socket.IPPROTO_IPV6, socket.IPV6_TCLASS))
        with topo.inside("rA"):
            s = socket.socket(af, socket.SOCK_DGRAM)
        with s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE,
                         vrf.NAME.encode())
            s.bind((topo.HOST["rA"][self.family], 0))
            for index in self.ds + [wire.FENCE] * fence:
                ds = index if index != wire.FENCE else 2
                s.setsockopt(level, option, ds)
                s.sendto(wire.payload(self.family, ds, index, self.id,
                                      self.length(index)),
                         (topo.HOST["hostB"][self.family], self.ports[1]))


def local(case, net, kind, sock):
    with net.tunnel(kind) as tun:
        for r, setting in (("rA", TABLE), ("rB", RETURN)):
            with sock[r].transaction():
                sock[r].flush()
                sock[r].set_tunnel(**tun.keys(r)[0], **setting)
        for family in tun.families:
            name = "%s in a VRF, from the router, IPv%d" % (kind, family)
            shot = Local(net, family, [d << 2 for d in range(64)])
            with wire.Captures(near=("wan", "rA"),
                               end=("hostB", "lan")) as caps:
                shot.send()
                case.true(name + ": fence", caps.until_fence(shot, "end"))
                near, end = (shot.sort(caps["near"], tun),
                             shot.sort(caps["end"]))
            case.equal(name + ": outer", {ds: p.ips[0].ds for ds, p in
                                          near.items()},
                       {ds: sent(kind, TABLE, ds)[0] for ds in shot.ds})
            case.equal(name + ": at hostB", {ds: p.ips[0].ds for ds, p in
                                             end.items()},
                       {ds: BACK[MIXED[ds >> 2]] << 2 for ds in shot.ds})
        count = next(iter(sock["rA"].tunnels().values()))["encap"]
        case.equal("%s in a VRF, from the router: each once" % kind,
                   (count["packets"], count["written"]), (65 * 2, 65 * 2))
        unbind(sock)


def in_vrf(case, net, sock):
    with vrf.routers(net):
        for kind in ("ipsec", "ipsec6"):
            one_kind(case, net, kind, sock, FEWER)
            local(case, net, kind, sock)
        for kind in ("xfrm-in-vrf", "gre-in-vrf"):
            one_kind(case, net, kind, sock, FEWER)
        if os.environ.get("TUNQOS_DEBUG"):
            case.note("ipsec in ipsec is left out: with all of xfrm built in"
                      " the kernel finds no policy for it (XfrmInTmplMismatch)")
        else:
            test_ipsec_selectors.nested(case, net, sock["rA"])
        test_preclassify.one(case, net, "esp", [peer("rA")])
        bulk(case, net, "ipsec", peer)
        unbind(sock)
        # with a queue of its own the VRF sends what is local another way
        for r in ("rA", "rB"):
            topo.run(r, "tc", "qdisc", "add", "dev", vrf.NAME, "root",
                     "pfifo")
        for kind in ("ipsec", "ipsec6"):
            one_kind(case, net, kind, sock, FEWER[:1])
            local(case, net, kind, sock)
        unbind(sock)
    with vrf.routers(net, ("wan",)), leaked(net):
        for kind in ("ipsec", "ipsec6"):
            one_kind(case, net, kind, sock, FEWER[:1])
        unbind(sock)


@contextlib.contextmanager
def leaked(net):
    """The underlay alone is in the VRF: routes lead in and out."""
    for r in ("rA", "rB"):
        for f, onlink in ((4, ""), (6, " onlink")):
            topo.ip(r, ["route add %s via %s dev wan%s" % (
                LAN[OTHER[r]][f], topo.PROVIDER[r][f], onlink),
                "route add %s dev lan vrf %s" % (LAN[r][f], vrf.NAME)])
    yield


def test(case):
    with tq.module(), topo.Founding(vlan_b=None) as net:
        for part in (offload, fragments, in_vrf):
            with sockets() as sock:
                part(case, net, sock)
            case.note(part.__name__)


if __name__ == "__main__":
    main(test)
