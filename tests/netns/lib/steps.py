# SPDX-License-Identifier: GPL-2.0-or-later
"""A process, one system call after the other: what it does, and its death at
any of them. Between two calls that change something nobody else can see a
difference, so that a death at each of these is a death everywhere.
"""

import os
import re
import signal
import subprocess
import tempfile

import topo
from case import Skip

# Calls that change what others see; a death between two of them is a death at
# the second one.
CALLS = ("sendto,sendmsg,write,writev,pwrite64,openat,close,bind,listen,"
         "fsync,fdatasync,rename,renameat2,link,linkat,unlink,mkdir,chmod,"
         "fchmod,chown,fchown,ftruncate")


class Strace:
    """strace of a process, or of one that it starts (argv)."""

    def __init__(self, pid=None, ns=None, argv=(), inject=None, calls=CALLS,
                 **kw):
        self.dir = tempfile.TemporaryDirectory(prefix="strace-")
        self.file = self.dir.name + "/log"
        self.pid = pid
        command = ["strace", "-I2", "-f", "-o", self.file, "-e", "trace=" + calls,
                   "-e", "signal=none"]
        if inject:
            command += ["-e", "inject=" + inject]
        command += ["-p", str(pid)] if pid else list(argv)
        try:
            self.process = topo.popen(ns, *command, stdin=subprocess.DEVNULL,
                                      **({"stderr": subprocess.PIPE}
                                         if pid else kw))
        except FileNotFoundError:
            raise Skip("strace is not installed") from None
        if pid:
            line = self.process.stderr.readline()
            if "attached" not in line:
                raise RuntimeError("strace: " + line +
                                   self.process.stderr.read())

    def so_far(self):
        if not os.path.exists(self.file):
            return ""  # it has not started yet
        with open(self.file, errors="replace") as f:
            return f.read()

    def end(self):
        """Let go of the process; the text of the log."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        if self.process.stderr:
            self.process.stderr.close()
        text = self.so_far()
        self.dir.cleanup()
        return text


def steps(text):
    """[(call, which one of this name)] of a log, in order."""
    count = {}
    found = []
    for name in re.findall(r"^\d+ +(\w+)\(", text, re.M):
        count[name] = count.get(name, 0) + 1
        found.append((name, count[name]))
    return found


def kill_at(step):
    return "%s:signal=SIGKILL:when=%d" % step


def files(directory):
    return sorted(os.listdir(directory))
