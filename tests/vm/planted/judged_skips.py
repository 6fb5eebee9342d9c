#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
from case import Skip, main


def judge(case):
    case.true("it differs", False)


def test(case):
    case.later(judge)
    raise Skip("a reason")


if __name__ == "__main__":
    main(test)
