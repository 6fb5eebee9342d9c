#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the debug machine relies on is there and switched on.

A kernel without these would find nothing, and all would seem well.
"""

import os
import re

import topo
import tq
from case import main


def read(path):
    with open(path) as f:
        return f.read()


def test(case):
    tq.debug_kernel()
    locks = read("/proc/lockdep_stats")
    case.true("lockdep watches locks", re.search(r"^ debug_locks:\s+1$", locks, re.M))
    with open("/sys/kernel/debug/kmemleak", "w") as f:
        case.equal("kmemleak takes commands", f.write("scan=off"), 8)
    case.true("kasan_multi_shot", "kasan_multi_shot" in read("/proc/cmdline"))
    symbols = read("/proc/kallsyms")
    for name in ("kasan_report", "__ubsan_handle_shift_out_of_bounds",
                 "debug_object_free", "ref_tracker_alloc"):
        case.true("the kernel has " + name, " %s\n" % name in symbols)
    case.equal("an allocation can be made to fail",
               read("/proc/thread-self/fail-nth"), "0\n")
    case.true("KCOV", os.path.exists("/sys/kernel/debug/kcov"))
    with tq.module():
        counters = topo.run(None, "find", "/sys/kernel/debug/gcov", "-path",
                            "*/netlink/transaction.gcda").stdout.split()
        case.equal("gcov counts in the module", len(counters), 1)
        code = topo.run(None, "modinfo", "-F", "vermagic", tq.KO).stdout
        case.true("the module is for this kernel", os.uname().release in code)
        symbols = read("/proc/kallsyms")
        for name in ("__sanitizer_cov_trace_pc", "__asan_report_load8_noabort",
                     "__ubsan_handle_shift_out_of_bounds"):
            case.true("the module calls " + name, name.encode() in binary())
        case.true("the module has symbols", "[tunqos]" in symbols)


def binary():
    with open(tq.KO, "rb") as f:
        return f.read()


if __name__ == "__main__":
    main(test)
