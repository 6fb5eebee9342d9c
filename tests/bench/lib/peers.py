# SPDX-License-Identifier: GPL-2.0-or-later
"""Everything that can be put into a router: tunqos, and what else marks.

Each is a function that returns a context manager: in force inside the 'with'
block, and gone without a trace behind it.
"""

import contextlib
import os

import genl
import prepare
import topo
import tq
import traffic

OUT = os.environ["TUNQOS_BENCH_OUT"]
HOOK = os.environ["TUNQOS_BENCH_HOOK"]
SET = 10  # the DSCP that whoever writes a fixed one writes
TABLE = prepare.TABLE


def same(dscp):
    return dscp


def table(dscp):
    return TABLE[dscp]


def fixed(_):
    return SET


def zero(_):
    return 0


@contextlib.contextmanager
def nothing():
    yield


@contextlib.contextmanager
def module(ns=None, tunnels=(), ports=(), family="r1", rules=()):
    """tunqos.ko, with these settings in a namespace.

    tunnels: dicts for genl.Tunqos.set_tunnel(); ports: (device, table), or
    dicts for genl.Tunqos.set_port(); rules: for set_rule().
    """
    with tq.module():
        if not tunnels and not ports and not rules:
            yield
            return
        with genl.Tunqos(ns or family) as sock:
            with sock.transaction():
                for tunnel in tunnels:
                    sock.set_tunnel(**tunnel)
                for port in ports:
                    if isinstance(port, dict):
                        sock.set_port(**port)
                    else:
                        sock.set_port(*port)
                for rule in rules:
                    sock.set_rule(**rule)
            wrong = [n for n, b in list(sock.tunnels().items()) +
                     list(sock.ports().items()) if b["state"] != "active"]
            if wrong:
                raise RuntimeError("not active: %s" % " ".join(wrong[:9]))
            try:
                yield
            except traffic.Error as e:
                raise traffic.Error("%s; left alone: %s" % (
                    e, sock.reasons() or "none"))


@contextlib.contextmanager
def hook(ns, place, dev="", extra=0):
    """The empty hook; extra=1: with 100 instructions more."""
    with topo.inside(ns):
        topo.run(None, "insmod", HOOK, "place=" + place,
                 "dev=" + dev, "extra=%d" % extra)
    try:
        yield
    finally:
        topo.run(None, "rmmod", "emptyhook")


@contextlib.contextmanager
def nft(ns, text):
    """A whole table, named bench."""
    topo.run(ns, "nft", "-f", "-", input=text)
    try:
        yield
    finally:
        topo.run(ns, "nft", "flush", "ruleset")


def base(name, where, *rules):
    """A base chain. where: as in nft(8), 'output'.

    Of type filter, even where nft(8) would have a route chain: that one looks
    for a new route whenever it has changed a DSCP (1000 instructions).
    """
    return "chain %s { type filter hook %s priority -150;\n%s\n}\n" % (
        name, where, "\n".join(rules))


def chain(where, *rules, extra=""):
    """A table with one base chain, and what else is in it."""
    return "table ip bench {\n%s%s}\n" % (extra, base("first", where, *rules))


def nft_static(ns, where, match=""):
    return nft(ns, chain(where, match + " ip dscp set %d" % SET))


def jumps(key, mark=table):
    """A verdict map with a chain for each of the 64, as nft needs it."""
    chains = "".join("chain d%d { ip dscp set %d; }\n" % (d, mark(d))
                     for d in range(64))
    return chains, "%s vmap { %s }" % (key, ", ".join(
        "%d : jump d%d" % (d, d) for d in range(64)))


def nft_vmap(ns, where):
    chains, rule = jumps("ip dscp")
    return nft(ns, chain(where, rule, extra=chains))


@contextlib.contextmanager
def iptables(kind, ns, *rules):
    """Rules in the mangle table. kind: legacy, nft."""
    name = "iptables-" + kind
    for rule in rules:
        topo.run(ns, name, "-w", "-t", "mangle", *rule.split())
    try:
        yield
    finally:
        if kind == "nft":
            topo.run(ns, "nft", "flush", "ruleset")
        else:
            # the flushed table would go on costing 800 instructions
            topo.run(ns, name, "-w", "-t", "mangle", "-F")
            topo.run(None, "rmmod", "iptable_mangle")


@contextlib.contextmanager
def tc(ns, dev, *filters, place="egress"):
    """Filters at a device's egress, or ingress."""
    topo.run(ns, "tc", "-batch", "-", input="".join(
        ["qdisc add dev %s clsact\n" % dev] + [
            "filter add dev %s %s %s\n" % (dev, place, f) for f in filters]))
    try:
        yield
    finally:
        topo.run(ns, "tc", "qdisc", "del", "dev", dev, "clsact")


def pedit_action(dscp):
    return ("action pedit ex munge ip dsfield set %#x retain 0xfc pipe"
            " action csum ip4h" % (dscp << 2))


def tc_pedit(ns, dev):
    return tc(ns, dev, "protocol ip matchall " + pedit_action(SET))


def tc_flower(ns, dev):
    """64 filters: one hash lookup each mask, and all have the same."""
    return tc(ns, dev, *(
        "protocol ip prio 1 flower ip_tos %#x/0xfc %s" % (
            d << 2, pedit_action(TABLE[d])) for d in range(64)))


def tc_bpf(ns, dev, section):
    """A function of mark.bpf.c."""
    return tc(ns, dev, "protocol all bpf direct-action object-file"
              " %s/mark.bpf.o section %s" % (OUT, section))
