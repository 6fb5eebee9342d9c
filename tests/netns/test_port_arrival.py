#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: limit=300
"""DSCP from the 802.1p priority that frames arrive with: whole tables, every
form of tag, both families, and what isn't to be decided."""

import contextlib
import errno
import os

import expect
import genl
import topo
import tq
import wire
from bulk import BODY, carry, connect, count
from case import main

KEEP = genl.LEAVE
# Catalyst's default of `mls qos map cos-dscp`, SonicOS's "To DSCP" as well
CISCO = [0, 8, 16, 24, 32, 40, 48, 56]
# by PCP and DEI: drop eligible is AF's second precedence (RFC 2597)
DROPS = [0, 0, 10, 12, 18, 20, 26, 28, 34, 36, 46, 46, 48, 48, 56, 56]
MUTATION = [(d * 7 + 3) % 64 for d in range(64)]
HOLES = [KEEP if d % 3 == 0 else 63 - d for d in range(64)]
SOME = [expect.ds(d, e) for d, e in ((0, 0), (0, 3), (1, 1), (14, 0), (46, 2),
                                     (48, 0), (63, 3))]


def by_cos(cos, untagged=KEEP):
    """A table of 8 as that of PCP and DEI, and of frames without a tag."""
    return [d for d in cos for _ in range(2)] + [untagged]


class Policy:
    """What is asked for, and by it what a DS byte becomes."""

    def __init__(self, arrival=None, override=False, mutation=None):
        self.arrival = arrival
        self.override = override
        self.mutation = mutation

    def set(self, sock, dev):
        sock.set_port(dev, arrival=self.arrival, mutation=self.mutation,
                      override=1 if self.override else None)

    def decide(self, tag, dscp):
        """-> (DSCP, None), or (DSCP, why it stays)."""
        why = "table_leave"
        if self.arrival is not None:
            entry = self.arrival[16 if tag is None else tag[0] * 2 + tag[1]]
            if entry != KEEP and (self.override or dscp == 0):
                return entry, None
            if entry != KEEP:
                why = "has_dscp"
            elif tag is None:
                why = "untagged"
        if self.mutation is not None and self.mutation[dscp] != KEEP:
            return self.mutation[dscp], None
        return dscp, why

    def after(self, tag, before):
        return expect.ds(self.decide(tag, before >> 2)[0], before & 3)


def judge(case, name, shot, caught, policy, tag):
    end = shot.sort(caught["end"])
    for before in shot.ds:
        where = "0x%02x" % before
        p = end.get(before)
        if not case.true(name + ": there", p, where):
            continue
        case.equal(name + ": DS", p.ips[0].ds, policy.after(tag, before),
                   where)
        case.equal(name + ": bad", p.bad, [], where)


def judge_tap(case, name, shot, caught):
    """What tcpdump sees is what was on the wire."""
    for before, p in shot.sort(caught["tap"]).items():
        case.equal(name + ": DS at a tap", p.ips[0].ds, before,
                   "0x%02x" % before)


def shoot(case, net, name, policy, tag, tags, family=4, ds=SOME, src="hostB"):
    """A shot of frames with these tags, the deciding one of which is tag."""
    dst = "hostA" if src == "hostB" else "hostB"
    router = "rB" if src == "hostB" else "rA"
    shot = wire.Shot(net, family, ds, src=src, dst=dst, tags=tags)
    with wire.Captures(end=(dst, "lan"), tap=(router, "lan")) as caps:
        shot.send()
        case.true(name + ": the fence arrives", caps.until_fence(shot, "end"))
        taken = caps.taken()
    case.later(judge, "%s IPv%d" % (name, family), shot, taken, policy, tag)
    case.later(judge_tap, "%s IPv%d" % (name, family), shot, taken)


@contextlib.contextmanager
def port(dev, policy, ns="rB"):
    with genl.Tunqos(ns) as sock:
        with sock.transaction():
            policy.set(sock, dev)
        yield sock
        with sock.transaction():
            sock.del_port(dev)


def vlan_tables(case, net):
    """All PCPs, DEI and DS bytes through a VLAN device."""
    for name, policy in (("trust cos", Policy(by_cos(CISCO), True)),
                         ("drop eligible", Policy(DROPS + [KEEP], True))):
        with port("lan.10", policy) as sock:
            one = sock.ports()["lan.10"]
            case.equal("read back", (one["arrival_dscp"],
                                     one["arrival_override"], one["lower"],
                                     one["vid"], one["state"], one["hooks"]),
                       (policy.arrival, 1, "lan", 10, "active",
                        {"port_arrival"}))
            for family in (4, 6):
                for index in range(16):
                    tag = (index >> 1, index & 1)
                    shoot(case, net, "%s %d/%d" % (name, *tag), policy, tag,
                          ((0x8100, *tag, 10),), family, range(256))


def without_override(case, net):
    """A packet's own DSCP stays, and is counted; 0 is none."""
    tag = (6, 0)
    for name, policy in (
            ("only where there is none", Policy(by_cos(CISCO))),
            ("and a table", Policy(by_cos(CISCO), mutation=HOLES)),
            ("a table alone", Policy(mutation=MUTATION)),
            ("a hole", Policy([KEEP] * 12 + [48, KEEP, 56, 56, KEEP]))):
        for family in (4, 6):
            with port("lan.10", policy) as sock:
                before = sock.reasons()
                shoot(case, net, name, policy, tag, ((0x8100, *tag, 10),),
                      family, range(256))
                # the fence has DSCP 0, and is decided on as well
                counted(case, name, sock, before, policy,
                        [(tag, ds >> 2) for ds in [*range(256), 2]])


def counted(case, name, sock, before, policy, packets):
    """The module says the same of these packets."""
    want = {}
    for tag, dscp in packets:
        why = policy.decide(tag, dscp)[1]
        if why:
            want[why] = want.get(why, 0) + 1
    now = sock.reasons()
    got = {why: now.get(why, 0) - before.get(why, 0)
           for why in ("has_dscp", "untagged", "table_leave")}
    case.equal(name + ": reasons", {k: v for k, v in got.items() if v}, want)
    ingress = next(iter(sock.ports().values()))["ingress"]
    left = sum(want.values())
    case.equal(name + ": counters", (ingress["packets"], ingress["written"],
                                     ingress["left_alone"]),
               (len(packets), len(packets) - left, left))


def ethernet(case, net):
    """A port without a VLAN: no tag, priority tags, VLANs of no port."""
    policy = Policy(by_cos(CISCO, 34), True)
    with port("lan", policy, "rA") as sock:
        one = sock.ports()["lan"]
        case.equal("no VLAN", (one["state"], "lower" in one, "vid" in one),
                   ("active", False, False))
        for family in (4, 6):
            shoot(case, net, "untagged", policy, None, (), family, range(256),
                  src="hostA")
            for pcp in range(8):
                for dei in (0, 1):
                    shoot(case, net, "VID 0 %d/%d" % (pcp, dei), policy,
                          (pcp, dei), ((0x8100, pcp, dei, 0),), family,
                          src="hostA")
    policy = Policy(by_cos(CISCO))
    with port("lan", policy, "rA") as sock:
        before = sock.reasons()
        shoot(case, net, "untagged, nothing to say", policy, None, (), 4,
              range(256), src="hostA")
        counted(case, "untagged", sock, before, policy,
                [(None, ds >> 2) for ds in [*range(256), 2]])


def trunk(case, net):
    """A VLAN without a port of its own has that of the device under it."""
    own, vlan = Policy(by_cos(CISCO), True), Policy([46] * 17, True)
    tags = ((0x8100, 3, 0, 10),)
    with genl.Tunqos("rB") as sock:
        with sock.transaction():
            own.set(sock, "lan")
        shoot(case, net, "trunk", own, (3, 0), tags)
        with sock.transaction():
            vlan.set(sock, "lan.10")
        shoot(case, net, "VLAN of a trunk", vlan, (3, 0), tags)
        with sock.transaction():
            sock.del_port("lan")
        shoot(case, net, "VLAN alone", vlan, (3, 0), tags)
        with sock.transaction():
            own.set(sock, "lan")
            sock.del_port("lan.10")
        shoot(case, net, "trunk again", own, (3, 0), tags)
        with sock.transaction():
            sock.flush()
        shoot(case, net, "nothing", Policy(), (3, 0), tags)


def two_tags(case, net):
    """QinQ: each device's port has the tag that it takes off."""
    topo.ip("rB", ["link add link lan name lan.20 type vlan proto 802.1ad"
                   " id 20", "link set lan.20 up",
                   "link add link lan.20 name q30 type vlan id 30",
                   "link set q30 up"])
    tags = ((0x88a8, 5, 1, 20), (0x8100, 2, 0, 30))
    policy = Policy(DROPS + [KEEP], True)
    for family in (4, 6):
        with port("q30", policy):
            shoot(case, net, "inner tag", policy, (2, 0), tags, family)
        with port("lan.20", policy):
            shoot(case, net, "outer tag", policy, (5, 1), tags, family)
            shoot(case, net, "outer tag alone", policy, (4, 1),
                  ((0x88a8, 4, 1, 20),), family)
        with port("lan", policy):
            shoot(case, net, "device under both", policy, (5, 1), tags,
                  family)
    topo.ip("rB", ["link del lan.20"])


def bridge(case, net):
    """A port of a bridge, with and without VLANs of its own."""
    policy = Policy(by_cos(CISCO, 10), True)
    for aware in (0, 1):
        topo.ip("rA", ["link add sw type bridge vlan_filtering %d" % aware,
                       "link set lan master sw", "link set sw address " +
                       topo.mac(1, 2), "addr del 10.1.0.1/24 dev lan",
                       "addr del fd01::1/64 dev lan",
                       "link set sw up", "addr add 10.1.0.1/24 dev sw",
                       "addr add fd01::1/64 dev sw"])
        with port("lan", policy, "rA"):
            for family in (4, 6):
                shoot(case, net, "bridge %d, untagged" % aware, policy, None,
                      (), family, src="hostA")
                shoot(case, net, "bridge %d, VID 0" % aware, policy, (7, 0),
                      ((0x8100, 7, 0, 0),), family, src="hostA")
        topo.ip("rA", ["link del sw", "addr add 10.1.0.1/24 dev lan",
                       "addr add fd01::1/64 dev lan"])


def bulk(case, net):
    """TCP in super-packets: each has its mark, and nothing is broken."""
    for family, word in ((4, "ip"), (6, "ip6")):
        with port("lan", Policy([KEEP] * 16 + [24], True), "rA"):
            name = "TCP IPv%d" % family
            client, server = connect(family)
            counts = count("hostB", "input", *(
                "tcp sport %d %s dscp %s" % (client.getsockname()[1], word,
                                             dscp)
                for dscp in ("cs3", "!= cs3")))
            got = carry(client, server, family)
            case.true(name + ": the bytes are right", got == BODY)
            marked, others = counts()
            case.true(name + ": all are marked", marked > 4 and not others,
                      "%d, %d not" % (marked, others))
            topo.run("hostB", "nft", "delete", "table", "inet", "count")


def offload(case, net):
    """A tag that software takes off is the same."""
    net.run("rB", "ethtool", "-K", "lan", "rx-vlan-hw-parse", "off")
    policy = Policy(by_cos(CISCO), True)
    with port("lan.10", policy):
        for family in (4, 6):
            shoot(case, net, "software takes it off", policy, (5, 1),
                  ((0x8100, 5, 1, 10),), family)
    net.run("rB", "ethtool", "-K", "lan", "rx-vlan-hw-parse", "on")


def with_mark(case, net):
    """set mark, at the device itself, sees what the tag has decided; a packet
    is counted once."""
    policy, tag = Policy(by_cos(CISCO), True), (6, 0)
    with genl.Tunqos("rB") as sock:
        with sock.transaction():
            sock.set_port("lan.10", [7 - (d >> 3) for d in range(64)],
                          arrival=policy.arrival, override=1, mark=range(64),
                          mask=0x3f00)
        case.equal("all places", sock.ports()["lan.10"]["hooks"],
                   {"port_arrival", "port_ingress", "port_egress"})
        counts = count("rB", "forward", "meta mark & 0x3f00 == 0x3000",
                       "meta mark & 0x3f00 != 0x3000")
        shoot(case, net, "with a mark", policy, tag, ((0x8100, *tag, 10),), 4,
              range(256))
        case.equal("the mark of 48", counts(), [257, 0])
        ingress = sock.ports()["lan.10"]["ingress"]
        case.equal("counted once", (ingress["packets"], ingress["written"]),
                   (257, 257))
        topo.run("rB", "nft", "delete", "table", "inet", "count")
        with sock.transaction():
            sock.flush()


def tunnels(case, net):
    """What the frame's tag says is inside of the tunnel and outside."""
    tags, policy = ((0x8100, 6, 0, 10),), Policy(by_cos(CISCO), True)
    for kind in ("gre", "esp"):
        with net.tunnel(kind) as tun, genl.Tunqos("rB") as sock:
            with sock.transaction():
                policy.set(sock, "lan.10")
                if tun.dev:
                    sock.set_tunnel(device="tun", encap_dscp="copy")
            shot = wire.Shot(net, 4, [0], src="hostB", dst="hostA", tags=tags)
            with wire.Captures(near=("wan", "rB"),
                               end=("hostA", "lan")) as caps:
                shot.send(fence=False)
                case.true(kind + ": arrives", caps.until_all(shot, "end", 1))
                near = [p.ips[0].dscp for p in shot.sort(caps["near"],
                                                         tun).values()]
                end = [p.ips[0].dscp for p in shot.sort(caps["end"]).values()]
            case.equal(kind + ": outside and inside", (near, end),
                       ([48], [48]))
            with sock.transaction():
                sock.flush()


def lives(case, net):
    """The port is that of the name: the device comes and goes."""
    policy = Policy(by_cos(CISCO), True)
    with port("lan.10", policy) as sock:
        topo.ip("rB", ["link set lan.10 down", "link set lan.10 name other"])
        case.equal("renamed", sock.ports()["lan.10"]["state"], "pending")
        topo.ip("rB", ["link set other name lan.10", "link set lan.10 up"])
        case.equal("back", sock.ports()["lan.10"]["state"], "active")
        topo.ip("rB", ["link add link lan name lan.30 type vlan id 30"])
        with sock.transaction():
            policy.set(sock, "lan.30")
        topo.ip("rB", ["link del lan.30"])
        case.equal("deleted", sock.ports()["lan.30"]["state"], "pending")
        topo.ip("rB", ["link add link lan name lan.30 type vlan id 31"])
        one = sock.ports()["lan.30"]
        case.equal("made again", (one["state"], one["vid"]), ("active", 31))
        with sock.transaction():
            sock.del_port("lan.30")
        topo.ip("rB", ["link del lan.30"])


def not_ours(case, net):
    """What isn't IP is let through as it is, and counted."""
    with port("lan.10", Policy(by_cos(CISCO), True)) as sock:
        before = sock.reasons().get("not_ip", 0)
        frame = wire.ethernet_header(*net.gateway_macs("hostB"), 0x88b5,
                                     ((0x8100, 6, 0, 10),)) + b"\x45" * 60
        with wire.Captures(tap=("rB", "lan.10")) as caps:
            with wire.Raw("hostB", "lan") as raw:
                raw.send(frame)
            caps.until(lambda: any(p.raw.endswith(b"\x45" * 60)
                                   for p in caps["tap"]), 10)
        case.equal("not ip", sock.reasons().get("not_ip", 0) - before, 1)


def refusals(case, net):
    topo.ip("rB", ["link add bond0 type bond", "link add v0 type veth peer"
                   " name v1", "link set v0 master bond0",
                   "link add vrf0 type vrf table 9",
                   "link add g0 type gre local 192.0.2.77"])
    good = by_cos(CISCO)
    tries = (
        ("lo", {"arrival": good}, "port lo: not a device of ethernet frames"),
        ("vrf0", {"arrival": good}, "not a device of ethernet frames"),
        ("vrf0", {"table": [0] * 64}, "not a device of ethernet frames"),
        ("g0", {"mutation": MUTATION}, "not a device of ethernet frames"),
        ("v0", {"arrival": good}, "frames are those of the bond"),
        ("lan", {"arrival": [64] + good[1:]}, "entry 0 of arrival-dscp is 64,"
                                              " not 0-63 or 255"),
        ("lan", {"mutation": [0] * 63 + [64]}, "dscp 63 is 64, not 0-63"),
        ("lan", {"override": 1, "mutation": MUTATION}, "needs arrival-dscp"),
        ("lan", {}, "arrival-table or rules"))
    with genl.Tunqos("rB") as sock:
        for dev, what, want in tries:
            try:
                with sock.transaction():
                    sock.set_port(dev, **what)
                case.fail("refused: %s %s" % (dev, want))
            except genl.Refused as e:
                case.true("refused in words: %s" % e, want in e.message)
                case.true("errno", e.errno in (errno.EOPNOTSUPP,
                                               errno.EINVAL))
            case.equal("nothing changed", sock.ports(), {})
        # a port that becomes part of a bond, and is none any more
        with sock.transaction():
            sock.set_port("v1", arrival=good)
        case.equal("on its own", sock.ports()["v1"]["state"], "active")
        topo.ip("rB", ["link set v1 down", "link set v1 master bond0"])
        one = sock.ports()["v1"]
        case.equal("in a bond", one["state"], "failed")
        case.true("why", "the bond" in one.get("problem", ""))
        topo.ip("rB", ["link set v1 nomaster"])
        case.equal("out of it", sock.ports()["v1"]["state"], "active")
        # one that goes while it is in a bond, by deletion and by a move
        for line in ("link del v1", "link set v1 netns rA"):
            topo.ip("rB", ["link set v1 down", "link set v1 master bond0"])
            topo.ip("rB", line)
            case.equal(line, sock.ports()["v1"]["state"], "pending")
            topo.run("rA", "ip", "link", "del", "v1", check=False)
            topo.ip("rB", ["link add v0 type veth peer name v1"])
            case.equal(line + ": another one", sock.ports()["v1"]["state"],
                       "active")
        with sock.transaction():
            sock.flush()
    topo.ip("rB", ["link del bond0", "link del v0", "link del vrf0",
                   "link del g0"])
    if os.path.exists("/sys/module/bonding/initstate"):  # not built in
        topo.run(None, "rmmod", "bonding")  # leaves a file among the devices


def test(case):
    with tq.module(), topo.Founding(vlan_b=10) as net:
        with net.tunnel("plain"):
            for part in (vlan_tables, without_override, ethernet, trunk,
                         two_tags, bridge, bulk, offload, with_mark, lives,
                         not_ours, refusals):
                part(case, net)
                case.note(part.__name__)
        tunnels(case, net)


if __name__ == "__main__":
    main(test)
