#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Comes after a test with a splat, in a boot of its own: lockdep sees again."""

import re

from case import main


def test(case):
    with open("/proc/lockdep_stats") as f:
        case.true("lockdep is on",
                  re.search(r"^ debug_locks:\s+1$", f.read(), re.M))


if __name__ == "__main__":
    main(test)
