#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: programs, limit=300
"""Ports by the command line: what mls qos, set dscp and set cos say is on the
wire, whatever restarts, and what is refused changes nothing."""

import os
import signal

import expect
import topo
import tq
import wire
from case import main
from test_daemon import config, refused

EF, AF31 = expect.DSCP["ef"], expect.DSCP["af31"]
# `mls qos map preset cisco`: that of AutoQoS
AUTOQOS = [0, 8, 16, 24, 32, 46, 48, 56]
CLASS = [8 * cos for cos in range(8)]
SENT = (0, 10, 46)


def look(case, net, name, want, cos=range(8)):
    """want(CoS, DSCP sent): the DSCP at hostA of what hostB tags so."""
    for family in (4, 6):
        for one in cos:
            shot = wire.Shot(net, family, [d << 2 for d in SENT], src="hostB",
                             dst="hostA", tags=((0x8100, one, 0, 10),))
            with wire.Captures(end=("hostA", "lan")) as caps:
                shot.send(fence=False)
                case.true(name + ": arrive",
                          caps.until_all(shot, "end", len(SENT)))
                got = {index >> 2: p.ips[0].dscp
                       for index, p in shot.sort(caps["end"]).items()}
            case.equal("%s IPv%d" % (name, family), got,
                       {d: want(one, d) for d in SENT}, "CoS %d" % one)


def by_map(dscps):
    return lambda cos, dscp: dscps[cos]


def same(cos, dscp):
    return dscp


def lines(case, net, daemon):
    """Each line, and its no form."""
    port = config("interface lan.10")
    look(case, net, "nothing said", same, (0, 5))
    for name, typed, want, cos in (
            ("trust cos", ("mls qos trust cos",), by_map(CLASS), range(8)),
            ("a map", ("exit", "mls qos map cos-dscp 0 8 16 24 32 46 48 56",
                       "interface lan.10"), by_map(AUTOQOS), range(8)),
            ("a map by one step", ("exit", "mls qos map preset sonicos",
                                   "interface lan.10"), by_map(CLASS), (5, 6)),
            ("cos override", ("mls qos cos 3 override",),
             by_map([24] * 8), (0, 7)),
            ("no override", ("no mls qos cos override",), by_map(CLASS), (3, 7)),
            ("trust dscp", ("mls qos trust dscp",), same, (0, 5)),
            ("a mutation", ("exit", "mls qos map dscp-mutation bleach 46 to 8",
                            "interface lan.10", "mls qos dscp-mutation bleach"),
             lambda cos, dscp: 8 if dscp == EF else dscp, (0, 5)),
            ("no trust", ("no mls qos dscp-mutation", "no mls qos trust",
                          "no mls qos cos"), same, (0, 5)),
            ("set dscp", ("set dscp af31",), by_map([AF31] * 8), (0, 5)),
            ("set dscp none", ("set dscp none",), by_map([0] * 8), (0, 5)),
            ("set dscp cos", ("set dscp cos",),
             lambda cos, dscp: dscp or CLASS[cos], range(8)),
            ("override", ("set dscp cos override",), by_map(CLASS), (0, 5)),
            ("a table", ("exit", "table-map voice", "map from 5 to ef",
                         "default ignore", "exit", "interface lan.10",
                         "set dscp cos table voice override"),
             lambda cos, dscp: EF if cos == 5 else dscp, range(8)),
            ("no set dscp", ("no set dscp",), same, (0, 5))):
        daemon.cli(*port, *typed)
        look(case, net, name, want, cos)


def restarts(case, net, daemon):
    """What was typed goes on without the daemon, and comes back with it."""
    daemon.cli(*config("mls qos map preset cisco", "interface lan.10",
                       "mls qos trust cos", "set cos dscp"))
    text = daemon.cli("show running-config").stdout
    look(case, net, "typed", by_map(AUTOQOS), (5,))
    for how in (signal.SIGTERM, signal.SIGKILL):
        daemon.stop(how)
        look(case, net, "without the daemon", by_map(AUTOQOS), (5,))
        daemon.start()
        look(case, net, "with the next one", by_map(AUTOQOS), (5,))
        case.equal("the same configuration",
                   daemon.cli("show running-config").stdout, text)
    # what it has noted is lost with it: the module knows what is in force
    daemon.stop(signal.SIGKILL)
    os.unlink(daemon.socket + ".running")
    daemon.start()
    look(case, net, "from the module", by_map(AUTOQOS), (0, 5, 6))
    text = daemon.cli("show running-config").stdout
    for line in ("mls qos map cos-dscp 0 8 16 24 32 46 48 56",
                 " mls qos trust cos"):
        case.true("from the module: %s in %s" % (line, text), line in text)
    topo.ip("rB", ["link set lan.10 down", "link set lan.10 name other"])
    text = daemon.cli("show mls qos interface lan.10").stdout
    case.true("pending: " + text, "pending" in text)
    topo.ip("rB", ["link set other name lan.10", "link set lan.10 up"])
    look(case, net, "back", by_map(AUTOQOS), (5,))


def shown(case, net, daemon):
    text = daemon.cli("show mls qos interface lan.10").stdout
    for words in ("trust state: trust cos", "default COS: 0", "active"):
        case.true("shown: %s in %s" % (words, text), words in text)
    text = daemon.cli("show mls qos maps cos-dscp").stdout
    case.true("shown: " + text, "46" in text)
    before = daemon.rpc("show.ports")["result"]["ports"][0]["ingress"]
    look(case, net, "counted", by_map(AUTOQOS), (1, 2))
    now = daemon.rpc("show.ports")["result"]["ports"][0]["ingress"]
    case.equal("counted", [now[k] - before[k] for k in (
        "packets", "written", "leftAlone")], [12, 12, 0])
    daemon.cli(*config("interface lan.10", "no mls qos trust",
                       "set dscp cos"))
    look(case, net, "left alone",
         lambda cos, dscp: dscp or AUTOQOS[cos], (5,))
    text = daemon.cli("show reasons").stdout
    case.true("reasons: " + text, "has-dscp" in text)
    daemon.cli(*config("interface lan.10", "no set dscp"))


def refusals(case, daemon):
    refused(case, daemon, "two policies", ("lan.10", "mls qos"),
            *config("interface lan.10", "mls qos trust cos", "set dscp ef"))
    refused(case, daemon, "no such mutation", ("nosuch", "mutation"),
            *config("interface lan.10", "mls qos trust dscp",
                    "mls qos dscp-mutation nosuch"))
    refused(case, daemon, "CoS 8", "8",
            *config("interface lan.10", "mls qos cos 8"))
    refused(case, daemon, "seven DSCPs", "",
            *config("mls qos map cos-dscp 0 8 16 24 32 46 48"))
    refused(case, daemon, "no frames", ("lo", "ethernet"),
            *config("interface lo", "mls qos trust cos"))


def test(case):
    with tq.module(), topo.Founding(vlan_b=10) as net, \
            net.tunnel("plain"), tq.Daemon("rB") as daemon:
        for part in (lines, restarts, shown):
            part(case, net, daemon)
            case.note(part.__name__)
        refusals(case, daemon)


if __name__ == "__main__":
    main(test)
