#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: limit=500
"""Which profile an SA gets: the most specific selector wins, in a documented
order; a rekeyed SA is bound at once; devices and namespaces; bundles."""

import contextlib
import errno
import itertools
import random

import expect
import genl
import ipsec
import topo
import tq
import wire
from case import main
from ipsec import SPI
from stream import outer_mark
from topo import WAN

EF = expect.DSCP["ef"]

# what the SA from rA to rB is found by in rA, the most specific last
LADDER = (
    ("local", dict(local=WAN["rA"][4])),
    ("peer", dict(peer=WAN["rB"][4])),
    ("mark, short mask", dict(mark=0x10, mark_mask=0x10)),
    ("mark, long mask", dict(mark=0x17, mark_mask=0xff)),
    ("reqid", dict(reqid=1)),
    ("if-id", dict(if_id=5)),
    ("spi", dict(spi=SPI["rA"])),
)
# the same with another value each: they must never match
OTHERS = (dict(local="192.0.2.99"), dict(peer="192.0.2.99"),
          dict(mark=0x18, mark_mask=0xff), dict(reqid=2), dict(if_id=6),
          dict(spi=0x1002 + 1))

# of two the one that says the first of these wins, then the second, and so on;
# of those that say the same the one with more bits in its mask (tunqos(7))
ORDER = ("spi", "if_id", "reqid", "mark", "peer", "local")
SHAPES = 8  # different ways to match that a namespace may have


class Everything(ipsec.EspMark):
    """SAs with all that a selector can say; if_id needs an interface."""

    dev = "tun"

    def extra(self, sender, number):
        return "mark 0x17 mask 0xff if_id 5"

    def up(self, r):
        lines = ["link add tun type xfrm dev wan if_id 5", "link set tun up"]
        for line in super().up(r):
            words = line.split()
            if words[1] == "policy":
                words[4] = words[6] = "::/0" if ":" in words[4] else \
                    "0.0.0.0/0"
                words[9:9] = ["if_id", "5"]
            lines.append(" ".join(words))
        return lines + ["route add %s dev tun" % topo.LAN[topo.OTHER[r]][f]
                        for f in self.families]

    def down(self, r):
        return ["link del tun"] + super().down(r)


topo.KINDS["everything"] = Everything


def seen(net, tun, family=4, before=expect.ds(EF, 0)):
    """The outer DSCP of one packet from hostA on the provider's link."""
    shot = wire.Shot(net, family, [before])
    with wire.Captures(near=("wan", "rA"), end=("hostB", "lan")) as caps:
        shot.send()
        if not caps.until_fence(shot, "end"):
            return "nothing"
        return shot.sort(caps["near"], tun)[before].ips[0].dscp


def replace(sock, *bindings):
    """Each binding writes its own DSCP, 1 on."""
    with sock.transaction():
        sock.flush()
        for value, key in enumerate(bindings, 1):
            sock.set_tunnel(**key, encap_dscp="set", encap_value=value)


def precedence(case, net, sock):
    """Of each two selectors the more specific one is obeyed."""
    with net.tunnel("everything") as tun:
        for (n1, one), (n2, two) in itertools.combinations(LADDER, 2):
            for order, mark in (((one, two), 2), ((two, one), 1)):
                replace(sock, *order)
                case.equal("%s and %s" % (n1, n2), seen(net, tun), mark)
        for name, one in LADDER:
            replace(sock, one)
            case.equal(name + " alone", seen(net, tun), 1)
        replace(sock, *OTHERS)
        case.equal("another value of each", seen(net, tun), EF)
        # what says more beats what says less, whatever that is
        replace(sock, dict(peer=WAN["rB"][4], local=WAN["rA"][4]),
                dict(peer=WAN["rB"][4]), dict(local=WAN["rA"][4]))
        case.equal("peer and local", seen(net, tun), 1)
        replace(sock, dict(peer=WAN["rB"][4], reqid=2), dict(reqid=1))
        case.equal("the peer is right, its reqid is not", seen(net, tun), 2)
        with sock.transaction():
            sock.del_tunnel(reqid=1)
        case.equal("nothing is left", seen(net, tun), EF)


def every_selector():
    """All that can be said of the SA from rA to rB."""
    fields = {next(iter(key)): key for name, key in LADDER
              if name != "mark, short mask"}
    short = dict(mark=0x10, mark_mask=0x10)
    for number in range(1, len(fields) + 1):
        for words in itertools.combinations(fields, number):
            key = {}
            for word in words:
                key.update(fields[word])
            yield key
            if "mark" in key:
                yield dict(key, **short)


def rank(key):
    return ([word in key for word in ORDER],
            key.get("mark_mask", 0).bit_count())


def together(case, net, sock):
    """Each selector that fits, eight at a time in any order; the one that was
    obeyed goes, until none is left."""
    every = list(every_selector())
    case.equal("selectors", len(every), 31 + 2 * 32)
    random.Random(4301).shuffle(every)
    replace(sock)
    with net.tunnel("everything") as tun:
        while every:
            some = every[:SHAPES]
            del every[:SHAPES]
            replace(sock, *some)
            for best in sorted(some, key=rank, reverse=True):
                case.equal("the most specific of eight", seen(net, tun),
                           some.index(best) + 1, str(best))
                with sock.transaction():
                    sock.del_tunnel(**best)
            case.equal("none of eight is left", seen(net, tun), EF)


def shapes(case, sock):
    """Eight different ways to match; the ninth is refused as a whole."""
    ways = [dict(reqid=1, mark=0, mark_mask=1 << n) for n in range(8)]
    replace(sock)
    replace(sock, *ways)
    case.equal("eight", len(sock.tunnels()), 1)  # the dictionary's key
    try:
        with sock.transaction():
            sock.set_tunnel(reqid=9, encap_dscp="native")
        case.true("the ninth is refused", False)
    except genl.Refused as e:
        case.equal("the ninth", e.errno, errno.ENOSPC)
        case.true("says why: " + e.message,
                  "ipsec reqid 9: cannot hook into ipsec" in e.message and
                  "too many different ways" in e.message)
    before = sock.info()["generation"]
    try:
        with sock.transaction():
            sock.del_tunnel(**ways[3])
            sock.set_tunnel(reqid=9, encap_dscp="native")
            sock.set_tunnel(if_id=9, encap_dscp="native")
        case.true("two come and one goes: refused", False)
    except genl.Refused as e:
        case.equal("two come and one goes", e.errno, errno.ENOSPC)
    case.equal("nothing was changed", sock.info()["generation"], before)
    with sock.transaction():
        sock.set_tunnel(reqid=9, encap_dscp="native")
        sock.del_tunnel(**ways[3])
    case.equal("one goes and another comes", set(sock.tunnels()), {1, 9})
    replace(sock)


EQUALS = 8  # devices that say the same of their SAs


def equals(case, sock):
    """vti devices that differ in what they are tied to say the same; a
    limited number of them can be bound."""
    for i in range(EQUALS + 1):
        topo.ip("rA", ["link add d%d type dummy" % i,
                       "link add v%d type vti local 192.0.2.1 remote"
                       " 198.51.100.9 dev d%d" % (i, i)])
    last = "v%d" % EQUALS
    with sock.transaction():
        sock.flush()
        for i in range(EQUALS):
            sock.set_tunnel(device="v%d" % i, encap_dscp="copy")
    case.equal("equal ones are bound", {
        one["state"] for one in sock.tunnels().values()}, {"active"})
    sock.begin()
    sock.set_tunnel(device=last, encap_dscp="copy")
    try:
        sock.commit()
        case.fail("one more is bound")
    except genl.Refused as e:
        case.equal("one more", errno.errorcode[e.errno], "EMLINK")
        case.true("one more: why", "tunnel %s: " % last in e.message and
                  "eight devices with the same addresses are bound, remove one"
                  in e.message, e.message)
    case.equal("not there", len(sock.tunnels()), EQUALS)
    # from the notifier, the same
    topo.ip("rA", "link set %s name later" % last)
    with sock.transaction():
        sock.set_tunnel(device=last, encap_dscp="copy")
    topo.ip("rA", "link set later name %s" % last)
    one = sock.tunnels()[last]
    case.equal("from the notifier", one["state"], "failed")
    case.true("from the notifier: why", "eight devices" in one["problem"],
              one)
    topo.ip("rA", ["link del v0", "link set %s up" % last])
    case.equal("one has made room", sock.tunnels()[last]["state"], "active")
    with sock.transaction():
        sock.flush()
    topo.ip("rA", ["link del d%d" % i for i in range(EQUALS + 1)] +
            ["link del v%d" % i for i in range(1, EQUALS + 1)])


def rekey(case, net, sock):
    """New SPIs under way: bound with the first packet; the old ones go."""
    with net.tunnel("ipsec") as tun:
        replace(sock, dict(reqid=1))
        outer_mark(case, net, tun, "before", 1)
        for round_ in range(2, 5):
            for r in ("rA", "rB"):
                topo.ip(r, [line.replace(
                    "spi %#x" % SPI[s], "spi %#x" % (SPI[s] + round_ * 16))
                    for s in ("rA", "rB") for line in [tun.sa(s, 0)]])
            for r in ("rA", "rB"):
                topo.ip(r, ["xfrm state delete src %s dst %s proto esp spi"
                            " %#x" % (WAN[s][4], WAN[topo.OTHER[s]][4],
                                      SPI[s] + (round_ - 1) * 16
                                      if round_ > 2 else SPI[s])
                            for s in ("rA", "rB")])
            outer_mark(case, net, tun, "rekeyed %d" % round_, 1)
        case.equal("state", sock.tunnels()[1]["state"], "active")


def ah_later(case, net, sock):
    """The first AH SA of all comes after the profile."""
    ef, cs1 = EF, expect.DSCP["cs1"]
    with genl.Tunqos("rB") as b:
        with b.transaction():
            b.flush()
            b.set_tunnel(peer=WAN["rA"][4], decap_dscp="copy",
                         decap_permit=set(range(64)))
        replace(sock)
        with net.tunnel("ah"), net.remark(net.mark_all(dscp=cs1)):
            def copied():
                shot = wire.Shot(net, 4, [expect.ds(ef, 0)])
                with wire.Captures(end=("hostB", "lan")) as caps:
                    shot.send()
                    return caps.until_fence(shot, "end") and shot.sort(
                        caps["end"])[expect.ds(ef, 0)].ips[0].dscp == cs1
            topo.wait(copied, 20, "a copied mark out of AH")
            case.true("the outer DSCP came in", copied())
        with b.transaction():
            b.flush()


def device(case, net, sock):
    """xfrm devices: another if_id, external, gone; a selector goes first."""
    with net.tunnel("xfrm-device") as tun:
        replace(sock, dict(device="tun"))
        one = sock.tunnels()["tun"]
        case.equal("kind, state, hooks", (one["kind"], one["state"],
                                          one["hooks"]),
                   ("xfrm", "active", {"before"}))
        outer_mark(case, net, tun, "by the device", 1)
        replace(sock, dict(device="tun"), dict(if_id=7))
        outer_mark(case, net, tun, "the same by its number", 2)
        replace(sock, dict(device="tun"), dict(peer=WAN["rB"][4]))
        outer_mark(case, net, tun, "the device before the peer", 1)
        replace(sock, dict(device="tun"))
        topo.ip("rA", "link add other type xfrm dev wan if_id 8")
        with sock.transaction():
            sock.set_tunnel(device="other", encap_dscp="set", encap_value=9)
        outer_mark(case, net, tun, "beside another", 1)
        # another number while it is down, which no event tells
        for number, mark in ((9, EF), (7, 1)):
            topo.ip("rA", "link set tun down")
            topo.ip("rA", "link set tun type xfrm dev wan if_id %d" %
                    number)
            topo.ip("rA", ["link set tun up"] + [
                "route replace %s dev tun" % topo.LAN["rB"][f]
                for f in (4, 6)])
            if mark == 1:
                outer_mark(case, net, tun, "its number again", mark)
            case.equal("state", sock.tunnels()["tun"]["state"], "active")
            if number == 9:
                topo.ip("rA", "link del other")
                topo.ip("rA", "link add other type xfrm dev wan if_id 7")
                topo.ip("rA", ["link set other up"] + [
                    "route replace %s dev other" % topo.LAN["rB"][f]
                    for f in (4, 6)])
                outer_mark(case, net, tun, "its old number is another's", 9)
                topo.ip("rA", "link del other")
        with sock.transaction():
            sock.set_tunnel(device="other", encap_dscp="set", encap_value=9)
        try:
            with sock.transaction():
                sock.set_tunnel(device="tun", decap_dscp="copy")
            case.true("decap without a permit list is refused", False)
        except genl.Refused as e:
            case.true("says why: " + e.message, "tunnel tun: " in e.message
                      and "needs a permit list" in e.message)
        topo.ip("rA", "link add other type xfrm external")
        other = sock.tunnels()["other"]
        case.equal("an external one", other["state"], "failed")
        case.true("says why: " + other.get("problem", ""),
                  "does not say which sas" in other.get("problem", ""))
        topo.ip("rA", "link del other")
        case.equal("it is gone", sock.tunnels()["other"]["state"], "pending")
    case.equal("this one, too", sock.tunnels()["tun"]["state"], "pending")
    with net.tunnel("xfrm") as tun:
        outer_mark(case, net, tun, "and back", 1)
    replace(sock)


def nested(case, net, sock):
    """ESP in ESP with a profile for each: two passes, two headers."""
    class Twice(ipsec.Ipsec):
        transforms = (("esp", "tunnel", ipsec.AEAD),) * 2
        esp_extra = 56  # of the inner ESP: header, IV, padding, ICV, outer IP

        def up(self, r):
            # xfrm interfaces, once loaded, look for a policy of ESP in ESP
            ends = "src %s dst %s" % (WAN[topo.OTHER[r]][4], WAN[r][4])
            return super().up(r) + [
                "xfrm policy add %s proto esp dir in tmpl %s proto esp reqid 2"
                " mode tunnel" % (ends, ends)]

    topo.KINDS["twice"] = Twice
    with net.tunnel("twice") as tun, genl.Tunqos("rB") as b:
        with sock.transaction():
            sock.flush()
            sock.set_tunnel(reqid=1, encap_dscp="set", encap_value=17)
            sock.set_tunnel(reqid=2, encap_dscp="table", encap_table=[
                (d + 5) % 64 for d in range(64)])
        # the inner one's header is 17, the outer one maps that
        case.equal("outer header", seen(net, tun), 22)
        with b.transaction():
            b.flush()
            for reqid in (1, 2):
                b.set_tunnel(reqid=reqid, decap_dscp="copy",
                             decap_permit=set(range(64)))
        with net.remark(net.mark_all(dscp=33)):
            shot = wire.Shot(net, 4, [expect.ds(EF, 2)])
            with wire.Captures(end=("hostB", "lan")) as caps:
                shot.send()
                case.true("fence", caps.until_fence(shot, "end"))
                end = shot.sort(caps["end"])
        case.equal("copied in twice", end[expect.ds(EF, 2)].ips[0].ds,
                   expect.ds(33, 2))
        for reqid in (1, 2):
            case.equal("decap of %d" % reqid,
                       b.tunnels()[reqid]["decap"]["written"], 2)
        with b.transaction():
            b.flush()


def compressed(case, net, sock):
    """IPComp in ESP: the outer mark in any case, back only what was pressed."""
    class Pressed(ipsec.Ipsec):
        transforms = (("comp", "tunnel", "comp deflate"),
                      ("esp", "transport", ipsec.AEAD))

    topo.KINDS["pressed"] = Pressed
    with net.tunnel("pressed"), genl.Tunqos("rB") as b, \
            net.remark(net.mark_all(dscp=33)):
        replace(sock, dict(peer=WAN["rB"][4]))
        with b.transaction():
            b.flush()
            b.set_tunnel(reqid=1, decap_dscp="copy",
                         decap_permit=set(range(64)))
        # fewer than 90 bytes are not compressed
        for size, after in ((1000, 33), (20, EF)):
            with wire.Captures(near=("wan", "rA"),
                               end=("hostB", "lan")) as caps:
                net.run("hostA", "ping", "-c1", "-W%d" % (5 * topo.SLOW),
                        "-Q", "%#x" % expect.ds(EF, 0), "-s", str(size), "-p",
                        "00", topo.HOST["hostB"][4], check=False)
                caps.until(lambda: any(p.first("icmp") for p in caps["end"]))
                outer = {p.ips[0].dscp for p in caps["near"]
                         if p.first("esp")}
                inner = {p.ips[0].dscp for p in caps["end"]
                         if p.first("icmp")}
            case.equal("%d bytes: outer" % size, outer, {1})
            case.equal("%d bytes: after" % size, inner, {after})
        with b.transaction():
            b.flush()
    replace(sock)


def test(case):
    with tq.module(), topo.Founding(vlan_b=None) as net, \
            contextlib.closing(genl.Tunqos("rA")) as sock:
        for part in (ah_later, precedence, together, rekey, device, nested,
                     compressed):
            part(case, net, sock)
            case.note(part.__name__ + " done")
        shapes(case, sock)
        equals(case, sock)


if __name__ == "__main__":
    main(test)
