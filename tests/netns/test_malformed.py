#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: limit=900
"""Malformed packets into bound tunnels: only DS fields may differ.

The same stream passes twice through the same topology, once without the
module, once with everything bound: what the kernel alone delivers arrives with
tunqos too, in the same order and the same byte for byte but for the DS fields
of the profile, and nothing more arrives. TUNQOS_SEED=n makes another stream.

The tunnels are those of lib/crowd.py. Receive aggregation is off in both
passes: tunqos needs it off.
"""

import collections
import itertools
import os
import random
import struct

import genl
import malformed
import topo
import tq
import wire
from case import main
from crowd import (BACK, DEVICES, GRE2, KEY, NETS, OUT, PORT, SPI, Crowd, bind,
                   ends, families)
from malformed import ETHERTYPE, IP4, IP6

SEED = int(os.environ.get("TUNQOS_SEED") or 2983)
LEAST = 20000  # packets of the stream
CHUNK = 256
MARK = b"TQ-FENCE-"
MLD = bytes.fromhex("ff02" + 13 * "00" + "16")


# The stream

class Batch:
    """Packets that are sent one after another, with one outer DSCP.

    send  the place: (namespace, device, EtherType or None for frames)
    end   where the fence comes by
    """

    def __init__(self, name, kind, send, end, dscp=0):
        self.name = name
        self.kind = kind
        self.send = send
        self.end = end
        self.dscp = dscp
        self.frames = []
        self.fence = b""
        self.serial = b""  # in the fence


class Stream:
    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.seq = itertools.count(1)
        self.dscp = 0
        self.batches = []
        self.zoos = {k: malformed.Zoo(self.rng, ends(k))
                     for k in (*DEVICES, *NETS)}
        for kind in (*DEVICES, *NETS):
            self.decap(kind)
        for kind in DEVICES:
            self.encap(kind)
        for kind in NETS:
            self.forwarded(kind)
        self.tagged()

    def __len__(self):
        return sum(len(b.frames) for b in self.batches)

    def mark(self, family=4):
        """A good packet that is known again, for the last batch."""
        batch = self.batches[-1]
        batch.serial = MARK + b"%06d" % len(self.batches)
        zoo = self.zoos.get(batch.kind) or self.zoos["tun"]
        make = malformed.ipv4 if family == 4 else malformed.ipv6
        return make(*zoo.ends[family], 17, wire.udp_datagram(
            *zoo.ends[family], 40000, 40001, batch.serial))

    def batch(self, name, kind, send, end):
        self.dscp = self.rng.randrange(64)
        self.batches.append(Batch(name, kind, send, end, self.dscp))
        return self.batches[-1]

    # into rB from the provider

    def wrap(self, kind, family, payload, ecn=None):
        """The outer packet; payload: inner packet, or GRE with its header."""
        if ecn is None:
            ecn = self.rng.choice((0, 0, 0, 1, 2, 3))
        ds = self.dscp << 2 | ecn
        a, b = (GRE2 if kind == "gesp" else
                {r: topo.WAN[r][4] for r in topo.WAN}).values()
        if kind == "esp6":
            a, b = topo.WAN["rA"][6], topo.WAN["rB"][6]
            return malformed.ipv6(a, b, 50, self.esp(kind, family, payload),
                                  ds=ds)
        if kind in SPI:
            return malformed.ipv4(a, b, 50, self.esp(kind, family, payload),
                                  ds=ds)
        proto = {"ipx": 4, "six": 41}.get(kind, 47)
        return malformed.ipv4(a, b, proto, payload, ds=ds)

    def esp(self, kind, family, payload):
        following = 47 if kind == "gesp" else 4 if family == 4 else 41
        pad = -(len(payload) + 2) % 4
        return struct.pack("!II", SPI[kind], next(self.seq)) + payload + \
            bytes(range(1, pad + 1)) + bytes([pad, following])

    def gre(self, kind, ethertype, raw):
        """The tunnel's payload, as its device wants it."""
        if kind in ("tun", "gesp"):
            return struct.pack("!HH", 0, ethertype) + raw
        if kind != "keyed":
            return raw
        form = "!HHHHII", 0xb000, ethertype
        last = 0, KEY, next(self.seq)
        check = wire.checksum(struct.pack(*form, 0, *last), raw)
        return struct.pack(*form, check, *last) + raw

    def decap(self, kind):
        zoo = self.zoos[kind]
        place = "wan", "rB", None
        ethertype = IP6 if kind == "esp6" else IP4
        head = wire.ethernet_header(topo.mac(3, 1), topo.mac(3, 2), ethertype)

        def add(name, make):
            """make() after the batch's DSCP is known"""
            batch = self.batch("%s decap %s" % (kind, name), kind, place,
                               "end")
            batch.frames = [head + raw for raw in make()]
            f = families(kind)[0]
            batch.fence = head + self.wrap(kind, f, self.gre(
                kind, ETHERTYPE[f], self.mark(f)), ecn=0)

        for f in families(kind):
            inner = list(zoo.inner(f))
            for at in range(0, len(inner), CHUNK):
                add("inner IPv%d %d" % (f, at), lambda: [
                    self.wrap(kind, f, self.gre(kind, ETHERTYPE[f], raw))
                    for raw in inner[at:at + CHUNK]])
        add("noise of the other family", lambda: [
            self.wrap(kind, f, self.gre(kind, t, raw))
            for raw in zoo.noise(40) for f, t in ((4, IP6), (6, IP4))])

        outer = malformed.Outer(zoo, lambda raw: self.wrap(kind, f, raw))
        for f in families(kind):
            if f == 6 and kind not in ("tun", "six", "esp6"):
                continue  # the inner packet makes no difference
            def payload():
                return self.gre(kind, ETHERTYPE[f], zoo.good(f, 40))
            if kind == "esp6":
                add("outer, IPv%d" % f, lambda: outer.ipv6(payload()))
                add("pieces, IPv%d" % f, lambda: outer.pieces6(payload()))
            else:
                add("outer, IPv%d" % f, lambda: outer.ipv4(payload()))
                add("pieces, IPv%d" % f, lambda: outer.pieces4(payload()))
        f = families(kind)[0]
        if kind in ("tun", "gesp"):
            add("gre headers", lambda: outer.gre(4, zoo.good(4)))
        if kind in SPI:
            add("esp trailers", lambda: self.trailers(kind, zoo))

    def trailers(self, kind, zoo):
        """Every padding length, every next header."""
        raw = self.wrap(kind, 4, self.gre(kind, IP4, zoo.good(4)))
        for value in range(256):
            yield raw[:-2] + bytes([value]) + raw[-1:]
            yield raw[:-1] + bytes([value])

    # out of rA

    def encap(self, kind):
        """Whatever a packet socket may put on a tunnel device."""
        for f in families(kind):
            inner = list(self.zoos[kind].inner(f))
            for at in range(0, len(inner), CHUNK):
                batch = self.batch("%s encap IPv%d %d" % (kind, f, at), kind,
                                   ("rA", kind, ETHERTYPE[f]), "near")
                batch.frames = inner[at:at + CHUNK]
                batch.fence = self.mark(f)
        if kind in ("tun", "keyed", "gesp"):
            for proto in (0x0806, 0x8847, 0x6558, 0x88be, 0x0001, IP4, IP6):
                batch = self.batch("%s encap %#06x" % (kind, proto), kind,
                                   ("rA", kind, proto), "near")
                batch.frames = list(self.zoos[kind].noise(40))
                # what the device takes as this protocol
                batch.fence = self.mark(6 if proto == IP6 else 4)

    def forwarded(self, kind):
        """From hostA through rA into IPsec, as far as rA lets it."""
        for f in (4, 6):
            head = wire.ethernet_header(topo.mac(1, 1), topo.mac(1, 2),
                                        ETHERTYPE[f])
            inner = list(self.zoos[kind].inner(f))
            for at in range(0, len(inner), CHUNK):
                batch = self.batch("%s encap IPv%d %d" % (kind, f, at), kind,
                                   ("hostA", "lan", None), "near")
                batch.frames = [head + raw for raw in inner[at:at + CHUNK]]
                batch.fence = head + self.mark(f)

    def tagged(self):
        """Frames out of rB's VLAN port."""
        for f in (4, 6):
            types = ETHERTYPE[f], ETHERTYPE[f], ETHERTYPE[10 - f], 0x0806
            inner = [wire.ethernet_header(
                topo.mac(4, 1), topo.mac(4, 2), self.rng.choice(types)) + raw
                for raw in self.zoos["tun"].inner(f)]
            for at in range(0, len(inner), CHUNK):
                batch = self.batch("port IPv%d %d" % (f, at), "port",
                                   ("rB", "lan.10", None), "end")
                batch.frames = inner[at:at + CHUNK]
                batch.fence = wire.ethernet_header(
                    topo.mac(4, 1), topo.mac(4, 2), IP4) + self.mark()


# One pass

def statistics(r):
    """What the kernel counted, without what timers of IPv6 add to."""
    found = {}
    with topo.inside(r):
        for name in ("snmp", "netstat"):
            with open("/proc/thread-self/net/" + name) as f:
                lines = f.read().split("\n")
            for names, values in zip(lines[::2], lines[1::2]):
                for key, value in zip(names.split()[1:], values.split()[1:]):
                    found[names.split(":")[0] + key] = int(value)
        for name in ("snmp6", "xfrm_stat"):
            with open("/proc/thread-self/net/" + name) as f:
                for line in f:
                    key, value = line.split()
                    found[key] = int(value)
        with open("/proc/thread-self/net/dev") as f:
            for line in f.readlines()[2:]:
                dev, values = line.split(":")
                if dev.strip() in DEVICES:
                    for n, value in enumerate(values.split()):
                        found["%s %d" % (dev.strip(), n)] = int(value)
    for key in list(found):
        if key.startswith(("Icmp6", "Ip6", "Udp")) and not key.startswith((
                "Ip6InHdr", "Ip6InToo", "Ip6InNoR", "Ip6InAddr", "Ip6InUnk",
                "Ip6InTrunc", "Ip6Reasm", "Ip6Frag", "Ip6OutForw",
                "Icmp6OutDest", "Icmp6OutPkt", "Icmp6OutTime",
                "Icmp6OutParm")):
            del found[key]
    return found


def ours(frame, mac):
    """An IP frame to this station, and no multicast listener report."""
    return frame[:6] == mac and frame[12:14] in (b"\x08\0", b"\x86\xdd") and \
        MLD not in frame


class Run:
    """The stream through one topology: what came by where."""

    HOST_B = bytes.fromhex(topo.mac(4, 2).replace(":", ""))
    PROVIDER = bytes.fromhex(topo.mac(2, 2).replace(":", ""))

    def __init__(self, case, stream, module):
        self.seen = {}
        self.refused = collections.Counter()
        with Crowd(vlan_b=10):
            if module:
                bind()
            before = {r: statistics(r) for r in ("rA", "rB")}
            self.pass_(case, stream)
            self.statistics = {r: {
                k: v - before[r].get(k, 0) for k, v in statistics(r).items()}
                for r in before}
            if module:
                self.account(case)

    def total(self):
        return sum(len(packets) for seen in self.seen.values()
                   for packets in seen.values())

    def pass_(self, case, stream):
        places = {"near": wire.Capture("wan", "rA"),
                  "end": wire.Capture("hostB", "lan", frames=8192)}
        for dev in (*DEVICES, "wan"):
            for f in (4, 6):
                places["%s %d" % (dev, f)] = wire.Capture(
                    "rB", dev, frames=2048, proto=ETHERTYPE[f])
        self.places = wire.Captures()
        self.places.named = places
        before = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {min(before)})
        try:
            for batch in stream.batches:
                self.send(case, batch)
        finally:
            os.sched_setaffinity(0, before)
            self.places.__exit__()

    def send(self, case, batch):
        ns, dev, ethertype = batch.send
        with wire.Raw(ns, dev) as raw:
            for frame in (*batch.frames, batch.fence):
                try:
                    if ethertype is None:
                        raw.send(frame)
                    else:
                        raw.sock.sendto(frame, (dev, ethertype))
                except OSError as e:
                    self.refused[batch.name, e.errno] += 1
        end = self.places[batch.end]
        looked = [0]

        def arrived():
            fresh = end.frames[looked[0]:]
            looked[0] += len(fresh)
            return any(batch.serial in f[0] for f in fresh)
        case.true("the fence of a batch arrives", self.places.until(
            arrived, 60), batch.name)
        seen = self.seen[batch.name] = {
            name: self.sort(name, cap) for name, cap in
            self.places.named.items() if cap.frames}
        # IPsec's packets come by twice, wrapped and unwrapped, and how the
        # two are mixed depends on when softirqs run
        sent = {*batch.frames, batch.fence}
        for name in ("wan 4", "wan 6"):
            packets = seen.pop(name, [])
            for what, came in (("wrapped", True), ("unwrapped", False)):
                seen["%s %s" % (what, name)] = [
                    p for p in packets if (p[0] in sent) == came]
        self.places.clear()

    def sort(self, name, capture):
        """[(bytes, PCP or None)] without what timers send."""
        if name == "near":
            return [(f[0], None) for f in capture.frames
                    if ours(f[0], self.PROVIDER)]
        if name == "end":
            return [(f[0], f[2] >> 13 if f[1] & wire.TP_STATUS_VLAN_VALID
                     else None) for f in capture.frames
                    if f[0][:6] == self.HOST_B and MLD not in f[0]]
        return [(f[0], None) for f in capture.frames if MLD not in f[0]]

    def account(self, case):
        """Every packet is counted once, each left alone has its reason."""
        for r in ("rA", "rB"):
            with genl.Tunqos(r) as sock:
                tunnels, ports = sock.tunnels(), sock.ports()
                reasons = sock.reasons()
            case.note("%s: left alone %s" % (r, reasons))
            left = 0
            for key, one in (*tunnels.items(), *ports.items()):
                for way in ("encap", "decap", "egress"):
                    n = one.get(way)
                    if n:
                        left += n["left_alone"]
                        case.equal("each is written or left alone",
                                   n["written"] + n["left_alone"] +
                                   n["dropped"], n["packets"],
                                   "%s %s" % (key, way))
            case.equal("reasons add up", sum(reasons.values()), left, r)
            case.true("not-ip is counted", reasons.get("not_ip", 0) > 100, r)
            if r == "rB":
                for dev in DEVICES:  # 1: received packets
                    case.equal("each received packet is looked at",
                               tunnels[dev]["decap"]["packets"],
                               self.statistics[r]["%s 1" % dev], dev)


# The judgement

def header(raw, at):
    """(version, DSCP) of what looks like an IP header, or None."""
    if len(raw) < at + 2 or raw[at] >> 4 not in (4, 6) or \
            0x40 <= raw[at] < 0x45:  # RFC 791 3.1: 5 is the least length
        return None
    word = raw[at] << 8 | raw[at + 1]
    return (4, (word & 0xff) >> 2) if raw[at] >> 4 == 4 else \
        (6, word >> 6 & 0x3f)


def only_ds(a, b, at):
    """Do they differ in nothing but the DSCP of the header there?

    An IPv4 header's sum stays: right as right, wrong as wrong.
    """
    size = 20 if a[at] >> 4 == 4 else 40
    if len(a) != len(b) or len(a) < at + size or a[:at] != b[:at]:
        return False
    if size == 40:
        mask = 0xf03fffff
        x, y = (struct.unpack_from("!I", r, at)[0] & mask for r in (a, b))
        return x == y and a[at + 4:] == b[at + 4:]
    if a[at] != b[at] or (a[at + 1] ^ b[at + 1]) & 3 or \
            a[at + 2:at + 10] != b[at + 2:at + 10] or \
            a[at + 12:] != b[at + 12:]:
        return False
    x, y = (sum(struct.unpack_from("!10H", r, at)) % 0xffff for r in (a, b))
    return x == y


def written(case, what, a, b, at, dscp, must, where):
    """b is a with this DSCP at 'at'; a itself too unless it must be."""
    if a == b and (not must or header(a, at)[1] == dscp):
        case.checks += 1
        return
    if not case.true(what + ": only the DS field differs",
                     header(b, at) and only_ds(a, b, at),
                     "%s: %s became %s" % (where, a.hex(), b.hex())):
        return
    case.equal(what + ": DSCP", header(b, at)[1], dscp, where)


def judge_end(case, batch, a, b, where):
    if a[0][12:14] not in (b"\x08\0", b"\x86\xdd"):
        case.equal("not IP", b, a, where)
        return
    got = header(b[0], 14)
    family = 4 if a[0][12] == 8 else 6
    if batch.kind == "port":
        case.equal("port: bytes", b[0], a[0], where)
        if got and got[0] == family:
            case.equal("port: PCP", b[1], PORT[got[1]], where)
        elif not got:
            case.equal("port: PCP", b[1], a[1], where)
        return
    # the kernel has forwarded it: it is well-formed
    written(case, "decap", a[0], b[0], 14, BACK[batch.dscp], True, where)
    case.equal("decap: PCP", b[1], PORT[header(b[0], 14)[1]], where)


def judge_tap(case, batch, place, a, b, where):
    """What the protocol gets, whether it likes it or not."""
    family = int(place[-1])
    at = 14 if place.endswith("wan %d" % family) else 0
    if place.startswith("wrapped"):
        case.equal("before decap", b, a, where)
        return
    whole = header(a, at) and header(a, at)[0] == family and \
        len(a) >= at + (20 if family == 4 else 40)
    # on 'wan' there is also what does not come out of a tunnel
    must = whole and (at == 0 or MARK in a)
    written(case, "after decap", a, b, at, BACK[batch.dscp], must, where)


AT = {"tun": 24, "keyed": 36, "ipx": 20, "six": 20, "gesp": 32, "esp": 28,
      "esp6": 48}  # the inner header behind the Ethernet header
PROTO = {"tun": 47, "keyed": 47, "ipx": 4, "six": 41, "gesp": 50, "esp": 50,
         "esp6": 50}


def tunnelled(kind, raw):
    """Did this tunnel make the packet?"""
    if kind == "esp6":
        return raw[12] == 0x86 and raw[20] == 50
    return raw[12] == 8 and raw[14] == 0x45 and raw[23] == PROTO[kind]


def inside(kind, raw):
    """The EtherType of what is in this tunnel's packet."""
    if kind in ("tun", "keyed"):
        return raw[36] << 8 | raw[37]
    if kind == "gesp":
        return raw[44] << 8 | raw[45]
    if kind in NETS:
        return {4: IP4, 41: IP6}.get(raw[-1])
    return IP4 if kind == "ipx" else IP6


def bare(kind, raw):
    """Without the outer DSCP, and what IPv4 has besides: the identification
    is drawn at random, the checksum is judged by itself."""
    if kind == "esp6":
        return raw[:14] + bytes([raw[14] & 0xf0, raw[15] & 0x3f]) + raw[16:]
    return raw[:15] + bytes([raw[15] & 3]) + raw[16:18] + raw[20:24] + raw[26:]


def behind_labels(raw, at):
    """Where what RFC 3032 has behind up to eight labels begins, and its
    version if the last one is an explicit null; or None."""
    for _ in range(8):
        label = raw[at:at + 4]
        at += 4
        if len(label) == 4 and label[2] & 1:
            return at, {0: 4, 2: 6}.get(int.from_bytes(label[:3], "big") >> 4)
    return None


def labelled(raw, at):
    """header() of what is behind labels."""
    found = behind_labels(raw, at)
    inner = found and header(raw, found[0])
    return inner if inner and found[1] in (None, inner[0]) else None


def judge_near(case, batch, a, b, where):
    kind, a, b = batch.kind, a[0], b[0]
    if not tunnelled(kind, a):
        case.equal("not in the tunnel: bytes", b, a, where)
        return
    case.equal("encap: bytes", bare(kind, b), bare(kind, a), where)
    if kind != "esp6":
        case.equal("encap: IPv4 checksum", wire.checksum(b[14:34]), 0, where)
    native, got = header(a, 14)[1], header(b, 14)[1]
    if inside(kind, a) == 0x8847:
        inner = labelled(a, 14 + AT[kind])
        family = inner and inner[0]
    else:
        inner = header(a, 14 + AT[kind])
        family = {IP4: 4, IP6: 6}.get(inside(kind, a))
    if not inner or not family:
        case.equal("encap: left alone", got, native, where)
    elif inner[0] == family:
        case.equal("encap: DSCP", got, OUT[inner[1]], where)
    else:  # says that it is one, looks like the other
        case.true("encap: DSCP of a contradiction",
                  got in (native, OUT[inner[1]]), where)


def judge(case, batch, alone, bound):
    """Place by place, packet by packet, in their order."""
    for place in sorted(set(alone) | set(bound)):
        a, b = alone.get(place, []), bound.get(place, [])
        name = "%s at %s" % (batch.name, place)
        if not case.equal("as many packets", len(b), len(a), name):
            continue
        for n, (x, y) in enumerate(zip(a, b)):
            where = "%s, %d" % (name, n)
            if place == "near":
                judge_near(case, batch, x, y, where)
            elif place == "end":
                judge_end(case, batch, x, y, where)
            else:
                judge_tap(case, batch, place, x[0], y[0], where)


def test(case):
    stream = Stream(SEED)
    case.note("seed %d: %d packets in %d batches" % (
        SEED, len(stream), len(stream.batches)))
    case.true("enough packets", len(stream) > LEAST)
    alone = Run(case, stream, False)
    case.note("the kernel alone: %d packets seen" % alone.total())
    with tq.module():
        bound = Run(case, stream, True)
    case.note("with tunqos: %d packets seen" % bound.total())
    for batch in stream.batches:
        judge(case, batch, alone.seen[batch.name], bound.seen[batch.name])
    case.equal("what a packet socket refuses", bound.refused, alone.refused)
    for r in ("rA", "rB"):
        changed = {k: (v, bound.statistics[r].get(k))
                   for k, v in alone.statistics[r].items()
                   if bound.statistics[r].get(k) != v}
        case.equal("the kernel's counters", changed, {}, r)


if __name__ == "__main__":
    main(test)
