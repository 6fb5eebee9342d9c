# SPDX-License-Identifier: GPL-2.0-or-later
"""A frame, decoded layer by layer.

The decoder shares nothing with the module or the daemon: it reads bytes.
"""

import functools
import ipaddress
import socket
import struct

import wire_udp

VLAN_TYPES = (0x8100, 0x88a8)
PATTERN = bytes(range(256)) * 40

# what is behind an IP header: layers, what is bad, mark
KNOWN, KNOWN_MAX = {}, 4096


def checksum(*parts):
    """The Internet checksum; 0 over data that includes a right one."""
    data = b"".join(parts)
    if len(data) % 2:
        data += b"\0"
    # a sum with end-around carry is a remainder by 0xffff
    number = int.from_bytes(data, "big")
    return 0xffff - (number % 0xffff or 0xffff) if number else 0xffff


@functools.cache
def packed(address):
    """The bytes of an IPv4 or IPv6 address in text."""
    return ipaddress.ip_address(address).packed


@functools.lru_cache(1024)
def text(address):
    """An IPv4 or IPv6 address of so many bytes in text."""
    return socket.inet_ntop(
        socket.AF_INET if len(address) == 4 else socket.AF_INET6, address)


@functools.lru_cache(1024)
def hexed(address):
    return address.hex(":")


class Layer:
    """kind, raw (the bytes from its header on), and the fields by name."""

    def __init__(self, fields):
        self.__dict__ = fields

    def __repr__(self):
        return "%s(%s)" % (self.kind, ", ".join(
            "%s=%r" % kv for kv in self.__dict__.items()
            if kv[0] not in ("kind", "raw")))


class Packet:
    """A decoded frame.

    layers   outermost first: eth, vlan, ipv4, ipv6, ext, gre, udp, natt, esp,
             ah, vxlan, icmp, tcp, arp, data
    tags     the VLAN tags, outermost first: tpid, pcp, dei, vid
    ips      the IP headers, outermost first: ds, dscp, ecn, src, dst, ...
    mark     (family, ds, index, shot) of the payload when it is one of ours
    bad      checksums that are wrong, by name; lengths too
    partial  the checksum was left to the hardware: it isn't there yet
    """

    def __init__(self, raw, tag=None, partial=False, outgoing=False):
        self.raw = raw
        self.partial = partial
        self.outgoing = outgoing
        self.layers = []
        self.bad = []
        self.mark = None
        try:
            self.ethernet(raw, tag)
        except (struct.error, IndexError):
            self.bad.append("truncated")

    def __repr__(self):
        return "<Packet %d bytes %s%s>" % (
            len(self.raw), self.layers, " BAD %s" % self.bad
            if self.bad else "")

    def all(self, kind):
        return [x for x in self.layers if x.kind == kind]

    def first(self, kind):
        return next((x for x in self.layers if x.kind == kind), None)

    @property
    def tags(self):
        return self.all("vlan")

    @property
    def ips(self):
        return [x for x in self.layers if x.kind in ("ipv4", "ipv6")]

    @property
    def kinds(self):
        return [x.kind for x in self.layers]

    @property
    def unfragmented(self):
        """The kinds without fragment headers: L2TP over IPv6 has one around
        IPv4, of a packet that is whole."""
        return [x.kind for x in self.layers
                if x.kind != "ext" or x.proto != 44]

    def add(self, kind, raw, **fields):
        fields["kind"] = kind
        fields["raw"] = raw
        self.layers.append(Layer(fields))

    def ethernet(self, raw, tag=None):
        dst, src, proto = struct.unpack_from("!6s6sH", raw)
        self.add("eth", raw, src=hexed(src), dst=hexed(dst), proto=proto)
        if tag:
            self.vlan(raw, *tag)
        at = 14
        while proto in VLAN_TYPES:
            tci, following = struct.unpack_from("!HH", raw, at)
            self.vlan(raw[at:], proto, tci)
            proto = following
            at += 4
        self.ethertype(proto, raw[at:])

    def vlan(self, raw, tpid, tci):
        self.add("vlan", raw, tpid=tpid, pcp=tci >> 13, dei=tci >> 12 & 1,
                 vid=tci & 0xfff)

    def ethertype(self, proto, raw):
        if proto == 0x0800:
            self.ipv4(raw)
        elif proto == 0x86dd:
            self.ipv6(raw)
        elif proto == 0x0806:
            self.add("arp", raw)
        elif proto == 0x6558:
            self.ethernet(raw)
        elif proto in (0x8847, 0x8848):
            self.mpls(raw)
        elif proto == 0x8864:
            self.add("pppoe", raw, session=int.from_bytes(raw[2:4], "big"))
            self.ppp(raw[6:])
        elif proto in (0x88be, 0x22eb):
            self.add("erspan", raw, version=raw[0] >> 4)
            self.ethernet(raw[8 if proto == 0x88be else 12:])
        else:
            self.add("data", raw, proto=proto)

    def mpls(self, raw):
        at = 4
        while not raw[at - 2] & 1:
            at += 4
        label, = struct.unpack_from("!I", raw, at - 4)
        self.add("mpls", raw, label=label >> 12, tc=label >> 9 & 7,
                 labels=at // 4)
        self.ethertype({4: 0x0800, 6: 0x86dd}.get(raw[at] >> 4), raw[at:])

    def ppp(self, raw):
        size = 1 if raw[0] & 1 else 2
        proto = int.from_bytes(raw[:size], "big")
        self.add("ppp", raw, proto=proto)
        self.ethertype({0x21: 0x0800, 0x57: 0x86dd}.get(proto), raw[size:])

    def ipv4(self, raw):
        (vihl, ds, length, ident, frag, ttl, proto, _, src, dst) = \
            struct.unpack_from("!BBHHHBBH4s4s", raw)
        header = (vihl & 15) * 4
        if vihl >> 4 != 4 or header < 20 or length > len(raw):
            self.bad.append("ipv4 lengths")
        if checksum(raw[:header]):
            self.bad.append("ipv4 checksum")
        self.add("ipv4", raw[:length], ds=ds, dscp=ds >> 2, ecn=ds & 3,
                 src=text(src),
                 dst=text(dst),
                 length=length, id=ident, df=bool(frag & 0x4000),
                 mf=bool(frag & 0x2000), offset=(frag & 0x1fff) * 8, ttl=ttl,
                 proto=proto)
        pseudo = src + dst + struct.pack("!HH", proto, length - header)
        body = raw[header:length]
        if frag & 0x3fff:
            self.add("data", body, proto=proto)
        else:
            self.transport(proto, body, pseudo)

    def ipv6(self, raw):
        (word, length, proto, hops, src, dst) = \
            struct.unpack_from("!IHBB16s16s", raw)
        ds = word >> 20 & 0xff
        if word >> 28 != 6 or 40 + length > len(raw):
            self.bad.append("ipv6 lengths")
        self.add("ipv6", raw[:40 + length], ds=ds, dscp=ds >> 2, ecn=ds & 3,
                 src=text(src),
                 dst=text(dst),
                 flow=word & 0xfffff, length=length, ttl=hops, proto=proto)
        at = 40
        end = 40 + length
        while proto in (0, 43, 60):
            self.add("ext", raw[at:end], proto=proto)
            proto, size = struct.unpack_from("!BB", raw, at)
            at += 8 + size * 8
        if proto == 44:
            proto, frag = struct.unpack_from("!BxH", raw, at)
            self.add("ext", raw[at:end], proto=44, offset=frag & ~7)
            at += 8
            if frag & ~6:
                self.add("data", raw[at:end], proto=proto)
                return
        pseudo = src + dst + struct.pack("!II", end - at, proto)
        self.transport(proto, raw[at:end], pseudo)

    def transport(self, proto, raw, pseudo):
        """The same bytes are decoded once: a packet is captured in several
        places, and what is inside of it does not change on the way."""
        key = proto, raw, pseudo, self.partial
        found = KNOWN.get(key)
        if not found:
            layers, bad = len(self.layers), len(self.bad)
            self.decode(proto, raw, pseudo)
            if len(KNOWN) > KNOWN_MAX:
                KNOWN.clear()
            KNOWN[key] = self.layers[layers:], self.bad[bad:], self.mark
            return
        self.layers += found[0]
        self.bad += found[1]
        self.mark = found[2]

    def decode(self, proto, raw, pseudo):
        if proto == 4:
            self.ipv4(raw)
        elif proto == 41:
            self.ipv6(raw)
        elif proto == 47:
            self.gre(raw)
        elif proto == 50:
            self.esp(raw)
        elif proto == 51:
            self.ah(raw, pseudo)
        elif proto == 17:
            self.udp(raw, pseudo)
        elif proto == 115:
            wire_udp.l2tp_data(self, raw)
        elif proto == 6:
            sport, dport = struct.unpack_from("!HH", raw)
            self.add("tcp", raw, sport=sport, dport=dport)
            if not self.partial and checksum(pseudo, raw):
                self.bad.append("tcp checksum")
        elif proto in (1, 58):
            self.add("icmp", raw, type=raw[0], code=raw[1])
        else:
            self.add("data", raw, proto=proto)

    def gre(self, raw):
        flags, proto = struct.unpack_from("!HH", raw)
        at = 4
        if flags & 0x8000:
            if not self.partial and checksum(raw):
                self.bad.append("gre checksum")
            at += 4
        key = seq = None
        if flags & 0x2000:
            key, = struct.unpack_from("!I", raw, at)
            at += 4
        if flags & 0x1000:
            seq, = struct.unpack_from("!I", raw, at)
            at += 4
        self.add("gre", raw, proto=proto, key=key, seq=seq,
                 csum=bool(flags & 0x8000))
        self.ethertype(proto, raw[at:])

    def esp(self, raw):
        spi, seq = struct.unpack_from("!II", raw)
        self.add("esp", raw, spi=spi, seq=seq, length=len(raw))

    def ah(self, raw, pseudo):
        proto, words, spi, seq = struct.unpack_from("!BB2xII", raw)
        self.add("ah", raw, spi=spi, seq=seq)
        self.transport(proto, raw[(words + 2) * 4:], pseudo)

    def udp(self, raw, pseudo):
        sport, dport, length, check = struct.unpack_from("!HHHH", raw)
        if length < 8 or length > len(raw):
            self.bad.append("udp length")
        # the pseudo header holds the IP payload's length: the same here
        if check and not self.partial and checksum(pseudo, raw[:length]):
            self.bad.append("udp checksum")
        if not check and len(pseudo) > 12:
            self.bad.append("udp without checksum over IPv6")
        self.add("udp", raw, sport=sport, dport=dport, length=length,
                 check=check)
        body = raw[8:length]
        if 4500 in (sport, dport):
            self.add("natt", body)
            if body[:4] != b"\0\0\0\0" and len(body) > 8:
                self.esp(body)
        elif dport in wire_udp.PORTS:
            wire_udp.PORTS[dport](self, body)
        else:
            self.payload(body)

    def payload(self, body):
        self.add("data", body)
        if body[:2] == b"TQ":
            family, ds, index, shot = struct.unpack_from("!BBHH", body, 2)
            self.mark = (family, ds, index, shot)
            if body != payload(family, ds, index, shot, len(body)):
                self.bad.append("payload")


def payload(family, ds, index, shot, length):
    head = b"TQ" + struct.pack("!BBHH", family, ds, index, shot)
    start = index & 0xff
    return head + PATTERN[start:start + length - len(head)]
