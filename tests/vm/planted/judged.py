#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
from case import main

MACHINE = "/run/tunqos-machine"


def judge(case):
    try:
        with open(MACHINE):
            case.fail("judged in the machine")
    except FileNotFoundError:
        case.true("by the host", True)


def test(case):
    with open(MACHINE, "w"):
        pass
    for _ in range(2):
        case.later(judge)


if __name__ == "__main__":
    main(test)
