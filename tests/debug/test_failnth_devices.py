#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: limit=300
"""Allocations fail while a device comes, is renamed, goes.

The device is the user's and comes in any case; its binding says that it is
active, or that it failed, and the next event mends that.
"""

import errno

import fault
import genl
import links
import topo
import tq
from case import main

PCP = [d >> 3 for d in range(64)]
TABLES = dict(
    encap_dscp="table", encap_table=list(range(64)), decap_dscp="table",
    decap_table=list(range(64)), decap_permit=set(range(64)),
    decap_class="outer", pre_classify=1, priority=list(range(64)))


class Rig:
    """A binding to 'new' or 'new.5', and who watches it."""

    def __init__(self, case, nth, name):
        self.case = case
        self.nth = nth
        self.name = name
        self.links = links.Links("rA")
        self.ear = fault.Ear("rA")
        self.eye = genl.Tunqos("rA")

    def close(self):
        self.bind(False)
        for one in (self.links, self.ear, self.eye):
            one.close()

    def bind(self, wanted=True):
        with self.eye.transaction():
            self.eye.flush()
            if wanted and "." in self.name:
                self.eye.set_port(self.name, PCP, **genl.PORT_MORE)
            elif wanted:
                self.eye.set_tunnel(device=self.name, **TABLES)

    def state(self):
        return {**self.eye.tunnels(), **self.eye.ports()}[self.name]

    def clear(self, *names):
        for name in names:
            if self.links.there(name):
                self.links.tell(self.links.delete(name))

    def every(self, what, prepare, act, judge):
        """judge(n, number): None when there was no error, or no answer"""
        todo = []

        def ready():
            todo[:] = [prepare()]
            self.ear.heard()

        def outcome(number, n):
            if number is None and todo[0]:
                number = self.links.answer()
            fault.memory(self.case, what, number, n)
            number = None if number == fault.LOST else number
            judge(n, number)
            return number

        fault.every(self.case, self.nth, what, ready, lambda: act(todo[0]),
                    outcome)


def come(case, rig, what, prepare, act):
    """A device gets the binding's name."""
    failed = []
    missed = []

    def judge(n, number):
        one = rig.state()
        heard = rig.ear.heard()
        if not rig.links.there(rig.name):  # the kernel has taken it back
            case.equal(what + ": refused, pending", (
                bool(number), one["state"], one["hooks"]),
                       (True, "pending", set()), n)
            return
        case.true(what + ": done, but for copying back what an ioctl changed",
                  number in (None, errno.EFAULT), "n %d: %s" % (n, number))
        case.true(what + ": the event is heard, or its loss",
                  heard is None or heard.get(rig.name) == one["state"],
                  "n %d: %s, is %s" % (n, heard, one["state"]))
        missed.extend([n] * (heard is None))
        if one["state"] == "active":
            return
        failed.append(n)
        case.true(what + ": failed, with a reason",
                  one["state"] == "failed" and "memory" in one["problem"],
                  "n %d: %s" % (n, one))
        case.equal(what + ": failed, no hooks", one["hooks"], set(), n)
        rig.links.tell(rig.links.up(rig.name))
        case.equal(what + ": the next event mends it", rig.state()["state"],
                   "active", n)

    rig.every(what, prepare, act, judge)
    # it takes its own memory, and that of at least one hook
    case.true(what + ": attaching failed", len(failed) > 1, str(failed))
    case.true(what + ": events were missed", missed)
    case.note("%-24s attaching failed %d times" % (what, len(failed)))


def go(case, rig, what, prepare, act):
    """Letting go needs no memory that may be missing."""
    missed = []

    def judge(n, number):
        heard = rig.ear.heard()
        one = rig.state()
        there = rig.links.there(rig.name)
        case.equal(what + ": it is there, or no error", there, bool(number), n)
        case.equal(what + ": the binding", (one["state"], bool(one["hooks"])),
                   ("active", True) if there else ("pending", False), n)
        case.true(what + ": heard, or its loss", there or heard is None or
                  heard.get(rig.name) == "pending", "n %d: %s" % (n, heard))
        missed.extend([n] * (heard is None))

    rig.every(what, prepare, act, judge)
    case.true(what + ": events were missed", missed)


def both(case, nth, name, make):
    """The name comes with the device, and by a rename; and goes."""
    rig = Rig(case, nth, name)
    old = "old" + name[3:]
    rig.bind()

    def nobody():
        rig.clear(name)
        return make(rig.links, name)

    def other():
        rig.clear(name, old)
        rig.links.tell(make(rig.links, old))

    def here():
        if not rig.links.there(name):
            rig.links.tell(make(rig.links, name))
        return rig.links.delete(name)

    come(case, rig, name + " comes", nobody, rig.links.send)
    come(case, rig, name + " by a rename", other,
         lambda _: rig.links.rename(old, name))
    rig.clear(name, old)
    go(case, rig, name + " goes", here, rig.links.send)
    rig.close()


def test(case):
    with fault.switched_on(), fault.only_accounted(), topo.Net() as net, \
            tq.module():
        net.namespaces("rA")
        topo.ip("rA", "link add base type dummy\nlink set base up")
        nth = fault.Nth()
        both(case, nth, "new", lambda link, name: link.gre(name))
        both(case, nth, "new.5", lambda link, name: link.vlan(name, "base", 5))
        nth.close()
    case.true("and the module could be unloaded", not tq.loaded())


if __name__ == "__main__":
    main(test)
