# SPDX-License-Identifier: GPL-2.0-or-later
"""Rows for tests/bench/selftest: what the instrument must see and refuse."""

import contextlib
from functools import partial

import peers
from path_gre import gre
from path_udp import wireguard
from rows import Path, Row
from traffic import OneByOne


@contextlib.contextmanager
def lossy():
    """The far router drops packets, but not the few that are looked at."""
    with peers.nft("r2", peers.chain(
            "prerouting", "limit rate over 1/hour burst 100 packets drop")):
        yield


def bad_checksum():
    """Writes the DSCP, and leaves the checksum as it was."""
    return peers.nft("r1", peers.chain("output", "@nh,8,8 set 0x28"))


def rows():
    hook = partial(peers.hook, "r1", "output")
    return [
        Row("no marking", gre, outer=peers.zero, kind="base"),
        Row("empty hook", gre, hook, outer=peers.zero),
        Row("100 more", gre, partial(hook, extra=1), outer=peers.zero),
        Row("not written", gre, hook, outer=peers.same),
        Row("lost", gre, lossy, outer=peers.zero),
        Row("bad checksum", gre, bad_checksum, outer=peers.fixed),
        Row("wrong inside", gre, partial(
            peers.nft_static, "r2", "forward"), outer=peers.zero),
    ]


def threaded():
    hook = partial(peers.hook, "r1", "output")
    return [
        Row("threads", wireguard, outer=peers.zero, kind="base"),
        Row("threads, empty hook", wireguard, hook, outer=peers.zero),
        Row("threads, 100 more", wireguard, partial(hook, extra=1),
            outer=peers.zero),
    ]


PATHS = (
    Path("selftest", "Self test", contextlib.nullcontext, rows, tolerance=40),
    Path("selftest-threads", "Self test, threads", contextlib.nullcontext,
         threaded, tolerance=100, best=True, world=OneByOne),
)
