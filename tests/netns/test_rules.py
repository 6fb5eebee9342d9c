#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: limit=300
"""Rules: by the mark of a connection, both directions get their DSCP and their
tag; all sixteen pairs of SonicOS's actions."""

import contextlib
import errno
import socket
import types

import expect
import genl
import topo
import tq
import wire
from bulk import BODY, PORT, carry, connect, count
from case import main
from rules import CLASSIFY, UDP, classified
from sonicos import LEAVE, Rule, every

MASK = 0xff0000
SOME = [expect.ds(d, e) for d, e in ((0, 0), (0, 2), (14, 1), (46, 2), (63, 3))]
ALL = range(256)
BOX = Rule("map", "map", True)
KEEP = Rule("preserve", "preserve")
SINK = topo.SINK_PORT


@contextlib.contextmanager
def ruled(ns, dev, *which, also=lambda sock: None, **more):
    """Rules 1, 2, ... and a port that knows tags."""
    with genl.Tunqos(ns) as sock:
        with sock.transaction():
            sock.set_port(dev, rules=1)
            for number, rule in enumerate(which, 1):
                sock.set_rule(number, **rule.tables(), **more)
            also(sock)
        yield sock
        with sock.transaction():
            sock.flush()


def judge(case, name, shot, caught, want):
    """want: for each DS byte the one at the end, and the tags of its frame."""
    end = shot.sort(caught["end"])
    for before in shot.ds:
        where = "0x%02x" % before
        p = end.get(before)
        if not case.true(name + ": there", p, where):
            continue
        ds, tags = want[before]
        case.equal(name + ": DS", p.ips[0].ds, ds, where)
        if tags is not None:
            case.equal(name + ": tags", [(t.vid, t.pcp, t.dei)
                                         for t in p.tags], tags, where)
        case.equal(name + ": bad", p.bad, [], where)


def wanted(rule, pcp, tag):
    """tag(what outcome() says of it): the tags of a frame."""
    want = {}
    for before in ALL:
        dscp, cos = rule.outcome(pcp, before >> 2)
        want[before] = (expect.ds(dscp, before & 3), tag(cos) if tag else None)
    return want


def shoot(case, net, name, rule, pcp=None, tags=(), src="hostB", tag=None,
          family=4, ds=SOME, sport=SINK):
    dst = "hostA" if src == "hostB" else "hostB"
    shot = wire.Shot(net, family, ds, src=src, dst=dst, tags=tags, sport=sport)
    with wire.Captures(end=(dst, "lan")) as caps:
        shot.send()
        case.true(name + ": the fence arrives", caps.until_fence(shot, "end"))
        case.later(judge, "%s IPv%d" % (name, family), shot, caps.taken(),
                   wanted(rule, pcp, tag))


def tagged(pcp, dei=0, vid=10):
    return ((0x8100, pcp, dei, vid),)


def of_vlan(cos):
    """A VLAN device's frames always have a tag: "none" is 0 there."""
    return [(10, 0 if cos in ("none", None) else cos, 0)]


def of_lan(cos):
    """Others have none, unless it has something to say."""
    return [] if cos in ("none", None) else [(0, cos, 0)]


def vlan(case, net):
    """From and to a VLAN, tagged on its way to the router and back."""
    with classified("rB", UDP):
        for rule in every():
            with ruled("rB", "lan.10", rule):
                for family in (4, 6):
                    for pcp in (6, 3):
                        shoot(case, net, "VLAN %s, %d" % (rule, pcp), rule,
                              pcp, tagged(pcp), family=family)
                    shoot(case, net, "VLAN %s, reply" % rule, rule, None,
                          src="hostA", tag=of_vlan, family=family,
                          ds=ALL if rule == BOX else SOME)


def ethernet(case, net):
    """The same of a port without a VLAN: priority tags, and none."""
    with classified("rA", UDP):
        for rule in every():
            with ruled("rA", "lan", rule):
                for family in (4, 6):
                    shoot(case, net, "LAN %s" % rule, rule, None, src="hostA",
                          family=family)
                    shoot(case, net, "LAN %s, VID 0" % rule, rule, 5,
                          tagged(5, vid=0), "hostA", family=family)
                    shoot(case, net, "LAN %s, reply" % rule, rule, None,
                          tag=of_lan, family=family)


def both_ports(case, net):
    """Tagged in and tagged out: PCP survives routing, mapping goes one way."""
    with classified("rB", UDP):
        for rule in every():
            with ruled("rB", "lan.10", rule,
                       also=lambda sock: sock.set_port("wan", rules=1)):
                for family in (4, 6):
                    for pcp in range(8):
                        through(case, net, rule, pcp, family)


def through(case, net, rule, pcp, family):
    """DEI is kept with the tag, and is 0 of any other."""
    name = "LAN to WAN %s, %d IPv%d" % (rule, pcp, family)
    kept = int(rule.cos == "preserve" or rule.cos == rule.dscp == "map")
    shot = wire.Shot(net, family, SOME, src="hostB", dst="hostA",
                     tags=tagged(pcp, 1), sport=SINK)
    with wire.Captures(end=("wan", "rB"), last=("hostA", "lan")) as caps:
        shot.send()
        case.true(name + ": the fence arrives", caps.until_fence(shot, "last"))
        case.later(judge, name, shot, caps.taken(), wanted(
            rule, pcp, lambda cos: [] if cos == "none" else [(0, cos, kept)]))


def tunnels(case, net):
    """The DSCP is inside and outside; a reply has arrived without a tag, also
    if the frame of its outer packet had one."""
    for kind in ("gre", "esp"):
        with net.tunnel(kind) as tun, classified("rB", UDP):
            key = ({"device": tun.dev} if tun.dev else
                   {"peer": topo.WAN["rA"][4]})

            def also(sock):
                sock.set_port("wan", rules=1)
                sock.set_tunnel(encap_dscp="copy", **key)
            with genl.Tunqos("rA") as far:
                with far.transaction():  # a tag for all that goes to rB
                    far.set_port("wan", [5] * 64, priority_tag=1)
                for rule in (BOX, Rule("map", "map"), Rule("none", "map"),
                             Rule("explicit", "preserve"),
                             Rule("preserve", "explicit")):
                    with ruled("rB", "lan.10", rule, also=also):
                        inside(case, net, tun, "%s %s" % (kind, rule), rule)
                with far.transaction():
                    far.flush()


def inside(case, net, tun, name, rule):
    shot = wire.Shot(net, 4, SOME, src="hostB", dst="hostA", tags=tagged(6),
                     sport=SINK)
    with wire.Captures(near=("wan", "rB"), end=("hostA", "lan")) as caps:
        shot.send()
        case.true(name + ": the fence arrives", caps.until_fence(shot, "end"))
        case.later(judge, name, shot, caps.taken(), wanted(rule, 6, None))
        case.later(judge_outer, name, shot, caps.taken(), tun.layers,
                   tun.esp_extra, wanted(rule, 6, None))
    shoot(case, net, name + ", reply", rule, None, src="hostA", tag=of_vlan)


def judge_outer(case, name, shot, caught, layers, esp_extra, want):
    tun = types.SimpleNamespace(layers=layers, esp_extra=esp_extra)
    found = shot.sort(caught["near"], tun)
    case.equal(name + ": outside", sorted(found), sorted(shot.ds))
    for before, p in found.items():
        case.equal(name + ": outer DSCP", p.ips[0].ds >> 2,
                   want[before][0] >> 2, "0x%02x" % before)


def by_cos(case, net):
    """nftables sees the PCP; what follows does not."""
    lines = [CLASSIFY % ("meta mark & 0x0f000000 == 0x0%x000000" % (8 | pcp),
                         pcp + 1) for pcp in (1, 6)]
    which = [Rule("explicit", "none", to_dscp=d) for d in range(10, 18)]
    behind = ("table inet behind { chain f {\n"
              "type filter hook postrouting priority 99;\n"
              "meta mark & 0x0f000000 != 0 counter\n}\n}\n")
    topo.run("rB", "nft", "-f", "-", input=behind)
    with ruled("rB", "lan.10", *which, cos_mask=0xf000000) as sock, \
            classified("rB", *lines):
        case.equal("hooks", sock.rules()[1]["hooks"], {"rule", "rule_cos", "note"})
        for pcp in range(8):
            rule = which[pcp] if pcp in (1, 6) else KEEP
            shoot(case, net, "CoS %d" % pcp, rule, pcp, tagged(pcp),
                  sport=50000 + pcp)
    text = topo.run("rB", "nft", "list", "table", "inet", "behind").stdout
    case.true("its bits are gone behind the rule", "counter packets 0 " in text,
              text)
    topo.run("rB", "nft", "delete", "table", "inet", "behind")


def counters(case, net):
    """Hits of both directions; what has no tag, and whose tag is not known."""
    rule = Rule("map", "preserve", True)
    with classified("rB", UDP), ruled("rB", "lan.10", rule) as sock:
        before = sock.reasons().get("tag_unknown", 0)
        shoot(case, net, "hits", rule, 6, tagged(6))
        shoot(case, net, "hits, reply", rule, None, src="hostA", tag=of_vlan)
        one, count = sock.rules()[1], len(SOME) + 1
        left = {"packets": count, "written": 0, "left_alone": count,
                "dropped": 0}
        case.equal("original", one["original"], {
            "packets": count, "written": count, "left_alone": 0, "dropped": 0})
        case.equal("reply", one["reply"], left)
        case.equal("of the port", sock.ports()["lan.10"]["egress"], left)
        case.equal("why", sock.reasons().get("tag_unknown") - before,
                   2 * count)
        case.equal("hooks", (one["hooks"], sock.ports()["lan.10"]["hooks"]),
                   ({"rule", "note"}, {"port_egress", "port_arrival"}))
    shoot(case, net, "no rule", KEEP, None, tagged(6))


def other_connections(case, net):
    """Without a number, or with one of no rule, nothing is done."""
    for number in (0, 2, 255):
        with ruled("rB", "lan.10", BOX), classified(
                "rB", CLASSIFY % ("meta l4proto udp", number)):
            shoot(case, net, "number %d" % number, KEEP, 6, tagged(6),
                  sport=51000 + number)


def beside(case, net):
    """A rule goes before what else the port says, which has the rest."""
    rule = Rule("preserve", "preserve")
    with classified("rB", UDP), ruled(
            "rB", "lan.10", rule, also=lambda sock: sock.set_port(
                "lan.10", [7 - d // 8 for d in range(64)], rules=1,
                arrival=[LEAVE] * 12 + [20] * 2 + [LEAVE] * 3)) as sock:
        case.equal("read back", (sock.ports()["lan.10"]["rules"],
                                 sock.ports()["lan.10"]["hooks"]),
                   (1, {"port_egress", "port_arrival"}))
        shot = wire.Shot(net, 4, SOME, src="hostA", dst="hostB", sport=SINK)
        with wire.Captures(end=("hostB", "lan")) as caps:
            shot.send()
            case.true("beside: the fence arrives",
                      caps.until_fence(shot, "end"))
            case.later(judge, "beside", shot, caps.taken(), {
                ds: (ds, [(10, 7 - ds // 32, 0)]) for ds in ALL})
        shoot(case, net, "in front", Rule("map", "none"), None, tagged(5))
        with sock.transaction():
            sock.set_rule(1, **BOX.tables())
        shoot(case, net, "the rule's", BOX, None, src="hostA", tag=of_vlan)


def others(case, net):
    """A container's connection is not this router's; nor is its note, and a
    forged one is not believed."""
    topo.ip("rB", ["link add mv0 link lan.10 type macvlan mode bridge",
                   "link set mv0 netns hostA"])
    topo.ip("hostA", ["link set mv0 up", "address add 10.2.0.9/24 dev mv0"])
    mac = topo.mac(4, 2)
    topo.ip("hostA", ["neigh replace %s lladdr %s dev mv0 nud permanent" % (
        topo.HOST["hostB"][4], mac)])
    with classified("hostA", "meta mark 0 accept"), ruled(
            "rB", "lan.10", Rule("none", "explicit", to_cos=7)) as sock:
        topo.run("hostA", "nft", "-f", "-", input=(
            "table inet g { chain o {\ntype filter hook output priority 0;\n"
            "ct mark set 0x00010000\n}\n}\n"))
        with topo.inside("hostA"):
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with s, wire.Captures(end=("hostB", "lan")) as caps:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"mv0")
            s.sendto(b"x" * 77, (topo.HOST["hostB"][4], 9))
            caps.until(lambda: any(p.raw.endswith(b"x" * 77)
                                   for p in caps["end"]), 10)
            case.equal("of another namespace", [
                [(t.vid, t.pcp) for t in p.tags] for p in caps["end"]
                if p.raw.endswith(b"x" * 77)], [[(10, 0)]])
        case.equal("not its rule", sock.ports()["lan.10"]["egress"]["written"],
                   0)
        topo.run("hostA", "nft", "delete", "table", "inet", "g")
    topo.ip("hostA", ["link del mv0"])
    forged(case, net)


def forged(case, net):
    """clsact of the other end leaves all 64 notes that there can be."""
    with ruled("rB", "lan.10", BOX) as sock, classified("rB", UDP):
        before = sock.reasons().get("tag_unknown", 0)
        topo.run("wan", "tc", "qdisc", "add", "dev", "rB", "clsact")
        for tag in range(64):
            note = 0x6000 | tag << 6 | 0x20 | 10
            topo.run("wan", "tc", "filter", "add", "dev", "rB", "egress",
                     "matchall", "classid", "1:%x" % note, "action", "ok")
            shot = wire.Shot(net, 4, [0], src="hostA", dst="hostB", sport=SINK)
            with wire.Captures(end=("hostB", "lan")) as caps:
                shot.send()
                caps.until_fence(shot, "end")
                got = [p.ips[0].dscp for p in shot.sort(caps["end"]).values()]
            case.equal("a note of others", got, [0], "0x%x" % note)
            topo.run("wan", "tc", "filter", "del", "dev", "rB", "egress")
        topo.run("wan", "tc", "qdisc", "del", "dev", "rB", "clsact")
        case.equal("not believed", sock.reasons().get("tag_unknown", 0) -
                   before, 128)


def decrypted(case, net):
    """What IPsec has decrypted comes by the WAN port again: it is no frame of
    that, whether GRO has decrypted it or not."""
    topo.run(None, "modprobe", "-a", "esp4_offload", check=False)
    with net.tunnel("esp") as tun, classified("rB", UDP), \
            genl.Tunqos("rA") as far:
        with far.transaction():
            far.set_port("wan", [5] * 64, priority_tag=1)
        for gro in ("on", "off"):
            net.run("rB", "ethtool", "-K", "wan", "gro", gro)
            for more in ({}, {"arrival": [20] * 17, "override": 1}):
                with ruled("rB", "lan.10", BOX, also=lambda sock: sock.set_port(
                        "wan", rules=1, **more)):
                    inside(case, net, tun, "decrypted, gro " + gro, BOX)
        with far.transaction():
            far.flush()


def with_mark(case, net):
    """The mark of a port with rules is counted, too."""
    with genl.Tunqos("rB") as sock:
        with sock.transaction():
            sock.set_port("lan.10", mark=[1] * 64, mask=1, rules=1)
        shoot(case, net, "a mark", KEEP, 6, tagged(6))
        count_ = len(SOME) + 1
        case.equal("ingress", sock.ports()["lan.10"]["ingress"], {
            "packets": count_, "written": count_, "left_alone": 0,
            "dropped": 0})
        with sock.transaction():
            sock.flush()


def bulk(case):
    """TCP in super-packets: each has its marks, and nothing is broken."""
    rule = Rule("explicit", "explicit")
    with topo.Founding(vlan_b=None) as net, net.tunnel("plain"), \
            classified("rB", CLASSIFY % ("meta l4proto tcp", 1)), \
            ruled("rB", "lan", rule) as sock:
        for family, word in ((4, "ip"), (6, "ip6")):
            name = "TCP IPv%d" % family
            # of rB the connection's first packet comes by wan
            client, server = connect(family)
            counts = {host: count(host, "input", *(
                "tcp %s %d %s dscp %s" % (side, PORT, word, dscp)
                for dscp in ("34", "!= 34")))
                for host, side in (("hostB", "dport"), ("hostA", "sport"))}
            got = carry(client, server, family)
            case.true(name + ": the bytes are right", got == BODY)
            for host, one in counts.items():
                marked, others = one()
                case.true("%s: all are marked at %s" % (name, host),
                          marked > 2 and not others,
                          "%d, %d not" % (marked, others))
                topo.run(host, "nft", "delete", "table", "inet", "count")
        egress = sock.ports()["lan"]["egress"]
        case.true("tags", egress["written"] == egress["packets"] > 20,
                  str(egress))


REFUSED = (
    ({"mark_mask": 0}, "mark-mask has 2 to 8 bits in a row"),
    ({"mark_mask": 0xf0f}, "mark-mask has 2 to 8 bits in a row"),
    ({"mark_mask": 0x1ff}, "mark-mask has 2 to 8 bits in a row"),
    ({"mark_mask": None}, "a rule needs mark-mask"),
    ({"mark_mask": 0x30}, "mark-mask 0x30 has room for rules 1-2"),
    ({"cos_mask": 0x7}, "cos-mask has 4 bits in a row"),
    ({"cos_mask": 0x1b}, "cos-mask has 4 bits in a row"),
    ({"override": 1}, "arrival-override needs arrival-dscp"),
    ({"insert_tag": 1}, "insert-tag needs arrival-tag or dscp-tag"),
    ({"arrival_dscp": [64] * 17}, "entry 0 of arrival-dscp is 64"),
    ({"arrival_tag": [16] * 17}, "entry 0 of arrival-tag is 16"),
    ({"dscp_tag": [15] * 63 + [17]}, "table entry for dscp 63 is 17"),
)


def refusals(case):
    with genl.Tunqos("rB") as sock:
        for what, want in REFUSED:
            refused(case, sock, want, number=3, **what)
        topo.ip("rB", ["link add m0 link lan type macsec"])
        for what in ({"rules": 1}, {"rules": 1, "priority_tag": 1}):
            try:
                with sock.transaction():
                    sock.set_port("lan.10" if len(what) > 1 else "m0", **what)
                case.fail("refused as a port: %s" % what)
            except genl.Refused as e:
                case.true("words: %s" % e, "drops frames with a tag" in
                          e.message or "priority-tag needs" in e.message)
        topo.ip("rB", ["link del m0"])
        refused(case, sock, "", errno.ERANGE, number=0)
        refused(case, sock, "", errno.ERANGE, number=255)
        tables = {"arrival_dscp": [46] * 16 + [LEAVE], "override": 1,
                  "arrival_tag": [15] * 17, "dscp_tag": [1] * 64,
                  "insert_tag": 1, "cos_mask": 0xf}
        with sock.transaction():
            sock.set_rule(3, mark_mask=0xff0, **tables)
        one = sock.rules()[3]
        case.equal("read back", {k: one.get(k) for k in tables} | {
            "override": one["arrival_override"], "mask": one["mark_mask"]},
            dict(tables, mask=0xff0))
        for what in ({"mark_mask": MASK, "cos_mask": 0xf},
                     {"mark_mask": 0xff0, "cos_mask": 0xf0}):
            refused(case, sock, "rule 4: rules of another mark-mask or "
                    "cos-mask are in force", errno.EBUSY, number=4, **what)
            case.equal("nothing changed", sock.rules().keys(), {3})
        try:
            with sock.transaction():
                sock.del_rule(9)
            case.fail("there is no rule 9")
        except genl.Refused as e:
            case.equal("no such rule", e.message, "rule 9: no such binding")
        with sock.transaction():
            sock.del_rule(3)
            sock.set_port("lan.10", rules=1)
        case.equal("gone", (sock.rules(), sock.ports()["lan.10"]["rules"]),
                   ({}, 1))


def refused(case, sock, words, number_of=None, **what):
    try:
        with sock.transaction():
            sock.set_rule(**what)
        case.fail("refused: %s" % (words or what))
    except genl.Refused as e:
        case.true("refused in words: %s" % e, words in e.message)
        if number_of:
            case.equal("refused with", e.errno, number_of)


def test(case):
    with tq.module(), topo.Founding(vlan_b=10) as net:
        with net.tunnel("plain"):
            for part in (vlan, ethernet, both_ports, by_cos, counters,
                         other_connections, beside, others, with_mark):
                part(case, net)
                case.note(part.__name__)
        tunnels(case, net)
        decrypted(case, net)
        refusals(case)
    with tq.module():
        bulk(case)


if __name__ == "__main__":
    main(test)
