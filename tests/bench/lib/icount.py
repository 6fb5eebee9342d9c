# SPDX-License-Identifier: GPL-2.0-or-later
"""The virtual machine of tests/vm, made into a counter of instructions.

With -icount shift=0 each guest instruction advances the guest's clock by one
nanosecond: what the guest takes for time is a number of instructions, the same
on a busy machine and on an idle one.
"""

import json
import sys

import prepare

sys.path.insert(0, prepare.SRC + "/tests/vm/lib")

import machine  # noqa: E402

# QEMU counts a REP string instruction once for each round, so that clearing
# an skb would look dear: the CPU has none that the kernel would choose.
CPU = "max,-erms,-fsrm"
CMDLINE = ["clearcpuid=rep_good,erms,fsrm", "nowatchdog",
           "transparent_hugepage=never"]  # khugepaged works at any time
# Mitigations stay as the kernel chooses them, for they are part of what an
# indirect call costs; so does the zeroing of what is allocated, and so do
# grace periods.
WITHOUT = ("mitigations=off", "init_on_alloc=0", machine.EXPEDITED)


class Machine(machine.Machine):
    """Runs the guest program with a job; line(text) gets what it prints."""

    guest = prepare.BENCH + "/guest"
    cmdline = [w for w in machine.CMDLINE if w not in WITHOUT] + CMDLINE

    def __init__(self, job, ko, line, plugin=None, kernel=None):
        """kernel: its name, on this machine's root; None: of the headers."""
        super().__init__([self.guest], True, 7200, kernel, bool(kernel))
        self.hook = prepare.hook_of(kernel)
        self.bench = job
        self.ko = ko
        self.line = line
        self.plugin = plugin
        self.rest = b""

    def module(self):
        return self.ko

    def environment(self, test):
        env = super().environment(test)
        env["TUNQOS_BENCH"] = json.dumps(self.bench)
        env["TUNQOS_BENCH_OUT"] = prepare.OUT
        env["TUNQOS_BENCH_HOOK"] = self.hook
        env["PYTHONPATH"] += ":" + prepare.BENCH + "/lib"
        return env

    def command(self):
        args = super().command()
        for option, value in (("-cpu", CPU), ("-smp", "1"),
                              ("-accel", "tcg,thread=single")):
            args[args.index(option) + 1] = value
        args += ["-icount", "shift=0,sleep=on"]
        if self.plugin:
            args += ["-plugin", self.plugin]
        return args

    def show(self, output):
        *lines, self.rest = (self.rest + output).split(b"\n")
        for text in lines:
            self.line(text.decode(errors="replace"))


class Guest:
    """One boot that measures: what it said, and whether it can be believed."""

    def __init__(self, job, ko, plugin=None, progress=None, kernel=None):
        self.ko = ko
        self.machine = Machine(job, ko, self.line, plugin, kernel)
        self.progress = progress
        self.paths = []
        self.rows = []
        self.kernel = None
        self.noise = []
        self.verdict = {}

    def line(self, text):
        try:
            said = json.loads(text)
        except ValueError:
            self.noise.append(text)
            return
        if "row" in said:
            self.rows.append(said)
            if self.progress:
                self.progress(said)
        elif "title" in said:
            self.paths.append(said)
        else:
            self.kernel = said["kernel"]

    def word(self, word):
        if word["word"] == "verdict":
            self.verdict = word

    def boot(self):
        """True if all went well; else it has said why."""
        with prepare.module(self.ko) as self.machine.ko:
            self.machine.run(self.word)
        if self.verdict.get("verdict") == "pass" and self.rows:
            return True
        print("\n".join(self.noise[-40:]))
        print("\n".join(self.verdict.get("log", [])[-20:]) or
              self.machine.console_tail())
        print("bench: %s" % (self.verdict.get("reason", "the machine died")
                             or "nothing was measured"))
        return False
