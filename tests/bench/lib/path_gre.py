# SPDX-License-Identifier: GPL-2.0-or-later
"""GRE: where the mark of the outer header comes from, and back."""

import contextlib
from functools import partial

import device_rows
import topo
import traffic
from device_rows import FIXED, TUN
from rows import Path


@contextlib.contextmanager
def gre(tos="0x00"):
    """A tunnel between the routers; its device is the route to the receiver."""
    for ns, here, there in (("r1", traffic.LOCAL, traffic.REMOTE),
                            ("r2", traffic.REMOTE, traffic.LOCAL)):
        topo.ip(ns, ["link add %s type gre local %s remote %s ttl 64 tos %s" % (
            TUN, here, there, tos), "link set %s up" % TUN])
    topo.ip("r1", ["route replace 10.2.0.0/24 dev " + TUN])
    try:
        yield
    finally:
        for ns in ("r1", "r2"):
            topo.ip(ns, ["link del " + TUN])


def encap():
    inherit = partial(gre, "inherit")
    return device_rows.encap(
        gre, device_rows.static(gre, "", "-p gre") +
        device_rows.mapped(gre, inherit, "tc-gre"), inherit)


def decap():
    return device_rows.decap(partial(gre, FIXED))


PATHS = (
    Path("gre-encap", "GRE, encapsulation", contextlib.nullcontext, encap,
         tolerance=40),
    Path("gre-decap", "GRE, decapsulation", contextlib.nullcontext, decap,
         tolerance=40),
)
