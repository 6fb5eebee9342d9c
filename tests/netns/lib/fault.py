# SPDX-License-Identifier: GPL-2.0-or-later
"""Operations whose n-th allocation fails (/proc/thread-self/fail-nth).

  with fault.switched_on():
      nth = fault.Nth()
      fault.every(case, nth, "name", prepare, act, judge)

What counts, in this thread and in process context: allocations of slab, of more
than a page, and copies from and to user space, which fail with EFAULT. Not:
memory for each CPU, which the kernel has taken long before.
"""

import contextlib
import errno
import os
import struct

import genl
from case import Skip

DEBUGFS = "/sys/kernel/debug/"
LIMIT = 5000  # of injection points of one operation
MANY = 1000000
NO_MEMORY = (errno.ENOMEM, errno.ENOBUFS, errno.EFAULT)
LOST = "lost"  # there was no memory for the answer: either may have happened


class Nth:
    """The n-th allocation of this thread."""

    def __init__(self):
        try:
            self.fd = os.open("/proc/thread-self/fail-nth", os.O_RDWR)
        except FileNotFoundError:
            raise Skip("this kernel has no fault injection") from None

    def attempt(self, n, act):
        """act() with the n-th allocation failing.

        Returns what was left of n, 0 when something failed, and errno or
        None. act() should do no more than its system call: what Python
        allocates counts as well.
        """
        text = b"%d" % n
        number = None
        os.pwrite(self.fd, text, 0)
        try:
            act()
        except OSError as e:
            number = e.errno
        # copying the answer, and the 0, to and from user space counts too
        try:
            left = int(os.pread(self.fd, 16, 0))
        except OSError:
            left = 1
        with contextlib.suppress(OSError):
            os.pwrite(self.fd, b"0", 0)
        return left, number

    def count(self, act):
        """How many there are, when nothing fails."""
        left, number = self.attempt(MANY, act)
        if number or not left:
            raise RuntimeError("cannot count: %s" % number)
        return MANY - left

    def close(self):
        os.close(self.fd)


@contextlib.contextmanager
def values(wanted):
    """{file of debugfs: value} meanwhile."""
    before = {}
    try:
        for name, value in wanted.items():
            path = DEBUGFS + name
            if not os.path.exists(path):
                raise Skip("this kernel has no " + path)
            with open(path) as f:
                before[path] = f.read().strip()
            with open(path, "w") as f:
                f.write(str(value))
        yield
    finally:
        for path, value in before.items():
            with open(path, "w") as f:
                f.write(value)


def switched_on():
    """Also allocations that may wait can fail, and without a word in the log."""
    return values({
        "failslab/verbose": 0, "fail_page_alloc/verbose": 0,
        "fail_usercopy/verbose": 0, "failslab/ignore-gfp-wait": "N",
        "fail_page_alloc/ignore-gfp-wait": "N"})


def only_accounted():
    """Only what the debug machine has marked (slub_debug=A): messages, and what
    is charged to its user, as everything is that the module allocates.

    For what the kernel itself is not up to. Where sysctl finds no memory for a
    directory it prints a backtrace. device_rename() has renamed a link in sysfs
    when the device itself cannot be, takes nothing back, and says EEXIST from
    then on. And debug objects are allocated now and then, so that n-th is not
    the same twice.
    """
    path = "/sys/kernel/slab/kmalloc-cg-64/failslab"
    with open(path) as f:
        if f.read() != "1\n":
            raise Skip("nothing is marked for failslab")
    return values({"failslab/cache-filter": "Y",
                   "fail_page_alloc/min-order": 10})


def every(case, nth, name, prepare, act, judge):
    """act() for n = 1, 2, ... until there is no n-th allocation.

    prepare()      brings about the same state each time
    judge(e, n)    after the attempt, e its errno or None; returns what was
                   refused, or None: it is done
    """
    refused = survived = 0
    for n in range(1, LIMIT):
        prepare()
        left, number = nth.attempt(n, act)
        outcome = judge(number, n)
        if left:
            case.true(name + ": nothing failed, so it is done", not outcome,
                      "n %d: %s" % (n, outcome))
            break
        if outcome:
            refused += 1
        else:
            survived += 1
    case.true(name + ": an end is reached", n < LIMIT - 1)
    case.true(name + ": something was reached", n > 1)
    case.note("%-24s %4d points: %d refused, %d survived" % (
        name, n - 1, refused, survived))
    return refused


def memory(case, name, outcome, n):
    """The error is one that says what happened."""
    if outcome not in (None, LOST):
        case.true(name + ": the error is of memory", outcome in NO_MEMORY,
                  "n %d: %s" % (n, errno.errorcode.get(outcome, outcome)))


def drain(sock):
    """What is still in a socket is thrown away."""
    timeout = sock.gettimeout()
    sock.settimeout(0)
    while True:
        try:
            sock.recv(1 << 16)
        except BlockingIOError:
            break
        except OSError as e:
            if e.errno != errno.ENOBUFS:
                raise
    sock.settimeout(timeout)


class Wire(genl.Tunqos):
    """A socket whose requests are made beforehand and judged afterwards."""

    def message(self, cmd, payload=b"", flags=genl.NLM_F_ACK):
        self.seq += 1
        body = struct.pack("=BBH", genl.CMD[cmd], 1, 0) + payload
        return struct.pack("=IHHII", 16 + len(body), self.family,
                           genl.NLM_F_REQUEST | flags, self.seq, 0) + body

    def answer(self):
        """An error number, None or LOST."""
        return last_error(self.sock, self.seq)


def last_error(sock, seq):
    """The acknowledgement that is there already, if it is."""
    outcome = LOST
    timeout = sock.gettimeout()
    sock.settimeout(0)
    while True:
        try:
            raw = sock.recv(1 << 16)
        except BlockingIOError:
            break
        except OSError as e:
            if e.errno != errno.ENOBUFS:
                raise
            continue
        kind, _, number = struct.unpack_from("=HHI", raw, 4)
        if number == seq and kind == genl.NLMSG_ERROR:
            outcome = -struct.unpack_from("=i", raw, 16)[0] or None
    sock.settimeout(timeout)
    return outcome


def request(case, nth, name, prepare, payload, check, cmd, wire):
    """One request. check(n, outcome) judges the state that it has left."""
    todo = []

    def ready():
        prepare()
        todo[:] = [wire.message(cmd, payload)]

    def judge(number, n):
        outcome = wire.answer() if number is None else number
        memory(case, name, outcome, n)
        check(n, outcome)
        return outcome

    return every(case, nth, name, ready, lambda: wire.sock.send(todo[0]),
                 judge)


def settings(sock):
    """The whole state, without what packets count."""
    return {name: {k: v for k, v in one.items()
                   if k not in genl.WAYS}
            for name, one in {**sock.tunnels(), **sock.ports(),
                              **sock.rules()}.items()}


def subscribe(sock):
    """From now on this socket of genl gets the module's events."""
    sock.sock.setsockopt(genl.SOL_NETLINK, genl.NETLINK_ADD_MEMBERSHIP,
                         sock.groups["events"])


class Ear:
    """A listener: it hears every change, or that it has missed some."""

    KINDS = {genl.CMD["tunnel_ntf"]: genl.TUNNEL,
             genl.CMD["port_ntf"]: genl.PORT}

    def __init__(self, ns):
        self.sock = genl.Tunqos(ns)
        subscribe(self.sock)
        self.sock.sock.settimeout(0)

    def heard(self):
        """{name: last state}, or None: messages were lost."""
        found = {}
        lost = False
        while True:
            try:
                raw = self.sock.sock.recv(1 << 16)
            except BlockingIOError:
                return None if lost else found
            except OSError as e:
                if e.errno != errno.ENOBUFS:
                    raise
                lost = True
                continue
            names = self.KINDS.get(raw[16])
            if names:
                one = self.sock.binding(raw[20:], names)
                found[one["device"]] = one["state"]

    def close(self):
        self.sock.close()
