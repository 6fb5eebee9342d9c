# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets that nobody ought to send, and good ones that are rarely seen.

Everything comes from one random.Random, so that a seed is a stream:

  zoo = Zoo(random.Random(1), {4: ("10.1.0.2", "10.2.0.2"), 6: (...)})
  for ethertype, raw in zoo.inner(): ...

The destination stays what it is, for what is wrong shall still be routed to
where it can be seen; noise() alone is random throughout.
"""

import struct

import wire

IP4, IP6 = 0x0800, 0x86dd
ETHERTYPE = {4: IP4, 6: IP6}
DEPTH = 10  # tunnels in tunnels


def checked(raw):
    """An IPv4 header's checksum put right, whatever else is wrong."""
    length = (raw[0] & 15) * 4
    if length < 20 or length > len(raw):
        return raw
    head = raw[:10] + b"\0\0" + raw[12:length]
    return head[:10] + struct.pack("!H", wire.checksum(head)) + \
        head[12:] + raw[length:]


def patch(raw, at, new):
    return raw[:at] + new + raw[at + len(new):]


def ipv4(src, dst, proto, body, options=b"", ds=0, frag=0, ident=1, total=None,
         ihl=None):
    """As asked for, with a right checksum; options are padded to words."""
    options += b"\0" * (-len(options) % 4)
    words = 5 + len(options) // 4 if ihl is None else ihl
    length = 20 + len(options) + len(body) if total is None else total
    return checked(struct.pack(
        "!BBHHHBBH4s4s", 0x40 | words & 15, ds, length & 0xffff, ident, frag,
        64, proto, 0, wire.packed(src), wire.packed(dst)) + options + body)


def ipv6(src, dst, proto, body, ds=0, length=None, flow=0):
    return wire.ipv6_header(src, dst, ds, (
        len(body) if length is None else length) & 0xffff, proto,
        flow=flow) + body


def fragments4(raw, sizes, ident, order=None):
    """An IPv4 packet without options in pieces of these many bytes."""
    head, body = raw[:20], raw[20:]
    pieces, at = [], 0
    for size in (*sizes, len(body)):
        part = body[at:at + size]
        if not part:
            break
        more = 0x2000 if at + size < len(body) else 0
        pieces.append(checked(
            head[:2] + struct.pack("!HHH", 20 + len(part), ident,
                                   more | at // 8) + head[8:] + part))
        at += size
    return [pieces[i] for i in order] if order else pieces


def fragments6(raw, sizes, ident, order=None):
    head, proto, body = raw[:40], raw[6], raw[40:]
    pieces, at = [], 0
    for size in (*sizes, len(body)):
        part = body[at:at + size]
        if not part:
            break
        more = at + size < len(body)
        extra = struct.pack("!BBHI", proto, 0, at | more, ident)
        pieces.append(head[:4] + struct.pack("!HB", 8 + len(part), 44) +
                      head[7:] + extra + part)
        at += size
    return [pieces[i] for i in order] if order else pieces


def truncations(raw):
    return [raw[:n] for n in range(len(raw))]


class Zoo:
    """ends: {4: (source, destination), 6: (source, destination)}"""

    def __init__(self, rng, ends):
        self.rng = rng
        self.ends = ends

    def ds(self):
        """Few CE: with Not-ECT inside the kernel drops them."""
        return self.rng.randrange(64) << 2 | self.rng.choice((0, 0, 0, 1, 2, 3))

    def bytes(self, most):
        return self.rng.randbytes(self.rng.randrange(most + 1))

    def udp(self, family, size=12):
        return wire.udp_datagram(*self.ends[family], 40000, 40001,
                                 self.rng.randbytes(size))

    def good(self, family, size=12):
        """A whole UDP packet."""
        return self.ip(family, 17, self.udp(family, size))

    def ip(self, family, proto, body, **kw):
        make = ipv4 if family == 4 else ipv6
        return make(*self.ends[family], proto, body, ds=self.ds(), **kw)

    # IPv4

    def lengths4(self):
        raw = self.good(4)
        for value in (*range(24), *range(len(raw) - 9, len(raw) + 9), 255,
                      1500, 0x7fff, 0xfffc, 0xffff):
            yield checked(patch(raw, 2, struct.pack("!H", value)))
        for first in range(256):  # all versions, all header lengths
            yield checked(patch(raw, 0, bytes([first])))
        long = ipv4(*self.ends[4], 17, self.udp(4), b"\1" * 40, ds=self.ds())
        for first in range(0x40, 0x50):
            yield checked(patch(long, 0, bytes([first])))
        for value in (0, 1, 0xffff, self.rng.randrange(65536)):
            yield patch(raw, 10, struct.pack("!H", value))

    def options4(self):
        kinds = (0, 1, 7, 68, 82, 130, 131, 133, 134, 136, 137, 148, 149, 205,
                 255)
        for kind in kinds:
            for length in (0, 1, 2, 3, 4, 7, 11, 39, 40, 41, 255):
                option = bytes([kind, length]) + self.rng.randbytes(
                    min(max(length - 2, 0), 38))
                if kind == 68 and len(option) > 2:
                    # no room for the time of day: it is never twice the same
                    option = patch(option, 2, bytes([self.rng.choice(
                        (0, 1, 4, length + 1 & 255, 255))]))
                yield self.ip(4, 17, self.udp(4), options=option)
        for _ in range(60):
            yield self.ip(4, 17, self.udp(4), options=self.bytes(40).replace(
                b"\x44", b"\x07"))

    def fragments4(self):
        whole = self.ip(4, 17, self.udp(4, 92))
        ident = self.rng.randrange(1, 65536)
        for sizes, order in (((24, 24), None), ((24, 24), (2, 1, 0)),
                             ((8,), (1,)), ((8,), (0,)), ((48,), (0, 0, 1)),
                             ((8, 8, 8, 8, 8, 8), None)):
            ident = ident % 65535 + 1
            yield from fragments4(whole, sizes, ident, order)
        for frag in (0x2000, 0x4000, 0x6000, 0x8000, 0x1fff, 0x3fff, 0x0001):
            yield self.ip(4, 17, self.udp(4), frag=frag)
        for offset in (0, 1, 2, 3, 8):  # overlapping what came before
            yield self.ip(4, 17, self.bytes(40), frag=0x2000 | offset,
                          ident=ident)

    # IPv6

    def lengths6(self):
        raw = self.good(6)
        for value in (*range(16), *range(len(raw) - 49, len(raw) - 31), 255,
                      1500, 0x7fff, 0xffff):
            yield patch(raw, 4, struct.pack("!H", value))
        for first in range(256):
            yield patch(raw, 0, bytes([first]))
        for hops in (0, 1, 2, 255):
            yield patch(raw, 7, bytes([hops]))

    def extension(self, kind, last):
        """One extension header, right more often than not."""
        rng = self.rng
        if kind == 44:
            return struct.pack("!BBHI", last, 0, rng.choice(
                (0, 0, 1, 8, 9, 0xfff8, 7)), rng.getrandbits(32))
        words = rng.choice((0, 0, 0, 1, 2))
        size = 8 * (words + 1)
        if kind == 43:
            body = bytes([rng.choice((0, 2, 3, 4, 253)),
                          rng.choice((0, 0, 1, 2, 255))])
            body += rng.randbytes(size - 4)
        elif kind == 51:
            body = rng.randbytes(4 * (words + 2) - 2)
        else:
            body = bytes([1, size - 4]) + bytes(size - 4)  # PadN
            if not rng.randrange(3):
                body = rng.randbytes(size - 2)
        if not rng.randrange(5):
            words = rng.randrange(256)
        return bytes([last, words]) + body

    def chain(self, count):
        kinds = [self.rng.choice((0, 43, 44, 51, 60, 60, 135))
                 for _ in range(count)]
        if self.rng.randrange(2):
            kinds.sort(key=lambda k: k != 0)  # hop-by-hop comes first
        body = self.udp(6)
        last = 17
        for kind in reversed(kinds):
            body = self.extension(kind, last) + body
            last = kind
        return self.ip(6, last, body)

    def chains6(self):
        for count in (1, 2, 3, 5, DEPTH):
            for _ in range(24):
                yield self.chain(count)
        yield from truncations(self.chain(4))[40:]
        for proto in range(256):
            yield self.ip(6, proto, self.udp(6))

    def fragments6(self):
        whole = self.ip(6, 17, self.udp(6, 92))
        for sizes, order in (((24, 24), None), ((24, 24), (2, 1, 0)),
                             ((8,), (1,)), ((8,), (0,)), ((48,), (0, 0, 1)),
                             ((96, 8), None)):
            yield from fragments6(whole, sizes, self.rng.getrandbits(32),
                                  order)
        # atomic: a fragment header, and nothing is missing
        yield from fragments6(whole, (), self.rng.getrandbits(32))
        ident = self.rng.getrandbits(32)
        for offset in (0, 8, 16, 24):
            yield self.ip(6, 44, struct.pack(
                "!BBHI", 17, 0, offset | 1, ident) + self.bytes(40))

    # both

    def nested(self, family):
        """DEPTH tunnels in tunnels; each also cut short."""
        raw = self.good(family)
        inside = family
        for depth in range(DEPTH):
            how = self.rng.choice(("ip", "gre", "gre", "gre key"))
            if how == "ip":
                proto = 4 if inside == 4 else 41
                body = raw
            else:
                proto = 47
                body = struct.pack("!HH", 0x2000 if "key" in how else 0,
                                   ETHERTYPE[inside])
                body += (b"\0\0\0\7" if "key" in how else b"") + raw
            inside = family if depth == DEPTH - 1 else self.rng.choice((4, 6))
            raw = self.ip(inside, proto, body)
            if inside == family:
                yield raw
        for cut in self.rng.sample(range(len(raw)), 60):
            yield raw[:cut]

    def flips(self, family, count):
        """One to three bits of a good packet, but not of its destination."""
        size = 20 if family == 4 else 40
        spared = range(16, 20) if family == 4 else range(24, 40)
        for _ in range(count):
            raw = bytearray(self.good(family))
            for _ in range(self.rng.randrange(1, 4)):
                at = self.rng.randrange(size + 12)
                if at not in spared:
                    raw[at] ^= 1 << self.rng.randrange(8)
            yield checked(bytes(raw)) if family == 4 and \
                self.rng.randrange(4) else bytes(raw)

    def noise(self, count):
        for _ in range(count):
            raw = self.rng.randbytes(self.rng.choice(
                (0, 1, 2, 3, 7, 19, 20, 21, 39, 40, 41, 60, 200)))
            if raw and self.rng.randrange(3):
                first = self.rng.choice((0x45, 0x46, 0x4f, 0x60, 0x6f, 0x44))
                raw = bytes([first]) + raw[1:]
            yield raw

    def inner(self, family, more=1):
        """All that may be inside a tunnel of this family."""
        good = self.good(family)
        yield good
        yield from truncations(good)
        if family == 4:
            yield from self.lengths4()
            yield from self.options4()
            yield from self.fragments4()
        else:
            yield from self.lengths6()
            yield from self.chains6()
            yield from self.fragments6()
        yield from self.nested(family)
        yield from self.flips(family, 100 * more)
        yield from self.noise(60 * more)


class Outer:
    """What is wrong with the outer headers around a good inner packet.

    wrap(raw) makes the outer packet around the tunnel's payload; all have the
    same DSCP, for that is what the batch is judged by.
    """

    def __init__(self, zoo, wrap):
        self.zoo = zoo
        self.wrap = wrap

    def ipv4(self, payload):
        rng = self.zoo.rng
        raw = self.wrap(payload)
        yield from truncations(raw)
        for cut in range(20, len(raw)):  # with the length that goes with it
            yield checked(patch(raw[:cut], 2, struct.pack("!H", cut)))
        for value in (*range(24), *range(len(raw) - 20, len(raw) + 20),
                      0x7fff, 0xffff):
            yield checked(patch(raw, 2, struct.pack("!H", value)))
        yield from (checked(patch(raw, 0, bytes([b]))) for b in range(256))
        for value in (0, 0xffff, rng.randrange(65536)):
            yield patch(raw, 10, struct.pack("!H", value))
        for option in self.zoo.options4():
            head = (option[0] & 15) * 4
            yield checked(
                bytes([option[0]]) + raw[1:2] +
                struct.pack("!H", head + len(raw) - 20) + raw[4:20] +
                option[20:head] + raw[20:])
        yield raw + rng.randbytes(9)  # the frame is longer

    def pieces4(self, payload):
        """Fragments of the outer packet: what LOCAL_IN sees is put together."""
        rng = self.zoo.rng
        raw = self.wrap(payload)
        ident = rng.randrange(1, 30000)
        for sizes, order in (
                ((24, 24), None), ((24, 24), (2, 0, 1)), ((8,), (1, 0)),
                ((8,), (0,)), ((8,), (1,)), ((24,), (0, 0, 1)),
                ((8,) * 8, None), ((8,) * 8, (7, 6, 5, 4, 3, 2, 1, 0)),
                ((16, 16, 16), (0, 2, 3)), ((32, 8), (0, 1, 1, 2))):
            ident += 1
            yield from fragments4(raw, sizes, ident, order)
        for shift in range(1, 6):  # two that overlap, then the whole
            ident += 1
            one = fragments4(raw, (32,), ident)
            two = fragments4(raw, (32 - 8 * min(shift, 3),), ident)
            yield from (one[0], two[-1], one[-1])
        for _ in range(20):
            ident += 1
            sizes = [8 * rng.randrange(1, 4) for _ in range(6)]
            some = fragments4(raw, sizes, ident)
            rng.shuffle(some)
            yield from some

    def ipv6(self, payload):
        raw = self.wrap(payload)
        yield from truncations(raw)
        for cut in range(40, len(raw)):
            yield patch(raw[:cut], 4, struct.pack("!H", cut - 40))
        for value in (*range(16), *range(len(raw) - 60, len(raw) - 20),
                      0xffff):
            yield patch(raw, 4, struct.pack("!H", value))
        for version in range(16):
            yield patch(raw, 0, bytes([version << 4 | raw[0] & 15]))
        for count in (1, 1, 1, 2, 3, DEPTH):
            for _ in range(20):
                last, body = raw[6], raw[40:]
                for _ in range(count):
                    kind = self.zoo.rng.choice((0, 43, 44, 60, 60, 135))
                    body = self.zoo.extension(kind, last) + body
                    last = kind
                yield raw[:4] + struct.pack("!HB", len(body), last) + \
                    raw[7:40] + body

    def pieces6(self, payload):
        rng = self.zoo.rng
        raw = self.wrap(payload)
        for sizes, order in (
                ((24, 24), None), ((24, 24), (2, 0, 1)), ((8,), (1, 0)),
                ((8,), (0,)), ((8,), (1,)), ((24,), (0, 0, 1)), ((), None),
                ((8,) * 8, None)):
            yield from fragments6(raw, sizes, rng.getrandbits(32), order)
        for _ in range(20):
            sizes = [8 * rng.randrange(1, 4) for _ in range(6)]
            some = fragments6(raw, sizes, rng.getrandbits(32))
            rng.shuffle(some)
            yield from some

    def gre(self, family, raw):
        """Every flag with every version, with and without its field."""
        rng = self.zoo.rng
        for flags in range(0, 0x10000, 0x800):
            for version in range(8):
                word = flags | version
                fields = b"".join(
                    rng.randbytes(4) for bit in (0x8000, 0x2000, 0x1000)
                    if word & bit)
                head = struct.pack("!HH", word, ETHERTYPE[family])
                yield self.wrap(head + raw)
                if fields:
                    yield self.wrap(head + fields + raw)
        for proto in (0, 1, 0x0800, 0x86dd, 0x0806, 0x6558, 0x880b, 0x8847,
                      0x8848, 0x88be, 0x22eb, 0x8100, 0x88a8, 0xffff):
            head = struct.pack("!HH", 0, proto)
            for body in (raw, raw[:1], raw[:19], b"", rng.randbytes(60),
                         b"\x45" + rng.randbytes(59),
                         b"\x60" + rng.randbytes(59)):
                yield self.wrap(head + body)
