#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: limit=900
"""A hundred times: the module. Namespaces that hold all it has to do with, of
which test_namespaces.py has more. And what is open when it goes.

Everything under traffic through bound tunnels, with the module's hooks, its
tables and its netlink family in use at the moment they go.
"""

import contextlib
import ctypes
import errno
import os
import re
import socket
import struct
import threading

import expect
import genl
import topo
import tq
import wire
from case import main
from stream import outer_mark

ROUNDS = 100 // topo.SLOW  # all of them only where they take no hours
NUMBER = 30 // topo.SLOW  # of namespaces
FLOCK = 10 // topo.SLOW or 1  # at a time
EF = expect.DSCP["ef"]
IP4 = 0x0800
SYS_FINIT_MODULE, SYS_DELETE_MODULE = 313, 176  # x86-64
MATCH_EF = "meta(tc_index mask 0xf03f eq 0x702e)"
UNIFORM = dict(encap_dscp="copy", decap_dscp="copy")
ALL = dict(encap_dscp="copy", decap_dscp="copy", decap_class="outer",
           decap_permit=set(range(64)), pre_classify=1)


def insmod():
    """Without a process of its own: a hundred of them take long."""
    with open(tq.KO, "rb") as f:
        if topo.libc.syscall(SYS_FINIT_MODULE, f.fileno(), b"", 0):
            raise OSError(ctypes.get_errno(), "insmod")


def rmmod():
    """0 or the error number."""
    if topo.libc.syscall(SYS_DELETE_MODULE, b"tunqos", os.O_NONBLOCK):
        return ctypes.get_errno()
    return 0


class Traffic:
    """Frames out of several devices for as long as the block lasts. Its
    sockets keep their namespaces."""

    def __init__(self, *sources):
        self.sources = sources  # (namespace, device, EtherType, bytes)
        self.stop = threading.Event()
        self.sent = 0
        self.thread = threading.Thread(target=self.run)

    def run(self):
        raws = [(wire.Raw(ns, dev), (dev, ethertype), raw)
                for ns, dev, ethertype, raw in self.sources]
        while not self.stop.is_set():
            for raw, to, data in raws:
                try:
                    raw.sock.sendto(data, to)
                    self.sent += 1
                except OSError:  # the device is gone or its queue is full
                    pass
            self.stop.wait(0.002)
        for raw, *_ in raws:
            raw.sock.close()

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()


def both_ways(net):
    there = wire.Shot(net, 4)
    back = wire.Shot(net, 4, src="hostB", dst="hostA",
                     tags=((0x8100, 0, 0, 10),))
    return (("hostA", "lan", 0, there.frame(EF << 2, 0)),
            ("hostB", "lan", 0, back.frame(EF << 2, 0)))


def bind(r, **extra):
    with genl.Tunqos(r) as sock:
        with sock.transaction():
            sock.set_tunnel(device="tun", **ALL)
            sock.set_tunnel(peer=topo.WAN[topo.OTHER[r]][4], **ALL)
            if r == "rB":
                sock.set_port("lan.10", [d >> 3 for d in range(64)],
                              mutation=range(64))
            for name in extra.get("pending", ()):
                sock.set_tunnel(device=name, **UNIFORM)


def worked(r, decap):
    """Its tunnel, once it has seen packets both ways; or after a minute."""
    with genl.Tunqos(r) as sock:
        def both_ways_used():
            one = sock.tunnels()["tun"]
            return one["encap"]["written"] and one["decap"][decap]
        with contextlib.suppress(TimeoutError):
            topo.wait(both_ways_used, 60)
        return sock.tunnels()["tun"]


def modules(case, net):
    """GRE inside ESP: hooks before, outer, arrived, after and of IPsec."""
    seen = 0
    with net.tunnel("gre-esp") as tun, Traffic(*both_ways(net)) as traffic:
        for round_ in range(ROUNDS):
            insmod()
            for r in ("rA", "rB"):
                bind(r)
            if round_ % 25 == 0:
                outer_mark(case, net, tun, "round %d" % round_, EF)
            if round_ % 10 == 0:
                for r in ("rA", "rB"):
                    one = worked(r, "packets")
                    seen += one["encap"]["written"]
                    case.true("marking while it lasts: %s" % one,
                              one["encap"]["written"] and
                              one["decap"]["packets"])
            case.equal("unloaded with everything bound", rmmod(), 0)
            if round_ % 25 == 24:
                outer_mark(case, net, tun, "without the module", 0)
        case.note("%d times loaded, %d packets meanwhile, %d marked in"
                  " those looked at" % (ROUNDS, traffic.sent, seen))


# Namespaces

class Flock(topo.Net):
    """Routers n0, n1, ... around a hub; each has a tunnel to it."""

    def __init__(self, size):
        super().__init__()
        self.size = size

    def build(self):
        self.namespaces("hub", forward=("hub",))

    def come(self):
        names = ["n%d" % i for i in range(self.size)]
        topo.ip(None, ["netns add " + n for n in names])
        self.names += names
        topo.ip(None, [
            "link add wire netns %s address %s type veth peer name %s netns hub"
            " address %s" % (n, topo.mac(i, 1), n, topo.mac(i, 2))
            for i, n in enumerate(names)])
        hub = []
        for i, n in enumerate(names):
            hub += ["link set %s up" % n, "address add 10.8.%d.2/30 dev %s"
                    % (i, n),
                    "neigh replace 10.8.%d.1 lladdr %s dev %s nud permanent"
                    % (i, topo.mac(i, 1), n),
                    "link add t%d type gre local 10.8.%d.2 remote 10.8.%d.1"
                    % (i, i, i), "link set t%d up" % i]
        topo.ip("hub", hub)
        return names

    def bind(self, i, n):
        """Configuration first: the devices attach as they come."""
        with genl.Tunqos(n) as sock:
            with sock.transaction():
                sock.set_tunnel(device="tun", **ALL)
                sock.set_tunnel(device="never", **UNIFORM)
                sock.set_tunnel(peer="10.8.%d.2" % i, **ALL)
                sock.set_port("wire.5", [5] * 64, **genl.PORT_MORE)
                sock.set_port("wire", [5] * 64, mutation=range(64))
                sock.set_rule(**genl.RULE_ALL)
            topo.ip(n, [
                "link set wire up", "address add 10.8.%d.1/30 dev wire" % i,
                "neigh replace 10.8.%d.2 lladdr %s dev wire nud permanent" % (
                    i, topo.mac(i, 2)),
                "link add tun type gre local 10.8.%d.1 remote 10.8.%d.2" % (
                    i, i), "link set tun up",
                "address add 10.9.%d.1/30 dev tun" % i,
                "link add link wire name wire.5 type vlan id 5"])
            return (sock.tunnels()["tun"]["state"],
                    sock.ports()["wire.5"]["state"])

    def go(self, names):
        """All at once, with packets on the way; waits for the last."""
        topo.ip(None, ["netns del " + n for n in names])
        for n in names:
            self.names.remove(n)
        with topo.inside("hub"):
            topo.wait(lambda: not any(
                name in names for _, name in socket.if_nameindex()), 120,
                "the namespaces to be gone")
        topo.ip("hub", ["link del t%d" % i for i in range(len(names))])


def echo(i):
    """An EF ping from the hub to router i."""
    body = struct.pack("!BBHHH", 8, 0, 0, i, 1) + bytes(64)
    body = body[:2] + struct.pack("!H", wire.checksum(body)) + body[4:]
    return wire.ipv4_header("10.9.%d.2" % i, "10.9.%d.1" % i, EF << 2,
                            len(body), 1) + body


def namespaces(case):
    gone = written = 0
    with Flock(FLOCK) as net:
        while gone < NUMBER:
            names = net.come()
            sources = []
            for i, n in enumerate(names):
                case.equal("attached as they come", net.bind(i, n),
                           ("active", "active"))
                # in by the bound tunnel, and the answer out: a socket in
                # there would keep the namespace
                sources.append(("hub", "t%d" % i, IP4, echo(i)))
            with Traffic(*sources):
                one = worked(names[0], "written")
                case.true("both ways: %s" % one, one["encap"]["written"] and
                          one["decap"]["written"])
                written += one["encap"]["written"]
                net.go(names)
            gone += len(names)
    case.note("%d namespaces came and went, %d packets marked in those looked"
              " at" % (gone, written))


# What is open when the module goes

def dumps(case):
    """A dump that nobody reads on keeps the module; nothing else does."""
    many = ["n%d" % i for i in range(600)]
    insmod()
    bind("rA", pending=many)
    reader = genl.Tunqos("rA")
    reader.seq += 1
    reader.sock.send(struct.pack(
        "=IHHIIBBH", 20, reader.family,
        genl.NLM_F_REQUEST | genl.NLM_F_DUMP, reader.seq, 0,
        genl.CMD["get_tunnel"], 1, 0))
    first = reader.sock.recv(1 << 16)
    case.true("the dump has begun", len(first) > 1000)
    case.equal("a dump half read: in use", errno.errorcode.get(rmmod()),
               "EAGAIN")
    with genl.Tunqos("rA") as sock:
        case.equal("and goes on working", len(sock.tunnels()), 602)
    # reading it to its end frees the module as closing it does
    reader.sock.close()
    ear = genl.Tunqos("rA")
    ear.sock.setsockopt(genl.SOL_NETLINK, genl.NETLINK_ADD_MEMBERSHIP,
                        ear.groups["events"])
    owner = genl.Tunqos("rA")
    owner.begin()
    owner.set_tunnel(device="staged", **UNIFORM)
    case.equal("a listener, a transaction: not in use", rmmod(), 0)
    try:
        owner.commit()
        case.fail("committed to a module that is not there")
    except genl.Refused as e:
        case.equal("no such family", errno.errorcode.get(e.errno), "ENOENT")
    insmod()
    with genl.Tunqos("rA") as sock:
        case.equal("nothing of it is left", (sock.tunnels(),
                                             sock.info()["staged"]), ({}, 0))
        family = sock.family
        owner.family = family
        try:
            owner.commit()
            case.fail("a transaction outlived the module")
        except genl.Refused as e:
            case.true("begin first: " + e.message, "send begin first" in
                      e.message)
        # the old owner's end is not the end of a new transaction
        with sock.transaction():
            owner.close()
            sock.set_tunnel(device="after", **UNIFORM)
        case.equal("a new transaction", set(sock.tunnels()), {"after"})
        ear.close()
    case.equal("unloaded", rmmod(), 0)


QUEUES = {
    "tbf": (["qdisc add dev wan root handle 1: tbf rate 8kbit burst 1600"
             " limit 200000"],
            "qdisc change dev wan handle 1: root tbf rate 1gbit burst 100000"
            " limit 200000"),
    # the class is chosen by the companion; anything else would wait for ever
    "htb": (["qdisc add dev wan root handle 1: htb default 30",
             "class add dev wan parent 1: classid 1:10 htb rate 8kbit",
             "class add dev wan parent 1: classid 1:30 htb rate 8bit",
             "qdisc add dev wan parent 1:10 handle 10: pfifo limit 100",
             "filter add dev wan parent 1: protocol all prio 1 basic match"
             " '%s' classid 1:10" % MATCH_EF],
            "class change dev wan parent 1: classid 1:10 htb rate 1gbit"),
}


def tc(ns, *lines):
    topo.run(ns, "tc", "-batch", "-", input="\n".join(lines) + "\n")


def backlog():
    """Packets that wait in rA's queues."""
    out = topo.run("rA", "tc", "-s", "qdisc", "show", "dev", "wan").stdout
    return max(map(int, re.findall(r"backlog \S+ (\d+)p", out)))


def companions():
    """Packets with companion DONE of EF that have come out of them."""
    out = topo.run("wan", "tc", "-s", "filter", "show", "dev", "rA",
                   "ingress").stdout
    return sum(map(int, re.findall(r"Sent \d+ bytes (\d+) pkt", out)))


def queued(case, net, name, setup, release):
    """Packets wait in a queue while the module goes: the companion is data.

    It is in tc_index, so the next router's tc sees it when they have left.
    """
    number = 40
    shot = wire.Shot(net, 4, [EF << 2] * number)
    insmod()
    bind("rA")
    tc("wan", "qdisc add dev rA clsact",
       "filter add dev rA ingress protocol all prio 1 basic match '%s' action"
       " ok" % MATCH_EF)
    tc("rA", *setup)
    try:
        with wire.Captures(near=("wan", "rA")) as caps:
            shot.send(fence=False)
            case.true(name + ": queued",
                      topo.wait(lambda: backlog() > number // 2, what=name))
            case.equal(name + ": unloaded", rmmod(), 0)
            case.true(name + ": still queued", backlog() > number // 2,
                      backlog())
            tc("rA", release)
            case.true(name + ": they leave", caps.until(
                lambda: len(outer(caps)) >= number, 60))
            case.equal(name + ": outer DSCP", outer(caps), [EF] * number)
        # they are seen before they are classified
        with contextlib.suppress(TimeoutError):
            topo.wait(lambda: companions() >= number)
        case.equal(name + ": companions, without a module", companions(),
                   number)
    finally:
        tc("rA", "qdisc del dev wan root")
        tc("wan", "qdisc del dev rA clsact")


def outer(caps):
    return [p.ips[0].dscp for p in caps["near"] if p.first("gre")]


def test(case):
    tq.load()  # with all that it depends on
    tq.unload()
    with topo.Founding(vlan_b=10) as net:
        dumps(case)
        with net.tunnel("gre"):
            for name, (setup, release) in QUEUES.items():
                queued(case, net, name, setup, release)
        case.note("dumps and queues")
        modules(case, net)
    with tq.module():
        namespaces(case)
    case.true("and the module could be unloaded", not tq.loaded())


if __name__ == "__main__":
    main(test)
