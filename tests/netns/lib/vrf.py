# SPDX-License-Identifier: GPL-2.0-or-later
"""Devices of a router in a VRF, with all that the founding topology has on
them."""

import contextlib

import topo

NAME, TABLE = "red", 10


def add(r):
    topo.ip(r, ["link add %s type vrf table %d" % (NAME, TABLE),
                "link set %s up" % NAME])


def delete(r):
    topo.ip(r, ["link del " + NAME])


def configured(net, r, route):
    """IPv4's addresses stay, IPv6's and the routes have gone."""
    lines = []
    for line in net.configure(r):
        what, verb, *words = line.split()
        if verb in ("add", "replace") and what != "link":
            lines.append(" ".join([what, "replace", *words] + (
                route if what == "route" else [])))
    topo.ip(r, lines)


def put(net, r, devs):
    topo.ip(r, ["link set %s master %s" % (dev, NAME) for dev in devs])
    configured(net, r, ["vrf", NAME])


def take(net, r, devs):
    topo.ip(r, ["link set %s nomaster" % dev for dev in devs])
    configured(net, r, [])


@contextlib.contextmanager
def routers(net, devs=("lan", "wan")):
    """rA and rB forward in a VRF all that they forward."""
    for r in ("rA", "rB"):
        add(r)
        put(net, r, devs)
    try:
        yield
    finally:
        for r in ("rA", "rB"):
            take(net, r, devs)
            delete(r)
