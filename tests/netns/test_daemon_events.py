#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: programs, limit=300
"""What the kernel tells the daemon is lost, late or about a state that has
changed meanwhile: the daemon ends in the state that it is to keep, soon.
"""

import contextlib
import ctypes
import json
import os
import signal
import socket
import time

import genl
import steps
import topo
import tq
from case import main

SYS_PIDFD_OPEN, SYS_PIDFD_GETFD = 434, 438
EPOLL_WAIT = ("232", "281")  # epoll_wait and epoll_pwait of x86-64
SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS = 270, 9
NETLINK_ROUTE, NETLINK_GENERIC = 0, 16
SO_RCVBUFFORCE = 33
SOON = 2  # seconds

CONFIG = {"version": 1, "interfaces": {
    "tun": {"tunnel": {"encap": {"dscp": {"set": "af31"}}}},
    "dum": {"tunnel": {}}}}


def listening(process, protocol):
    """The daemon's sockets that are in a multicast group of this protocol, as
    our own descriptors."""
    libc = ctypes.CDLL(None, use_errno=True)
    pidfd = libc.syscall(SYS_PIDFD_OPEN, process.pid, 0)
    found = []
    for name in os.listdir("/proc/%d/fd" % process.pid):
        with contextlib.suppress(OSError):
            if not os.readlink("/proc/%d/fd/%s" % (
                    process.pid, name)).startswith("socket:"):
                continue
            fd = libc.syscall(SYS_PIDFD_GETFD, pidfd, int(name), 0)
            if fd < 0:
                continue  # closed meanwhile
            one = socket.socket(fileno=fd)
            if one.family == socket.AF_NETLINK and one.proto == protocol and \
                    any(one.getsockopt(SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS,
                                       64)):
                found.append(one)
            else:
                one.close()
    os.close(pidfd)
    return found


def idle(process):
    """Does it wait for work? Else it may have read half of a list."""
    with open("/proc/%d/syscall" % process.pid) as f:
        return f.read().split()[0] in EPOLL_WAIT


@contextlib.contextmanager
def stopped(process):
    topo.wait(lambda: idle(process), 30, "the daemon to have nothing to do")
    process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def settings(sock):
    return {key: (one["encap_dscp"], one.get("encap_value"))
            for key, one in sock.tunnels().items()}


def receive_buffer(sockets, size):
    for one in sockets:
        one.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, size)


def soon(case, name, condition):
    """While the whole machine stands still, the daemon can do nothing: by how
    much later than asked we are woken does not count."""
    start = time.monotonic()
    still = 0
    while not (held := condition()) and \
            time.monotonic() - start < 5 * SOON * topo.SLOW:
        asleep = time.monotonic()
        time.sleep(0.01)
        late = time.monotonic() - asleep - 0.01
        still += late if late > 0.05 else 0
    took = time.monotonic() - start - still
    case.true("%s within %d s: %.2f s, and %.2f s that nothing ran" % (
        name, SOON, took, still), held and took < SOON)


def kinds(daemon):
    answer = daemon.rpc("show.tunnels")["result"]["tunnels"]
    return {one["name"]: one.get("kind") for one in answer}


def lost(case, daemon, sock):
    """A receive buffer that is too small for what comes."""
    want = settings(sock)
    events = listening(daemon.process, NETLINK_GENERIC)
    case.true("a socket for events", len(events) >= 1)
    for round_ in range(3):
        at = len(daemon.output())
        with stopped(daemon.process):
            receive_buffer(events, 1)
            for number in range(40):
                with sock.transaction():
                    sock.set_tunnel(device="other%d" % (number % 7),
                                    encap_dscp="set", encap_value=number)
            with sock.transaction():
                sock.flush()
            case.equal("somebody else has changed all", settings(sock), {})
            # what is lost is lost; its own commits are not to be
            receive_buffer(events, 1 << 20)
        soon(case, "lost events: the state is back",
             lambda: settings(sock) == want)
        topo.wait(lambda: "events-lost" in daemon.output()[at:], 5)
        case.equal("one line in the log",
                   daemon.output()[at:].count(": events-lost "), 1,
                   str(round_))
    for one in events:
        one.close()


def lost_links(case, daemon):
    """The same for the devices of the namespace."""
    sockets = listening(daemon.process, NETLINK_ROUTE)
    case.true("a socket for devices", len(sockets) >= 1)
    for round_, there in enumerate((True, False, True)):
        with stopped(daemon.process):
            receive_buffer(sockets, 1)
            topo.ip("rA", ["link add flood type dummy", "link del flood"] * 40)
            topo.ip("rA", "link add dum type dummy" if there
                    else "link del dum")
        soon(case, "lost devices: they are known again",
             lambda: kinds(daemon)["dum"] == ("dummy" if there else None))
        for one in sockets:
            one.close()
        sockets = listening(daemon.process, NETLINK_ROUTE)
        case.true("it still listens", len(sockets) >= 1, str(round_))
    for one in sockets:
        one.close()
    topo.ip("rA", "link del dum")
    soon(case, "and hears", lambda: kinds(daemon)["dum"] is None)


def interrupted(case, daemon, sock):
    """The module's list changes while the daemon reads it."""
    many = dict(CONFIG, interfaces=dict(CONFIG["interfaces"], **{
        "many%d" % i: {"tunnel": {}} for i in range(300)}))
    answer = daemon.rpc("config.set", config=many)
    case.true("many tunnels", "result" in answer, str(answer)[:200])
    want = settings(sock)
    # wait before each block is read, so that the list can change in between
    trace = steps.Strace(daemon.process.pid, calls="recvmsg",
                         inject="recvmsg:delay_enter=100ms")
    with sock.transaction():
        sock.set_tunnel(device="first")  # the daemon begins to read
    end = time.monotonic() + 30 * topo.SLOW
    number = 0
    while "NLM_F_DUMP_INTR" not in trace.so_far() and time.monotonic() < end:
        time.sleep(0.1)
        number += 1
        with sock.transaction():
            sock.set_tunnel(device="more%d" % (number % 12))
    text = trace.end()
    case.true("a dump was interrupted", "NLM_F_DUMP_INTR" in text,
              "%d calls" % text.count("recvmsg("))
    soon(case, "after interrupted dumps", lambda: settings(sock) == want)
    answer = daemon.rpc("config.set", config=CONFIG)
    case.true("few again", "result" in answer, str(answer)[:200])


def unload():
    """Once the daemon has read to its end what it reads."""
    topo.wait(lambda: not topo.run(None, "rmmod", "tunqos",
                                   check=False).returncode,
              what="the module to go")


def reloads(case, daemon):
    """The module goes and comes, also faster than the daemon can look."""
    with genl.Tunqos("rA") as sock:
        want = settings(sock)

    def back():
        with contextlib.suppress(genl.Refused, IndexError):
            with genl.Tunqos("rA") as sock:
                return settings(sock) == want

    for round_ in range(3):
        unload()
        tq.load()
        soon(case, "reloaded: programmed again", back)
    with stopped(daemon.process):
        for round_ in range(2):
            unload()
            tq.load()
    soon(case, "reloaded unseen: programmed again", back)
    for round_ in range(5):
        unload()
        tq.load()
    soon(case, "reloaded often: programmed again", back)
    case.equal("the daemon is alive", daemon.process.poll(), None)


def bypassed(case, daemon):
    """tc takes the packets of a tunnel away in front of decapsulation."""
    def warnings():
        shown = daemon.rpc("show.tunnels", name="tun")["result"]["tunnels"]
        return shown[0]["warnings"]

    def filtered(action):
        topo.run("rA", "tc", "qdisc", "replace", "dev", "tun", "clsact")
        topo.run("rA", *("tc filter add dev tun ingress protocol ip matchall "
                         "action %s" % action).split())

    topo.run(None, "modprobe", "ifb", "numifbs=0")
    topo.ip("rA", ["link add ifb0 type ifb", "link set ifb0 up"])
    filtered("mirred egress redirect dev ifb0")
    case.equal("nothing to do on ingress", warnings(), [])
    daemon.cli("configure terminal", "interface tun",
               "tunnel diffserv-mode uniform")
    case.true("redirected", "a tc filter redirects" in "".join(warnings()))
    text = daemon.cli("show tunnel tun").stdout
    case.true("shown: " + text,
              "Warning: interface tun: a tc filter redirects" in text)
    topo.wait(lambda: "what=tc-redirect" in daemon.output(), 15, "the log")
    topo.run("rA", "tc", "qdisc", "del", "dev", "tun", "clsact")
    case.equal("no filter", warnings(), [])
    filtered("mirred egress mirror dev ifb0")
    case.equal("mirrored", warnings(), [])
    topo.run("rA", "tc", "qdisc", "del", "dev", "tun", "clsact")
    topo.run("rA", *"tc qdisc add dev tun handle ffff: ingress".split())
    topo.run("rA", *("tc filter add dev tun parent ffff: protocol ip u32 "
                     "match u32 0 0 action mirred egress redirect dev ifb0"
                     ).split())
    case.true("by u32", warnings())
    topo.run("rA", "tc", "qdisc", "del", "dev", "tun", "ingress")
    topo.ip("rA", ["link del ifb0"])


def test(case):
    with tq.module(), topo.Founding() as net, net.tunnel("gre"), \
            tq.Daemon("rA", config=json.dumps(CONFIG)) as daemon:
        with genl.Tunqos("rA") as sock:
            topo.wait(lambda: len(settings(sock)) == 2, 10, "the daemon")
            lost(case, daemon, sock)
            case.note("lost events done")
            lost_links(case, daemon)
            case.note("lost devices done")
            interrupted(case, daemon, sock)
            case.note("interrupted dumps done")
        bypassed(case, daemon)
        case.note("redirected packets done")
        reloads(case, daemon)


if __name__ == "__main__":
    main(test)
