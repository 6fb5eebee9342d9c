# SPDX-License-Identifier: GPL-2.0-or-later
"""The workload: packets from the kernel's generator through two routers.

  src out --- lan r1 wan --- wan r2 sink
  10.1.0.2    10.1.0.1       192.0.2.2
                   192.0.2.1      10.2.0.1 (the receiver would be 10.2.0.2)

'sink' is a dummy device: it counts what it is given and frees it, so no
receiver is part of the cost. One virtual CPU does it all inside the sender's
softirq: nothing waits in a queue, and nothing should be lost.
"""

import contextlib
import ctypes
import glob
import os
import random
import re
import socket
import struct
import time

import genl
import topo
import wire

PKTGEN = "/proc/thread-self/net/pktgen/"
SRC, DST = "10.1.0.2", "10.2.0.2"
LOCAL, REMOTE = "192.0.2.1", "192.0.2.2"
SIZE = 100
SO_RCVBUFFORCE, SO_ATTACH_FILTER, SO_MEMINFO = 33, 26, 55
RTM_GETLINK, IFLA_STATS64 = 18, 23
LATE = 0.5  # seconds after which a packet is lost
BACKLOG = 10000  # of packets for ksoftirqd
ATTEMPTS = 3  # the generator sometimes says 0 us and has sent nothing


class Error(Exception):
    """A row that can't be believed; the text says why."""


class World(topo.Net):
    """The two routers, their neighbours known, no IPv6."""

    def build(self):
        topo.run(None, "modprobe", "-a", "pktgen", "dummy", "8021q")
        topo.sysctl(None, {"net.core.netdev_max_backlog": BACKLOG})
        self.namespaces("src", "r1", "r2", forward=("r1", "r2"))
        for ns in self.names:
            topo.sysctl(ns, {"net.ipv6.conf.all.disable_ipv6": 1,
                             "net.ipv6.conf.default.disable_ipv6": 1})
        topo.ip(None, [
            "link add out netns src address %s type veth peer name lan"
            " netns r1 address %s" % (topo.mac(1, 1), topo.mac(1, 2)),
            "link add wan netns r1 address %s type veth peer name wan"
            " netns r2 address %s" % (topo.mac(2, 1), topo.mac(2, 2))])
        topo.ip("src", ["address add %s/24 dev out" % SRC, "link set out up"])
        topo.ip("r1", [
            "link set lo up", "link set lan up", "link set wan up",
            "address add 10.1.0.1/24 dev lan",
            "address add %s/24 dev wan" % LOCAL,
            "neigh replace %s lladdr %s dev wan nud permanent" % (
                REMOTE, topo.mac(2, 2))])
        topo.ip("r2", [
            "link set lo up", "link set wan up",
            "address add %s/24 dev wan" % REMOTE,
            "neigh replace %s lladdr %s dev wan nud permanent" % (
                LOCAL, topo.mac(2, 1)),
            "link add sink type dummy", "link set sink up",
            "address add 10.2.0.1/24 dev sink",
            "neigh replace %s lladdr 02:00:00:00:09:09 dev sink"
            " nud permanent" % DST])
        with topo.inside("src"):
            control("kpktgend_0", "rem_device_all", "add_device out")
            control("out", "clone_skb 0", "delay 0", "pkt_size %d" % SIZE,
                    "src_min " + SRC, "src_max " + SRC,
                    "dst_mac " + topo.mac(1, 2), "udp_src_min 40000",
                    "udp_src_max 40000", "udp_dst_min 40001",
                    "udp_dst_max 40001")
        self.to(DST)
        self.counter = Counter("r2", "sink")

    def to(self, address):
        with topo.inside("src"):
            control("out", "dst_min " + address, "dst_max " + address)

    def send(self, count, dscp=46):
        """Instructions that it took, as the generator's clock says."""
        with topo.inside("src"):
            control("out", "count %d" % count, "tos %02x" % (dscp << 2))
            control("pgctrl", "start")
            for _ in range(100):
                with open(PKTGEN + "out") as f:
                    text = f.read()
                result = re.search(r"^Result: OK: (\d+)\(", text, re.M)
                if result:
                    break
                # it says that it does not run any more before it says this
                time.sleep(0.01)
        sent = re.search(r"pkts-sofar: (\d+)", text)
        if not result or not sent:
            raise Error("the generator says " + text.strip()[-200:])
        return int(result[1]) * 1000, int(sent[1])

    def measure(self, count, repeats):
        """Instructions for a packet, one number for each repeat."""
        found = []
        with Stir() as stir:
            self.send(count // 4)
            for _ in range(repeats * ATTEMPTS):
                stir.again()
                before = self.counter.packets()
                took, sent = self.send(count)
                if sent and not self.all_arrived(before + sent):
                    continue  # part of the work was done after the clock
                if not took or not sent:
                    continue
                found.append(took / count)
                if len(found) == repeats:
                    return found
        raise Error("the generator did not run: %d of %d repeats" % (
            len(found), repeats))

    def all_arrived(self, want):
        """False if they came late: left to ksoftirqd, when something else
        had to run. Then they are not lost, but nobody has timed them."""
        if self.counter.packets() == want:
            return True
        end = time.monotonic() + LATE
        while self.counter.packets() != want:
            if time.monotonic() > end:
                raise Error("%d packets lost" % (
                    want - self.counter.packets()))
            time.sleep(0.01)
        return False

    def profile(self, count):
        """Sends them between the plugin's marks; the symbols of that time."""
        import marks
        symbols = marks.symbols()
        with Stir():
            self.send(count // 4)
            before = self.counter.packets()
            marks.start()
            self.send(count)
            marks.stop()
        if self.counter.packets() - before != count:
            raise Error("packets were lost")
        return symbols

    def look(self, dscps):
        """{DSCP sent: (packet at r2's wan, packet at the sink)}"""
        found = {}
        with wire.Captures(wan=("r2", "wan"),
                           sink=("r2", "sink", "out")) as caps:
            for dscp in dscps:
                found[dscp] = self.look_at(caps, dscp)
        time.sleep(0.05)  # the kernel stops its time stamps in a work queue
        return found

    def look_at(self, caps, dscp, count=4):
        for _ in range(ATTEMPTS):
            caps.clear()
            before = self.counter.packets()
            _, sent = self.send(count, dscp)
            if sent:
                break
        arrived = self.counter.packets() - before
        if sent != count or arrived != count:
            raise Error("DSCP %d: %d packets sent, %d arrived" % (
                dscp, sent, arrived))
        seen = []
        for name, cap in caps.named.items():
            cap.drain()
            packets = [p for p in cap if len(p.raw) >= SIZE]  # no keepalive
            # the tap shows once more what IPsec has unwrapped
            packets = [p for p in packets if p.ips[0].dst == REMOTE] or packets
            if len(packets) != count:
                raise Error("%d packets seen at %s: %r" % (
                    len(packets), name, packets[:9]))
            seen.append(packets[-1])
        return tuple(seen)


class Stir:
    """Gives the kernel's allocator another state for each repeat.

    A packet's data is reallocated for the headers that it gets. When a
    processor's slab is full but for one object, each packet goes the slow way
    through ___slab_alloc() and __slab_free(), 290 instructions more, and the
    next slab in the list is as full. So whole rows would differ by what was
    allocated before them. First all slabs that are nearly full are filled up,
    then a few objects more are held each time: what is left of it is an
    outlier now and then, which a median does not see.

    UDP, for what local sockets allocate is accounted, from other slabs.
    """

    SIZES = (100, 400)  # of packets as they come, and with more room in front
    FILL = 200
    ROOM = 1 << 22

    def __init__(self):
        self.random = random.Random(1)
        self.sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sink.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, self.ROOM)
        self.sink.bind(("127.0.0.1", 0))
        self.source = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.source.connect(self.sink.getsockname())
        for size in self.SIZES:
            self.hold(size, self.FILL)

    def hold(self, size, count):
        for _ in range(count):
            self.source.send(bytes(size))

    def again(self):
        for size in self.SIZES:
            self.hold(size, self.random.randrange(8))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.source.close()
        self.sink.close()


class Counter:
    """Packets that a device has sent, by netlink: no text to cut short."""

    def __init__(self, ns, dev):
        with topo.inside(ns):
            self.index = socket.if_nametoindex(dev)
            self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        self.sock.bind((0, 0))

    def packets(self):
        self.sock.send(struct.pack("=IHHIIBBHiII", 32, RTM_GETLINK,
                                   genl.NLM_F_REQUEST, 1, 0,
                                   0, 0, 0, self.index, 0, 0))
        raw = self.sock.recv(1 << 16)
        stats = dict(genl.attributes(raw[32:]))[IFLA_STATS64]
        return struct.unpack_from("=QQ", stats)[1]  # tx_packets


def control(name, *lines):
    """The generator takes one command each write, and cuts the last byte."""
    for line in lines:
        with open(PKTGEN + name, "w") as f:
            f.write(line + "\n")


class LocalOut(World):
    """UDP of r1's own, sent by as few system calls as there can be."""

    def build(self):
        super().build()
        with topo.inside("r1"):
            self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.burst = Burst(bytes(SIZE - 42))

    def close(self):
        self.sock.close()
        super().close()

    def send(self, count, dscp=46):
        self.sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, dscp << 2)
        self.sock.connect((DST, 40001))
        start = time.perf_counter_ns()
        sent = self.burst.send(self.sock, count)
        return time.perf_counter_ns() - start, sent


class LocalIn(World):
    """Packets to r1: its socket's filter takes none of them."""

    ACCEPT_NONE = struct.pack("=HBBI", 6, 0, 0, 0)  # BPF_RET 0

    def build(self):
        super().build()
        with topo.inside("r1"):
            self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("10.1.0.1", 40001))
        code = ctypes.create_string_buffer(self.ACCEPT_NONE)
        self.sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack(
            "HP", 1, ctypes.addressof(code)))
        self.counter = Drops(self.sock)
        self.to("10.1.0.1")

    def close(self):
        self.sock.close()
        super().close()

    def look(self, dscps):
        """There is nothing to see but that they arrive."""
        before = self.counter.packets()
        _, sent = self.send(4)
        if self.counter.packets() - before != sent:
            raise Error("packets were lost")
        return {}


class Drops:
    """Packets that a socket's filter did not take."""

    def __init__(self, sock):
        self.sock = sock

    def packets(self):
        return struct.unpack("9I", self.sock.getsockopt(
            socket.SOL_SOCKET, SO_MEMINFO, 36))[8]


class Burst:
    """sendmmsg(2) of one payload, many times."""

    MOST = 1000

    def __init__(self, payload):
        self.payload = ctypes.create_string_buffer(payload, len(payload))
        self.iov = (ctypes.c_size_t * 2)(
            ctypes.addressof(self.payload), len(payload))
        # struct mmsghdr: name, its length, iov, their number, control, its
        # length, flags, bytes sent
        one = struct.pack("=QQQQQQQQ", 0, 0, ctypes.addressof(self.iov), 1,
                          0, 0, 0, 0)
        self.headers = ctypes.create_string_buffer(one * self.MOST)

    def send(self, sock, count):
        sent = 0
        while sent < count:
            n = topo.libc.sendmmsg(sock.fileno(), self.headers,
                                   min(self.MOST, count - sent), 0)
            if n <= 0:
                break
            sent += n
        return sent


class OneByOne(World):
    """Where threads of the kernel handle packets.

    The generator's thread has the idle class of the scheduler: whatever a
    packet wakes has run before the next one is sent, so that the generator's
    clock has seen it. It does not wait for the last packet.
    """

    def build(self):
        super().build()
        for pid in threads("kpktgend_"):
            os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0))

    def look(self, dscps):
        self.send(4)  # and the handshake
        return super().look(dscps)

    def all_arrived(self, want):
        """The last one may be late."""
        super().all_arrived(want)
        return True


def threads(prefix):
    """Process ids of what is called so."""
    for path in glob.glob("/proc/[0-9]*/comm"):
        with contextlib.suppress(OSError), open(path) as f:  # it may end
            if f.read().startswith(prefix):
                yield int(path.split("/")[2])
