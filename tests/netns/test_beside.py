#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: limit=400
"""Two tunnels of one kind beside each other, each in a mode of ECN of its own,
with their packets by turns; multicast in a tunnel, a router's own and
bridged; FOU and GUE over IPv6."""

import contextlib
import os
import socket

import expect
import genl
import shots
import topo
import tq
import wire
from case import main
from devices import INNER
from test_matrix import COMBINATIONS
from test_matrix import table as matrix_table
from test_nested import setting
from test_surroundings import bridged

ALL = frozenset(range(64))
MIXED = [(d * 7 + 3) % 64 for d in range(64)]
BACK = [(d * 11 + 5) % 64 for d in range(64)]
DS = [d << 2 | d & 3 for d in range(64)]
# the ends of the second tunnel
WAN2 = {"rA": {4: "192.0.2.9", 6: "fd0a::9"},
        "rB": {4: "198.51.100.9", 6: "fd0b::9"}}
GROUP = {4: "239.1.2.3", 6: "ff15::1:2"}
SIDE = ("gre", "geneve", "wireguard")
SINGLE = dict(encap_dscp=MIXED, encap_ecn="rfc6040", decap_dscp=BACK,
              decap_ecn="rfc6040")


# Two tunnels

def modes(kind):
    """Of 'tun', which has IPv4, and of 'two', which has IPv6."""
    esp = kind.startswith("wireguard")  # what it does by itself with ECN
    return {
        "tun": (4, expect.Profile(encap_dscp=MIXED, encap_ecn="rfc6040",
                                  decap_ecn="rfc6040", esp=esp)),
        "two": (6, expect.uniform(encap_ecn="compatibility",
                                  decap_ecn="native", esp=esp)),
    }


@contextlib.contextmanager
def both(net, kind):
    """{device: tunnel}"""
    with net.tunnel(kind) as tun, net.tunnel(kind, dev="two", wan=WAN2,
                                             tun=INNER) as two:
        for r in ("rA", "rB"):
            topo.ip(r, [line for line in tun.up(r)
                        if line.startswith("route") and ":" not in line])
        yield {"tun": tun, "two": two}


def side(case, net, kind, sock):
    with both(net, kind) as tunnels:
        wanted = modes(kind)
        for r in ("rA", "rB"):
            with sock[r].transaction():
                sock[r].flush()
                for dev, (_, profile) in wanted.items():
                    sock[r].set_tunnel(device=dev, **setting(profile))
        shots = {dev: wire.Shot(net, family, DS)
                 for dev, (family, _) in wanted.items()}
        with net.remark(net.mark_all(ecn=expect.CE)), wire.Captures(
                near=("wan", "rA"), end=("hostB", "lan")) as caps:
            by_turns(shots.values())
            for dev, shot in shots.items():
                case.true("%s %s: the fence arrives" % (kind, dev),
                          caps.until_fence(shot, "end"))
            near = {dev: shot.sort(
                of(tunnels[dev], caps["near"]), tunnels[dev])
                for dev, shot in shots.items()}
            end = {dev: shot.sort(caps["end"]) for dev, shot in shots.items()}
        for dev, (_, profile) in wanted.items():
            judge(case, "%s %s" % (kind, dev), profile, near[dev], end[dev])
    case.note(kind + " twice")


def by_turns(shots):
    """From one CPU, so that they arrive in this order."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        with wire.Raw("hostA", "lan") as raw:
            for ds in DS:
                for shot in shots:
                    raw.send(shot.frame(ds))
            for shot in shots:
                raw.send(shot.frame(2, wire.FENCE))
    finally:
        os.sched_setaffinity(0, before)


def of(tun, packets):
    """Those that go to the far end of a tunnel."""
    there = tun.wan["rB"][tun.outer]
    return [p for p in packets if p.ips and p.ips[0].dst == there]


def judge(case, name, profile, near, end, ecn=expect.CE):
    """ecn: what the provider makes of the outer one; None: nothing."""
    for before in DS:
        where = "0x%02x" % before
        outer, inner = expect.encap(profile, before)
        arrives = outer if ecn is None else expect.ds(outer >> 2, ecn)
        after = expect.decap(profile, inner, arrives)
        p = near.get(before)
        if case.true(name + " wan: there", p, where):
            case.equal(name + " wan: outer DS", p.ips[0].ds, outer, where)
            case.equal(name + " wan: bad", p.bad, [], where)
        shots.at_the_end(case, name, end.get(before), after, where)


def sides(case, net, sock):
    for r, link, end in (("rA", 2, 1), ("rB", 3, 2)):
        topo.ip(r, net.address("wan", WAN2[r], 24))
        topo.ip("wan", net.neighbour(r, WAN2[r], topo.mac(link, end)))
    for kind in SIDE:
        side(case, net, kind, sock)


# Multicast

def single(sock):
    for r in ("rA", "rB"):
        with sock[r].transaction():
            sock[r].flush()
            sock[r].set_tunnel(device="tun", **setting(
                expect.Profile(**SINGLE)))


def group_socket(r, family):
    """Sends to the group, and takes what comes for it, by 'tun'."""
    with topo.inside(r):
        s = socket.socket(socket.AF_INET if family == 4 else socket.AF_INET6,
                          socket.SOCK_DGRAM)
        index = socket.if_nametoindex("tun")
        if family == 4:
            request = bytes(8) + index.to_bytes(4, "little")
            s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, request)
            s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                         socket.inet_aton(GROUP[4]) + request[4:])
            s.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTOS, 1)
        else:
            request = index.to_bytes(4, "little")
            s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF,
                         request)
            s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
                         socket.inet_pton(socket.AF_INET6, GROUP[6]) +
                         request)
            s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVTCLASS, 1)
    s.bind(("", topo.SINK_PORT))
    s.settimeout(10 * topo.SLOW)
    return s


def own(case, net, sock):
    """A router sends to a group in the tunnel."""
    profile = expect.Profile(**SINGLE)
    for kind in ("gre", "ip6gre", "vxlan"):
        with net.tunnel(kind) as tun:
            single(sock)
            for family in tun.families:
                group(case, "%s IPv%d multicast" % (kind, family), net, tun,
                      family, profile)
        case.note(kind + " multicast")


def group(case, name, net, tun, family, profile):
    shot = wire.Shot(net, family, DS)
    with group_socket("rA", family) as here, \
            group_socket("rB", family) as there, \
            wire.Captures(near=("wan", "rA")) as caps:
        level, option = (socket.IPPROTO_IP, socket.IP_TOS) if family == 4 \
            else (socket.IPPROTO_IPV6, socket.IPV6_TCLASS)
        for ds in DS:
            here.setsockopt(level, option, ds)
            here.sendto(wire.payload(family, ds, ds, shot.id, 200),
                        (GROUP[family], topo.SINK_PORT))
        for ds in DS:
            outer, inner = expect.encap(profile, ds)
            body, extra, *_ = there.recvmsg(2000, 100)
            case.equal(name + ": which", body[3], ds)
            case.equal(name + ": DS at the far end", extra[0][2][0],
                       expect.decap(profile, inner, outer), "0x%02x" % ds)
        caps.until_all(shot, "near", len(DS), tun)
        near = shot.sort(caps["near"], tun)
    for ds in DS:
        p = near.get(ds)
        if case.true(name + ": there", p, "0x%02x" % ds):
            case.equal(name + ": outer DS, group", (p.ips[0].ds, p.ips[1].dst),
                       (expect.encap(profile, ds)[0], GROUP[family]),
                       "0x%02x" % ds)


class GroupShot(wire.Shot):
    """The same to a group, as the host itself sends it."""

    def frame(self, ds, index=None):
        index = ds if index is None else index
        src, dst = topo.HOST["hostA"][self.family], GROUP[self.family]
        body = wire.udp_datagram(src, dst, *self.ports, wire.payload(
            self.family, ds, index, self.id, wire.payload_length(index)))
        here = topo.mac(1, 1)
        if self.family == 4:
            return wire.ethernet_header(here, "01:00:5e:01:02:03", 0x0800) + \
                wire.ipv4_header(src, dst, ds, len(body), 17) + body
        return wire.ethernet_header(here, "33:33:00:01:00:02", 0x86dd) + \
            wire.ipv6_header(src, dst, ds, len(body), 17) + body


def flooded(case, net, sock):
    """A bridge sends each packet of a group to all its ports, and takes one
    itself: clones."""
    for kind in ("gretap", "vxlan"):
        with net.tunnel(kind) as tun:
            single(sock)
            with bridged():
                for family in tun.families:
                    shot = GroupShot(net, family, DS)
                    name = "%s IPv%d flooded" % (kind, family)
                    with wire.Captures(near=("wan", "rA"),
                                       end=("hostB", "lan")) as caps:
                        shot.send()
                        case.true(name + ": the fence arrives",
                                  caps.until_fence(shot, "end"))
                        near = shot.sort(caps["near"], tun)
                        end = shot.sort(caps["end"])
                    judge(case, name, expect.Profile(**SINGLE), near, end,
                          None)
        case.note(kind + " flooded")


# FOU and GUE over IPv6

def fou6(case, net, sock):
    word = "table, inner table, compatibility"
    for kind in ("fou-ip6gre", "fou-ip6tnl", "gue-ip6tnl"):
        with net.tunnel(kind) as tun:
            encap, decap, ecn = COMBINATIONS[word]
            for r, one in (("rA", encap),
                           ("rB", dict(decap, encap_dscp="native"))):
                with sock[r].transaction():
                    sock[r].flush()
                    sock[r].set_tunnel(device="tun", **one)
            with net.remark(net.mark_all(ecn=ecn)):
                for family in tun.families:
                    matrix_table(case, tun, family, "%s IPv%d" % (
                        kind, family), (encap, decap, ecn), net)
        case.note(kind)


def test(case):
    with tq.module(), topo.Founding(vlan_b=None, real_csum=True) as net:
        sock = {r: genl.Tunqos(r) for r in ("rA", "rB")}
        for part in (sides, own, flooded, fou6):
            part(case, net, sock)


if __name__ == "__main__":
    main(test)
