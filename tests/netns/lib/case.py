# SPDX-License-Identifier: GPL-2.0-or-later
"""A test's judgement: counts what was compared, prints what differs."""

import gc
import sys
import time
import traceback

from outside import Outside

SHOWN = 6  # differences printed of one kind; the rest is counted


class Skip(Exception):
    """This can't be tested here; the text says why."""


class Case:
    def __init__(self):
        self.checks = 0
        self.failures = 0
        self.shown = {}
        self.start = time.monotonic()
        self.outside = Outside()

    def note(self, text):
        print("%6.1f  %s" % (time.monotonic() - self.start, text), flush=True)

    def fail(self, what, text=""):
        """One difference; 'what' may not contain the varying part."""
        self.checks += 1
        self.failures += 1
        n = self.shown[what] = self.shown.get(what, 0) + 1
        if n <= SHOWN:
            print("  DIFFERS %s%s" % (what, ": " + text if text else ""),
                  flush=True)

    def equal(self, what, got, want, where=""):
        """True if they are equal; 'where' says which of many it was."""
        if got != want:
            self.fail(what, "%sgot %s, want %s" % (
                "%s: " % where if where != "" else "", show(got), show(want)))
            return False
        self.checks += 1
        return True

    def true(self, what, condition, text=""):
        if not condition:
            self.fail(what, text)
            return False
        self.checks += 1
        return True

    def later(self, judge, *args):
        """judge(self, *args), by the machine's host if there is one, which
        knows the same modules and nothing of this machine: so args are values.
        """
        if not self.outside.send(judge, args):
            judge(self, *args)

    def more(self):
        """What was counted and not printed."""
        for what, n in self.shown.items():
            if n > SHOWN:
                print("  ... %d more: %s" % (n - SHOWN, what))

    def done(self):
        self.outside.close()
        self.more()
        if self.outside.count:
            print("%d tables are judged outside" % self.outside.count)
        print("%d checks, %d differ, %.1f s" % (
            self.checks, self.failures, time.monotonic() - self.start))
        made = self.checks or self.outside.count
        if not made:
            print("nothing was checked")
        return 0 if made and not self.failures else 1


def show(value):
    return "0x%02x" % value if type(value) is int else repr(value)


def main(test):
    """test(case) -> exit status of the program."""
    # hundreds of thousands of packets and their layers live long, in no cycle
    gc.disable()
    case = Case()
    try:
        test(case)
    except Skip as e:
        case.outside.close()
        if case.failures:
            sys.exit(case.done())
        print(e)
        sys.exit(4)
    except Exception:
        traceback.print_exc()
        case.failures += 1
    sys.exit(case.done())
