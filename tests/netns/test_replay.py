#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: programs, limit=600
"""Anti-replay and a network that reorders by the outer DSCP (RFC 2983 4.1).

Several classes share a tunnel whose SA has a replay window. A qdisc keeps the
low ones back until the others are through, so that more than a window has
come by when they arrive. What the receiver drops is foretold from the order in
which the packets reach it, by RFC 4303 3.4.3.
"""

import collections
import re

import expect
import ipsec
import topo
import tq
import wire
from case import main
from topo import LAN, OTHER, WAN

EF, AF11, AF12, AF13, CS2 = (
    expect.DSCP[name] for name in ("ef", "af11", "af12", "af13", "cs2"))
BURST = 16  # packets of a class in a row
NUMBER = 256
SECOND = 0x1000  # more than the SPI of the first SA
# What a provider does who keeps to the aggregates: EF comes first, then AF1
# with any drop precedence, then the rest; the bands from the second on are
# kept back. A packet now and then gets away.
QUEUES = ((EF,), (AF11, AF12, AF13))
KEPT = (2, 3)
SLOW = "rate 800bit burst 1600"
FAST = "rate 1gbit burst 100000"
MATCH = ("protocol ip prio 1 u32 match ip dsfield",
         "protocol ipv6 prio 2 u32 match ip6 priority")


class Mixed(wire.Shot):
    """NUMBER packets, the classes in bursts, told apart by their length."""

    def __init__(self, net, family, classes):
        super().__init__(net, family, range(NUMBER))
        self.classes = [classes[i // BURST % len(classes)]
                        for i in range(NUMBER)]

    def frame(self, ds, index=None):
        if index is not None:  # the fence
            return super().frame(ds, index)
        return super().frame(self.classes[ds] << 2, ds)


class Window(ipsec.Ipsec):
    """One SA, with a window."""

    window = 32

    def sa(self, sender, number):
        return super().sa(sender, number).replace(
            "replay-window 0", "replay-window %d" % self.window)


class Window6(Window):
    outer = 6
    layers = ("ipv6", "esp")


class Wide(Window):
    """A window in which all that is kept back has room."""

    window = 1024


class PerClass(Window):
    """A second SA for EF: its policy and SA have a mark at the sender.

    The receiver knows an SA by its SPI, whatever the mark.
    """

    transforms = ipsec.Ipsec.transforms * 2
    MARK = "mark 7 mask 0xff"

    def up(self, r):
        lines = []
        for sender in (r, OTHER[r]):
            lines += [self.sa(sender, n) for n in (0, 1)]
        lines[1] += " " + self.MARK
        for f in self.families:
            here, there = LAN[r][f], LAN[OTHER[r]][f]
            # the one without a mark takes all that the other one leaves
            for number, mark in enumerate(("priority 2", "priority 1 "
                                           + self.MARK), 1):
                lines.append("xfrm policy add src %s dst %s dir out %s tmpl"
                             " %s reqid %d mode tunnel" % (
                                 here, there, mark, self.hosts(r), number))
            lines += ["xfrm policy add src %s dst %s dir %s tmpl %s mode"
                      " tunnel" % (there, here, direction,
                                   self.hosts(OTHER[r]))
                      for direction in ("in", "fwd")]
        topo.run(r, "nft", "-f", "-", input=(
            "table inet classes { chain prerouting {\n"
            "type filter hook prerouting priority mangle;\n"
            "iif lan ip dscp ef meta mark set 7\n"
            "iif lan ip6 dscp ef meta mark set 7\n}\n}\n"))
        return lines

    def hosts(self, sender):
        return "src %s dst %s proto esp" % (
            WAN[sender][self.outer], WAN[OTHER[sender]][self.outer])

    def down(self, r):
        topo.run(r, "nft", "delete", "table", "inet", "classes")
        return super().down(r)


class PerClass6(PerClass):
    outer = 6
    layers = ("ipv6", "esp")


topo.KINDS.update({"window": Window, "window6": Window6, "wide": Wide,
                   "per-class": PerClass, "per-class6": PerClass6})


class Reorder:
    """The qdisc, on a device of a router."""

    def __init__(self, ns, dev):
        self.ns, self.dev = ns, dev

    def tc(self, *lines):
        topo.run(self.ns, "tc", "-batch", "-", input="".join(
            line.replace("DEV", "dev " + self.dev) + "\n" for line in lines))

    def __enter__(self):
        # no filter: the last band
        lines = ["qdisc add DEV root handle 1: prio bands 3 priomap"
                 + " 2" * 16]
        lines += [self.tbf("add", band, SLOW) for band in KEPT]
        for band, dscps in enumerate(QUEUES, 1):
            for ds in (dscp << 2 for dscp in dscps):
                lines += ["filter add DEV parent 1: %s %#x 0xfc flowid 1:%d"
                          % (match, ds, band) for match in MATCH]
        self.tc(*lines)
        return self

    def __exit__(self, *_):
        self.tc("qdisc del DEV root")

    @staticmethod
    def tbf(verb, band, rate):
        return "qdisc %s DEV parent 1:%d handle %d: tbf %s limit 1000000" % (
            verb, band, band * 10, rate)

    def stats(self):
        """Packets that have left, and those that wait."""
        out = topo.run(self.ns, "tc", "-s", "qdisc", "show", "dev",
                       self.dev).stdout
        root = out.split("qdisc ")[1]
        return tuple(int(re.search(pattern, root)[1]) for pattern in (
            r"Sent \d+ bytes (\d+) pkt", r"backlog \S+ (\d+)p"))

    def release(self):
        """Of what is kept back; the next packet to come starts it."""
        self.tc(*(self.tbf("change", band, FAST) for band in KEPT))


def late(arrivals, window):
    """Which of these (SPI, sequence number) a receiver drops.

    RFC 4303 3.4.3: the right edge is the highest number so far; what lies
    to the left of the window cannot be checked, and is dropped.
    """
    right = collections.Counter()
    dropped = set()
    for spi, seq in arrivals:
        if seq + window <= right[spi]:
            dropped.add((spi, seq))
        right[spi] = max(right[spi], seq)
    return dropped


def replay_drops():
    """Of rB: by its SAs, and by its namespace."""
    text = topo.run("rB", "ip", "-s", "xfrm", "state").stdout
    sas = sum(map(int, re.findall(r"replay-window (\d+) replay \d+ failed",
                                  text)))
    stat = topo.run("rB", "cat", "/proc/net/xfrm_stat").stdout
    return sas, int(re.search(r"XfrmInStateSeqError\s+(\d+)", stat)[1])


def reordered(net, tun, family, classes, place):
    """Packets of these classes through the qdisc.

    Returns the shot, what came by the provider's first link and rB's, in
    order, what hostB got, and how many had to wait.
    """
    shot = Mixed(net, family, classes)
    with Reorder(*place) as queue, wire.Captures(
            near=("wan", "rA"), far=("rB", "wan"),
            end=("hostB", "lan")) as caps:
        def at(where):
            return [p for p in caps[where]
                    if shot.index(p, tun if where != "end" else None)
                    not in (None, wire.FENCE)]

        shot.send(fence=False)
        topo.wait(lambda: sum(queue.stats()) >= NUMBER, 30, "all packets")
        waiting = queue.stats()[1]
        if not caps.until(lambda: len(at("far")) >= NUMBER - waiting):
            raise RuntimeError("what did not have to wait is lost")
        queue.release()
        with wire.Raw("hostA", net.lan("hostA")) as raw:
            raw.send(shot.frame(2, wire.FENCE))
        if not caps.until_fence(shot, "end"):
            raise RuntimeError("the fence does not arrive")
        return shot, at("near"), at("far"), shot.sort(caps["end"]), waiting


def one(case, net, tun, family, word, branch, place):
    _, classes, outer, drops = branch
    name = "%s %s IPv%d, qdisc in %s" % (tun.kind, word, family, place[0])
    before = replay_drops()
    shot, near, far, end, waiting = reordered(net, tun, family, classes,
                                              place)
    for where, packets in (("in front", near), ("behind", far)):
        marks = {shot.index(p, tun): p.ips[0].dscp for p in packets}
        wrong = {i: marks.get(i) for i, dscp in enumerate(shot.classes)
                 if marks.get(i) != outer[dscp]}
        case.equal("%s: wrong outer DSCP %s" % (name, where), wrong, {})
    case.true(name + ": kept back", waiting > NUMBER // 3, waiting)

    numbers = {shot.index(p, tun): (p.first("esp").spi, p.first("esp").seq)
               for p in far}
    outside = late((numbers[shot.index(p, tun)] for p in far), tun.window)
    missing = {i for i in range(NUMBER) if i not in end}
    case.equal(name + ": missing at hostB", missing,
               {i for i, number in numbers.items() if number in outside})
    if drops:
        case.true(name + ": there are some", len(missing) >= NUMBER // 4,
                  len(missing))
        case.equal(name + ": all of them low", {shot.classes[i] for i in
                                                missing}, {0})
    else:
        case.equal(name + ": none missing", missing, set())
    case.equal(name + ": counted by SA and namespace", tuple(
        now - then for now, then in zip(replay_drops(), before)),
        (len(missing),) * 2)
    case.equal(name + ": wrong inner DSCP",
               {i: p.ips[0].dscp for i, p in end.items()
                if p.ips[0].dscp != shot.classes[i]}, {})
    return numbers, shot.classes


def sa_of_each(case, name, numbers, classes):
    """Each class has one SA, and no SA has two."""
    pairs = {(classes[i], spi) for i, (spi, _) in numbers.items()}
    case.equal(name + ": SAs", sorted(pairs), [
        (0, ipsec.SPI["rA"]), (EF, ipsec.SPI["rA"] + SECOND)])


# lines of the crypto map, classes sent, outer DSCPs, are there drops
TOGETHER = {
    "copy": ((), (0, EF), {0: 0, EF: EF}, True),
    "single-aggregate af1": (
        ("tunnel encap single-aggregate af1",), (0, EF, AF12, AF13),
        {0: AF11, EF: AF11, AF12: AF12, AF13: AF13}, False),
    "single-aggregate cs2": (
        ("tunnel encap single-aggregate cs2",), (0, EF, AF12),
        {0: CS2, EF: CS2, AF12: CS2}, False),
    # it was this line that helped
    "copy again": (
        ("no tunnel encap single-aggregate",), (0, EF), {0: 0, EF: EF}, True),
}
NO_DROPS = {"copy": ((), (0, EF), {0: 0, EF: EF}, False)}


def test(case):
    places = (("rA", "wan"), ("wan", "rB"))
    with tq.module(), topo.Founding(vlan_b=None) as net:
        for kind, branches in (
                ("window", TOGETHER), ("window6", TOGETHER),
                ("wide", NO_DROPS), ("per-class", NO_DROPS),
                ("per-class6", NO_DROPS)):
            with net.tunnel(kind) as tun, tq.Daemon("rA") as daemon:
                # what ran under the daemon before this one goes on
                daemon.cli("configure terminal", "no crypto map v",
                           check=False)
                for word, branch in branches.items():
                    daemon.cli("configure terminal",
                               "crypto map v 10 ipsec-isakmp", "set peer " +
                               WAN["rB"][tun.outer], *branch[0])
                    for family in tun.families:
                        place = places[(tun.outer + family) // 2 % 2]
                        seen = one(case, net, tun, family, word, branch,
                                   place)
                        if isinstance(tun, PerClass):
                            sa_of_each(case, "%s IPv%d" % (kind, family),
                                       *seen)
            case.note(kind + " done")


if __name__ == "__main__":
    main(test)
