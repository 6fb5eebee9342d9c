#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
from case import main


def judge(case):
    case.true("judged", True)
    raise RuntimeError("twice the same packet")


def test(case):
    case.later(judge)


if __name__ == "__main__":
    main(test)
