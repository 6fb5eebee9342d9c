# SPDX-License-Identifier: GPL-2.0-or-later
"""Frames on the wire: send, capture, sort; packet.py decodes.

  with wire.Captures(net, near=("wan", "rA"), far=("hostB", "lan")) as caps:
      shot = wire.Shot(net, 4)
      shot.send()
      caps.until_fence(shot, "far")
  for index, packet in shot.sort(caps["near"], tun).items(): ...

A shot is a table of UDP packets, one for each DS byte asked for, closed by a
fence. The packet with DS byte n carries n in its payload and has a length of
its own, so that it is known again even when it is encrypted.
"""

import functools
import mmap
import os
import select
import socket
import struct
import time

import topo
from packet import Packet, checksum, packed, payload

ETH_P_ALL = 3
SOL_PACKET = 263
PACKET_RX_RING = 5
PACKET_VERSION = 10
PACKET_IGNORE_OUTGOING = 23
PACKET_OUTGOING = 4
TPACKET_V2 = 1
TP_STATUS_USER = 1 << 0
TP_STATUS_LOSING = 1 << 2
TP_STATUS_CSUMNOTREADY = 1 << 3
TP_STATUS_VLAN_VALID = 1 << 4
TP_STATUS_VLAN_TPID_VALID = 1 << 6

FENCE = 256
PAYLOAD_MIN = 160  # longer than any stray MLD or ND message
PAYLOAD_STEP = 4
SPORT, DPORT = 40000, topo.SINK_PORT


def payload_length(index):
    return PAYLOAD_MIN + PAYLOAD_STEP * index


def esp_index(packet, family, extra=0, iv=8, icv=16):
    """Which packet of a shot is in this ESP packet; None if none is.

    extra: bytes between the ESP header and the inner IP header.
    """
    esp = packet.first("esp")
    if not esp:
        return None
    inner = (20 if family == 4 else 40) + 8 + PAYLOAD_MIN + extra
    least = (inner + 2 + 3) // 4 * 4
    index, rest = divmod(esp.length - 8 - iv - icv - least, PAYLOAD_STEP)
    return index if not rest and 0 <= index <= FENCE else None


def ipv4_header(src, dst, ds, length, proto, ident=0, ttl=64, df=False):
    def header(check):
        return struct.pack("!BBHHHBBH4s4s", 0x45, ds, 20 + length, ident,
                           0x4000 if df else 0, ttl, proto, check,
                           socket.inet_aton(src), socket.inet_aton(dst))
    return header(checksum(header(0)))


def ipv6_header(src, dst, ds, length, proto, hops=64, flow=0):
    return struct.pack("!IHBB16s16s", 6 << 28 | ds << 20 | flow, length,
                       proto, hops, packed(src), packed(dst))


def udp_datagram(src, dst, sport, dport, body):
    length = 8 + len(body)
    pseudo = packed(src) + packed(dst) + struct.pack("!II", length, 17)
    head = struct.pack("!HHH", sport, dport, length)
    check = checksum(pseudo, head, b"\0\0", body) or 0xffff
    return head + struct.pack("!H", check) + body


def ethernet_header(src, dst, proto, tags=()):
    """tags: (tpid, pcp, dei, vid) each, outermost first."""
    raw = bytes.fromhex(dst.replace(":", "") + src.replace(":", ""))
    for tpid, pcp, dei, vid in tags:
        raw += struct.pack("!HH", tpid, pcp << 13 | dei << 12 | vid)
    return raw + struct.pack("!H", proto)


class Raw:
    """A packet socket that sends whole frames out of ns's device."""

    def __init__(self, ns, dev):
        with topo.inside(ns):
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        with topo.inside(ns):
            self.sock.bind((dev, 0))

    def send(self, frame):
        self.sock.send(frame)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()


@functools.lru_cache(8192)
def template(family, ds, index, src, dst, ports, length, df, macs, tags):
    """The frame that is in each shot of its kind, cut where the UDP checksum
    and the shot's number come: before, the checksum without the number,
    between, behind. (A sum with end-around carry is one modulo 0xffff.)"""
    body = payload(family, ds, index, 0, length)
    udp = udp_datagram(src, dst, *ports, body)
    if family == 4:
        head = ipv4_header(src, dst, ds, len(udp), 17, df=df)
    else:
        head = ipv6_header(src, dst, ds, len(udp), 17)
    head = ethernet_header(*macs, 0x0800 if family == 4 else 0x86dd,
                           tags) + head
    number = 8 + 6  # in the datagram: "TQ", family, DS, index
    return (head + udp[:6], int.from_bytes(udp[6:8], "big"), udp[8:number],
            udp[number + 2:])


class Macs:
    """A host's gateway, of a net that is out of reach."""

    def __init__(self, macs):
        self.macs = macs

    def gateway_macs(self, _):
        return self.macs


class Shot:
    """One table of packets from a host to the other.

    family  4 or 6
    ds      the DS bytes, in the order of sending (default: all 256)
    tags    VLAN tags of the frames, as for ethernet_header()
    """

    count = 0
    df = False
    length = staticmethod(payload_length)

    def __init__(self, net, family, ds=range(256), src="hostA", dst="hostB",
                 tags=(), sport=SPORT, dport=DPORT):
        Shot.count += 1
        self.id = Shot.count
        self.net = net
        self.family = family
        self.ds = list(ds)
        self.src = src
        self.dst = dst
        self.tags = tags
        self.ports = sport, dport

    def frame(self, ds, index=None):
        index = ds if index is None else index
        head, check, middle, tail = template(
            self.family, ds, index, topo.HOST[self.src][self.family],
            topo.HOST[self.dst][self.family], self.ports,
            self.length(index), self.df, self.net.gateway_macs(self.src),
            tuple(self.tags))
        return head + struct.pack("!H", (check - self.id) % 0xffff or 0xffff
                                  ) + middle + struct.pack("!H", self.id) + tail

    def send(self, fence=True):
        """Send all, in order, from one CPU: they arrive in that order."""
        before = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {min(before)})
        try:
            with Raw(self.src, self.net.lan(self.src) if not self.tags
                     else "lan") as raw:
                for ds in self.ds:
                    raw.send(self.frame(ds))
                if fence:
                    # ECT, so that no CE on the way makes a tunnel drop it
                    raw.send(self.frame(2, FENCE))
        finally:
            os.sched_setaffinity(0, before)

    def fence(self):
        """What the fence's frame has in it, and no other."""
        return payload(self.family, 2, FENCE, self.id, 8)

    def __getstate__(self):
        """Outside of the machine there is no net but its addresses."""
        return dict(self.__dict__, net=Macs(self.net.gateway_macs(self.src)))

    def index(self, packet, tun=None):
        """Which of this shot's packets it is, or None.

        With a tunnel: only what is inside its headers. (A tap sees a packet
        that IPsec has unwrapped once more, on the device it came by.)
        """
        if tun is not None and tuple(
                packet.unfragmented[1:1 + len(tun.layers)]) != tun.layers:
            return None
        if packet.mark:
            family, _, index, shot = packet.mark
            same = family == self.family and shot == self.id
            return index if same else None
        if tun is not None and tun.esp_extra is not None:
            return esp_index(packet, self.family, tun.esp_extra)
        return None

    def sort_sealed(self, packets, extra):
        """The same of WireGuard, which pads: {index: packet} by its counter,
        which begins again with each session (after two minutes).

        extra: bytes in front of the hosts' packet, of a tunnel in the tunnel.
        Whatever else has been sent in between is an error, but for what is
        shorter than any of these.
        """
        sealed = [p.first("wireguard") for p in packets]
        shortest = self.inner_length(0) + extra
        sessions = {}
        order = sorted((sessions.setdefault(one.session, len(sessions)),
                        one.counter, i) for i, one in enumerate(sealed)
                       if one and one.counter is not None
                       and one.length >= shortest)
        wanted = self.ds + [FENCE]
        if len(order) != len(wanted):
            raise RuntimeError("%d packets with data, not %d" % (
                len(order), len(wanted)))
        found = {}
        for (*_, i), index in zip(order, wanted):
            least = self.inner_length(index) + extra
            if not least <= sealed[i].length < least + 16:
                raise RuntimeError("packet %d has %d bytes inside" % (
                    index, sealed[i].length))
            found[index] = packets[i]
        del found[FENCE]
        return found

    def inner_length(self, index):
        return (20 if self.family == 4 else 40) + 8 + payload_length(index)

    def sort(self, packets, tun=None):
        """{index: packet} without the fence. Twice the same is an error."""
        if tun is not None and "wireguard" in tun.layers:
            return self.sort_sealed(list(packets), tun.sealed)
        found = {}
        for p in packets:
            i = self.index(p, tun)
            if i is None or i == FENCE:
                continue
            if i in found:
                raise RuntimeError("packet %d twice: %r %r" % (
                    i, found[i], p))
            found[i] = p
        return found


class Frames:
    """What a capture has caught; outside of the machine, too."""

    def __init__(self, out=False):
        self.out = out
        self.frames = []
        self.decoded = []

    def __getstate__(self):
        return {"out": self.out, "frames": self.frames, "decoded": []}

    @property
    def packets(self):
        """Decoded on demand."""
        for raw, status, tci, tpid in self.frames[len(self.decoded):]:
            tag = None
            if status & TP_STATUS_VLAN_VALID:
                tag = (tpid if status & TP_STATUS_VLAN_TPID_VALID
                       else 0x8100, tci)
            self.decoded.append(Packet(
                raw, tag, bool(status & TP_STATUS_CSUMNOTREADY), self.out))
        return self.decoded

    def __iter__(self):
        return iter(self.packets)

    def __len__(self):
        return len(self.frames)


class Capture(Frames):
    """All frames that arrive at (default), or leave by, a device.

    A memory-mapped ring, because it holds a copy made when the frame came by.
    A plain packet socket keeps a clone, into whose bytes the kernel goes on
    writing: IP_ECN_set_ce() of a decapsulation is seen in the outer packet.

    proto: with an EtherType it sees what the protocol itself gets, behind the
    hooks of the device's ingress; ETH_P_ALL stands in front of them.
    """

    BLOCK = 1 << 18
    HEADER = struct.Struct("=IIIHHIIHH")  # struct tpacket2_hdr
    ADDRESS = 32  # struct sockaddr_ll, behind it
    PKTTYPE = 10

    def __init__(self, ns, dev, out=False, frame=2048, frames=1024,
                 proto=ETH_P_ALL):
        super().__init__(out)
        self.frame = frame
        self.count = frames
        self.next = 0
        with topo.inside(ns):
            # no protocol yet: what another device got is none of ours
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            self.sock.setsockopt(SOL_PACKET, PACKET_VERSION, TPACKET_V2)
            if not out:
                self.sock.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
            size = frame * frames
            self.sock.setsockopt(SOL_PACKET, PACKET_RX_RING, struct.pack(
                "IIII", self.BLOCK, size // self.BLOCK, frame, frames))
            self.ring = mmap.mmap(self.sock.fileno(), size)
            self.sock.bind((dev, proto))

    def fileno(self):
        return self.sock.fileno()

    def drain(self):
        while True:
            at = self.next * self.frame
            status, length, snap, mac, _, _, _, tci, tpid = \
                self.HEADER.unpack_from(self.ring, at)
            if not status & TP_STATUS_USER:
                return
            if status & TP_STATUS_LOSING:
                raise RuntimeError("the capture has lost frames")
            outgoing = self.ring[at + self.ADDRESS + self.PKTTYPE] == \
                PACKET_OUTGOING
            if outgoing == self.out:
                if snap < length:
                    raise RuntimeError("a frame of %d bytes: use frame=" %
                                       length)
                raw = self.ring[at + mac:at + mac + snap]
                self.frames.append((raw, status, tci, tpid))
            struct.pack_into("=I", self.ring, at, 0)
            self.next = (self.next + 1) % self.count

    def taken(self):
        """The frames alone, which can leave the machine."""
        only = Frames(self.out)
        only.frames = self.frames
        return only

    def clear(self):
        self.drain()
        self.frames.clear()
        self.decoded.clear()

    def close(self):
        self.ring.close()
        self.sock.close()


class Captures:
    """Several captures at once: name=(namespace, device) or
    name=(namespace, device, "out")."""

    def __init__(self, net=None, **places):
        self.places = places
        self.named = {}

    def __enter__(self):
        try:
            for name, (ns, dev, *out) in self.places.items():
                self.named[name] = Capture(ns, dev, bool(out))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for c in self.named.values():
            c.drain()
            c.close()

    def __getitem__(self, name):
        return self.named[name]

    def taken(self):
        """{name: frames}, to be judged outside."""
        return {name: c.taken() for name, c in self.named.items()}

    def clear(self):
        for c in self.named.values():
            c.clear()

    def until(self, condition, timeout=15):
        """Drain all until the condition holds; False = it never did."""
        end = time.monotonic() + timeout * topo.SLOW
        poll = select.poll()
        for c in self.named.values():
            poll.register(c.fileno(), select.POLLIN)
        while True:
            for c in self.named.values():
                c.drain()
            if condition():
                # what has come this far meanwhile has passed the others too
                for c in self.named.values():
                    c.drain()
                return True
            left = end - time.monotonic()
            if left <= 0:
                return False
            poll.poll(min(200, left * 1000))

    def fresh(self, shot, where, tun=None):
        """A function: which of the shot's packets have come by 'where' since
        it was called last; None for each that is none of them."""
        packets, seen = self[where], [0]

        def indices():
            new = packets.packets[seen[0]:]
            seen[0] += len(new)
            return [shot.index(p, tun) for p in new]
        return indices

    def until_all(self, shot, where, number, tun=None, timeout=15):
        """Until so many of the shot have come by 'where'. Twice the same is
        an error."""
        fresh, found = self.fresh(shot, where, tun), set()

        def there():
            for i in fresh():
                if i in found:
                    raise RuntimeError("packet %d twice" % i)
                if i not in (None, FENCE):
                    found.add(i)
            return len(found) == number
        return self.until(there, timeout)

    def until_fence(self, shot, where, tun=None, timeout=30):
        """Until the shot's fence has come by 'where': what was sent before
        it and is not there has been dropped."""
        if tun is None:
            fresh = self.raw(where)
            return self.until(lambda: any(shot.fence() in raw
                                          for raw in fresh()), timeout)
        fresh = self.fresh(shot, where, tun)
        return self.until(lambda: FENCE in fresh(), timeout)

    def raw(self, where):
        """A function: the frames since it was called last."""
        frames, seen = self[where].frames, [0]

        def fresh():
            new = frames[seen[0]:]
            seen[0] += len(new)
            return [raw for raw, *_ in new]
        return fresh
