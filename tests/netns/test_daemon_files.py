#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: programs, limit=300
"""The configuration file in every bad condition, the disk full, two daemons,
clients that die: the module keeps what it has, and what was saved stays.
"""

import contextlib
import json
import os
import signal
import subprocess

import genl
import steps
import topo
import tq
from case import main

CONFIG = {"version": 1, "interfaces": {"tun": {"tunnel": {
    "encap": {"dscp": {"set": "af31"}}}}}}
OTHER = {"version": 1, "interfaces": {"tun": {"tunnel": {
    "encap": {"dscp": {"set": "cs1"}}}}}}


def encap(sock):
    one = sock.tunnels().get("tun")
    return one and one.get("encap_value")


def restart(daemon):
    daemon.stop()
    daemon.start()


def take(daemon):
    """What is in the file runs."""
    answer = daemon.rpc("config.reload")
    if "result" not in answer:
        raise RuntimeError(str(answer))


def kept(daemon):
    return daemon.socket + ".running"


def read(path):
    with open(path, "rb") as f:
        return f.read()


def write(path, data):
    with open(path, "wb") as f:
        f.write(data)


def set_and_save(case, name, daemon, ok=True):
    """What can be typed can be saved."""
    answer = daemon.rpc("config.set", config=OTHER)
    case.true(name + ": set", "result" in answer, str(answer))
    answer = daemon.rpc("config.save")
    case.true(name + ": save", ("result" in answer) == ok, str(answer))
    return answer.get("error", {}).get("message", "")


def conditions(case, daemon, sock):
    """A file that cannot be read: nothing changes, and the log says why."""
    path = daemon.config
    good = json.dumps(CONFIG).encode()

    def truncated(length):
        return lambda: write(path, good[:length])

    def directory():
        os.mkdir(path)

    def fifo():
        os.mkfifo(path)

    def loop():
        os.symlink(path, path)

    def huge():
        write(path, b"{")
        os.truncate(path, (64 << 20) + 1)

    bad = [("empty", truncated(0), "line 1")]
    bad += [("cut at %d" % at, truncated(at), "line 1")
            for at in range(1, len(good), len(good) // 5)]
    bad += [("a directory", directory, "not a regular file"),
            ("a fifo", fifo, "not a regular file"),
            ("a link to itself", loop, "symbolic links"),
            ("binary", lambda: write(path, bytes(range(255, -1, -1)) * 16),
             "line 2, column 10"),
            ("zeros", lambda: write(path, bytes(4096)), "line 1"),
            ("huge", huge, "larger than 64 MiB")]
    for number, (name, make, words) in enumerate(bad):
        write(path, good)
        restart(daemon)
        take(daemon)
        topo.wait(lambda: encap(sock) == 26, 10, name)
        daemon.stop()
        os.unlink(path)
        make()
        lost = number % 2  # what ran is known from its file, or from the module
        if lost:
            os.unlink(kept(daemon))
        at = len(daemon.output())
        daemon.start()
        case.true(name + ": where it is from", (
            "config-recovered" if lost else "running-config-kept") in
            daemon.output()[at:], daemon.output()[at:])
        case.equal(name + ": the module keeps its state", encap(sock), 26)
        case.equal(name + ": runs what the module has",
                   daemon.rpc("config.get")["result"]["config"]["interfaces"]
                   ["tun"]["tunnel"]["encap"], {"dscp": {"set": "af31"}})
        case.true(name + ": says why", words in daemon.output()[at:],
                  daemon.output()[at:])
        set_and_save(case, name, daemon)
        case.equal(name + ": saved", json.loads(read(path))["interfaces"]
                   ["tun"]["tunnel"]["encap"], {"dscp": {"set": "cs1"}})
        case.true(name + ": the bad one is kept",
                  os.path.lexists(path + ".bad"))
        daemon.stop()
        topo.run(None, "rm", "-rf", path, path + ".bad")
    write(path, good)
    daemon.start()
    take(daemon)


def wrong_mode(case, daemon, sock):
    """As the service runs it: root without the right to read everything."""
    daemon.stop()
    os.chmod(daemon.config, 0)
    at = len(daemon.output())
    with open(daemon.log, "a") as log:
        daemon.process = topo.popen(
            "rA", "setpriv", "--bounding-set", "-all,+net_admin,+chown",
            "--inh-caps", "-all", tq.program("tunqosd"), "--socket",
            daemon.socket, "--config", daemon.config,
            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    topo.wait(daemon.ready, 30, "tunqosd")
    daemon.rpc("version")
    case.true("mode 000: says so", "Permission denied" in
              daemon.output()[at:], daemon.output()[at:])
    case.equal("mode 000: the module keeps its state", encap(sock), 26)
    daemon.stop()
    os.chmod(daemon.config, 0o640)
    daemon.start()


def disks(case, daemon, sock):
    """Full, and read only: the old file stays as it was."""
    disk = daemon.dir + "/disk"
    os.mkdir(disk)
    topo.run(None, "mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk)
    home = daemon.config
    try:
        daemon.config = disk + "/tunqos.json"
        write(daemon.config, json.dumps(CONFIG).encode())
        restart(daemon)
        topo.wait(lambda: encap(sock) == 26, 10, "the file on the disk")
        before = read(daemon.config)
        try:
            write(disk + "/fill", bytes(1 << 20))
        except OSError:
            pass
        words = set_and_save(case, "full", daemon, ok=False)
        case.true("full: says so", "No space left" in words, words)
        case.equal("full: the old file", read(daemon.config), before)
        case.equal("full: no litter", steps.files(disk),
                   ["fill", "tunqos.json"])
        case.equal("full: the change is in effect", encap(sock), 8)
        os.unlink(disk + "/fill")
        case.true("room again", "result" in daemon.rpc("config.save"))
        case.true("room again: saved", read(daemon.config) != before)

        topo.run(None, "mount", "-o", "remount,ro", disk)
        before = read(daemon.config)
        daemon.rpc("config.set", config=CONFIG)
        words = set_and_save(case, "read only", daemon, ok=False)
        case.true("read only: says so", "Read-only" in words, words)
        case.equal("read only: the file", read(daemon.config), before)
        restart(daemon)
        case.equal("read only: read all the same", encap(sock), 8)
        daemon.stop()
    finally:
        daemon.stop()
        topo.run(None, "umount", disk)
        daemon.config = home
    daemon.start()
    take(daemon)


def no_room(case, daemon, sock):
    """What runs cannot be kept: that is said, and nothing old runs later."""
    disk = daemon.dir + "/run"
    os.mkdir(disk)
    topo.run(None, "mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk)
    home = daemon.socket
    daemon.stop()
    try:
        daemon.socket = disk + "/sock"
        daemon.start()
        take(daemon)
        before = steps.files(disk)
        case.true("kept", "sock.running" in before, str(before))
        with contextlib.suppress(OSError):
            write(disk + "/fill", bytes(1 << 20))
        many = {"interfaces": dict(OTHER["interfaces"], **{
            "gre%d" % i: {"tunnel": {}} for i in range(100)}), "version": 1}
        answer = daemon.rpc("config.set", config=many)
        warnings = str(answer.get("result", {}).get("warnings"))
        case.true("says so: " + warnings, "cannot be kept" in warnings and
                  "No space left" in warnings)
        case.equal("in effect", encap(sock), 8)
        daemon.stop(signal.SIGKILL)
        case.true("nothing old", "sock.running" not in steps.files(disk))
        os.unlink(disk + "/fill")
        daemon.start()
        case.equal("goes on", (encap(sock), "gre99" in sock.tunnels()),
                   (8, True))
        case.true("kept again", "sock.running" in steps.files(disk))
    finally:
        daemon.stop()
        topo.run(None, "umount", disk)
        daemon.socket = home
    daemon.start()
    take(daemon)


def serves(daemon):
    with contextlib.suppress(tq.Gone):
        return "result" in daemon.rpc("version")


def two(case, daemon, sock):
    """Started at once, one serves, and the other says that it does."""
    for round_ in range(3):
        daemon.stop()
        pair = [topo.popen("rA", tq.program("tunqosd"), "--socket",
                           daemon.socket, "--config", daemon.config,
                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                           stderr=subprocess.PIPE) for _ in range(3)]
        topo.wait(lambda: sum(p.poll() is not None for p in pair) == 2, 30,
                  "two of three to end")
        alive = [p for p in pair if p.poll() is None]
        case.equal("one is left", len(alive), 1, str(round_))
        for p in pair:
            if p not in alive:
                case.equal("status", p.returncode, 1)
                text = p.stderr.read()
                case.true("says why: " + text, "another tunqosd" in text)
        # it held the lock before it listened
        case.true("it serves", topo.wait(lambda: serves(daemon), 30,
                                         "the one that is left"))
        for p in pair:
            p.send_signal(signal.SIGTERM)
            p.wait(15 * topo.SLOW)
            p.stderr.close()
        daemon.start()
    case.equal("the state is the file's", encap(sock), 26)


def dying_clients(case, daemon, sock):
    """The CLI is killed at each of its calls: all of its edits or none."""
    argv = (tq.program("tunqos"), "--socket", daemon.socket,
            "-c", "interface tun", "-c", "tunnel encap dscp set cs1",
            "-c", "interface gre9", "-c", "tunnel diffserv-mode uniform")
    calls = "sendto,recvfrom,connect,poll"

    def run(inject=None):
        trace = steps.Strace(ns="rA", argv=argv, calls=calls, inject=inject,
                             stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
        trace.process.wait(60)
        return trace.end()
    todo = steps.steps(run())
    case.true("steps of the CLI", len(todo) > 6, str(todo))
    seen = set()
    for step in todo:
        answer = daemon.rpc("config.set", config=CONFIG)
        case.true("as before", "result" in answer, str(answer))
        run(steps.kill_at(step))
        # it answers the dead one's request before ours
        daemon.rpc("version")
        found = encap(sock), "gre9" in sock.tunnels()
        case.true("all or nothing", found in ((26, False), (8, True)),
                  "%s: %s" % (step, found))
        seen.add(found[1])
    case.equal("killed before and after", seen, {False, True})


def test(case):
    with tq.module(), topo.Founding() as net, net.tunnel("gre"), \
            tq.Daemon("rA", config=json.dumps(CONFIG)) as daemon, \
            genl.Tunqos("rA") as sock:
        conditions(case, daemon, sock)
        case.note("conditions of the file done")
        wrong_mode(case, daemon, sock)
        disks(case, daemon, sock)
        no_room(case, daemon, sock)
        case.note("disks done")
        two(case, daemon, sock)
        dying_clients(case, daemon, sock)


if __name__ == "__main__":
    main(test)
