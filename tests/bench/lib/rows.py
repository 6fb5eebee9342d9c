# SPDX-License-Identifier: GPL-2.0-or-later
"""What a row of the benchmark is, and how it is judged."""

import contextlib

import peers
from traffic import Error, World

EF, AF11 = 46, 10


class Row:
    """One configuration of one path.

    name     unique in its path
    parts    functions that return context managers, entered in this order
    outer    DSCP sent -> DSCP of the outermost header on the wire (None: the
             same); inner: of the packet at the end
    pcp      DSCP sent -> 802.1p of the frame on the wire
    sent     the DSCPs that are tried; a packet of the first one is measured
    kind     base, kernel, tunqos, peer: what the reports compare
    note     what the row can't do although it is in the table
    """

    def __init__(self, name, *parts, outer=None, inner=peers.same, pcp=None,
                 sent=(EF, AF11, 0), kind="peer", note=""):
        self.name = name
        self.parts = parts
        self.outer = outer
        self.inner = inner
        self.pcp = pcp
        self.sent = sent
        self.kind = kind
        self.note = note

    def measure(self, world, measure):
        """What measure(world) says while all parts are in force."""
        with contextlib.ExitStack() as stack:
            for part in self.parts:
                stack.enter_context(part())
            self.judge(world.look(self.sent))
            return measure(world)

    def judge(self, seen):
        """Every mark is what it should be, and no checksum is wrong."""
        for dscp, (wire, end) in seen.items():
            got = want = ()
            if self.outer:
                got += (wire.ips[0].dscp,)
                want += (self.outer(dscp),)
            if self.pcp:
                got += (wire.tags[0].pcp if wire.tags else None,)
                want += (self.pcp(dscp),)
            got += (end.ips[0].dscp,)
            want += (self.inner(dscp),)
            if got != want:
                raise Error("DSCP %d became %r, not %r" % (dscp, got, want))
            bad = [b for b in wire.bad + end.bad if "udp" not in b]
            if bad:
                raise Error("DSCP %d: wrong %s" % (dscp, bad))


class Path:
    """A journey of packets, and rows(): what is measured on it.

    prepare    what all rows have in common, a context manager
    tolerance  a change of the figure that means nothing
    world      class of traffic.py: where packets come from
    best       the figure is the lower quartile of the repeats, for there is
               work in the background that adds; not the least, for it can also
               come after the clock has stopped. Else the median
    """

    def __init__(self, name, title, prepare, rows, tolerance=20, world=World,
                 best=False):
        self.name = name
        self.title = title
        self.prepare = prepare
        self.rows = rows
        self.tolerance = tolerance
        self.world = world
        self.best = best
