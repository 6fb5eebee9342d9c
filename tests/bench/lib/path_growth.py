# SPDX-License-Identifier: GPL-2.0-or-later
"""Many tunnels and SAs: the last one made is the one that is measured."""

import contextlib
from functools import partial

import path_esp
import peers
import topo
from rows import Path, Row
from traffic import LOCAL, REMOTE

SIZES = (1, 100, 1000, 10000)
GROUP = 7


class Tunnels:
    """GRE devices t0, t1 and so on in r1, told apart by their keys. They stay
    while the rows ask for more; r2 has only the other ends of those in use."""

    def __init__(self):
        self.made = 0

    @contextlib.contextmanager
    def prepare(self):
        try:
            yield
        finally:
            # in one go, and not by the end of the namespace in the background
            topo.run("r1", "ip", "link", "delete", "group", GROUP)
            self.made = 0

    @staticmethod
    def link(i, here, there):
        return ["link add t%d group %d type gre local %s remote %s key %d ttl 64"
                % (i, GROUP, here, there, i), "link set t%d up" % i]

    @contextlib.contextmanager
    def use(self, n):
        """There are n, and the packets go by the last one."""
        lines = []
        for i in range(self.made, n):
            lines += self.link(i, LOCAL, REMOTE)
        topo.ip("r1", lines + ["route replace 10.2.0.0/24 dev t%d" % (n - 1)])
        self.made = max(self.made, n)
        topo.ip("r2", self.link(n - 1, REMOTE, LOCAL))
        try:
            yield
        finally:
            topo.ip("r2", ["link del t%d" % (n - 1)])

    @staticmethod
    def bound(first, last, **what):
        """tunqos with t<first> to t<last - 1> bound."""
        return peers.module("r1", [dict(device="t%d" % i, **what)
                                   for i in range(first, last)])

    def rows(self):
        rows = []
        for n in SIZES:
            use = partial(self.use, n)
            rows += [
                Row("no marking, %d tunnels" % n, use, outer=peers.zero,
                    kind="base" if n == 1 else "peer"),
                Row("tunqos copy, %d tunnels" % n, use, partial(
                    self.bound, 0, n, encap_dscp="copy"), outer=peers.same,
                    kind="tunqos")]
            if n > 1:
                rows.append(Row(
                    "unbound tunnel, %d bound" % (n - 1), use, partial(
                        self.bound, 0, n - 1, encap_dscp="copy"),
                    outer=peers.zero, kind="tunqos"))
        return rows


class Associations:
    """SAs of r1 to as many peers; the last one has the policy."""

    def __init__(self):
        self.made = 0

    @contextlib.contextmanager
    def prepare(self):
        with path_esp.esp("null"):
            try:
                yield
            finally:
                self.made = 0

    @staticmethod
    def peer(i):
        return "10.%d.%d.%d" % (64 + (i >> 16), i >> 8 & 255, i & 255)

    @contextlib.contextmanager
    def use(self, n):
        topo.ip("r1", [path_esp.state(
            "null", dst=self.peer(i), spi=0x10000 + i, reqid=10 + i)
            for i in range(self.made, n - 1)])
        self.made = max(self.made, n - 1)
        yield

    def bound(self, n, others, own):
        """others: selectors, each a function of a number; they take turns,
        and each has at least one. own: that of the SA in use."""
        what = dict(encap_dscp="set", encap_value=peers.SET)
        ways = len(others)
        keys = [others[i % ways](i)
                for i in range(max(n - 1, ways if ways > 1 else 0))]
        return peers.module("r1", [dict(key, **what) for key in keys + [own]])

    def ways(self):
        """What SAs are bound by: others, and the SA in use."""
        def peer(i):
            return dict(peer=self.peer(i))

        def reqid(i):
            return dict(reqid=10 + i)
        return {
            "peer": ((peer,), dict(peer=REMOTE)),
            "reqid": ((reqid,), dict(reqid=1)),
            # looked for in this order
            "local, after seven other ways": ((
                lambda i: dict(spi=0x10000 + i), lambda i: dict(if_id=10 + i),
                lambda i: dict(peer(i), reqid=10 + i), reqid,
                lambda i: dict(mark=1 + i, mark_mask=0xffffffff),
                lambda i: dict(peer(i), local=LOCAL), peer),
                dict(local=LOCAL)),
        }

    def rows(self):
        rows = []
        for n in SIZES:
            use = partial(self.use, n)
            rows.append(Row("kernel copy, %d SAs" % n, use, outer=peers.same,
                            kind="base" if n == 1 else "kernel"))
            rows += [Row(
                "tunqos set by %s, %d SAs" % (way, n), use, partial(
                    self.bound, n, *what), outer=peers.fixed, kind="tunqos")
                for way, what in self.ways().items()]
        return rows


def path(name, title, what, **more):
    return Path(name, title, what.prepare, what.rows, **more)


PATHS = (
    path("gre-growth", "GRE, many tunnels", Tunnels(), tolerance=40),
    path("esp-growth", "ESP without encryption, many SAs", Associations(),
         tolerance=100, best=True),
)
