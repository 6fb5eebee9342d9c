#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: programs, limit=900
"""The daemon is killed at each step of what it does: what it leaves behind is
the old state or the whole new one, the next daemon goes on from there, saved or
not, and the packets meanwhile have the one mark or the other.
"""

import fcntl
import json
import os
import subprocess

import expect
import genl
import steps
import topo
import tq
from case import main
from stream import Marked

# Each differs from the other in every object that there is.
MARKS = ("af31", "cs1")
DSCPS = [expect.DSCP[mark] for mark in MARKS]


def config(which):
    table = {"map": {"ef": 5 + which}, "default": 0}
    return {
        "version": 1,
        "tableMaps": {"cos": table},
        "interfaces": {
            "tun": {"description": "state %d" % which,
                    "tunnel": {"encap": {"dscp": {"set": MARKS[which]}}}},
            "gre%d" % which: {"tunnel": {}},
            "lan.10": {"port": {"cos": {"table": "cos"}}}},
        "cryptoMaps": {"vpn 10": {
            "peer": "198.51.100.77",
            "tunnel": {"encap": {"dscp": {"set": MARKS[which]}}}}}}


def settings(sock):
    """What is set in the module, without counters and states."""
    skip = ("encap", "decap", "egress", "state", "hooks", "kind", "problem",
            "lower", "vid")
    return {key: {k: v for k, v in one.items() if k not in skip}
            for key, one in {**sock.tunnels(), **sock.ports()}.items()}


class Rig:
    """The daemon, and the two states between which it is sent to and fro."""

    def __init__(self, case, daemon, sock, marked):
        self.case = case
        self.daemon = daemon
        self.sock = sock
        self.marked = marked
        self.state = []
        self.kept = []
        for which in (1, 0):
            self.set(which)
            self.state.insert(0, settings(sock))
            with open(daemon.socket + ".running", "rb") as f:
                self.kept.insert(0, f.read())
        case.true("two states", self.state[0] != self.state[1])

    def set(self, which):
        answer = self.daemon.rpc("config.set", config=config(which))
        self.case.true("set: %s" % answer, "result" in answer)

    def write(self, which):
        with open(self.daemon.config, "w") as f:
            json.dump(config(which), f)

    def leave(self, which):
        """As if the daemon before had run this."""
        with open(self.daemon.socket + ".running", "wb") as f:
            f.write(self.kept[which])

    def running(self):
        """Which of the two runs, down to its description."""
        answer = self.daemon.rpc("config.get")
        found = answer["result"]["config"]["interfaces"]["tun"]
        return ("state 0", "state 1").index(found["description"])

    def file(self):
        """Which of the two is in the file."""
        with open(self.daemon.config) as f:
            text = f.read()
        try:
            found = json.loads(text)["interfaces"]["tun"]["tunnel"]
            return MARKS.index(found["encap"]["dscp"]["set"])
        except (ValueError, KeyError):
            return text

    def serves(self):
        try:
            return "result" in self.daemon.rpc("version")
        except tq.Gone:
            return False

    def nobody(self):
        """No daemon runs: its lock is free."""
        with open(self.daemon.socket + ".lock", "w") as f:
            try:
                fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
        return True

    def which(self, where):
        """Which of the two is in the module."""
        found = settings(self.sock)
        if self.case.true(where + ": the module has a whole state",
                          found in self.state, str(found)):
            return self.state.index(found)
        return None

    def start(self, where, want=None):
        """The next daemon goes on with what ran, and the module has it."""
        self.daemon.start()
        running = self.running()
        if want is not None:
            self.case.equal("what ran goes on", running, want, where)
        try:
            topo.wait(lambda: settings(self.sock) == self.state[running], 10,
                      "the next daemon")
        except Exception as e:  # say where, and go on
            self.case.fail("the next daemon converges", "%s: %s" % (where, e))
        self.marked.look()

    def kill(self, step, method, **params):
        """A request whose daemon dies at this step; True if it answered."""
        process = self.daemon.process
        trace = steps.Strace(process.pid, inject=steps.kill_at(step))
        try:
            answered = "result" in self.daemon.rpc(method, **params)
        except tq.Gone:
            answered = False
        if answered:
            # it may be killed after the answer, or never: then by hand
            try:
                process.wait(0.5)
            except subprocess.TimeoutExpired:
                process.kill()
        process.wait(30)
        trace.end()
        self.case.equal("dies", process.returncode, -9, str(step))
        return answered

    def trace(self, method, **params):
        trace = steps.Strace(self.daemon.process.pid)
        answer = self.daemon.rpc(method, **params)
        text = trace.end()
        self.case.true("%s: %s" % (method, answer), "result" in answer)
        return steps.steps(text)


def commits(rig):
    """In a change: the module has all of it or nothing."""
    case = rig.case
    rig.write(0)
    todo = rig.trace("config.set", config=config(1))
    rig.set(0)
    case.note("a change has %d steps" % len(todo))
    case.true("begin, three objects, commit, answer: %s" % todo, len(
        [name for name, _ in todo if name in ("sendto", "sendmsg")]) >= 4)
    seen = set()
    for step in todo:
        where = "commit, %s %d" % step
        answered = rig.kill(step, "config.set", config=config(1))
        which = rig.which(where)
        seen.add(which)
        if answered:
            case.equal("what was answered is there", which, 1, where)
        case.equal("the file", rig.file(), 0, where)
        rig.start(where, 1 if answered else None)
        rig.set(0)
    case.equal("died before and after", seen, {0, 1})


def saves(rig):
    """In `write memory`: the file is the old one or the new one."""
    case = rig.case
    os.chmod(rig.daemon.config, 0o640)
    rig.set(1)
    todo = rig.trace("config.save")
    case.note("write memory has %d steps" % len(todo))
    names = {name for name, _ in todo}
    case.true("writes, syncs and renames: %s" % names,
              {"write", "fsync", "rename"} <= names)
    old = 1
    seen = set()
    for step in todo:
        where = "save, %s %d" % step
        rig.set(1 - old)
        answered = rig.kill(step, "config.save")
        found = rig.file()
        if not case.true("the file is whole", found in (0, 1),
                         "%s: %s" % (where, found)):
            rig.write(old)
            found = old
        if answered:
            case.equal("what was answered is written", found, 1 - old, where)
        case.equal("the mode", os.stat(rig.daemon.config).st_mode & 0o7777,
                   0o640, where)
        case.equal("the module", rig.which(where), 1 - old, where)
        seen.add(found != old)
        # whatever is in the file
        rig.start(where, 1 - old)
        old = found
    case.equal("died before and after", seen, {False, True})
    case.true("saved", "result" in rig.daemon.rpc("config.save"))
    case.equal("nothing is left over", [
        f for f in steps.files(rig.daemon.dir) if f.startswith(".")], [])


def set_aside(rig):
    """In `write memory` over a file that could not be read."""
    case = rig.case
    daemon = rig.daemon
    bad = "{ not JSON"
    for step in (("linkat", 1), ("openat", 1), ("openat", 2), ("fsync", 1),
                 ("rename", 1), ("fsync", 2)):
        where = "set aside, %s %d" % step
        old = rig.which(where)
        daemon.process.kill()
        daemon.process.wait()
        with open(daemon.config, "w") as f:
            f.write(bad)
        daemon.start()
        rig.set(1 - old)
        rig.kill(step, "config.save")
        found = rig.file()
        case.true("the bad file or the new one", found in (bad, 1 - old),
                  "%s: %s" % (where, found))
        if found != bad:
            with open(daemon.config + ".bad") as f:
                case.equal("the bad file is kept", f.read(), bad, where)
        rig.start(where, 1 - old)
    rig.write(rig.which("set aside"))


def starts(rig):
    """At its start, when what ran is not what the module has."""
    case = rig.case
    old = rig.which("before")
    daemon = rig.daemon
    daemon.stop()
    rig.leave(1 - old)
    calls = "sendto,sendmsg,bind,listen,epoll_wait"
    argv = (tq.program("tunqosd"), "--socket", daemon.socket, "--config",
            daemon.config)
    trace = steps.Strace(ns="rA", argv=argv, calls=calls,
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    # the first wait for work: all is done, nobody has been served
    topo.wait(lambda: "epoll_wait(" in trace.so_far(), 30, "start")
    case.equal("a start", rig.which("a start"), 1 - old)
    todo = [step for step in steps.steps(trace.end())
            if step[0] != "epoll_wait" or step[1] == 1]
    topo.wait(rig.nobody, 30, "the end of the daemon")
    old = 1 - old
    case.note("a start has %d steps" % len(todo))
    seen = set()
    for step in todo:
        where = "start, %s %d" % step
        rig.leave(1 - old)
        trace = steps.Strace(ns="rA", argv=argv, calls=calls,
                             inject=steps.kill_at(step),
                             stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
        # dead, or at work: a step that does not come each time
        topo.wait(lambda: trace.process.poll() is not None or rig.serves(),
                  60, "%s: death or service" % where)
        trace.end()
        topo.wait(rig.nobody, 30, "the end of the daemon")
        found = rig.which(where)
        seen.add(found != old)
        rig.marked.look()
        old = old if found is None else found
    case.equal("died before and after", seen, {False, True})
    rig.leave(1 - old)
    rig.start("after all", 1 - old)


def test(case):
    with tq.module(), topo.Founding(vlan_b=10) as net:
        topo.ip("rA", "link add link lan name lan.10 type vlan id 10")
        with net.tunnel("gre") as tun, tq.Daemon("rA") as daemon, \
                genl.Tunqos("rA") as sock:
            daemon.rpc("config.set", config=config(0))
            with Marked(net, tun) as marked:
                rig = Rig(case, daemon, sock, marked)
                commits(rig)
                saves(rig)
                set_aside(rig)
                starts(rig)
                case.true("every packet arrives: %d of %d" % (
                    marked.arrived, marked.traffic.sent), marked.finish())
            case.note("%d packets, outer DSCPs %s" % (
                marked.arrived, marked.outer))
            case.equal("one mark or the other", set(marked.outer), set(DSCPS))
            case.true("many packets", marked.arrived > 1000)


if __name__ == "__main__":
    main(test)
