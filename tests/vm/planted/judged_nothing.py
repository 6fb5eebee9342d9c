#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
from case import main


def judge(case):
    pass


def test(case):
    case.true("in the machine", True)
    case.later(judge)


if __name__ == "__main__":
    main(test)
