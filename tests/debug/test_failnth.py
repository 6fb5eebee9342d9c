#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: limit=300
"""Each allocation of each operation fails once.

Loading the module, namespaces, every netlink command: whatever fails, an error
is reported or the operation is done, never half of it, and the same operation
succeeds at once when nothing fails. What leaks is kmemleak's business at the
end of the boot.
"""

import contextlib
import ctypes
import os
import shutil
import struct
import threading
import time

import fault
import genl
import topo
import tq
from case import main

SYS_FINIT_MODULE, SYS_DELETE_MODULE = 313, 176  # x86-64
COPY = "/tmp/tunqos-failnth.ko"
# Points of insmod: the first ones make vmalloc and kmemleak complain, the last
# ones are the module's own
LOUD, OURS, SAMPLE = 90, 40, 7
EVERYTHING = dict(
    encap_dscp="table", encap_table=list(range(64)), decap_dscp="table",
    decap_table=list(range(64)), decap_permit=set(range(64)),
    decap_class="outer", pre_classify=1, priority=list(range(64)))
UNIFORM = dict(encap_dscp="copy", decap_dscp="copy")
PCP = [d >> 3 for d in range(64)]
PORT = genl.attribute(genl.PORT["device"], b"lan.10\0")
RULE = genl.attribute(genl.RULE["number"], b"\1")


# The netlink commands

def commit(case, nth, name, base, change):
    """A transaction over the state 'base': all of it or nothing."""
    with fault.Wire("rA") as wire, genl.Tunqos("rA") as eye:
        def put(*changes):
            with eye.transaction():
                eye.flush()
                for one in changes:
                    one(eye)
        put(base, change)
        final = fault.settings(eye)
        put(base)
        before = fault.settings(eye)
        case.true(name + ": makes a difference", before != final)
        dirty = []

        def prepare():
            if dirty:
                put(base)
                dirty.clear()
                case.equal(name + ": put back", fault.settings(eye), before)
            wire.begin()
            change(wire)

        def check(n, outcome):
            now = fault.settings(eye)
            want = {None: [final], fault.LOST: [before, final]}.get(
                outcome, [before])
            case.true(name + ": all or nothing", now in want,
                      "n %d, %s: %s" % (n, outcome, now))
            with contextlib.suppress(genl.Refused):
                wire.abort()
            if outcome is not None:
                if now != before:
                    put(base)
                with wire.transaction():
                    change(wire)
                case.equal(name + ": and then succeeds", fault.settings(eye),
                           final, n)
            dirty.append(n)
        fault.request(case, nth, name, prepare, b"", check, "commit", wire)
        with eye.transaction():
            eye.flush()
        case.equal(name + ": nothing left", fault.settings(eye), {})


def commits(case, nth):
    def nothing(sock):
        pass

    def tunnel(sock):
        sock.set_tunnel(device="tun", **EVERYTHING)

    def all_kinds(sock):
        tunnel(sock)
        sock.set_tunnel(peer="198.51.100.1", **EVERYTHING)
        sock.set_tunnel(peer="fd0b::1", **EVERYTHING)
        sock.set_tunnel(device="pending", **UNIFORM)
        sock.set_port("lan.10", PCP, **genl.PORT_MORE)
        sock.set_rule(**genl.RULE_ALL)

    for name, base, change in (
            ("commit: a device", nothing, tunnel),
            ("commit: all kinds", nothing, all_kinds),
            ("commit: another profile", all_kinds,
             lambda s: s.set_tunnel(device="tun", **UNIFORM)),
            ("commit: more hooks",
             lambda s: s.set_tunnel(device="tun", decap_dscp="keep"), tunnel),
            ("commit: flush", all_kinds, lambda s: s.flush()),
            ("commit: removals", all_kinds, lambda s: (
                s.del_tunnel(device="tun"), s.del_tunnel(peer="fd0b::1"),
                s.del_port("lan.10"), s.del_rule(1)))):
        commit(case, nth, name, base, change)


def staging(case, nth):
    """Every request of a transaction but the last: staged or not, no more."""
    with fault.Wire("rA") as wire, genl.Tunqos("rA") as eye:
        with eye.transaction():
            eye.set_tunnel(device="tun", **UNIFORM)
        before = fault.settings(eye)
        for cmd, payload in (
                ("set_tunnel", wire.tunnel(device="x", **EVERYTHING)),
                ("del_tunnel", wire.tunnel(peer="fd00::9")),
                ("set_port", PORT + genl.attribute(
                    genl.PORT["dscp_pcp"], bytes(PCP)) + genl.attribute(
                        genl.PORT["arrival_table"], bytes(64))),
                ("del_port", PORT), ("del_rule", RULE),
                ("set_rule", RULE + genl.attribute(
                    genl.RULE["mark_mask"], struct.pack("=I", 0xff0000)) +
                 genl.attribute(genl.RULE["arrival_dscp"], bytes(17))),
                ("flush", b"")):
            name = "stage " + cmd

            def prepare():
                with contextlib.suppress(genl.Refused):
                    wire.abort()
                wire.begin()

            def check(n, outcome, name=name, cmd=cmd, payload=payload):
                want = {None: (1,), fault.LOST: (0, 1)}.get(outcome, (0,))
                staged = eye.info()["staged"]
                case.true(name + ": staged or not", staged in want,
                          "n %d, %s: %d" % (n, outcome, staged))
                wire.request(cmd, payload)
                case.equal(name + ": and then succeeds", eye.info()["staged"],
                           1 if cmd == "flush" else staged + 1, n)
            fault.request(case, nth, name, prepare, payload, check, cmd, wire)
            case.equal(name + ": changes nothing", fault.settings(eye), before)
        wire.abort()
        opening(case, nth, wire)
        with eye.transaction():
            eye.flush()


def opening(case, nth, wire):
    """begin and abort: open or not."""
    def is_open():
        try:
            wire.abort()
            return True
        except genl.Refused:
            return False

    for cmd, prepare, want in (
            ("begin", is_open, True),
            ("abort", lambda: (is_open(), wire.begin()), False)):
        def check(n, outcome, cmd=cmd, want=want):
            now = is_open()
            if outcome != fault.LOST:
                case.equal(cmd + ": open", now, want == (outcome is None), n)
            with wire.transaction():  # and then succeeds
                pass
        fault.request(case, nth, cmd, prepare, b"", check, cmd, wire)


def reading(case, nth):
    """Answers and dumps: whole, or an error."""
    with fault.Wire("rA") as wire, genl.Tunqos("rA") as eye:
        with eye.transaction():
            for i in range(40):
                eye.set_tunnel(device="n%d" % i, **EVERYTHING)
            eye.set_port("lan.10", PCP, **genl.PORT_MORE)
            eye.set_rule(**genl.RULE_ALL)
        before = fault.settings(eye)
        reason = genl.attribute(genl.REASON_ATTR["reason"],
                                struct.pack("=I", 3))
        for name, payload, flags in (
                ("get_info", b"", genl.NLM_F_ACK),
                ("get_tunnel", wire.tunnel(device="n3"), genl.NLM_F_ACK),
                ("get_port", PORT, genl.NLM_F_ACK),
                ("get_rule", RULE, genl.NLM_F_ACK),
                ("get_reason", reason, genl.NLM_F_ACK),
                ("get_tunnel", b"", genl.NLM_F_DUMP),
                ("get_port", b"", genl.NLM_F_DUMP),
                ("get_rule", b"", genl.NLM_F_DUMP),
                ("get_reason", b"", genl.NLM_F_DUMP)):
            answers(case, nth, wire, name, payload, flags)
        case.equal("reading changes nothing", fault.settings(eye), before)
        with eye.transaction():
            eye.flush()


def answers(case, nth, wire, cmd, payload, flags):
    """The request and all parts of its answer, a block after the other."""
    name = cmd if payload or flags == genl.NLM_F_ACK else "dump " + cmd
    whole = len(wire.request(cmd, payload, flags))
    parts = []
    todo = []

    def prepare():
        parts.clear()
        todo[:] = [wire.message(cmd, payload, flags)]

    def act():
        wire.sock.send(todo[0])
        while True:
            raw = wire.sock.recv(1 << 16)
            parts.append(raw)
            # DONE comes in a message of its own, and so does an error
            if raw[4] in (genl.NLMSG_ERROR, genl.NLMSG_DONE):
                return

    def judge(number, n):
        if number is None:
            number = -struct.unpack_from("=i", parts[-1], 16)[0] or None
        fault.memory(case, name, number, n)
        if number is None:
            case.equal(name + ": the answer is whole",
                       messages(parts, wire.family), whole, n)
        fault.drain(wire.sock)
        case.equal(name + ": and then succeeds",
                   len(wire.request(cmd, payload, flags)), whole, n)
        return number

    fault.every(case, nth, name, prepare, act, judge)


def messages(parts, family):
    n = 0
    for raw in parts:
        while len(raw) >= 16:
            length, kind = struct.unpack_from("=IH", raw)
            n += kind == family
            raw = raw[(length + 3) & ~3:]
    return n


def listening(case, nth):
    """Joining the group of events."""
    socks = []

    def judge(number, n):
        fault.memory(case, "subscription", number, n)
        fault.subscribe(socks[-1])
        socks.pop().close()
        return number

    fault.every(case, nth, "subscription",
                lambda: socks.append(genl.Tunqos("rA")),
                lambda: fault.subscribe(socks[-1]), judge)


# The module and namespaces

class Insmod:
    """Loading by one system call, out of memory, with nothing for debuggers."""

    def __init__(self):
        shutil.copy(tq.KO, COPY)
        topo.run(None, "strip", "--strip-debug", COPY)
        self.file = os.open(COPY, os.O_RDONLY | os.O_CLOEXEC)

    def close(self):
        os.close(self.file)
        os.unlink(COPY)

    def load(self):
        if topo.libc.syscall(SYS_FINIT_MODULE, self.file, b"", 0):
            raise OSError(ctypes.get_errno(), "insmod")

    @staticmethod
    def unload():
        if topo.libc.syscall(SYS_DELETE_MODULE, b"tunqos", os.O_NONBLOCK):
            raise OSError(ctypes.get_errno(), "rmmod")


def loading(case, nth):
    """All of the module's beginning, and a sample of what the loader does."""
    with tq.module():
        pass  # and all that it depends on
    module = Insmod()
    points = nth.count(module.load)
    module.unload()
    refused = []
    survived = 0
    # twice and a few more: their number varies by what the kernel has at hand
    for n in (*range(LOUD, points - OURS, SAMPLE),
              *(2 * [*range(points - OURS, points + 4)])):
        _, number = nth.attempt(n, module.load)
        fault.memory(case, "insmod", number, n)
        case.equal("insmod: loaded or not", tq.loaded(), number is None, n)
        if number is None:
            survived += 1
        else:
            refused.append(n)
            module.load()
        with genl.Tunqos(None) as sock:
            case.equal("insmod: works", sock.tunnels(), {}, n)
        module.unload()
    module.close()
    case.true("insmod: the module was refused", max(refused) > points - OURS,
              str(refused))
    case.note("%-24s %4d points: %d tried, %d refused" % (
        "insmod", points, survived + len(refused), len(refused)))


def one_namespace(n, found):
    """In a thread of its own: only the thread moves into the new one."""
    nth = fault.Nth()

    def act():
        if topo.libc.unshare(topo.CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "unshare")
    found += nth.attempt(n, act)
    nth.close()
    if found[1] is not None:
        return
    try:
        with genl.Tunqos(None) as sock, sock.transaction():
            sock.set_tunnel(device="tun", **EVERYTHING)
            sock.set_tunnel(peer="192.0.2.1", **EVERYTHING)
        found.append("works")
    except (OSError, genl.Refused, IndexError) as e:
        found.append(repr(e))


def new_namespace(n):
    """What was left of n, errno or None, and if it works in there."""
    found = []
    thread = threading.Thread(target=one_namespace, args=(n, found))
    thread.start()
    thread.join()
    return found


def counters():
    """gcov's of main.c: others when a namespace has come or gone."""
    with open(os.path.join("/sys/kernel/debug/gcov",
                           os.path.dirname(tq.KO).lstrip("/"),
                           "main.gcda"), "rb") as f:
        return f.read()


def settled():
    """A namespace goes some time after the last who was in it."""
    before = None
    while before != counters():
        before = counters()
        time.sleep(1)
    return before


def namespaces(case):
    """From the last point down to the first where the module had not been
    called yet: there the kernel is alone, and fib4_rules_init() with a splat.
    """
    with fault.only_accounted():
        points = fault.MANY - new_namespace(fault.MANY)[0]
        refused = survived = 0
        number = None
        for n in range(points, 0, -1):
            before = settled() if number is None else counters()
            left, number, *works = new_namespace(n)
            case.equal("namespace: reached", left, 0, n)
            if number is None:
                case.equal("namespace: works", works, ["works"], n)
                survived += 1
                continue
            fault.memory(case, "namespace", number, n)
            if counters() == before:
                break
            refused += 1
        case.true("namespace: refused after the module's part", refused)
        case.note("%-24s %4d points: %d refused, %d survived" % (
            "namespace", points, refused, survived))
    case.equal("namespace: and then succeeds",
               new_namespace(fault.MANY)[1:], [None, "works"])


def test(case):
    with fault.switched_on():
        nth = fault.Nth()
        loading(case, nth)
        with topo.Founding(vlan_a=10, vlan_b=10) as net, tq.module(), \
                net.tunnel("gre"):
            listening(case, nth)
            reading(case, nth)
            staging(case, nth)
            commits(case, nth)
            namespaces(case)
        nth.close()
        case.true("and the module could be unloaded", not tq.loaded())


if __name__ == "__main__":
    main(test)
