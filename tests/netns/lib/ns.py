# SPDX-License-Identifier: GPL-2.0-or-later
"""What is done inside of a namespace: commands, settings, waiting. topo has
all of it, too."""

import contextlib
import ctypes
import fcntl
import os
import socket
import struct
import subprocess
import time

# what to multiply time limits by: emulation and a debug kernel are slow
SLOW = int(os.environ.get("TUNQOS_SLOW", "1"))
CLONE_NEWNET = 0x40000000
SIOCETHTOOL = 0x8946
SIOCGIFFLAGS, IFF_UP, IFF_RUNNING = 0x8913, 0x1, 0x40
ETHTOOL = {"rx": 0x15, "tx": 0x17, "tso": 0x1f, "gso": 0x24, "gro": 0x2c}

libc = ctypes.CDLL(None, use_errno=True)


def setns(fd):
    if libc.setns(fd, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


@contextlib.contextmanager
def inside(ns):
    """This thread is in the namespace meanwhile (None: where it is)."""
    if ns is None:
        yield
        return
    back = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        fd = os.open("/run/netns/" + ns, os.O_RDONLY | os.O_CLOEXEC)
        try:
            setns(fd)
        finally:
            os.close(fd)
        try:
            yield
        finally:
            setns(back)
    finally:
        os.close(back)


def run(ns, *argv, check=True, **kw):
    """Run a command in a namespace; returns CompletedProcess with text."""
    with inside(ns):
        r = subprocess.run([str(a) for a in argv], text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           **kw)
    if check and r.returncode:
        raise RuntimeError("%s: %s: status %d\n%s%s" % (
            ns, " ".join(map(str, argv)), r.returncode, r.stdout, r.stderr))
    return r


def popen(ns, *argv, **kw):
    with inside(ns):
        return subprocess.Popen([str(a) for a in argv], text=True, **kw)


def ip(ns, lines):
    """Many ip(8) commands by one process: a text or a list of lines."""
    if not isinstance(lines, str):
        lines = "\n".join(lines)
    if lines.strip():
        run(ns, "ip", "-batch", "-", input=lines + "\n")


def tc(ns, *lines):
    """Many tc(8) commands by one process."""
    run(ns, "tc", "-batch", "-", input="\n".join(lines) + "\n")


def sysctl(ns, values):
    """{'net.ipv4.ip_forward': 1}: written from inside the namespace."""
    with inside(ns):
        for key, value in values.items():
            path = "/proc/sys/" + key.replace(".", "/").replace("|", ".")
            with open(path, "w") as f:
                f.write(str(value))


def ethtool(ns, dev, **features):
    """ethtool -K: tx=False, gro=True, ..."""
    with inside(ns), socket.socket() as s:
        for name, on in features.items():
            value = ctypes.create_string_buffer(
                struct.pack("II", ETHTOOL[name], int(on)))
            fcntl.ioctl(s, SIOCETHTOOL, struct.pack(
                "16sP", dev.encode(), ctypes.addressof(value)))


def wait(condition, timeout=10, what="condition"):
    """Poll; the condition's first true value, or TimeoutError."""
    end = time.monotonic() + timeout * SLOW
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError("%s: not within %g s" % (what, timeout))
        time.sleep(0.01)


def ready(ns):
    """Has the kernel seen the carrier of each device that is up?

    It drops what it is given for the others, for up to a second: a work queue
    looks after carriers.
    """
    with inside(ns), socket.socket() as s:
        for _, name in socket.if_nameindex():
            flags, = struct.unpack_from("16xH", fcntl.ioctl(
                s, SIOCGIFFLAGS, struct.pack("16s24x", name.encode())))
            if flags & IFF_UP and not flags & IFF_RUNNING:
                return False
        # a list is made under the lock that the queue has meanwhile
        return bool(socket.if_nameindex())
