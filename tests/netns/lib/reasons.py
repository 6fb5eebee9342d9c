# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets that are left alone for a reason, and those that are no more when
what `show reasons` advises has been done."""

import contextlib
import time

import genl
import topo

TRIED = set()  # reasons whose advice has been taken


def wait(done):
    end = time.monotonic() + 10 * topo.SLOW
    while not done() and time.monotonic() < end:
        time.sleep(0.02)


@contextlib.contextmanager
def counted(case, r, name, want, **_):
    """So many packets are left alone for this meanwhile, or shortly after;
    which binding they are of, as mended() has it, makes no difference."""
    with genl.Tunqos(r) as sock:
        def more():
            return sock.reasons().get(name, 0) - before
        before = sock.reasons().get(name, 0)
        yield
        wait(lambda: more() >= want)
        case.equal(name + ": packets", more(), want)


@contextlib.contextmanager
def mended(case, r, name, want, way="encap", of="tun"):
    """None is left alone for this meanwhile, and so many are written, or
    more: the kernel may have something to say as well.

    of   the binding: device, peer, number of a rule
    way  encap, decap; egress or ingress of a port; original, reply of a rule
    """
    with genl.Tunqos(r) as sock:
        def now():
            return {**sock.tunnels(), **sock.ports(),
                    **sock.rules()}[of][way]["written"]
        written, left = now(), sock.reasons().get(name, 0)
        yield
        wait(lambda: now() - written >= want)
        case.true(name + ", as advised: written", now() - written >= want,
                  "%d, want %d" % (now() - written, want))
        case.equal(name + ", as advised: left alone",
                   sock.reasons().get(name, 0), left)
    TRIED.add(name)
