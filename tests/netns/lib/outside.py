# SPDX-License-Identifier: GPL-2.0-or-later
"""What is judged outside of the virtual machine.

A decoder in Python is two thirds of what a table costs where each instruction
is emulated. So a test sends frames, catches what becomes of them, and says by
which function they are to be judged; the machine's host does it with the same
code (tests/vm/judge) while the machine goes on. Where there is no such host the
function is called at once.
"""

import glob
import mmap
import os
import pickle
import struct
import sys
import types

# of each table: what it begins with, whose it is, how many bytes follow
MAGIC = b"\0TQ-TABLE"
HEADER = struct.Struct("!9s64sQ")
PORT = "judge"
# of a tunnel, what a judge asks for
FACTS = ("kind", "families", "outer", "layers", "esp_extra", "sealed",
         "outer_ttl", "hops", "sight")


def find_port():
    """The way out, or None."""
    for path in glob.glob("/sys/class/virtio-ports/*/name"):
        with open(path) as f:
            if f.read().strip() == PORT:
                return os.open("/dev/" + path.split("/")[-2],
                               os.O_WRONLY | os.O_CLOEXEC)
    return None


def facts(tun):
    """What is the same of a tunnel wherever one looks at it."""
    return types.SimpleNamespace(**{name: getattr(tun, name)
                                    for name in FACTS if hasattr(tun, name)})


class Outside:
    """The tables that the host judges; 'count' of them."""

    def __init__(self):
        self.count = 0
        self.port = find_port() if "TUNQOS_TEST" in os.environ else None

    def send(self, judge, args):
        """judge, a function of a module, gets a Case and these values. False
        if nobody is there to do it."""
        if self.port is None:
            return False
        self.count += 1
        self.write(judge, args)
        return True

    def close(self):
        """Says how many there were: without it the test has failed."""
        if self.count and self.port is not None:
            self.write(None, (self.count,))
            os.close(self.port)
            self.port = None

    def write(self, *record):
        data = pickle.dumps(record, 4)
        data = HEADER.pack(MAGIC, os.environ["TUNQOS_TEST"].encode(),
                           len(data)) + data
        while data:
            data = data[os.write(self.port, data[:1 << 20]):]


def begin(file, test):
    """Goes to the first table of a test: in front of it may be what one has
    left that was killed. False if there is none."""
    at = file.tell()
    first = HEADER.pack(MAGIC, test.encode(), 0)[:-8]
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
        found = whole.find(first, at)
    file.seek(max(found, at))
    return found >= 0


def received(file, test):
    """(function, values) of each table of a test, from here on in a file; at
    last None and their number. What is of the test itself is of __main__, which
    has to be it."""
    function = test
    while function:
        head = file.read(HEADER.size)
        if len(head) < HEADER.size:
            raise EOFError("%s has not said how many tables there are" % test)
        magic, name, length = HEADER.unpack(head)
        if magic != MAGIC or name.rstrip(b"\0") != test.encode():
            raise ValueError("no table of %s: %r" % (test, head))
        function, args = pickle.loads(file.read(length))
        yield function, args


def be_main(module):
    """For received(): the test is this module."""
    sys.modules["__main__"] = module
