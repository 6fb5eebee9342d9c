# SPDX-License-Identifier: GPL-2.0-or-later
"""Tunnels over UDP: VXLAN and WireGuard."""

import contextlib
import os
from functools import partial

import device_rows
import peers
import topo
from device_rows import FIXED, TUN
from rows import Path
from traffic import LOCAL, REMOTE, OneByOne

# the inner packets are UDP too
OUTER = "ip protocol udp", "-o wan -p udp"


@contextlib.contextmanager
def device(lines, far):
    """TUN in both routers; lines(ns, here, there, inner address)."""
    for ns, here, there, inner in (("r1", LOCAL, REMOTE, "10.8.0.1"),
                                   ("r2", REMOTE, LOCAL, "10.8.0.2")):
        topo.ip(ns, lines(ns, here, there) + [
            "link set %s up" % TUN,
            "address add %s/24 dev %s" % (inner, TUN)])
    try:
        far()
        yield
    finally:
        for ns in ("r1", "r2"):
            topo.ip(ns, ["link del " + TUN])


def vxlan(tos="0x00"):
    def lines(ns, here, there):
        mac = "02:00:00:00:08:0%d" % (1 if ns == "r1" else 2)
        return ["link add %s address %s type vxlan id 8 local %s remote %s"
                " dstport 4789 ttl 64 tos %s" % (TUN, mac, here, there, tos)]

    def far():
        topo.ip("r1", ["neigh replace 10.8.0.2 lladdr 02:00:00:00:08:02"
                       " dev %s nud permanent" % TUN,
                       "route replace 10.2.0.0/24 via 10.8.0.2"])
    return device(lines, far)


def wireguard():
    keys = {ns: topo.run(None, "wg", "genkey").stdout for ns in ("r1", "r2")}

    def far():
        for ns, other, there in (("r1", "r2", REMOTE), ("r2", "r1", LOCAL)):
            public = topo.run(None, "wg", "pubkey",
                              input=keys[other]).stdout.strip()
            path = "/tmp/key-" + ns
            with open(path, "w") as f:
                f.write(keys[ns])
            topo.run(ns, "wg", "set", TUN, "listen-port", "51820",
                     "private-key", path, "peer", public, "allowed-ips",
                     "0.0.0.0/0", "endpoint", there + ":51820")
            os.remove(path)
        topo.ip("r1", ["route replace 10.2.0.0/24 dev " + TUN])
    return device(lambda *_: ["link add %s type wireguard" % TUN], far)


def vxlan_encap():
    inherit = partial(vxlan, "inherit")
    return device_rows.encap(
        vxlan, device_rows.static(vxlan, *OUTER) +
        device_rows.mapped(vxlan, inherit, "tc-vxlan"), inherit)


def vxlan_decap():
    return device_rows.decap(partial(vxlan, FIXED))


def wireguard_encap():
    """It has no 'tos inherit', and tells nobody what the inner packet was."""
    return device_rows.encap(
        wireguard, device_rows.static(wireguard, *OUTER))


def wireguard_decap():
    """The outer DSCP is made SET on the way; decryption clears the mark."""
    return device_rows.decap(wireguard, partial(peers.tc_pedit, "r1", "wan"),
                             keeps_mark=False)


def vxlan_path(name, title, rows):
    return Path(name, title, contextlib.nullcontext, rows, tolerance=40)


def wireguard_path(name, title, rows):
    return Path(name, title + ", its threads included",
                contextlib.nullcontext, rows, tolerance=100, best=True,
                world=OneByOne)


PATHS = (
    vxlan_path("vxlan", "VXLAN, encapsulation", vxlan_encap),
    vxlan_path("vxlan-decap", "VXLAN, decapsulation", vxlan_decap),
    wireguard_path("wireguard", "WireGuard, encapsulation",
                   wireguard_encap),
    wireguard_path("wireguard-decap", "WireGuard, decapsulation",
                   wireguard_decap),
)
