#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: programs, limit=600
"""Marking rules by the command line: nftables finds the rule of a connection,
the module writes DSCP and tags of both directions, whatever restarts.

rB is the router: frames of VLAN 10 come from hostB by lan.10, what is without
a tag goes to the provider by wan.
"""

import itertools
import signal

import expect
import topo
import tq
import wire
from case import main
from test_daemon import config, refused

EF, AF41, AF31 = (expect.DSCP[name] for name in ("ef", "af41", "af31"))
SENT = (0, 10, EF)
VID = 10
PORT = topo.SINK_PORT  # at both ends, so that nobody answers by ICMP
CLASS = [8 * cos for cos in range(8)]  # cos-dscp, and dscp-cos is its inverse


def tag(pcp, vid=VID):
    return (0x8100, pcp, 0, vid)


class Direction:
    """From a host to the other, with the tag that the frames are sent with."""

    def __init__(self, src, pcp=None):
        self.src, self.pcp = src, pcp
        self.dst = "hostA" if src == "hostB" else "hostB"
        # where frames are seen as they leave the router
        self.end = ("wan", "rB") if src == "hostB" else ("hostB", "lan")
        self.tags = () if pcp is None else (tag(pcp),)
        self.name = "%s, %s" % (src, "untagged" if pcp is None
                                else "PCP %d" % pcp)

    def shoot(self, case, net, family, want, name, ports=(PORT, PORT),
              sent=SENT):
        """want(DSCP): (DSCP, [(VID, PCP) of each tag]) as it leaves."""
        shot = wire.Shot(net, family, [d << 2 for d in sent], src=self.src,
                         dst=self.dst, tags=self.tags, sport=ports[0],
                         dport=ports[1])
        with wire.Captures(end=self.end) as caps:
            shot.send(fence=False)
            where = "%s IPv%d, %s" % (name, family, self.name)
            case.true(name + ": leave", caps.until_all(shot, "end", len(sent)),
                      where)
            got = {index >> 2: (p.ips[0].dscp,
                                [(t.vid, t.pcp) for t in p.tags])
                   for index, p in shot.sort(caps["end"]).items()}
        case.equal(name, got, {d: want(d) for d in sent}, where)


FORTH = [Direction("hostB", pcp) for pcp in (0, 5)]
BACK = Direction("hostA")


def rule_dscp(action, cos, pcp, dscp):
    """What becomes of the DSCP."""
    if action == "none":
        return 0
    if action == "preserve":
        return dscp
    if action.isdigit():
        return int(action)
    by = int(cos) if cos.isdigit() else pcp
    if by is None or (dscp and "override" not in action):
        return dscp
    return CLASS[by]


def rule_tags(action, mapped, pcp, dscp, out):
    """The tags of what leaves: dscp is what it leaves with."""
    if action == "none":
        priority = None
    elif action == "preserve":
        priority = pcp
    elif action.isdigit():
        priority = int(action)
    else:  # both map: one way only
        priority = pcp if mapped and pcp is not None else dscp >> 3
    if out == "wan":
        return [] if priority is None else [(0, priority)]
    return [(VID, priority or 0)]


def wanted(dscp, cos, direction):
    out = "wan" if direction.src == "hostB" else "lan.10"

    def want(sent):
        now = rule_dscp(dscp, cos, direction.pcp, sent)
        return now, rule_tags(cos, dscp.startswith("cos"), direction.pcp, now,
                              out)
    return want


def unmarked(direction):
    """Without a rule: a port with 802.1p alone does nothing."""
    return lambda sent: (sent, [] if direction.src == "hostB" else [(VID, 0)])


def rule(sequence, *lines):
    """From nothing, whether there is one or not."""
    name = "qos rule %d" % sequence
    return (name, "exit", "no " + name, name, *lines, "exit")


def both_ways(case, net, name, want, families=(4, 6), forth=FORTH, **more):
    for family in families:
        for direction in (*forth, BACK):
            direction.shoot(case, net, family, want(direction), name, **more)


def actions(case, net, daemon):
    """Each DSCP action with each of 802.1p; a connection that is there is
    asked again after each change."""
    both_ways(case, net, "no rule", unmarked)
    for dscp, cos in itertools.product(
            ("none", "preserve", str(AF31), "cos", "cos override"),
            ("none", "preserve", "3", "dscp")):
        lines = ["match from lan.10 to wan"]
        if dscp != "preserve":
            lines.append("set dscp " + dscp)
        if cos != "none":
            lines.append("set cos " + cos)
        daemon.cli(*config(*rule(10, *lines)))
        both_ways(case, net, "set dscp %s, set cos %s" % (dscp, cos),
                  lambda direction: wanted(dscp, cos, direction),
                  families=(4, 6) if cos == "dscp" else (4,))
    daemon.cli(*config("no qos rule 10"))
    both_ways(case, net, "no rule any more", unmarked, families=(4,))


def matches(case, net, daemon):
    """What a rule matches, and which of two wins."""
    mark = ("set dscp ef", "set cos 6")

    def marked(direction):
        return wanted(str(EF), "6", direction)

    for name, lines, hit in (
            ("from and to", ("match from lan.10 to wan",), True),
            ("the other way", ("match from wan to lan.10",), False),
            ("a network", ("match udp source 10.2.0.0/24 destination"
                           " 10.1.0.0/24",), True),
            ("another network", ("match udp source 10.3.0.0/24",), False),
            ("ports", ("match udp destination 0.0.0.0/0 port %d %d" % (
                PORT - 1, PORT + 1),), True),
            ("other ports", ("match udp source 10.2.0.0/24 port 1 99",), False),
            ("another protocol", ("match tcp",), False),
            ("CoS", ("match cos 5",), True),
            ("another CoS", ("match cos 4",), False),
            ("DSCP", ("match dscp default af11 ef",), True),
            ("another DSCP", ("match dscp af42",), False)):
        daemon.cli(*config(*rule(10, *lines, *mark)))
        # one connection: its first packet decides
        for direction in (FORTH[1], BACK):
            direction.shoot(case, net, 4, marked(direction) if hit
                            else unmarked(direction), name)
    # the first in the order of sequence
    daemon.cli(*config(*rule(10, "match from lan.10 to wan", *mark),
                       *rule(5, "match dscp default af11 ef",
                             "set dscp af41")))
    both_ways(case, net, "the first wins",
              lambda d: wanted(str(AF41), "none", d), (4,))
    daemon.cli(*config("no qos rule 5"))
    both_ways(case, net, "the other one", marked, (4,))
    # a zone, and IPv6
    daemon.cli(*config("qos zone INSIDE", "member lan.10", "exit",
                       *rule(10, "match from INSIDE to any", *mark)))
    both_ways(case, net, "a zone", marked)
    daemon.cli(*config("no qos rule 10", "no qos zone INSIDE"))


def table(ns="rB"):
    """The handle of our table; None: there is none."""
    for line in topo.run(ns, "nft", "-a", "list", "tables").stdout.splitlines():
        if line.startswith("table inet tunqos"):
            return line
    return None


def restarts(case, net, daemon):
    """What was typed goes on without the daemon, and the table stays."""
    daemon.cli(*config(*rule(10, "match from lan.10 to wan", "set dscp ef",
                             "set cos dscp")))

    def marked(direction):
        return wanted(str(EF), "dscp", direction)

    text = daemon.cli("show running-config").stdout
    before = topo.run("rB", "nft", "-a", "list", "table", "inet",
                      "tunqos").stdout
    for how in (signal.SIGTERM, signal.SIGKILL):
        daemon.stop(how)
        both_ways(case, net, "without the daemon", marked, (4,))
        daemon.start()
        both_ways(case, net, "with the next one", marked, (4,))
        case.equal("the same table", topo.run(
            "rB", "nft", "-a", "list", "table", "inet", "tunqos").stdout,
            before)
        case.equal("the same configuration",
                   daemon.cli("show running-config").stdout, text)
    # another table than that of these rules goes
    daemon.stop()
    topo.run("rB", "nft", "delete table inet tunqos; add table inet tunqos")
    daemon.start()
    both_ways(case, net, "another table", marked, (4,))
    # and a `flush ruleset` takes ours along, for some seconds
    topo.run("rB", "nft", "flush ruleset")
    topo.wait(table, 30, "the table after a flush ruleset")
    daemon.rpc("version")  # it has done all that belongs to it
    both_ways(case, net, "flushed", marked, (4,))
    case.true("said", "rules-lost" in daemon.output())


def counts(case, net, daemon):
    def hits():
        one, = daemon.rpc("show.rules")["result"]["rules"]
        return [one[way]["packets"] for way in ("original", "reply")]

    daemon.cli(*config(*rule(10, "match from lan.10 to wan", "set dscp ef")))
    before = hits()
    both_ways(case, net, "counted", lambda d: wanted(str(EF), "none", d), (4,))
    case.equal("hits", [a - b for a, b in zip(hits(), before)],
               [len(FORTH) * len(SENT), len(SENT)])
    daemon.cli("clear counters")
    case.equal("cleared", hits(), [0, 0])
    text = daemon.cli("show qos rules").stdout
    case.true("shown: " + text, "10" in text)


def refusals(case, net, daemon):
    """Foreign marks, and what leaves everything as it was."""
    before = topo.run("rB", "nft", "-a", "list", "table", "inet",
                      "tunqos").stdout
    topo.run("rB", "nft", "-f", "-", input=(
        "table ip user { chain pre {\n"
        "type filter hook prerouting priority mangle;\n"
        "ct mark set 0x2\n}\n}\n"))
    daemon.cli(*config("qos rule 20"))  # of which nothing is said
    refused(case, daemon, "a whole mark",
            ("table ip user, chain pre, handle",
             "use ct mark set ct mark & 0xff0000 | 0x2"),
            *config("qos rule 20", "match from wan to any"))
    daemon.cli(*config("no qos rule 20"))
    case.true("watched", any(
        one["what"] == "rule-ct-mark" and one["state"] == "seen"
        for one in daemon.rpc("show.watch")["result"]["watched"]))
    case.equal("the table stays", topo.run(
        "rB", "nft", "-a", "list", "table", "inet", "tunqos").stdout, before)
    topo.run("rB", "nft", "flush chain ip user pre;"
             " add rule ip user pre ct mark set ct mark & 0xff0000 | 0x2")
    both_ways(case, net, "beside a mark that keeps ours",
              lambda d: wanted(str(EF), "none", d), (4,))
    topo.run("rB", "nft", "delete table ip user")
    # other bits: two commits, and connections are asked again
    daemon.cli(*config("qos rules mark-mask 0xff00"))
    both_ways(case, net, "other bits",
              lambda d: wanted(str(EF), "none", d), (4,))
    daemon.cli(*config("no qos rules mark-mask"))
    # the last rule takes the table along
    case.true("a table", table())
    daemon.cli(*config("no qos rule 10"))
    case.equal("no table", table(), None)
    both_ways(case, net, "no rule", unmarked, (4,))


def test(case):
    with tq.module(), topo.Founding(vlan_b=VID) as net, \
            net.tunnel("plain"), tq.Daemon("rB") as daemon:
        daemon.cli(*config("interface lan.10", "qos 802.1p", "exit",
                           "interface wan", "qos 802.1p"))
        for part in (actions, matches, restarts, counts, refusals):
            part(case, net, daemon)
            case.note(part.__name__)


if __name__ == "__main__":
    main(test)
