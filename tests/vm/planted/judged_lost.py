#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
from case import main


def judge(case):
    case.true("judged", True)


def test(case):
    case.later(judge)
    case.outside.count += 1  # as if another had got lost


if __name__ == "__main__":
    main(test)
