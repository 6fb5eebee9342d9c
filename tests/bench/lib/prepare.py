# SPDX-License-Identifier: GPL-2.0-or-later
"""What the benchmark builds for itself, below build/bench."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile

BENCH = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SRC = os.path.dirname(os.path.dirname(BENCH))
OUT = os.path.abspath(os.environ.get("TUNQOS_BUILD", SRC + "/build")) + "/bench"
BUILD = os.path.dirname(OUT)

# DSCP -> DSCP of everything that writes by a table; also in peers.py
TABLE = [(d + 8) % 64 for d in range(64)]


def command(*argv):
    r = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       text=True)
    if r.returncode:
        sys.exit("bench: %s\n%s" % (" ".join(argv), r.stdout))
    return r.stdout.strip()


def kernel_headers():
    """As the Makefile finds them."""
    r = subprocess.run(
        ["make", "-s", "--no-print-directory", "-C", SRC, "-f", "Makefile",
         "-f", "-", "bench-kdir"], input="bench-kdir:\n\t@echo $(KDIR)\n",
        capture_output=True, text=True, check=True)
    return r.stdout.strip()


def built(kernel):
    """The directory of what is built for a kernel, None: that of the headers."""
    return BUILD + "/kernel-" + kernel if kernel else BUILD


def ko(kernel=None):
    return os.environ.get("TUNQOS_KO",
                          built(kernel) + "/module/kmod/tunqos.ko")


def hook_of(kernel):
    return (built(kernel) if kernel else OUT) + "/hook/emptyhook.ko"


def hook(kernel=None):
    """The empty hook, built as tunqos.ko is; for another kernel both."""
    if kernel:
        command(SRC + "/tests/vm/build", kernel, "bench")
        return
    shutil.copytree(BENCH + "/hook", OUT + "/hook", dirs_exist_ok=True)
    command("make", "-s", "-C", kernel_headers(), "M=" + OUT + "/hook", "modules")


def bpf():
    command("clang", "-O2", "-g", "-target", "bpf", "-DMAP=" + ",".join(map(str, TABLE)),
            "-I/usr/include/" + command("gcc", "-print-multiarch"),
            "-c", BENCH + "/mark.bpf.c", "-o", OUT + "/mark.bpf.o")


def plugin():
    command("gcc", "-O2", "-Wall", "-Werror", "-shared", "-fPIC", "-fvisibility=hidden",
            BENCH + "/plugin.c", "-o", OUT + "/plugin.so")


@contextlib.contextmanager
def module(ko):
    """A copy that the guest can see and that no other run writes over."""
    if ko is None:
        yield ""
        return
    if not os.path.exists(ko):
        sys.exit("bench: no %s (make kmod)" % ko)
    with tempfile.TemporaryDirectory(dir=OUT) as directory:
        yield shutil.copy(ko, directory)


def all_of_it(with_bpf=True, kernel=None):
    os.makedirs(OUT, exist_ok=True)
    hook(kernel)
    if with_bpf:
        bpf()
