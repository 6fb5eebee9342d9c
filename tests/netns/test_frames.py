#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: limit=600
"""IP behind PPPoE, MPLS and two tags, at ports and in tunnels of frames, both
ways; and what is not IP, which has PCPs of its own."""

import itertools
import struct
from contextlib import closing

import devices  # noqa: F401  adds its kinds of tunnels
import expect
import genl
import topo
import tq
import wire
from case import main

MIXED = [(d * 5 + 2) % 8 for d in range(64)]
OUT = [(d * 7 + 3) % 64 for d in range(64)]
BACK = [(d * 11 + 5) % 64 for d in range(64)]
ADDRESS = {4: ("10.9.0.1", "10.9.0.2"), 6: ("fd09::1", "fd09::2")}
SRC, DST = topo.mac(9, 1), "ff:ff:ff:ff:ff:ff"
TYPE = {4: b"\x08\x00", 6: b"\x86\xdd"}


def packet(family, dscp, mark, proto=17, body=None):
    """An IP packet; its DS byte has an ECN field too."""
    src, dst = ADDRESS[family]
    ds = expect.ds(dscp, dscp & 1 and expect.ECT0)
    if body is None:
        body = wire.udp_datagram(src, dst, 4000, 4001, b"tunqos" + mark)
    if family == 4:
        return wire.ipv4_header(src, dst, ds, len(body), proto) + body
    return wire.ipv6_header(src, dst, ds, len(body), proto) + body


def pppoe(proto, inside):
    body = proto + inside
    return b"\x88\x64" + struct.pack("!BBHH", 0x11, 0, 7, len(body)) + body


def labels(*numbers):
    return b"".join(struct.pack("!I", n << 12 | 3 << 9 | (
        i == len(numbers) - 1) << 8 | 64) for i, n in enumerate(numbers))


# name: what is between the addresses and the IP header
FORMS = {
    "plain": lambda f, ip: TYPE[f] + ip,
    "pppoe": lambda f, ip: pppoe(b"\0\x21" if f == 4 else b"\0\x57", ip),
    "pppoe short": lambda f, ip: pppoe(b"\x21" if f == 4 else b"\x57", ip),
    "mpls": lambda f, ip: b"\x88\x47" + labels(777) + ip,
    "mpls null": lambda f, ip: b"\x88\x48" + labels(
        777, 16, 0 if f == 4 else 2) + ip,
    "tag": lambda f, ip: b"\x81\0\0\x07" + TYPE[f] + ip,
    "two tags": lambda f, ip: b"\x88\xa8\0\x06\x81\0\0\x07" + TYPE[f] + ip,
    "tag pppoe": lambda f, ip: b"\x81\0\0\x07" + pppoe(
        b"\0\x21" if f == 4 else b"\0\x57", ip),
}
ETHERNET = bytes.fromhex((DST + SRC).replace(":", ""))


class Shots:
    """Frames that are known again by their last bytes."""

    def __init__(self):
        self.number = itertools.count(1)

    def send(self, case, name, raw, cap, frames):
        """{key: packet} of {key: function of a mark that makes a frame}."""
        marks = {}
        for key, make in frames.items():
            mark = struct.pack("!I", 0x74710000 + next(self.number))
            marks[mark] = key
            raw.send(make(mark))

        def found():
            cap.drain()
            return {marks[p.raw[-4:]]: p for p in cap.packets
                    if p.raw[-4:] in marks}

        try:
            topo.wait(lambda: len(found()) == len(frames), 20)
        except TimeoutError:
            case.fail("%s: %d of %d arrive" % (
                name, len(found()), len(frames)))
        return found()


def table(form, family):
    """A frame for each DSCP."""
    return {d: lambda mark, d=d: ETHERNET + form(
        family, packet(family, d, mark)) for d in range(64)}


def pcps(p, count=1):
    return [(t.tpid, t.vid, t.pcp, t.dei) for t in p.tags[:count]]


def ports(case, shots, sock):
    """PCP of the DSCP, wherever it is in the frame."""
    for name, table_map in (("mixed", MIXED), ("none", None)):
        with sock.transaction():
            sock.flush()
            if table_map:
                sock.set_port("lan.10", table_map)
        for form, family in itertools.product(FORMS, (4, 6)):
            if not table_map and form != "pppoe":
                continue
            what = "%s, %s IPv%d" % (name, form, family)
            with wire.Raw("rB", "lan.10") as raw, \
                    closing(wire.Capture("hostB", "lan")) as cap:
                got = shots.send(case, what, raw, cap,
                                 table(FORMS[form], family))
            for d, p in got.items():
                pcp = table_map[d] if table_map else 0
                case.equal(what + ": tag", pcps(p), [(0x8100, 10, pcp, 0)],
                           d)
                frame = ETHERNET + FORMS[form](
                    family, packet(family, d, p.raw[-4:]))
                case.equal(what + ": the rest", p.raw, frame, d)
    count = sock.ports()
    case.equal("no port is left", count, {})


def two_tags(case, shots, net, sock):
    """The S-tag and the C-tag, each a port's."""
    net.ip("rB", ["link add link lan name s20 type vlan proto 802.1ad id 20",
                  "link set s20 up",
                  "link add link s20 name c30 type vlan id 30",
                  "link set c30 up"])
    want = {
        "both": lambda d: (MIXED[d], MIXED[d]),
        "s20": lambda d: (MIXED[d], 0),
        "c30": lambda d: (0, MIXED[d]),
    }
    for offload in ("on", "off"):
        net.run("rB", "ethtool", "-K", "lan", "tx-vlan-stag-hw-insert",
                offload)
        for which, pcp in want.items():
            with sock.transaction():
                sock.flush()
                for dev in ("s20", "c30"):
                    if which in ("both", dev):
                        sock.set_port(dev, MIXED)
            for family, form in itertools.product((4, 6), ("plain", "pppoe")):
                what = "two tags, %s, %s IPv%d, offload %s" % (
                    which, form, family, offload)
                with wire.Raw("rB", "c30") as raw, \
                        closing(wire.Capture("hostB", "lan")) as cap:
                    got = shots.send(case, what, raw, cap,
                                     table(FORMS[form], family))
                for d, p in got.items():
                    outer, inner = pcp(d)
                    case.equal(what, pcps(p, 2), [
                        (0x88a8, 20, outer, 0), (0x8100, 30, inner, 0)], d)
    with sock.transaction():
        sock.flush()
    net.ip("rB", ["link del s20"])


def udp(family, sport, dport):
    src, dst = ADDRESS[family]
    return lambda mark: ETHERNET + TYPE[family] + packet(
        family, 46, b"", body=wire.udp_datagram(
            src, dst, sport, dport, b"tunqos" + mark))


def icmp6(kind):
    return lambda mark: ETHERNET + TYPE[6] + packet(
        6, 46, b"", 58, bytes([kind, 0, 0, 0]) + bytes(20) + mark)


def other(kind, body):
    return lambda mark: ETHERNET + kind + body + bytes(30) + mark


# what it is: how it begins; the last two are IP of no protocol with a PCP
FRAMES = {
    "arp": [other(b"\x08\x06", b"\0\1\x08\0\6\4\0\1")],
    "dhcp": [udp(4, 68, 67), udp(4, 67, 68), udp(6, 546, 547),
             udp(6, 547, 546)],
    "nd": [icmp6(k) for k in range(133, 138)],
    "pppoe_discovery": [other(b"\x88\x63", b"\x11\x09\0\0\0\0")],
    "ppp_control": [other(b"\x88\x64", struct.pack("!BBHH", 0x11, 0, 7, 36) +
                          proto) for proto in (b"\xc0\x21", b"\xc0\x23",
                                               b"\x80\x21", b"\x80\x57")],
    "non_ip": [other(b"\x88\xcc", b"\2\7"), other(b"\0\x26", b"\x42\x42\3"),
               other(b"\x88\x64", b"\x11\0\0\7\0\x24\0\xfd"),
               other(b"\x88\x47", labels(777) + b"\0\0\0\1"),
               lambda mark: ETHERNET + b"\x88\xb5" + mark],
    "ip": [udp(4, 67, 4000), udp(6, 68, 67), udp(4, 546, 547), icmp6(128)],
}
NOT_IP = ("arp", "pppoe_discovery", "ppp_control", "non_ip")
OWN = dict(arp=2, dhcp=3, nd=4, pppoe_discovery=1, ppp_control=6, non_ip=7)


def protocols(case, shots, sock):
    """EF is 5 by the DSCP here; each protocol as set."""
    ef = [d >> 3 for d in range(64)]
    settings = {
        "dscp": (dict(table=ef), lambda w: 0 if w in NOT_IP else 5),
        "non-ip": (dict(table=ef, non_ip=7),
                   lambda w: 7 if w in NOT_IP else 5),
        "all": (dict(table=ef, **OWN), lambda w: OWN.get(w, 5)),
        "alone": (dict(ppp_control=6),
                  lambda w: 6 if w == "ppp_control" else 0),
        "services alone": (dict(dhcp=0, nd=4), lambda w: {"nd": 4}.get(w, 0)),
    }
    frames = {(word, i): make for word, makes in FRAMES.items()
              for i, make in enumerate(makes)}
    for name, (setting, want) in settings.items():
        with sock.transaction():
            sock.flush()
            sock.set_port("lan.10", **setting)
        own = [setting.get(w, genl.LEAVE) for w in genl.PORT_PROTOCOL]
        case.equal(name + ": read back", sock.ports()["lan.10"].get(
            "protocol_pcp", [genl.LEAVE] * 6), own)
        before = sock.ports()["lan.10"]["egress"]
        with wire.Raw("rB", "lan.10") as raw, \
                closing(wire.Capture("hostB", "lan")) as cap:
            got = shots.send(case, name, raw, cap, frames)
        after = sock.ports()["lan.10"]["egress"]
        for (word, i), p in got.items():
            case.equal("set cos %s: %s" % (name, word), pcps(p),
                       [(0x8100, 10, want(word), 0)], i)
        grew = {k: after[k] - before[k] for k in after}
        case.equal(name + ": the counters add up", grew["packets"],
                   grew["written"] + grew["left_alone"])
        marked = [w for w, _ in frames if w in setting or (
            "table" in setting and w not in NOT_IP) or (
            "non_ip" in setting and w in NOT_IP)]
        # the kernel itself says a word or two
        case.true("%s: written %s of %d" % (name, grew, len(marked)),
                  len(marked) <= grew["written"] <= len(marked) + 5)
    for bad, words in ((dict(arp=8), "0-7 or 255"), ({}, "a port needs")):
        try:
            with sock.transaction():
                sock.set_port("lan.10", **bad)
            case.fail("refused: %s" % bad)
        except genl.Refused as e:
            case.true("refused in words: %s" % e, words in e.message)
    with sock.transaction():
        sock.flush()


def marks(case, shots, net, sock):
    """set mark: the DSCP of what arrives, wherever it is in the frame."""
    with sock.transaction():
        sock.set_port("lan.10", mark=list(range(64)), mask=0x3f0000)
    rules = "".join("meta mark & 0x3f0000 == %d counter\n" % (d << 16)
                    for d in range(64))
    net.run("rB", "nft", "-f", "-", input=(
        "table netdev seen { chain seen { type filter hook ingress device"
        " lan.10 priority 0;\nether saddr != %s accept\n%s}\n}\n" % (SRC, rules)))
    for form, family in itertools.product(FORMS, (4, 6)):
        what = "mark, %s IPv%d" % (form, family)
        before = seen(net)
        with wire.Raw("hostB", "lan.10") as raw, \
                closing(wire.Capture("rB", "lan.10")) as cap:
            shots.send(case, what, raw, cap, table(FORMS[form], family))
        topo.wait(lambda: sum(seen(net)) >= sum(before) + 64, 10)
        case.equal(what, [b - a for a, b in zip(before, seen(net))], [1] * 64)
    net.run("rB", "nft", "delete", "table", "netdev", "seen")
    with sock.transaction():
        sock.flush()


def seen(net):
    """Packets of each mark."""
    out = net.run("rB", "nft", "list", "table", "netdev", "seen").stdout
    return [int(line.split("packets ")[1].split()[0])
            for line in out.splitlines() if "packets" in line]


def tunnels(case, shots, net, kind):
    """Frames into a tunnel's device, out of it into a bridge: the outer DSCP
    of the inner one, the inner one of the outer."""
    with net.tunnel(kind) as tun, genl.Tunqos("rA") as a, \
            genl.Tunqos("rB") as b:
        with a.transaction():
            a.set_tunnel(device="tun", encap_dscp="table", encap_table=OUT)
        with b.transaction():
            b.set_tunnel(device="tun", encap_dscp="native",
                         decap_dscp="table", decap_table=BACK)
        net.ip("rB", ["link add br0 type bridge", "link set tun master br0",
                      "link set lan master br0", "link set br0 up"])
        for form, family in itertools.product(FORMS, (4, 6)):
            what = "%s, %s IPv%d" % (kind, form, family)
            with wire.Raw("rA", "tun") as raw, \
                    closing(wire.Capture("wan", "rA")) as near, \
                    closing(wire.Capture("hostB", "lan")) as cap:
                got = shots.send(case, what, raw, cap,
                                 table(FORMS[form], family))
                near.drain()
                outside = {p.raw[-4:]: p.ips[0] for p in near.packets
                           if tuple(p.kinds[1:2]) == tun.layers[:1]}
            for d, p in got.items():
                mark = p.raw[-4:]
                case.equal(what + ": outside", outside[mark].dscp, OUT[d],
                           d)
                ip = packet(family, d, mark)
                want = bytearray(packet(family, BACK[OUT[d]], mark))
                # ECN of the other DSCP in packet() is not meant
                ds = expect.ds(BACK[OUT[d]], d & 1 and expect.ECT0)
                if family == 4:
                    want[1] = ds
                    want[10:12] = b"\0\0"
                    struct.pack_into("!H", want, 10, wire.checksum(
                        bytes(want[:20])))
                else:
                    want[0], want[1] = 0x60 | ds >> 4, ds << 4 & 0xff
                case.equal(what + ": behind", p.raw[-len(ip):], bytes(want),
                           d)
        for name, sock, way in (("encap", a, "encap"), ("decap", b, "decap")):
            one = sock.tunnels()["tun"][way]
            case.true("%s: written by %s: %s" % (kind, name, one),
                      one["written"] >= 64 * 2 * len(FORMS))
        pseudowire(case, shots, kind)
        for sock in (a, b):
            with sock.transaction():
                sock.flush()
        net.ip("rB", ["link set lan nomaster", "link del br0"])


def pseudowire(case, shots, kind):
    """An Ethernet frame right behind a label may begin like IP; it is not
    written into."""
    frames = {}
    for first in (0x45, 0x60):
        frames[first] = lambda mark, first=first: (
            ETHERNET + b"\x88\x47" + labels(777) + bytes([first]) +
            bytes(range(1, 60)) + mark)
    with wire.Raw("rA", "tun") as raw, closing(wire.Capture("hostB", "lan")) as cap:
        got = shots.send(case, kind + ", pseudowire", raw, cap, frames)
    for first, p in got.items():
        case.equal(kind + ", pseudowire: untouched", p.raw,
                   frames[first](p.raw[-4:]), hex(first))


def test(case):
    shots = Shots()
    with tq.module(), topo.Founding(vlan_b=10) as net, \
            genl.Tunqos("rB") as sock:
        ports(case, shots, sock)
        two_tags(case, shots, net, sock)
        protocols(case, shots, sock)
        # with the tag inserted by software the header's length is another
        net.run("rB", "ethtool", "-K", "lan", "tx-vlan-hw-insert", "off")
        protocols(case, shots, sock)
        marks(case, shots, net, sock)
    with tq.module(), topo.Founding(vlan_b=None) as net:
        for kind in ("gretap", "vxlan6"):
            tunnels(case, shots, net, kind)


if __name__ == "__main__":
    main(test)
