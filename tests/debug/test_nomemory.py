#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A packet whose header is to be copied before it is written, and no memory for
it: it goes on as it is, and is counted.

A mirror at the provider's port has a clone of each packet and keeps it; the
packets themselves wait there, too, until no memory is given to those that may
not wait for it.
"""

import contextlib
import os
import time

import fault
import genl
import topo
import tq
import wire
from case import Skip, main

EF, NUMBER = 46, 8
WAIT = 5  # seconds that a packet waits; it takes less to get there
STARVED = {"failslab/verbose": 0, "failslab/cache-filter": "N",
           "failslab/ignore-gfp-wait": "Y", "failslab/interval": 1,
           "failslab/times": -1, "failslab/probability": 100}


@contextlib.contextmanager
def mirror():
    topo.ip("wan", ["link add kept type dummy", "link set kept up"])
    topo.run("wan", "tc", "-batch", "-", input="\n".join((
        "qdisc add dev kept root netem delay 200s",
        "qdisc add dev rB root netem delay %ds" % WAIT,
        "qdisc add dev rB clsact",
        "filter add dev rB egress protocol ip prio 1 matchall action mirred"
        " egress mirror dev kept")) + "\n")
    try:
        yield
    finally:
        topo.run("wan", "tc", "qdisc", "del", "dev", "rB", "clsact")
        topo.run("wan", "tc", "qdisc", "del", "dev", "rB", "root")
        topo.ip("wan", ["link del kept"])


def outer(index):
    """EF outside, 0 inside, as it comes to rB."""
    ends = topo.HOST["hostA"][4], topo.HOST["hostB"][4]
    body = wire.udp_datagram(*ends, wire.SPORT, wire.DPORT,
                             wire.payload(4, 0, index, 0, 64))
    body = b"\0\0\x08\0" + wire.ipv4_header(*ends, 0, len(body), 17) + body
    return wire.ethernet_header(topo.mac(3, 1), topo.mac(3, 2), 0x0800) + \
        wire.ipv4_header(topo.WAN["rA"][4], topo.WAN["rB"][4], EF << 2,
                         len(body), 47) + body


def counted(sock):
    decap = sock.tunnels()["tun"]["decap"]
    return (decap["packets"], decap["written"], decap["left_alone"],
            sock.reasons().get("no_memory", 0))


def send(sock, starved):
    """What has been counted of eight packets; None: they came too early."""
    before = counted(sock)
    with wire.Raw("wan", "rB") as raw:
        for index in range(NUMBER):
            raw.send(outer(index))
    with fault.values(STARVED) if starved else contextlib.nullcontext():
        if starved and counted(sock) != before:
            time.sleep(WAIT)
            return None
        topo.wait(lambda: counted(sock)[0] - before[0] >= NUMBER, 60,
                  "the packets")
    return tuple(a - b for a, b in zip(counted(sock), before))


def test(case):
    if not os.path.exists(fault.DEBUGFS + "failslab"):
        raise Skip("this kernel has no failslab")
    with tq.module(), topo.Founding() as net, net.tunnel("gre"), mirror(), \
            genl.Tunqos("rB") as sock:
        topo.sysctl("rB", {"net.ipv6.conf.tun.disable_ipv6": 1})
        with sock.transaction():
            sock.set_tunnel(device="tun", encap_dscp="native",
                            decap_dscp="copy",
                            decap_permit=frozenset(range(64)))
        good = (NUMBER, NUMBER, 0, 0)
        case.equal("with memory", send(sock, False), good)
        got = next(filter(None, (send(sock, True) for _ in range(5))), None)
        case.equal("without", got, (NUMBER, 0, NUMBER, NUMBER))
        case.equal("with memory again", send(sock, False), good)


if __name__ == "__main__":
    main(test)
