#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: limit=300
"""PCP from DSCP on a VLAN: whole tables, both families, what isn't IP."""

import errno

import expect
import genl
import topo
import tq
import wire
from case import main
from queues import classes

CLASS_SELECTOR = [d >> 3 for d in range(64)]
MIXED = [(d * 5 + 2) % 8 for d in range(64)]
HOLES = [genl.LEAVE if d % 4 == 1 else 7 - d % 8 for d in range(64)]


def frames(case, net, family, name, table, native=0):
    """Each DS byte leaves rB with the PCP of its DSCP, else unchanged."""
    shot = wire.Shot(net, family)
    with wire.Captures(end=("hostB", "lan")) as caps:
        shot.send()
        case.true(name + ": the fence arrives", caps.until_fence(shot, "end"))
        case.later(judge, shot, caps.taken(), name, table, native)


def judge(case, shot, caught, name, table, native):
    end = shot.sort(caught["end"])
    for before in range(256):
        where = "0x%02x" % before
        p = end.get(before)
        if not case.true(name + ": there", p, where):
            continue
        pcp = table[before >> 2]
        pcp = native if pcp == genl.LEAVE else pcp
        case.equal(name + ": tag", [(t.tpid, t.vid, t.pcp, t.dei)
                                    for t in p.tags],
                   [(0x8100, 10, pcp, 0)], where)
        case.equal(name + ": DS", p.ips[0].ds, before, where)
        case.equal(name + ": bad", p.bad, [], where)


def not_ip(case, net):
    """ARP keeps the PCP that the kernel gave it, and is counted."""
    with genl.Tunqos("rB") as sock:
        before = sock.reasons().get("not_ip", 0)
        with wire.Captures(end=("hostB", "lan")) as caps:
            net.run("rB", "ip", "neigh", "del", topo.HOST["hostB"][4], "dev",
                    "lan.10")
            net.run("rB", "ping", "-c1", "-W", str(5 * topo.SLOW),
                    topo.HOST["hostB"][4])
            caps.until(lambda: any(p.first("arp") for p in caps["end"]), 10)
            arp = [p for p in caps["end"] if p.first("arp")]
        case.true("arp: seen", arp)
        for p in arp:
            case.equal("arp: PCP", p.tags[0].pcp, 0)
        case.true("arp: counted as not ip",
                  sock.reasons().get("not_ip", 0) > before)


def dei_and_others(case, net):
    """DEI stays; a VLAN without a port stays as it is."""
    net.ip("rB", ["link add link lan name lan.20 type vlan id 20"
                  " egress-qos-map 0:3", "link set lan.20 up"])
    frame = wire.ethernet_header(*net.gateway_macs("hostB")[::-1], 0x0800) + \
        wire.ipv4_header("192.0.2.9", "192.0.2.10", 0xb8, 8, 17) + \
        b"\0\1\0\2\0\x08\0\0"
    with wire.Captures(end=("hostB", "lan")) as caps:
        with wire.Raw("rB", "lan.20") as raw:
            raw.send(frame)
        with wire.Raw("rB", "lan.10") as raw:
            raw.send(frame)

        def tags():
            """VLAN ID and PCP of our frame alone; a new device talks too."""
            return {p.tags[0].vid: p.tags[0].pcp for p in caps["end"]
                    if p.tags and p.raw.endswith(frame[14:])}

        caps.until(lambda: len(tags()) >= 2, 10)
        tags = tags()
    case.equal("vlan without a port keeps its PCP", tags.get(20), 3)
    case.equal("a raw socket's EF gets its PCP", tags.get(10), 5)
    net.ip("rB", ["link del lan.20"])


def queue_companion(case, net):
    """RFC 3270 pipe: PCP from the inner DSCP, skb->priority from the outer."""
    with net.tunnel("gre"), genl.Tunqos("rA") as a, genl.Tunqos("rB") as b:
        with a.transaction():
            a.set_tunnel(device="tun", encap_dscp="set", encap_value=40)
        for klass, band in (("outer", "1:1"), ("inner", "1:2")):
            with b.transaction():
                b.flush()
                b.set_tunnel(device="tun", decap_class=klass)
                b.set_port("lan.10", CLASS_SELECTOR)
            # priority 5 is band 0 here and everything else band 1
            net.run("rB", "tc", "qdisc", "replace", "dev", "lan", "root",
                    "handle", "1:", "prio", "bands", "2", "priomap",
                    *("0" if i == 5 else "1" for i in range(16)))
            shot = wire.Shot(net, 6, [expect.ds(d, 0) for d in range(64)])
            with wire.Captures(end=("hostB", "lan")) as caps:
                shot.send(fence=False)
                caps.until_all(shot, "end", 64)
                end = shot.sort(caps["end"])
            for before, p in end.items():
                case.equal("class %s: PCP is of the inner DSCP" % klass,
                           p.tags[0].pcp, before >> 5, "0x%02x" % before)
            case.equal("class %s: all there" % klass, len(end), 64)
            sent = classes(net, "rB", "lan")
            case.true("class %s: queued in %s, not %s" % (klass, band, sent),
                      sent.get(band, 0) >= 64 and
                      sum(sent.values()) - sent[band] < 10)
            net.run("rB", "tc", "qdisc", "del", "dev", "lan", "root")
        for sock in (a, b):
            with sock.transaction():
                sock.flush()


def refusals(case, net):
    with genl.Tunqos("rB") as sock:
        for what, table, want in (
                ("lo", CLASS_SELECTOR, "port lo: not a device of ethernet"
                                       " frames"),
                ("lan.10", [8] + [0] * 63, "dscp 0 is 8, not 0-7 or 255")):
            ports = sock.ports()
            try:
                with sock.transaction():
                    sock.set_port(what, table)
                case.fail("refused: " + what)
            except genl.Refused as e:
                case.true("refused in words: %s" % e, want in e.message)
                case.true("errno", e.errno in (errno.EOPNOTSUPP,
                                               errno.EINVAL))
            case.equal("nothing changed", sock.ports().keys(), ports.keys())


def test(case):
    with tq.module(), topo.Founding(vlan_b=10) as net:
        with net.tunnel("plain"):
            with genl.Tunqos("rB") as sock:
                for name, table in (("class selector", CLASS_SELECTOR),
                                    ("mixed", MIXED), ("holes", HOLES)):
                    with sock.transaction():
                        sock.set_port("lan.10", table)
                    case.equal("read back", sock.ports()["lan.10"]["dscp_pcp"],
                               table)
                    for family in (4, 6):
                        frames(case, net, family, "%s IPv%d" % (name, family),
                               table)
                one = sock.ports()["lan.10"]
                case.equal("lower", (one["lower"], one["vid"], one["state"]),
                           ("lan", 10, "active"))
                with sock.transaction():
                    sock.set_port("lan.10", CLASS_SELECTOR)
            # with the tag inserted by software, or by the device
            net.run("rB", "ethtool", "-K", "lan", "tx-vlan-hw-insert", "off")
            frames(case, net, 4, "software tag IPv4", CLASS_SELECTOR)
            not_ip(case, net)
            dei_and_others(case, net)
            refusals(case, net)
            with genl.Tunqos("rB") as sock, sock.transaction():
                sock.del_port("lan.10")
            frames(case, net, 4, "port removed", [0] * 64)
        queue_companion(case, net)


if __name__ == "__main__":
    main(test)
