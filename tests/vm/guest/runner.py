#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs inside the virtual machine: each test in turn, judged and reported.

The verdicts leave through a virtio port that only this process has open:
nothing that a test prints on its output or on the console can be taken for
one. A test that gets no verdict has failed; the host sees to that.
"""

import glob
import json
import os
import re
import select
import signal
import subprocess
import sys
import time

import debug

PASS, FAIL, SKIP = "pass", "fail", "skip"
EXIT_SKIP = 4
CGROUPS = "/sys/fs/cgroup"
OUTPUT_MAX = 256 * 1024

LOG_BEFORE, LOG_LINES = 20, 140  # of the kernel log, about a splat

SPLAT = re.compile(
    r"WARNING|\bBUG\b|\bOops|leak|lockdep|suspicious RCU|Call Trace"
    r"|KASAN|UBSAN|ODEBUG|INFO: |self-detected stall|detected stalls"
    r"|unreferenced object|refcount|unregister_netdevice: waiting"
    r"|blocked for more than|general protection|segfault at|ref_tracker")


class Port:
    """A virtio serial port, found by its name."""

    def __init__(self, name):
        self.fd = None
        for path in glob.glob("/sys/class/virtio-ports/*/name"):
            with open(path) as f:
                if f.read().strip() == name:
                    device = "/dev/" + path.split("/")[-2]
                    self.fd = os.open(device, os.O_WRONLY | os.O_CLOEXEC)

    def write(self, data):
        while data and self.fd is not None:
            data = data[os.write(self.fd, data[:65536]):]

    def word(self, **fields):
        self.write(json.dumps(fields).encode() + b"\n")


class KernelLog:
    """Follows /dev/kmsg: clearing dmesg hides nothing from it."""

    def __init__(self):
        self.fd = os.open("/dev/kmsg",
                          os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)

    def fresh(self):
        lines = []
        while True:
            try:
                record = os.read(self.fd, 16384)
            except BlockingIOError:
                return lines
            except BrokenPipeError:
                lines.append("WARNING: the kernel log has lost lines")
                continue
            head, _, text = record.decode(errors="replace").partition(";")
            stamp = int(head.split(",")[2]) / 1e6
            lines.append("[%10.6f] %s" % (stamp, text.split("\n")[0]))


class Group:
    """A control group: nobody who was started in it gets away."""

    def __init__(self, name):
        self.path = os.path.join(CGROUPS, name)
        os.mkdir(self.path)

    def join(self):
        with open(self.path + "/cgroup.procs", "w") as f:
            f.write("0")

    def members(self):
        """The names of the living; a zombie is its parent's business."""
        with open(self.path + "/cgroup.procs") as f:
            pids = f.read().split()
        names = []
        for pid in pids:
            try:
                with open("/proc/%s/stat" % pid) as f:
                    stat = f.read()
            except OSError:
                continue
            name, rest = stat[stat.index("("):].rsplit(")", 1)
            if rest.split()[0] not in "ZX":
                names.append("%s%s)" % (pid, name))
        return names

    def left(self):
        """Those who stay; who has been told to go may take a moment."""
        for _ in range(100):
            names = self.members()
            if not names:
                break
            time.sleep(0.02)
        return names

    def end(self):
        with open(self.path + "/cgroup.kill", "w") as f:
            f.write("1")
        for _ in range(500):
            try:
                os.rmdir(self.path)
                return
            except OSError:
                time.sleep(0.01)


def modules():
    with open("/proc/modules") as f:
        return {line.split()[0] for line in f}


def namespaces():
    try:
        return set(os.listdir("/run/netns"))
    except FileNotFoundError:
        return set()


def links():
    return set(os.listdir("/sys/class/net"))


def settle():
    """What is wrong with what the test left behind; puts it right."""
    wrong = []
    left = namespaces()
    for name in sorted(left):
        subprocess.run(["ip", "netns", "del", name], check=False)
    if left:
        wrong.append("left namespaces: " + " ".join(sorted(left)))
    if "tunqos" in modules():
        r = subprocess.run(["rmmod", "tunqos"], capture_output=True, text=True)
        if r.returncode:
            wrong.append("rmmod tunqos: " + r.stderr.strip())
    return wrong


def follow(child, limit, live):
    """Collect the child's output; None when it ran out of time."""
    out = bytearray()
    end = time.monotonic() + limit
    fd = child.stdout.fileno()
    os.set_blocking(fd, False)
    while True:
        ended = child.poll() is not None
        readable, _, _ = select.select([fd], [], [], 0 if ended else 0.2)
        if readable:
            data = os.read(fd, 65536)
            if live:
                live.write(data)
            out += data
            if len(out) > 2 * OUTPUT_MAX:
                del out[:len(out) - OUTPUT_MAX]
            if not data:
                # closed: the end, or a child that gave its output away
                try:
                    return child.wait(max(0.0, end - time.monotonic())), out
                except subprocess.TimeoutExpired:
                    return None, out
        elif ended:
            return child.returncode, out
        if time.monotonic() > end:
            return None, out


def part(log, splats):
    """The lines about the first splat, or the last ones."""
    if not splats:
        return log[-LOG_LINES:]
    first = max(log.index(splats[0]) - LOG_BEFORE, 0)
    return log[first:first + LOG_LINES]


def run(test, kmsg, live, is_debug):
    kmsg.fresh()
    before = links()
    group = Group("test")
    start = time.monotonic()
    child = subprocess.Popen(
        test["argv"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, env=dict(os.environ, **test["env"]),
        preexec_fn=group.join, start_new_session=True)
    code, out = follow(child, test["limit"], live)
    wrong = []
    if code is None:
        wrong.append("no end after %d s" % test["limit"])
    else:
        left = group.left()
        if left:
            wrong.append("left processes: " + " ".join(left))
    group.end()
    child.wait()
    seconds = time.monotonic() - start
    wrong += settle()
    gone = links() - before
    if gone:
        wrong.append("left links: " + " ".join(sorted(gone)))

    log = kmsg.fresh()
    splats = [line for line in log if SPLAT.search(line)]
    if splats:
        wrong.append("kernel log: " + splats[0])
    elif is_debug and not debug.lockdep_on():
        wrong.append("lockdep is turned off")
    if code is not None and code < 0:
        wrong.append("died of " + signal.Signals(-code).name)
    elif code not in (None, 0, EXIT_SKIP):
        wrong.append("exit status %d" % code)

    text = bytes(out[-OUTPUT_MAX:]).decode(errors="replace")
    if wrong:
        verdict, reason = FAIL, "; ".join(wrong)
    elif code == EXIT_SKIP:
        lines = text.strip().split("\n")
        verdict, reason = SKIP, lines[-1] or "no reason given"
    else:
        verdict, reason = PASS, ""
    return dict(verdict=verdict, reason=reason, seconds=round(seconds, 2),
                status=code, output=text, log=part(log, splats) if wrong else [])


def main():
    with open(sys.argv[1]) as f:
        job = json.load(f)
    verdicts = Port("verdict")
    live = Port("live") if job["live"] else None
    kmsg = KernelLog()
    boot = [line for line in kmsg.fresh() if SPLAT.search(line)
            and not re.search(debug.GREETINGS, line)]
    verdicts.word(word="up", kernel=os.uname().release,
                  uptime=time.clock_gettime(time.CLOCK_BOOTTIME), splats=boot)
    more = job.get("debug")
    for test in job["tests"]:
        verdicts.word(word="start", test=test["name"], limit=test["limit"])
        verdicts.word(word="verdict", test=test["name"],
                      **run(test, kmsg, live, bool(more)))
        if more and not debug.lockdep_on():
            break  # the host gives the others another boot
    if more:
        verdicts.word(word="start", test=more["leaks"], limit=more["limit"])
        verdicts.word(word="verdict", test=more["leaks"],
                      **debug.judge_leaks(more))
        Port("files").write(debug.coverage(more["module"]))
    verdicts.word(word="end")


if __name__ == "__main__":
    main()
