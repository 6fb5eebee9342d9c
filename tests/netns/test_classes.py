#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: limit=900
"""qos pre-classify behind what others put on the egress of the device.

clsact and tcx write skb->tc_index, where the companion is. The class is shown
in skb->priority or skb->mark as well, and the queues find it there; the outer
header is bleached, so that nothing else tells them what is inside.
"""

import contextlib
import json
import shlex

import devices  # noqa: F401  adds its kinds of tunnels
import expect
import genl
import program
import topo
import tq
import wire
from case import main
from reasons import mended
from queues import classes
from test_preclassify import clean, inner_flows

EF, AF41 = expect.DSCP["ef"], expect.DSCP["af41"]
SENT = {EF: 16, AF41: 8, 0: 4}
BLEACH = dict(encap_dscp="set", encap_value=0, pre_classify=1)
MASK, SHIFT = 0x3f00, 8
# the settings, and what the manual tells users to type for a class
VIA = {
    "companion": (dict(class_via="companion"), lambda d: (
        "basic", "match",
        "meta(tc_index mask 0xf03f eq 0x%x)" % (0x7000 | d))),
    "priority": (dict(class_via="priority"), lambda d: (
        "basic", "match",
        "meta(priority mask 0xfffffff0 eq 0x%x)" % (0x70000000 | d << 4))),
    "mark": (dict(class_mask=MASK), lambda d: (
        "handle", "0x%x/0x%x" % (d << SHIFT, MASK), "fw")),
}
PASSING = ("none", "matchall ok", "ebpf ok", "matchall continue",
           "ebpf unspec")


def keys(kind):
    """The bindings that a kind of tunnel needs."""
    return {"gre": [dict(device="tun")],
            "wireguard": [dict(device="tun")],
            "xfrmi": [dict(device="tun")],
            "esp": [dict(peer=topo.WAN["rB"][4])],
            "gre-esp": [dict(device="tun"), dict(peer=topo.WAN["rB"][4])],
            }[kind]


def bind(sock, kind, **settings):
    with sock.transaction():
        sock.flush()
        for key in keys(kind):
            sock.set_tunnel(**key, **BLEACH, **settings)


def tc(net, words):
    net.run("rA", "tc", *words.split())


def htb(net, matches):
    """1:10 for EF, 1:20 for AF41, 1:30 for the rest."""
    topo.tc("rA", "qdisc replace dev wan root handle 1: htb default 30", *(
        "class replace dev wan parent 1: classid 1:%d htb rate 1gbit" % minor
        for minor in (10, 20, 30)), *(
        "filter add dev wan parent 1: protocol all %s classid 1:%d" % (
            " ".join(shlex.quote(word) for word in matches(dscp)), minor)
        for minor, dscp in ((10, EF), (20, AF41))))


def shoot(case, net, name, family=4):
    """As many packets of each DSCP as SENT says reach hostB."""
    table = [d << 2 for d, n in SENT.items() for _ in range(n)]
    shot = wire.Shot(net, family)
    with wire.Captures(end=("hostB", "lan")) as caps:
        with wire.Raw("hostA", net.lan("hostA")) as raw:
            for i, ds in enumerate(table):
                raw.send(shot.frame(ds, i))
        case.true(name + ": all arrive",
                  caps.until_all(shot, "end", len(table)))


def seen(net):
    """Packets of HTB's classes for EF and AF41."""
    sent = classes(net, "rA", "wan")
    return sent["1:10"], sent["1:20"]


def by_filter(case, net, sock, kind, passing=PASSING):
    for via, (settings, matches) in VIA.items():
        bind(sock, kind, **settings)
        for how in passing:
            name = "%s, via %s, %s" % (kind, via, how)
            lost = via == "companion" and how.endswith("ok")
            with program.on("rA", "wan", how):
                htb(net, matches)
                shoot(case, net, name)
                case.equal(name + ": EF and AF41 class", seen(net),
                           (0, 0) if lost else (SENT[EF], SENT[AF41]))
                clean(net)
    case.note(kind + " done")


def tins(net):
    """Packets of cake's tins, in the order of tc -s qdisc."""
    out = json.loads(net.run("rA", "tc", "-j", "-s", "qdisc", "show", "dev",
                             "wan").stdout)
    cake, = [q for q in out if q["kind"] == "cake"]
    return [tin["sent_packets"] for tin in cake["tins"]]


def by_table(case, net, sock, kind):
    """Tins of cake, bands of prio and classes of HTB, without any filter."""
    def table(major):
        """Bulk is tin 1, Best Effort 2, Video 3, Voice 4 of diffserv4."""
        return [major << 16 | {EF: 4, AF41: 3}.get(d, 1) for d in range(64)]

    with program.on("rA", "wan", "matchall ok"):
        bind(sock, kind, priority=table(0x10))
        name = kind + ", cake"
        tc(net, "qdisc replace dev wan root handle 10: cake bandwidth 1gbit "
           "diffserv4")
        shoot(case, net, name)
        case.equal(name + ": tins", tins(net), [4, 0, 8, 16])
        clean(net)
        name = kind + ", prio"
        tc(net, "qdisc replace dev wan root handle 10: prio bands 4")
        shoot(case, net, name)
        sent = classes(net, "rA", "wan")
        case.equal(name + ": bands", [sent["10:%d" % n] for n in (4, 3)],
                   [SENT[EF], SENT[AF41]])
        clean(net)
        name = kind + ", HTB"
        tc(net, "qdisc replace dev wan root handle 10: htb")
        for minor in (1, 3, 4):
            tc(net, "class add dev wan parent 10: classid 10:%d htb rate 1gbit"
               % minor)
        shoot(case, net, name)
        sent = classes(net, "rA", "wan")
        case.equal(name + ": classes", [sent["10:%d" % n] for n in (4, 3)],
                   [SENT[EF], SENT[AF41]])
        clean(net)


def filters_of(case, net, sock, kind):
    """prio, cake and fq_codel take classes by the same filters as HTB."""
    settings, matches = VIA["priority"]
    bind(sock, kind, **settings)
    with program.on("rA", "wan", "ebpf ok"):
        for qdisc in ("prio bands 4", "cake bandwidth 1gbit diffserv4"):
            name = kind + ", filters of " + qdisc
            tc(net, "qdisc replace dev wan root handle 1: " + qdisc)
            for minor, dscp in ((4, EF), (3, AF41)):
                words = (*matches(dscp), "classid", "1:%d" % minor)
                if qdisc.startswith("cake"):
                    words = (*matches(dscp), "action", "skbedit", "priority",
                             "1:%d" % minor)
                net.run("rA", "tc", "filter", "add", "dev", "wan", "parent",
                        "1:", "protocol", "all", *words)
            shoot(case, net, name)
            if qdisc.startswith("cake"):
                got = tins(net)[3], tins(net)[2]
            else:
                sent = classes(net, "rA", "wan")
                got = sent["1:4"], sent["1:3"]
            case.equal(name, got, (SENT[EF], SENT[AF41]))
            clean(net)


def flows(case, net):
    """The hash of the inner flow is no companion: fq_codel has it anyway."""
    with program.on("rA", "wan", "matchall ok"):
        inner_flows(case, net, "esp", dict(peer=topo.WAN["rB"][4]), (1,))


def other_bits(case, net, sock):
    """What else is in the mark and in the priority stays."""
    with net.tunnel("gre"):
        tc(net, "qdisc add dev tun clsact")
        tc(net, "filter add dev tun egress matchall action skbedit mark "
           "0xffff0055 priority 5 pipe action ok")
        tc(net, "qdisc add dev wan clsact")
        for via, what in (
                ("mark", "meta(fwmark eq 0x%x)" % (0xffff0055 & ~MASK |
                                                    EF << SHIFT)),
                ("priority", "meta(priority eq 0x%x)" % (
                    0x70000005 | EF << 4))):
            bind(sock, "gre", **VIA[via][0])
            net.run("rA", "tc", "filter", "replace", "dev", "wan", "egress",
                    "protocol", "all", "prio", "1", "handle", "1", "basic",
                    "match", what, "action", "ok", "index", "77")
            before = passed(net)
            shoot(case, net, "other bits, via " + via)
            case.equal("other bits, via %s: as they were" % via,
                       passed(net) - before, SENT[EF])
        tc(net, "qdisc del dev wan clsact")


def passed(net):
    """Packets that the filter's action has seen."""
    out = json.loads(net.run("rA", "tc", "-j", "-s", "actions", "list",
                             "action", "gact").stdout)
    return sum(a["stats"]["packets"] for part in out
               for a in part.get("actions", []) if a.get("index") == 77)


def output_mark(case, net, sock):
    """An SA's output mark is written later: with a mask it leaves room."""
    for mark, lost in (("output-mark 0x5", True),
                       ("output-mark 0x5 mask 0xff", False)):
        with net.tunnel("esp", options=mark):
            settings, matches = VIA["mark"]
            bind(sock, "esp", **settings)
            before = sock.reasons().get("sa_output_mark", 0)
            htb(net, matches)
            with contextlib.nullcontext() if lost else \
                    mended(case, "rA", "sa_output_mark", sum(SENT.values()),
                           of=topo.WAN["rB"][4]):
                shoot(case, net, mark)
            case.equal(mark + ": classes", seen(net),
                       (0, 0) if lost else (SENT[EF], SENT[AF41]))
            case.equal(mark + ": reason",
                       sock.reasons().get("sa_output_mark", 0) - before,
                       sum(SENT.values()) if lost else 0)
            clean(net)


def outer_class(case, net):
    """RFC 3270 pipe on a VLAN device that has a clsact and a queue of its own:
    both see the priority of the outer DSCP, which no inner one here has."""
    pcp = [d // 8 for d in range(64)]
    with net.tunnel("gre"), genl.Tunqos("rA") as a, genl.Tunqos("rB") as b:
        with a.transaction():
            a.flush()
            a.set_tunnel(device="tun", encap_dscp="set",
                         encap_value=expect.DSCP["af11"])
        for outer in (True, False):
            with b.transaction():
                b.flush()
                b.set_port("lan.10", pcp)
                if outer:
                    b.set_tunnel(device="tun", encap_dscp="native",
                                 decap_class="outer")
            case.equal("pipe %d: hook" % outer,
                       "port_class" in b.ports()["lan.10"]["hooks"], outer)
            for how in ("none", "matchall ok", "ebpf ok"):
                name = "pipe %d behind %s" % (outer, how)
                with program.on("rB", "lan.10", how):
                    net.run("rB", "tc", "qdisc", "replace", "dev", "lan.10",
                            "root", "handle", "1:", "prio", "bands", "3",
                            "priomap", *("%d" % (i != 1) for i in range(16)))
                    shoot(case, net, name)
                    sent = classes(net, "rB", "lan.10")["1:1"]
                    case.equal(name + ": by the outer DSCP", sent,
                               sum(SENT.values()) if outer else 0)
                    net.run("rB", "tc", "qdisc", "del", "dev", "lan.10",
                            "root")


def refusals(case):
    with genl.Tunqos("rA") as sock:
        for what, settings, words in (
                ("five bits", dict(pre_classify=1, class_mask=0x1f00),
                 "class-mask 0x1f00 is not 6 or more bits in a row"),
                ("no bit", dict(pre_classify=1, class_mask=0),
                 "class-mask 0x0 is not 6 or more bits in a row"),
                ("a gap", dict(pre_classify=1, class_mask=0xf0f),
                 "class-mask 0xf0f is not 6 or more bits in a row"),
                ("mark without mask", dict(pre_classify=1, class_via="mark"),
                 "class-via mark needs class-mask"),
                ("mask without mark", dict(pre_classify=1, class_mask=MASK,
                                           class_via="priority"),
                 "class-mask needs class-via mark"),
                ("off", dict(class_via="priority"),
                 "class-via needs pre-classify"),
                ("two writers", dict(pre_classify=1, class_via="priority",
                                     priority=[1] * 64),
                 "both write skb->priority")):
            with sock.transaction():
                try:
                    sock.set_tunnel(device="tun", **settings)
                    case.fail("refused: " + what)
                except genl.Refused as e:
                    case.true("refused: %s: %s" % (what, e.message),
                              words in e.message)
        for settings in (dict(class_via="priority"), dict(class_mask=MASK),
                         dict(class_mask=0xffffffff),
                         dict(class_mask=0xfc000000, priority=[1] * 64)):
            with sock.transaction():
                sock.flush()
                sock.set_tunnel(device="tun", pre_classify=1, **settings)
            got = sock.tunnels()["tun"]
            case.equal("read back: %r" % settings,
                       {k: got.get(k) for k in settings}, settings)
        with sock.transaction():
            sock.flush()


def test(case):
    with tq.module(), topo.Founding(vlan_b=10) as net:
        refusals(case)
        outer_class(case, net)
        with genl.Tunqos("rA") as sock:
            for kind in ("gre", "esp", "xfrmi", "wireguard"):
                with net.tunnel(kind):
                    by_filter(case, net, sock, kind)
            with net.tunnel("gre-esp"):
                by_filter(case, net, sock, "gre-esp", ("matchall ok",))
                by_table(case, net, sock, "gre-esp")
            with net.tunnel("esp"):
                by_table(case, net, sock, "esp")
                filters_of(case, net, sock, "esp")
            output_mark(case, net, sock)
            other_bits(case, net, sock)
            with sock.transaction():
                sock.flush()
        flows(case, net)


if __name__ == "__main__":
    main(test)
