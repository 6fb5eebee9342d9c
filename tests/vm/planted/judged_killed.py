#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
import os
import signal

from case import main


def judge(case):
    case.true("nobody asks", False)


def test(case):
    case.later(judge)
    os.write(case.outside.port, b"half of another table")
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(test)
