# SPDX-License-Identifier: GPL-2.0-or-later
"""A virtual machine with the debug kernel, and what is read out of it."""

import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile

import machine
from machine import BUILD, SRC

# by which the module is built, beside the kernel's own
FLAGS = "UBSAN_SANITIZE=y"
# what takes 1 s in the stock kernel takes up to this here
SLOW = 6


def folder_of(kernel):
    """Of the module for it, its objects with gcov's notes, and its coverage."""
    return BUILD + "/debug" + ("-" + kernel if kernel else "")


def coverage_of(kernel):
    """Where the counters of this very build of its module are kept."""
    with open(folder_of(kernel) + "/kmod/tunqos.ko", "rb") as f:
        return folder_of(kernel) + "/coverage/" + hashlib.sha256(
            f.read()).hexdigest()[:16]


class DebugMachine(machine.Machine):
    """The guest ends a boot after a splat; the rest goes into another.

    Root and programs are this machine's, whatever the kernel.
    """

    prepare = "prepare-debug"
    boot_limit = machine.BOOT_LIMIT * SLOW
    grace = machine.GRACE * SLOW
    # kmemleak reads all of it, twice
    memory = "1536M"
    ports = machine.Machine.ports + ("files",)
    cmdline = [w for w in machine.CMDLINE
               if not w.startswith("loglevel=") and w != machine.EXPEDITED] + [
        # the console is slow, and /dev/kmsg has everything
        "loglevel=2", "kasan_multi_shot",
        # failslab's cache-filter lets only these fail: what is charged to its
        # user (GFP_KERNEL_ACCOUNT), as all of the module is, and messages
        "slub_debug=A,kmalloc-cg-*,skbuff_*",
        # built-in drivers that make devices of their own accord
        "dummy.numdummies=0", "ifb.numifbs=0", "bonding.max_bonds=0",
    ]

    def __init__(self, tests, live, limit=None, boot=1, kernel=None):
        super().__init__(tests, live, limit, kernel, bool(kernel))
        self.kernel = kernel
        self.build_dir = folder_of(kernel)
        self.leaks = "kmemleak" if boot == 1 else "kmemleak-%d" % boot

    def build(self):
        """The module for this kernel, with counters for gcov and KCOV."""
        if "TUNQOS_KO" in os.environ:
            return
        r = subprocess.run(
            ["make", "--no-print-directory", "-s", "-C", SRC, "kmod",
             "BUILD=" + BUILD, "KDIR=" + self.ready + "/build",
             "MODULE=" + self.build_dir,
             "KMODFLAGS=GCOV_PROFILE=y KCOV_INSTRUMENT=y " + FLAGS],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if r.returncode:
            raise SystemExit(r.stdout + "vm: the module does not build for"
                             " the debug kernel")

    def module(self):
        return os.environ.get("TUNQOS_KO",
                              self.build_dir + "/kmod/tunqos.ko")

    def limit_of(self, test):
        return self.limit or machine.test_limit(test) * SLOW

    def environment(self, test):
        return dict(super().environment(test), TUNQOS_DEBUG="1",
                    TUNQOS_SLOW=str(SLOW))

    def job(self):
        return dict(super().job(), debug={
            "leaks": self.leaks, "limit": 120 * SLOW,
            "module": self.module()})

    def keep(self):
        super().keep()
        self.keep_coverage()

    def keep_coverage(self):
        """One folder a boot; coverage adds them up."""
        if "TUNQOS_KO" in os.environ:
            return  # a build of somebody else
        path = self.dir + "/files"
        if not os.path.exists(path) or not os.path.getsize(path):
            return
        kept = coverage_of(self.kernel)
        os.makedirs(kept, exist_ok=True)
        new = tempfile.mkdtemp(prefix=".new-", dir=kept)
        try:
            with tarfile.open(path) as tar:
                for member in tar.getmembers():
                    target = os.path.normpath(os.path.join(new, member.name))
                    if not member.isfile() or not target.startswith(new + "/"):
                        continue
                    os.makedirs(os.path.dirname(target), exist_ok=True)
                    with open(target, "wb") as f:
                        f.write(tar.extractfile(member).read())
            os.rename(new, kept + "/boot" + os.path.basename(new)[4:])
        except (tarfile.TarError, EOFError) as e:
            print("vm: no coverage of this boot: %s" % e)
            shutil.rmtree(new)
