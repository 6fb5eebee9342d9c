#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
import sys

from case import main


def judge(case):
    case.true("judged", True)


def test(case):
    case.later(judge)
    sys.exit(0)


if __name__ == "__main__":
    main(test)
