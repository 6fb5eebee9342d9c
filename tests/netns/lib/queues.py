# SPDX-License-Identifier: GPL-2.0-or-later
"""What classes of queues have sent, by netlink: tc(8) takes a tenth of a second
to start where each instruction of it is emulated."""

import socket
import struct

import genl
import topo

RTM_NEWTCLASS, RTM_GETTCLASS = 40, 42
TCMSG = struct.Struct("=B3xiIII")  # struct tcmsg
TCA_STATS2, TCA_STATS_BASIC = 7, 1


def messages(sock):
    """(type, bytes behind the header) of a dump's answer."""
    while True:
        data = sock.recv(1 << 16)
        while data:
            length, kind = struct.unpack_from("=IH", data)
            if kind == genl.NLMSG_DONE:
                return
            if kind == genl.NLMSG_ERROR:
                raise OSError(-struct.unpack_from("=i", data, 16)[0],
                              "dump of classes")
            yield kind, data[16:length]
            data = data[(length + 3) & ~3:]


def classes(_, ns, dev):
    """{class: packets sent} of a device's queue, by names as "1:10"."""
    with topo.inside(ns):
        sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        index = socket.if_nametoindex(dev)
    found = {}
    with sock:
        sock.send(struct.pack("=IHHII", 16 + TCMSG.size, RTM_GETTCLASS,
                              genl.NLM_F_REQUEST | genl.NLM_F_DUMP, 1, 0) +
                  TCMSG.pack(0, index, 0, 0, 0))
        for kind, body in messages(sock):
            if kind != RTM_NEWTCLASS:
                continue
            _, _, handle, _, _ = TCMSG.unpack_from(body)
            stats = dict(genl.attributes(
                dict(genl.attributes(body[TCMSG.size:]))[TCA_STATS2]))
            _, packets = struct.unpack_from("=QI", stats[TCA_STATS_BASIC])
            found["%x:%x" % (handle >> 16, handle & 0xffff)] = packets
    return found
