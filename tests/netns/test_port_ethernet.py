#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: limit=300
"""802.1p of what leaves by Ethernet devices that are no VLAN devices: trunks,
priority tags, DEI, tags that are in the frame already."""

import contextlib
import threading

import expect
import genl
import topo
import tq
import wire
from bulk import BODY, PORT, connect
from case import main

LEAVE = genl.LEAVE
CLASS_SELECTOR = [d >> 3 for d in range(64)]
MIXED = [(d * 5 + 2) % 8 for d in range(64)]
HOLES = [LEAVE if d % 4 == 1 else 7 - d % 8 for d in range(64)]
# drop precedences 2 and 3 of AF (RFC 2597) are drop eligible
DROPS = {c << 3 | d << 1 for c in (1, 2, 3, 4) for d in (2, 3)}
SOME = [expect.ds(d, e) for d, e in ((0, 0), (1, 3), (12, 1), (38, 0), (46, 2),
                                     (63, 3))]


def judge(case, name, shot, caught, want):
    """want(DSCP): (tpid, VID, PCP, DEI) of each tag."""
    end = shot.sort(caught["end"])
    for before in shot.ds:
        where = "0x%02x" % before
        p = end.get(before)
        if not case.true(name + ": there", p, where):
            continue
        case.equal(name + ": tags", [(t.tpid, t.vid, t.pcp, t.dei)
                                     for t in p.tags],
                   want[before >> 2], where)
        case.equal(name + ": DS", p.ips[0].ds, before, where)
        case.equal(name + ": bad", p.bad, [], where)


def shoot(case, net, name, tags, src="hostA", family=4, ds=SOME):
    """tags(DSCP): what a frame has at the other host's device."""
    dst = "hostB" if src == "hostA" else "hostA"
    shot = wire.Shot(net, family, ds, src=src, dst=dst)
    with wire.Captures(end=(dst, "lan")) as caps:
        shot.send()
        case.true(name + ": the fence arrives", caps.until_fence(shot, "end"))
        case.later(judge, "%s IPv%d" % (name, family), shot, caps.taken(),
                   [tags(d) for d in range(64)])


@contextlib.contextmanager
def port(ns, dev, table, **more):
    with genl.Tunqos(ns) as sock:
        with sock.transaction():
            sock.set_port(dev, table, **more)
        yield sock
        with sock.transaction():
            sock.del_port(dev)


def one_tag(vid, table, drops=(), native=0):
    """A frame's tag by a table; what that leaves is the kernel's."""
    def tags(dscp):
        pcp = table[dscp]
        if pcp == LEAVE:
            return [(0x8100, vid, native, 0)]
        return [(0x8100, vid, pcp, int(dscp in drops))]
    return tags


def trunk(case, net):
    """VLANs without a port of their own have that of the device under them."""
    for name, table in (("class selector", CLASS_SELECTOR), ("mixed", MIXED),
                        ("holes", HOLES)):
        with port("rB", "lan", table) as sock:
            one = sock.ports()["lan"]
            case.equal("read back", (one["dscp_pcp"], one["hooks"],
                                     "lower" in one, "dscp_dei" in one),
                       (table, {"port_egress"}, False, False))
            for family in (4, 6):
                shoot(case, net, "trunk, " + name, one_tag(10, table),
                      family=family, ds=range(256))
            with port("rB", "lan.10", CLASS_SELECTOR):
                shoot(case, net, "its VLAN has a port",
                      one_tag(10, CLASS_SELECTOR))
            shoot(case, net, "it has none any more", one_tag(10, table))
    shoot(case, net, "no port", one_tag(10, [LEAVE] * 64))


def dei(case, net):
    for dev in ("lan", "lan.10"):
        with port("rB", dev, CLASS_SELECTOR, dei=DROPS) as sock:
            case.equal("read back", sock.ports()[dev]["dscp_dei"], DROPS)
            for family in (4, 6):
                shoot(case, net, "DEI, " + dev,
                      one_tag(10, CLASS_SELECTOR, DROPS), family=family,
                      ds=range(256))


def priority_tags(case, net):
    """Untagged frames of rA's network get VID 0, and the host takes them."""
    for name, table, drops in (("class selector", CLASS_SELECTOR, ()),
                               ("mixed, DEI", MIXED, DROPS)):
        with port("rA", "lan", table, priority_tag=1, dei=drops) as sock:
            case.equal("read back", sock.ports()["lan"]["priority_tag"], 1)
            for family in (4, 6):
                shoot(case, net, "VID 0, " + name, one_tag(0, table, drops),
                      "hostB", family, range(256))
    with port("rA", "lan", HOLES, priority_tag=1) as sock:
        before = sock.ports()["lan"]["egress"]
        shoot(case, net, "a hole has no tag",
              lambda d: [] if HOLES[d] == LEAVE else [(0x8100, 0, HOLES[d], 0)],
              "hostB", 4, range(256))
        now = sock.ports()["lan"]["egress"]
        left = 4 * HOLES.count(LEAVE)
        case.equal("counted", [now[k] - before[k] for k in (
            "packets", "written", "left_alone")], [257, 257 - left, left])
    with port("rA", "lan", CLASS_SELECTOR):
        shoot(case, net, "not asked for", lambda d: [], "hostB")


def arp(case, net):
    """What isn't IP gets one by its protocol."""
    with port("rA", "lan", CLASS_SELECTOR, priority_tag=1, arp=6):
        with wire.Captures(end=("hostA", "lan")) as caps:
            net.run("rA", "ip", "neigh", "del", topo.HOST["hostA"][4], "dev",
                    "lan")
            net.run("rA", "ping", "-c1", "-W", str(5 * topo.SLOW),
                    topo.HOST["hostA"][4])
            caps.until(lambda: any(p.first("arp") for p in caps["end"]), 10)
            for p in [p for p in caps["end"] if p.first("arp")]:
                case.equal("arp", [(t.vid, t.pcp) for t in p.tags], [(0, 6)])
            case.true("arp: seen", any(p.first("arp") for p in caps["end"]))
    net.run("rA", "ip", "neigh", "replace", topo.HOST["hostA"][4], "lladdr",
            topo.mac(1, 1), "dev", "lan", "nud", "permanent")


def next_device(case, net):
    """What is for the next device alone stays untagged: LLDP, LACP, STP."""
    frames = [bytes.fromhex("0180c200000" + last) + bytes(6) + proto +
              b"\x55" * 50 for last, proto in (("e", b"\x88\xcc"),
                                              ("2", b"\x88\x09"),
                                              ("0", b"\x00\x26"))]
    with port("rA", "lan", CLASS_SELECTOR, priority_tag=1, non_ip=7), \
            wire.Captures(end=("hostA", "lan")) as caps, \
            wire.Raw("rA", "lan") as raw:
        for frame in [*frames, bytes(6) + bytes(6) + b"\x88\xb5" +
                      b"\x55" * 50]:
            raw.send(frame)

        def seen():
            return [[(t.vid, t.pcp) for t in p.tags] for p in caps["end"]
                    if p.raw.endswith(b"\x55" * 50)]
        caps.until(lambda: len(seen()) >= 4, 10)
        case.equal("for the next device", seen(), [[], [], [], [(0, 7)]])


def in_the_frame(case, net):
    """A tag that the VLAN device itself has put in front."""
    net.run("rB", "ethtool", "-K", "lan", "tx-vlan-hw-insert", "off")
    topo.ip("rB", ["link add link lan name lan.40 type vlan id 40"
                   " reorder_hdr off", "link set lan.40 up"])
    frame = wire.ethernet_header(*net.gateway_macs("hostB")[::-1], 0x0800) + \
        wire.ipv4_header("192.0.2.9", "192.0.2.10", 38 << 2, 8, 17) + \
        b"\0\1\0\2\0\x08\0\0"
    for dev in ("lan.40", "lan"):
        with port("rB", dev, CLASS_SELECTOR, dei=DROPS), \
                wire.Captures(end=("hostB", "lan")) as caps:
            with wire.Raw("rB", "lan.40") as raw:
                raw.send(frame)
            with wire.Raw("rB", "lan") as raw:
                raw.send(frame[:12] + bytes.fromhex("81002029") + frame[12:])

            def tags():
                return {p.tags[0].vid: (p.tags[0].pcp, p.tags[0].dei)
                        for p in caps["end"]
                        if p.tags and p.raw.endswith(frame[14:])}
            caps.until(lambda: len(tags()) >= 2, 10)
            case.equal("in the frame, by " + dev, tags(), {
                40: (4, 1), 41: (4, 1) if dev == "lan" else (1, 0)})
    topo.ip("rB", ["link del lan.40"])
    net.run("rB", "ethtool", "-K", "lan", "tx-vlan-hw-insert", "on")


def bridge(case, net):
    """A trunk of a bridge that knows VLANs."""
    lan4, lan6 = "10.1.0.1/24", "fd01::1/64"
    topo.ip("rA", ["link add sw type bridge vlan_filtering 1",
                   "link set lan master sw", "link set sw up",
                   "link add link sw name sw.10 type vlan id 10",
                   "link set sw.10 up", "addr del %s dev lan" % lan4,
                   "addr del %s dev lan" % lan6,
                   "addr add %s dev sw.10" % lan4,
                   "addr add %s dev sw.10" % lan6] + [
        "neigh replace %s lladdr %s dev sw.10 nud permanent" % (
            topo.HOST["hostA"][f], topo.mac(1, 1)) for f in (4, 6)])
    net.run("rA", "bridge", "vlan", "add", "dev", "lan", "vid", "10")
    net.run("rA", "bridge", "vlan", "add", "dev", "sw", "vid", "10", "self")
    with port("rA", "lan", MIXED):
        for family in (4, 6):
            shoot(case, net, "trunk of a bridge", one_tag(10, MIXED), "hostB",
                  family)
    topo.ip("rA", ["link del sw", "addr add %s dev lan" % lan4,
                   "addr add %s dev lan" % lan6])


def refusals(case):
    tries = (("lan.10", {"priority_tag": 1}, "its frames have the tag"),
             ("lan", {"table": None, "dei": {1}}, "dscp-dei needs dscp-pcp"),
             ("lan", {"table": None, "priority_tag": 1},
              "priority-tag needs dscp-pcp or protocol-pcp"))
    with genl.Tunqos("rB") as sock:
        for dev, what, want in tries:
            try:
                with sock.transaction():
                    sock.set_port(dev, **{"table": CLASS_SELECTOR, **what})
                case.fail("refused: %s" % want)
            except genl.Refused as e:
                case.true("refused in words: %s" % e, want in e.message)
            case.equal("nothing changed", sock.ports(), {})


def bulk(case):
    """TCP in super-packets, each of which gets a tag of VID 0."""
    with topo.Founding(vlan_b=None) as net, net.tunnel("plain"), \
            port("rB", "lan", CLASS_SELECTOR, priority_tag=1):
        for family in (4, 6):
            client, server = connect(family)
            client.connect((topo.HOST["hostB"][family], PORT))
            peer, _ = server.accept()
            # super-packets as they are
            cap = wire.Capture("hostB", "lan", frame=1 << 17, frames=256)
            thread = threading.Thread(
                target=lambda: (client.sendall(BODY), client.close()))
            thread.start()
            got = bytearray()
            while chunk := peer.recv(1 << 16):
                got += chunk
                cap.drain()
            thread.join()
            cap.drain()
            tags = {tuple((t.vid, t.pcp) for t in p.tags)
                    for p in cap if p.ips}
            cap.close()
            peer.close()
            server.close()
            case.true("TCP IPv%d: the bytes are right" % family,
                      bytes(got) == BODY)
            case.equal("TCP IPv%d: tags" % family, tags, {((0, 4),)})


def test(case):
    with tq.module(), topo.Founding(vlan_b=10) as net:
        with net.tunnel("plain"):
            for part in (trunk, dei, priority_tags, arp, next_device,
                         in_the_frame, bridge):
                part(case, net)
                case.note(part.__name__)
        refusals(case)
    with tq.module():
        bulk(case)


if __name__ == "__main__":
    main(test)
