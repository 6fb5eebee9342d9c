# SPDX-License-Identifier: GPL-2.0-or-later
"""What others put on the egress of a device: tc filters and eBPF programs that
look at every packet and let it pass.

  with program.on("rA", "wan", "ebpf ok"):
      ...
"""

import contextlib
import ctypes
import os
import struct

import topo

BPF = 321  # the system call's number on x86-64
PROG_LOAD, OBJ_PIN = 5, 6
SCHED_CLS = 3
OK, UNSPEC = 0, -1  # TC_ACT_*
PINNED = "/sys/fs/bpf/tunqos-test"


def bpf(command, attr):
    libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(attr, 128)
    result = libc.syscall(BPF, command, buffer, len(attr))
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, "bpf: " + os.strerror(number))
    return result


def pin(verdict):
    """A classifier of two instructions that returns the verdict."""
    code = ctypes.create_string_buffer(
        struct.pack("=BBhi", 0xb7, 0, 0, verdict) +  # r0 = verdict
        struct.pack("=BBhi", 0x95, 0, 0, 0))  # exit
    name = ctypes.create_string_buffer(b"GPL")
    fd = bpf(PROG_LOAD, struct.pack(
        "=IIQQIIQII16s", SCHED_CLS, 2, ctypes.addressof(code),
        ctypes.addressof(name), 0, 0, 0, 0, 0, b""))
    path = ctypes.create_string_buffer(PINNED.encode())
    try:
        bpf(OBJ_PIN, struct.pack("=QII", ctypes.addressof(path), fd, 0))
    finally:
        os.close(fd)


@contextlib.contextmanager
def on(ns, dev, how):
    """how: "none", "matchall ok", "matchall continue", "ebpf ok" or
    "ebpf unspec"."""
    if how == "none":
        yield
        return
    kind, verdict = how.split()
    words = ["matchall", "action", verdict]
    if kind == "ebpf":
        if not os.path.ismount("/sys/fs/bpf"):
            topo.run(None, "mount", "-t", "bpf", "bpf", "/sys/fs/bpf")
        pin(OK if verdict == "ok" else UNSPEC)
        words = ["bpf", "direct-action", "object-pinned", PINNED]
    topo.run(ns, "tc", "qdisc", "add", "dev", dev, "clsact")
    try:
        topo.run(ns, "tc", "filter", "add", "dev", dev, "egress", *words)
        yield
    finally:
        topo.run(ns, "tc", "qdisc", "del", "dev", dev, "clsact")
        if kind == "ebpf":
            os.remove(PINNED)
