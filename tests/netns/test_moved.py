#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: programs, limit=300
"""SAs that are moved to another peer, as MOBIKE has them (RFC 4555): who is
bound by the reqid goes on, who is bound by the peer is told.

ip(8) cannot move an SA; an IKE daemon does it by XFRM_MSG_MIGRATE.
"""

import errno
import ipaddress
import os
import socket
import struct

import expect
import genl
import shots
import topo
import tq
from case import Skip, main
from fault import last_error

NETLINK_XFRM, XFRM_MSG_MIGRATE, XFRMA_MIGRATE = 6, 0x21, 17
IN, OUT, FWD = 0, 1, 2
TUNNEL_MODE, ESP = 1, 50
EF, CS1 = expect.DSCP["ef"], expect.DSCP["cs1"]
OURS, PEER, ELSEWHERE = topo.WAN["rA"][4], topo.WAN["rB"][4], "198.51.100.7"


def packed(address):
    return socket.inet_aton(address) + bytes(12)


def selector(src, dst):
    src, dst = ipaddress.ip_network(src), ipaddress.ip_network(dst)
    return packed(str(dst.network_address)) + packed(
        str(src.network_address)) + struct.pack(
            "=8xHBBB3xiI", socket.AF_INET, dst.prefixlen, src.prefixlen, 0, 0,
            0)


def migrate(ns, way, networks, old, new):
    """The policy between these networks, and its SA, have other ends."""
    body = selector(*networks) + struct.pack("=IB3x", 0, way)
    body += genl.attribute(XFRMA_MIGRATE, b"".join(
        packed(a) for ends in (old, new) for a in ends[::-1]) + struct.pack(
            "=BBHIHH", ESP, TUNNEL_MODE, 0, 1, socket.AF_INET, socket.AF_INET))
    with topo.inside(ns):
        sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_XFRM)
    with sock:
        sock.bind((0, 0))
        sock.send(struct.pack("=IHHII", 16 + len(body), XFRM_MSG_MIGRATE,
                              genl.NLM_F_REQUEST | genl.NLM_F_ACK, 1, 0) +
                  body)
        number = last_error(sock, 1)
    if number == errno.ENOPROTOOPT:
        raise Skip("this kernel cannot move SAs")
    if number:
        raise OSError(number, os.strerror(number))


def move(old, new):
    """rB is at another address: both ends of the SA from rA."""
    networks = topo.LAN["rA"][4], topo.LAN["rB"][4]
    ends = (OURS, old), (OURS, new)
    migrate("rA", OUT, networks, *ends)
    for way in (IN, FWD):
        migrate("rB", way, networks, *ends)


def said(daemon):
    return daemon.output().count("sa-moved")


def test(case):
    entry = ("configure terminal", "crypto map v 10 ipsec-isakmp")
    with tq.module(), topo.Founding(vlan_b=10) as net, \
            net.tunnel("esp") as tun, tq.Daemon("rA") as daemon:
        topo.ip("rB", "address add %s/24 dev wan" % ELSEWHERE)
        daemon.cli(*entry, "match reqid 1", "tunnel encap dscp set cs1")
        shots.outer(case, net, tun, "by reqid", CS1)
        move(PEER, ELSEWHERE)
        case.true("it has moved", "dst " + ELSEWHERE in topo.run(
            "rA", "ip", "xfrm", "state").stdout)
        shots.outer(case, net, tun, "by reqid, moved", CS1)
        case.equal("nothing to say of it", (
            daemon.rpc("show.sas")["result"]["sas"][0]["bound"],
            said(daemon)), ("crypto map v 10", 0))

        # the SA inward stays where it was, and is found by the peer
        topo.ip("rA", "xfrm state delete src %s dst %s proto esp spi %#x" % (
            PEER, OURS, topo.Esp.SPI["rB"]))
        daemon.cli(*entry, "no match reqid", "set peer " + ELSEWHERE)
        shots.outer(case, net, tun, "by peer", CS1)
        case.true("active", "State: active" in
                  daemon.cli("show crypto map").stdout)
        move(ELSEWHERE, PEER)
        shots.outer(case, net, tun, "by peer, moved: as without tunqos", EF)
        for what in ("show crypto map", "show tunnel v 10"):
            text = daemon.cli(what).stdout
            case.true("%s: %s" % (what, text), "no-sa" in text and
                      "same reqid go to %s" % PEER in text and
                      "match reqid" in text)
        topo.wait(lambda: said(daemon) == 1, 15, "the log")
        daemon.cli(*entry, "no set peer", "match reqid 1")
        shots.outer(case, net, tun, "as the advice says", CS1)
        text = daemon.cli("show crypto map").stdout
        case.true("nothing more is said: " + text, "same reqid" not in text)


if __name__ == "__main__":
    main(test)
