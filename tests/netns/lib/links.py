# SPDX-License-Identifier: GPL-2.0-or-later
"""Devices made, renamed and deleted by one system call each.

ip(8) would take a process each time, and its allocations would count among
those that are to fail.
"""

import fcntl
import os
import socket
import struct

import genl
import topo
from fault import last_error

RTM_NEWLINK, RTM_DELLINK, RTM_SETLINK = 16, 17, 19
IFLA_IFNAME, IFLA_MTU, IFLA_LINK, IFLA_LINKINFO = 3, 4, 5, 18
IFLA_GRE_LOCAL, IFLA_GRE_REMOTE, IFLA_GRE_PMTUDISC = 6, 7, 10
IFLA_VLAN_ID = 1
NLM_F_CREATE, NLM_F_EXCL = 0x400, 0x200
IFF_UP = 1
SIOCSIFNAME = 0x8923


class Links:
    def __init__(self, ns):
        with topo.inside(ns):
            self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
            self.plain = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((0, 0))
        self.ns = ns
        self.seq = 0

    def close(self):
        self.sock.close()
        self.plain.close()

    # requests

    def message(self, kind, attributes=b"", index=0, flags=0, up=None):
        self.seq += 1
        body = struct.pack("=BxHiII", 0, 0, index, IFF_UP if up else 0,
                           0 if up is None else IFF_UP) + attributes
        return struct.pack("=IHHII", 16 + len(body), kind, genl.NLM_F_REQUEST |
                           genl.NLM_F_ACK | flags, self.seq, 0) + body

    def create(self, name, kind, data, more=b""):
        return self.message(
            RTM_NEWLINK, genl.attribute(IFLA_IFNAME, name.encode() + b"\0") +
            more + genl.attribute(
                IFLA_LINKINFO, genl.attribute(1, kind.encode() + b"\0") +
                genl.attribute(2, data)), flags=NLM_F_CREATE | NLM_F_EXCL)

    def gre(self, name):
        return self.create(
            name, "gre",
            genl.attribute(IFLA_GRE_LOCAL, socket.inet_aton("192.0.2.1")) +
            genl.attribute(IFLA_GRE_REMOTE, socket.inet_aton("198.51.100.77"))
            + genl.attribute(IFLA_GRE_PMTUDISC, b"\1"),
            # else it comes without one, and IP takes it up only afterwards
            genl.attribute(IFLA_MTU, struct.pack("=I", 1400)))

    def vlan(self, name, lower, vid):
        return self.create(
            name, "vlan", genl.attribute(IFLA_VLAN_ID, struct.pack("=H", vid)),
            genl.attribute(IFLA_LINK, struct.pack("=I", self.index(lower))))

    def delete(self, name):
        return self.message(RTM_DELLINK, index=self.index(name))

    def up(self, name, on=True):
        return self.message(RTM_SETLINK, index=self.index(name), up=on)

    # sending them

    def send(self, message):
        self.sock.send(message)

    def answer(self):
        """An error number, None, or fault.LOST."""
        return last_error(self.sock, self.seq)

    def tell(self, message):
        """Nothing fails meanwhile."""
        self.send(message)
        number = self.answer()
        if number:
            raise OSError(number, os.strerror(number))

    def rename(self, old, new):
        fcntl.ioctl(self.plain, SIOCSIFNAME,
                    struct.pack("=16s16s8x", old.encode(), new.encode()))

    # looking

    def index(self, name):
        with topo.inside(self.ns):
            return socket.if_nametoindex(name)

    def there(self, name):
        with topo.inside(self.ns):
            return name in (n for _, n in socket.if_nameindex())
