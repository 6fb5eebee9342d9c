#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
from case import main


def judge(case, number):
    case.equal("the number", number, 1)


def test(case):
    for number in (1, 2):
        case.later(judge, number)


if __name__ == "__main__":
    main(test)
