#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: limit=300
"""What the owner of a namespace may do that anybody can make: nothing that
stays with the machine, and nothing that others' requests would feel."""

import contextlib
import errno
import os
import re
import socket
import subprocess
import threading

import genl
import topo
import tq
from case import main

HERE, FAR = "192.0.2.1", "192.0.2.2"
INSIDE = {"box": "10.1.0.1", "far": "10.2.0.1"}
EF, PORT = 46, 5000
DECAP = dict(encap_dscp="native", decap_dscp="copy",
             decap_permit=frozenset(range(64)))
KEYS = {"ah": "auth hmac(sha256) 0x" + "ab" * 32,
        "esp": "enc ecb(cipher_null) '' auth hmac(sha256) 0x" + "ab" * 32}


@contextlib.contextmanager
def guest(name):
    """A namespace of somebody who does not own the machine."""
    holder = subprocess.Popen(["unshare", "--user", "--map-root-user", "--net",
                               "sleep", "600"])
    try:
        topo.wait(lambda: os.readlink("/proc/%d/ns/user" % holder.pid)
                  != os.readlink("/proc/self/ns/user"))
        topo.run(None, "ip", "netns", "attach", name, holder.pid)
        yield
    finally:
        topo.run(None, "ip", "netns", "del", name, check=False)
        holder.kill()
        holder.wait()


def tunnel(r, proto):
    """IPsec from far to box; the outer header has no mark."""
    state = ("xfrm state add src %s dst %s proto %s spi 0x1001 reqid 1 mode"
             " tunnel extra-flag dont-encap-dscp %s" % (
                 FAR, HERE, proto, KEYS[proto]))
    policy = ("xfrm policy add src %s/32 dst %s/32 dir %s tmpl src %s dst %s"
              " proto %s reqid 1 mode tunnel" % (
                  INSIDE["far"], INSIDE["box"],
                  "out" if r == "far" else "in", FAR, HERE, proto))
    topo.ip(r, ["xfrm state flush", "xfrm policy flush", state, policy])


def arrived():
    """The DSCP with which an EF datagram arrives through that."""
    with topo.inside("box"):
        sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with topo.inside("far"):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with sink, s:
        sink.bind((INSIDE["box"], PORT))
        sink.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTOS, 1)
        sink.settimeout(10 * topo.SLOW)
        s.bind((INSIDE["far"], 0))
        s.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, EF << 2)
        s.sendto(b"x", (INSIDE["box"], PORT))
        _, control, _, _ = sink.recvmsg(100, 100)
    return control[0][2][0] >> 2


def links():
    topo.ip("box", ["link set lo up", "link add way type veth peer name way"
                    " netns far", "address add %s/24 dev way" % HERE,
                    "address add %s/32 dev lo" % INSIDE["box"],
                    "link set way up"])
    topo.ip("far", ["link set lo up", "address add %s/24 dev way" % FAR,
                    "address add %s/32 dev lo" % INSIDE["far"],
                    "link set way up",
                    "route add %s/32 via %s" % (INSIDE["box"], HERE)])


def ipsec(case):
    """The callbacks of received IPsec are the machine's: its owner's bindings
    and SAs have them registered, a guest's do not."""
    with topo.Net() as net, guest("box"), guest("far"):
        net.namespaces("mine")
        links()
        with genl.Tunqos("box") as box, genl.Tunqos("mine") as mine:
            tunnel("box", "ah")
            tunnel("far", "ah")
            box.begin()
            box.set_tunnel(reqid=1, **DECAP)
            try:
                box.commit()
                case.fail("a guest registers callbacks")
            except genl.Refused as e:
                case.equal("refused", errno.errorcode[e.errno], "EACCES")
                case.true("and told why", "ipsec reqid 1: " in e.message and
                          "callbacks that are the machine's, so its owner must"
                          in e.message, e.message)
            topo.ip("box", "link add x type xfrm dev way if_id 5")
            box.begin()
            box.set_tunnel(device="x", **DECAP)
            try:
                box.commit()
                case.fail("a guest's device registers callbacks")
            except genl.Refused as e:
                case.true("a device is told why", "callbacks that are the"
                          " machine's" in e.message, e.message)
            with box.transaction():
                box.set_tunnel(reqid=1, encap_dscp="copy")
            case.equal("encapsulation needs none", state(box),
                       ("active", None))

            with mine.transaction():
                mine.set_tunnel(reqid=1, **DECAP)
            case.equal("the owner", state(mine), ("active", None))
            with box.transaction():
                box.set_tunnel(reqid=1, **DECAP)
            case.equal("the guest afterwards", state(box)[0], "active")
            case.true("is told what is left alone", "ah and ipcomp" in
                      (state(box)[1] or ""), state(box))
            # a new one each, so that both are events
            for r in ("box", "far"):
                tunnel(r, "ah")
            case.equal("a guest's AH is left alone", arrived(), EF)
            case.equal("and not counted", decapsulated(box), 0)
            for r in ("box", "far"):
                tunnel(r, "esp")
            case.equal("its ESP is handled", arrived(), 0)
            case.equal("and counted", decapsulated(box), 1)
            topo.ip("mine", "xfrm state add src %s dst %s proto ah spi 9 mode"
                    " tunnel %s" % (FAR, HERE, KEYS["ah"]))
            for r in ("box", "far"):
                tunnel(r, "ah")
            topo.wait(lambda: arrived() == 0, what="AH to be handled when the"
                      " owner has it, too")
            case.true("and counted, too", decapsulated(box) > 1)
            for sock in (mine, box):
                with sock.transaction():
                    sock.flush()


def state(sock):
    one, = sock.tunnels().values()
    return one["state"], one.get("problem")


def decapsulated(sock):
    one, = sock.tunnels().values()
    return one["decap"]["written"]


def words(case):
    """Refusals at once by many threads: each gets its own words, whole. They
    are as long as can be, or short."""
    with topo.Net() as net:
        net.namespaces("r")
        wrong = []

        def ask(i):
            names = ["n%d" % i, "n%d" % i + "-" * (15 - len(str(i)) - 1)]
            with genl.Tunqos("r") as sock:
                for turn in range(150):
                    name = names[turn % 2]
                    try:
                        sock.request("get_tunnel", sock.tunnel(device=name),
                                     genl.NLM_F_ACK)
                        wrong.append("answered")
                    except genl.Refused as e:
                        if e.message != "tunnel %s: no such binding" % name:
                            wrong.append(e.message)
        threads = [threading.Thread(target=ask, args=(i,)) for i in range(24)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        case.equal("each has its own words", wrong[:3], [])


def no_alias(case):
    """Nobody's look for the family may load the module."""
    names = topo.run(None, "modinfo", "-F", "alias", tq.KO).stdout
    case.equal("aliases", re.findall(r"\S+", names), [])


def test(case):
    no_alias(case)
    with tq.module():
        ipsec(case)
        words(case)


if __name__ == "__main__":
    main(test)
