#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: limit=400
"""strongSwan between the routers, as Debian has it: by policy, with an xfrm
interface, in UDP; rekeyed and the module reloaded under traffic; copy_dscp.
"""

import time
from functools import partial

import expect
import genl
import stream
import swan
import test_matrix
import topo
import tq
import wire
from case import main
from test_ipsec_matrix import only
from test_matrix import BACK, MIXED, mapped
from topo import WAN

EF = expect.DSCP["ef"]
REQID, IF_ID = 42, 7
NATIVE = dict(encap_dscp="native")
TABLE = dict(encap_dscp="table", encap_table=MIXED)
# the provider rewrites what EF is mapped to, and another one
PROVIDER = {MIXED[EF]: 24, MIXED[8]: 25}
COPY = dict(encap_dscp="native", decap_dscp="copy",
            decap_permit=set(range(0, 64, 3)))  # 24 is permitted, 25 is not
MAP = dict(COPY, decap_dscp="table", decap_table=BACK)
PEER = {r: dict(peer=WAN[topo.OTHER[r]][4]) for r in ("rA", "rB")}
SA = {r: dict(reqid=REQID) for r in ("rA", "rB")}
DEVICE = {r: dict(device="tun") for r in ("rA", "rB")}
# what strongSwan's manual says of copy_dscp: who copies
COPIES_OUT, COPIES_IN = ("out", "yes"), ("in", "yes")


def sent(copy, _, encap, before):
    """[2 Outer] and [3 Inner]."""
    native = before >> 2 if copy in COPIES_OUT else 0
    outer = mapped(encap, "encap", before >> 2, native)
    return (expect.ds(outer, expect.encap_ecn("native", before & 3)),
            before)


def received(copy, _, decap, inner, outer):
    """[6 After]. What the kernel has copied in, nobody touches any more."""
    ecn = expect.decap_ecn("native", inner & 3, outer & 3, esp=True)
    arrives = PROVIDER.get(outer >> 2, outer >> 2)
    if copy in COPIES_IN:
        return expect.ds(arrives, ecn)
    dscp = inner >> 2
    if arrives in decap.get("decap_permit", ()):
        dscp = mapped(decap, "decap", arrives, dscp)
    return expect.ds(dscp, ecn)


def model(copy):
    """As test_matrix.table() asks."""
    return partial(sent, copy), partial(received, copy)


def bind(keys, encap=TABLE, decap=COPY):
    for r, setting in (("rA", encap), ("rB", decap)):
        with genl.Tunqos(r) as sock, sock.transaction():
            sock.flush()
            sock.set_tunnel(**keys[r], **setting)


def counters():
    """Of encapsulation in rA, of decapsulation in rB."""
    with genl.Tunqos("rA") as a, genl.Tunqos("rB") as b:
        return only(a)["encap"], only(b)["decap"]


def tables(case, net, tun, name, encap=TABLE, decap=COPY, copy="out",
           families=(4, 6)):
    for family in families:
        test_matrix.table(case, tun, family, "%s IPv%d" % (name, family),
                          (encap, decap, None), net, model(copy))


def some(marked, packets=25):
    """As many more on the wire, and all looked at."""
    end = marked.traffic.sent + packets
    topo.wait(lambda: marked.traffic.sent >= end, 30, "traffic")
    marked.look()


def rekeyed(case, pair, marked, r):
    """A new SA in both directions; packets take it without a gap."""
    before = len(marked.spis)
    pair.rekey(r)
    topo.wait(lambda: marked.look() or len(marked.spis) > before, 30,
              "a new SA on the wire")
    case.equal("new SAs", len(marked.spis), before + 1)
    some(marked)


def dropped():
    """What rA's kernel had to drop while SAs came and went: packets for which
    it found none, before [1 Before], and packets whose SA was deleted between
    that and the cipher. It does both without tunqos just the same."""
    stat = topo.run("rA", "cat", "/proc/net/xfrm_stat").stdout.split()
    return [int(stat[stat.index(name) + 1]) for name in (
        "XfrmOutNoStates", "XfrmOutStateInvalid")]


def rekeys(case, net, pair, tun, name):
    """Right marks before, during, and after; each packet is accounted for."""
    then, first = counters(), dropped()

    def lost():
        return [now - one for now, one in zip(dropped(), first)]
    with stream.Marked(net, tun) as marked:
        some(marked)
        for r in ("rA", "rB"):
            rekeyed(case, pair, marked, r)
        here = marked.finish(lambda: sum(lost()))
        case.true(name + ": all arrive", here, "%d of %d, dropped %s" % (
            marked.arrived, marked.traffic.sent, lost()))
    seen = marked.traffic.sent - lost()[0]
    sent = seen - lost()[1]
    outer = MIXED[EF]
    case.equal(name + ": outer", marked.outer, {outer: sent})
    case.equal(name + ": at hostB", marked.inner, {PROVIDER[outer]: sent})
    for what, before, now, want in zip(("encap", "decap"), then, counters(),
                                       (seen, sent)):
        case.equal("%s: %s" % (name, what),
                   [now[k] - before[k] for k in ("packets", "written")],
                   [want, want])
    case.note("%s: %d packets by %d SAs, dropped by Linux: %s" % (
        name, sent, len(marked.spis), lost()))


def phase(case, marked, name, outer):
    """From now on these marks, and no others."""
    time.sleep(0.2 * topo.SLOW)  # what is under way
    marked.look()
    marked.outer.clear()
    marked.inner.clear()
    some(marked)
    case.equal(name + ": outer", set(marked.outer), {outer})
    case.equal(name + ": at hostB", set(marked.inner),
               {PROVIDER.get(outer, EF)})


def reload(case, net, pair, tun, keys):
    """The module goes and comes, once with an SA that it has not seen come."""
    first = dropped()

    def lost():
        return sum(dropped()) - sum(first)
    with stream.Marked(net, tun) as marked:
        phase(case, marked, "bound", MIXED[EF])
        for new_sa in (False, True):
            tq.unload()
            phase(case, marked, "unloaded", EF)
            if new_sa:
                rekeyed(case, pair, marked, "rA")
            tq.load()
            bind(keys)
            phase(case, marked, "loaded", MIXED[EF])
        case.true("reload: all arrive", marked.finish(lost), "%d of %d" % (
            marked.arrived, marked.traffic.sent))
        case.equal("reload: each once", marked.arrived,
                   marked.traffic.sent - lost())
    case.note("reload: %d packets" % marked.traffic.sent)


def trapped(net):
    """A packet brings the SA about, and others come after it."""
    shot = wire.Shot(net, 4, [0])
    with wire.Captures(end=("hostB", "lan")) as caps:
        def arrives():
            shot.send(fence=False)
            return caps.until(lambda: any(
                shot.index(p) is not None for p in caps["end"]), 1)
        topo.wait(arrives, 30, "an SA for the packets")


def policy(case, net, pair):
    with swan.Child(net, pair, reqid=REQID, start_action="trap") as tun:
        bind(PEER)
        trapped(net)
        for name, keys in (("peer", PEER), ("reqid", SA)):
            bind(keys)
            tables(case, net, tun, name, families=(4,))
            rekeys(case, net, pair, tun, name)
            tables(case, net, tun, name + ", rekeyed", families=(6,))
        reload(case, net, pair, tun, SA)
        bind({r: dict(reqid=REQID + 1) for r in SA})
        tables(case, net, tun, "another reqid", NATIVE, {}, families=(4,))
    case.note("by policy: done")


def interface(case, net, pair):
    with swan.Child(net, pair, if_id=IF_ID) as tun:
        bind(DEVICE)
        tables(case, net, tun, "xfrm interface", families=(4,))
        rekeys(case, net, pair, tun, "xfrm interface")
        tables(case, net, tun, "xfrm interface, rekeyed", families=(6,))
    case.note("xfrm interface: done")


def natt(case, net, pair):
    """ESP in UDP, from and to the daemons' own sockets."""
    with swan.Child(net, pair, connection=dict(encap="yes")) as tun:
        bind(PEER)
        tables(case, net, tun, "nat-t")
        rekeys(case, net, pair, tun, "nat-t")
    case.note("nat-t: done")


def copy_dscp(case, net, pair, copy):
    """Whatever it says, our outer mark; where it copies in, a reason."""
    for r in ("rA", "rB"):
        with genl.Tunqos(r) as sock, sock.transaction():
            sock.flush()
    with swan.Child(net, pair, copy_dscp=copy) as tun:
        tables(case, net, tun, copy + ", not bound", NATIVE, {}, copy,
               families=(4,))
        bind(PEER, TABLE, MAP)
        with genl.Tunqos("rB") as sock:
            before = sock.reasons().get("sa_decap_dscp", 0)
            tables(case, net, tun, "copy_dscp = " + copy, TABLE, MAP,
                   copy)
            # the fences too
            case.equal(copy + ": sa_decap_dscp", sock.reasons().get(
                "sa_decap_dscp", 0) - before,
                257 * len(tun.families) * (copy in COPIES_IN))
    case.note("copy_dscp = %s: done" % copy)


def test(case):
    rules = ["ip dscp %d ip dscp set %d" % pair for pair in PROVIDER.items()]
    with tq.module(), topo.Founding(vlan_b=None) as net, \
            net.remark(rules), swan.Pair() as pair:
        case.note("both daemons are up")
        interface(case, net, pair)
        natt(case, net, pair)
        for copy in ("no", "yes"):
            copy_dscp(case, net, pair, copy)
        policy(case, net, pair)


if __name__ == "__main__":
    main(test)
