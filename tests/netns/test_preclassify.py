#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: limit=900
"""qos pre-classify: stock tc sees the inner class behind encryption.

The outer header is bleached (encap set 0), so that only the companion or
skb->priority can tell the qdisc what is inside.
"""

import expect
import genl
import topo
import tq
import wire
from case import main
from queues import classes

EF = expect.DSCP["ef"]
AF41 = expect.DSCP["af41"]
LEAVE = genl.LEAVE
# what the manual tells users to type, for each class
MATCH = "meta(tc_index mask 0xf03f eq 0x%x)"
PRIORITY = [d % 16 for d in range(64)]
BLEACH = dict(encap_dscp="set", encap_value=0)


def htb(net, *filters):
    """1:10 for EF, 1:20 for AF41, 1:30 for the rest; also used by the demo."""
    topo.tc("rA", "qdisc replace dev wan root handle 1: htb default 30", *(
        "class replace dev wan parent 1: classid 1:%d htb rate 1gbit" % minor
        for minor in (10, 20, 30)), *(
        "filter add dev wan parent 1: protocol all prio 1 basic match '%s'"
        " classid 1:%d" % (MATCH % (0x7000 | dscp), minor)
        for minor, dscp in filters))


def clean(net):
    net.run("rA", "tc", "qdisc", "del", "dev", "wan", "root")


def shoot(case, net, name, family, dscps=frozenset({0})):
    """64 EF, 32 AF41 and 16 default packets reach hostB."""
    table = [EF << 2] * 64 + [AF41 << 2] * 32 + [0] * 16
    shot = wire.Shot(net, family)
    with wire.Captures(near=("wan", "rA"), end=("hostB", "lan")) as caps:
        with wire.Raw("hostA", net.lan("hostA")) as raw:
            for i, ds in enumerate(table):
                raw.send(shot.frame(ds, i))
        case.true(name + ": all arrive",
                  caps.until_all(shot, "end", len(table)))
        outer = {p.ips[0].dscp for p in caps["near"] if p.first("esp") or
                 p.first("gre") or len(p.ips) > 1}
        case.equal(name + ": outer DSCPs", outer, set(dscps))


def shot_in_classes(case, net, names, want, *how):
    """As shoot(); in how many of these classes of the queue it was sent."""
    before = classes(net, "rA", "wan")
    shoot(case, net, *how)
    now = classes(net, "rA", "wan")
    for (klass, what), packets in zip(names.items(), want):
        case.equal("%s: %s" % (how[0], what), now[klass] - before[klass],
                   packets)


def filtered(case, net, name, family, seen, dscps=frozenset({0})):
    """By the filters of htb(), which is there."""
    shot_in_classes(case, net, {"1:10": "EF class", "1:20": "AF41 class"},
                    (64, 32) if seen else (0, 0), name, family, dscps)


def prio(net):
    """A queue without any filter."""
    net.run("rA", "tc", "qdisc", "replace", "dev", "wan", "root", "handle",
            "2:", "prio", "bands", "3", "priomap",
            *(str({EF % 16: 0, AF41 % 16: 1}.get(i, 2)) for i in range(16)))


def by_priority(case, net, name, family):
    """By the bands of prio(), which is there."""
    shot_in_classes(case, net, {"2:1": "EF band", "2:2": "AF41 band"},
                    (64, 32), name, family)


def one(case, net, kind, settings):
    with net.tunnel(kind) as tun, genl.Tunqos("rA") as sock:
        htb(net, (10, EF), (20, AF41))
        for on in (1, 0):
            with sock.transaction():
                sock.flush()
                for key in settings:
                    sock.set_tunnel(**key, **BLEACH, pre_classify=on)
            for family in tun.families:
                filtered(case, net, "%s IPv%d pre-classify %s" % (
                    kind, family, "on" if on else "off"), family, on)
        with sock.transaction():
            for key in settings:
                sock.set_tunnel(**key, **BLEACH, pre_classify=1,
                                priority=PRIORITY)
        prio(net)
        for family in tun.families:
            by_priority(case, net, "%s IPv%d priority" % (kind, family),
                        family)
        clean(net)
        with sock.transaction():
            sock.flush()
    case.note(kind + " done")


def unwritten(case, net):
    """The class is seen although the outer header stays the kernel's."""
    for kind, family in (("esp", 4), ("esp6", 6)):
        with net.tunnel(kind) as tun, genl.Tunqos("rA") as sock:
            htb(net, (10, EF), (20, AF41))
            for word, setting in (
                    ("native", dict(encap_dscp="native")),
                    ("left", dict(encap_dscp="table",
                                  encap_table=[LEAVE] * 64)),
                    ("ECN", dict(encap_dscp="native", encap_ecn="rfc6040"))):
                for on in (1, 0):
                    with sock.transaction():
                        sock.flush()
                        sock.set_tunnel(peer=topo.WAN["rB"][family], **setting,
                                        pre_classify=on)
                    for inner in tun.families:
                        filtered(case, net, "%s IPv%d %s pre-classify %d" % (
                            kind, inner, word, on), inner, on, {EF, AF41, 0})
            clean(net)
            with sock.transaction():
                sock.flush()


def flows(case, net):
    """fq_codel keeps inner flows apart behind ESP: the hash is the inner's."""
    inner_flows(case, net, "esp", dict(peer=topo.WAN["rB"][4]), (0, 1))
    # the driver of GRE has the hash of the inner flow made in any case
    inner_flows(case, net, "gre-esp", dict(device="tun"), (1,))


def inner_flows(case, net, kind, key, states):
    with net.tunnel(kind), genl.Tunqos("rA") as sock:
        for on in states:
            with sock.transaction():
                sock.flush()
                sock.set_tunnel(**key, pre_classify=on)
            net.run("rA", "tc", "qdisc", "replace", "dev", "wan", "root",
                    "handle", "1:", "htb", "default", "1")
            net.run("rA", "tc", "class", "add", "dev", "wan", "parent", "1:",
                    "classid", "1:1", "htb", "rate", "400kbit", "burst", "2k")
            net.run("rA", "tc", "qdisc", "add", "dev", "wan", "parent",
                    "1:1", "handle", "10:", "fq_codel")
            with wire.Raw("hostA", "lan") as raw:
                for i in range(120):
                    shot = wire.Shot(net, 4, sport=20000 + i % 24)
                    raw.send(shot.frame(0, i))
            out = net.run("rA", "tc", "-s", "qdisc", "show", "dev",
                          "wan").stdout
            words = out.split("fq_codel")[1].split()
            count = int(words[words.index("new_flow_count") + 1]) + \
                int(words[words.index("old_flows_len") + 1])
            case.true("%s, 24 inner flows, pre-classify %d: %d new flows" % (
                kind, on, count), count > 8 if on else count <= 3)
            clean(net)


def provenance(case, net):
    """What leaks in from another router is never taken for ours.

    veth carries skb->tc_index into the next namespace. hostA pretends to be
    a router that marks: every kind of companion, on packets that then enter
    the tunnels. The outer DSCP must be the profile's, the class the packet's.
    """
    peer = topo.WAN["rB"][4]
    for kind, key in (("gre", dict(device="tun")),
                      ("esp", dict(peer=peer)),
                      ("esp", None), ("gre-esp", None)):
        with net.tunnel(kind) as tun, genl.Tunqos("rA") as sock:
            own = sock.info()["class_tag"]
            with sock.transaction():
                sock.flush()
                if key:
                    sock.set_tunnel(**key, encap_dscp="copy", pre_classify=1)
                else:
                    # hooks are there, but nothing for what is sent
                    sock.set_tunnel(peer="203.0.113.99", encap_dscp="copy")
                    sock.set_tunnel(device="other", encap_dscp="copy")
                    sock.set_tunnel(peer=peer, encap_dscp="native",
                                    decap_dscp="copy", decap_permit=set())
            htb(net, (10, EF), (20, 8))
            topo.tc("hostA", "qdisc add dev lan clsact")
            for foreign in (0x7000 | own << 6 | 8, 0x8000 | own << 6 | 8,
                            0x9000 | 8 << 6, 0xa000 | 8 << 6 | 8,
                            0xa000 | 8 << 6 | 46, 0xefff, 0xffff, 0x1234):
                topo.tc("hostA", "filter del dev lan egress",
                        "filter add dev lan egress matchall classid 1:%x"
                        " action ok" % foreign)
                name = "%s%s, foreign companion 0x%04x" % (
                    kind, "" if key else " not bound", foreign)
                before = classes(net, "rA", "wan")
                shot = wire.Shot(net, 4, [EF << 2])
                with wire.Captures(near=("wan", "rA"),
                                   end=("hostB", "lan")) as caps:
                    shot.send(fence=False)
                    case.true(name + ": arrives",
                              caps.until_all(shot, "end", 1))
                    near = list(shot.sort(caps["near"], tun).values())
                want = EF if key or kind == "esp" else 0
                case.equal(name + ": outer", [p.ips[0].dscp for p in near],
                           [want])
                sent = classes(net, "rA", "wan")
                case.equal(name + ": EF class", sent["1:10"] - before["1:10"],
                           int(bool(key)))
                case.equal(name + ": CS1 class", sent["1:20"] - before["1:20"],
                           0)
            clean(net)
            topo.tc("hostA", "qdisc del dev lan clsact")
            with sock.transaction():
                sock.flush()


def test(case):
    with tq.module(), topo.Founding(vlan_b=10) as net:
        peer = dict(peer=topo.WAN["rB"][4])
        peer6 = dict(peer=topo.WAN["rB"][6])
        device = dict(device="tun")
        one(case, net, "gre", [device])
        one(case, net, "ipip", [device])
        one(case, net, "sit", [device])
        one(case, net, "esp", [peer])
        one(case, net, "esp6", [peer6])
        one(case, net, "gre-esp", [device, peer])
        unwritten(case, net)
        flows(case, net)
        provenance(case, net)


if __name__ == "__main__":
    main(test)
