# SPDX-License-Identifier: GPL-2.0-or-later
"""More kinds of tunnel devices, for topo.Founding.tunnel(): ERSPAN, GTP,
PPP in L2TPv2, and labels in GRE. Importing this adds them to topo.KINDS.
"""

import contextlib
import ctypes
import fcntl
import os
import socket
import stat
import struct

import devices
import genl
import topo
from topo import OTHER, Gre, Ip6Gre, Tunnel

LABEL = {4: 100, 6: 101}
HOST_OF = {"rA": "hostA", "rB": "hostB"}


class Mpls:
    """Of a device whose packets have a label; the far router takes it off."""

    def __enter__(self):
        topo.run(None, "modprobe", "-a", "mpls_router", "mpls_iptunnel",
                 "mpls_gso")
        super().__enter__()
        for r in OTHER:
            topo.sysctl(r, {"net.mpls.platform_labels": 1000,
                            "net.mpls.conf.tun.input": 1})
            lan = self.net.lan(r)
            for f in self.families:
                inet = "inet6" if f == 6 else "inet"
                topo.run(r, "ip", "-f", "mpls", "route", "add", LABEL[f],
                         "via", inet, topo.HOST[HOST_OF[r]][f], "dev", lan)
        return self

    def __exit__(self, *error):
        for r in OTHER:
            for f in self.families:
                topo.run(r, "ip", "-f", "mpls", "route", "del", LABEL[f],
                         check=False)
        super().__exit__(*error)

    def up(self, r):
        other = OTHER[r]
        return super().up(r) + [
            "route replace %s encap mpls %d via %s %s dev %s" % (
                topo.LAN[other][f], LABEL[f], "inet6" if f == 6 else "inet",
                self.tun[other][f], self.dev) for f in self.families]


class GreMpls(Mpls, Gre):
    layers = ("ipv4", "gre", "mpls")


class Ip6GreMpls(Mpls, Ip6Gre):
    layers = ("ipv6", "gre", "mpls")


class Erspan(devices.Ethernet):
    layers = ("ipv4", "gre", "erspan", "eth")
    version = "erspan_ver 1 erspan 7"

    def link(self, r):
        return "erspan seq key 30 ttl 64 %s %s" % (self.version, self.ends(r))


class Erspan3(Erspan):
    version = "erspan_ver 2 erspan_dir egress erspan_hwid 4"


class Ip6Erspan(Erspan):
    outer = 6
    layers = ("ipv6", "ext", "gre", "erspan", "eth")

    def link(self, r):
        return "ip6erspan seq key 30 hoplimit 64 %s %s" % (
            self.version, self.ends(r))


# enum gtp_attrs
LINK, VERSION, PEER, MS, I_TEI, O_TEI = 1, 2, 4, 5, 8, 9


class Gtp(Tunnel):
    """hostA is the subscriber, rA its SGSN and rB the GGSN."""

    families = (4,)
    layers = ("ipv4", "udp", "gtp")

    def link(self, r):
        return "gtp role " + ("sgsn" if r == "rA" else "ggsn")

    def up(self, r):
        return ["link add %s type %s" % (self.dev, self.link(r)),
            "link set %s up" % self.dev,
            "route replace %s dev %s" % (topo.LAN[OTHER[r]][4], self.dev)]

    def __enter__(self):
        topo.run(None, "modprobe", "gtp")
        super().__enter__()
        for r in OTHER:
            self.context(r)
        return self

    def context(self, r):
        here, there = devices.END[r], devices.END[OTHER[r]]
        with genl.Tunqos(r) as sock, topo.inside(r):
            family = dict(genl.attributes(sock.talk(
                genl.GENL_ID_CTRL, genl.CTRL_CMD_GETFAMILY, genl.attribute(
                    genl.CTRL_ATTR_FAMILY_NAME, b"gtp\0"))[0]))
            number, = struct.unpack("=H", family[genl.CTRL_ATTR_FAMILY_ID])
            words = {LINK: socket.if_nametoindex(self.dev), VERSION: 1,
                     I_TEI: here, O_TEI: there}
            raw = b"".join(genl.attribute(k, struct.pack("=I", v))
                           for k, v in words.items())
            for kind, address in ((PEER, self.wan[OTHER[r]][4]),
                                  (MS, topo.HOST["hostA"][4])):
                raw += genl.attribute(kind, socket.inet_aton(address))
            sock.talk(number, 0, raw, version=0)


AF_PPPOX, PX_PROTO_OL2TP = 24, 1
PPPIOCGCHAN, PPPIOCATTCHAN = 0x80047437, 0x40047438
PPPIOCNEWUNIT, PPPIOCCONNECT = 0xc004743e, 0x4004743a


def pppol2tp(udp, address, ids):
    """A kernel's socket of a tunnel (no session ids) or of a session."""
    port = struct.pack("!H", 1701)
    raw = struct.pack("=HIii", AF_PPPOX, PX_PROTO_OL2TP, 0, udp.fileno())
    numbers = struct.pack("=HHHH", *ids)
    if udp.family == socket.AF_INET:
        raw += struct.pack("=H2s4s8x", udp.family, port,
                           socket.inet_aton(address)) + numbers
    else:
        raw += numbers + struct.pack("=H2s4x16s4x", udp.family, port,
                                     socket.inet_pton(udp.family, address))
    fd = topo.libc.socket(AF_PPPOX, socket.SOCK_DGRAM, PX_PROTO_OL2TP)
    if fd < 0 or topo.libc.connect(fd, raw, len(raw)):
        raise OSError(ctypes.get_errno(), "pppol2tp")
    return fd


class Ppp(Tunnel):
    """PPP without pppd: a channel of L2TPv2 under a unit of /dev/ppp."""

    layers = ("ipv4", "udp", "l2tpv2", "ppp")

    def __enter__(self):
        topo.run(None, "modprobe", "-a", "ppp_generic", "l2tp_ppp")
        if not os.path.exists("/dev/ppp"):
            os.mknod("/dev/ppp", 0o600 | stat.S_IFCHR, os.makedev(108, 0))
        self.held = contextlib.ExitStack()
        for r in OTHER:
            self.unit(r)
        return super().__enter__()

    def __exit__(self, *error):
        self.held.close()
        # work queues delete device and tunnel
        topo.wait(lambda: all(
            topo.run(r, "ip", "link", "show", self.dev, check=False).returncode
            for r in OTHER), 30, "the devices to go")

    def unit(self, r):
        here, there = devices.END[r], devices.END[OTHER[r]]
        with topo.inside(r):
            udp = socket.socket(socket.AF_INET6 if self.outer == 6 else
                                socket.AF_INET, socket.SOCK_DGRAM)
            self.held.callback(udp.close)
            far = self.wan[OTHER[r]][self.outer]
            udp.bind((self.wan[r][self.outer], 1701))
            udp.connect((far, 1701))
            for session in (0, 10):
                fd = pppol2tp(udp, far, (
                    here, session and session + here,
                    there, session and session + there))
                self.held.callback(os.close, fd)
            number = fcntl.ioctl(fd, PPPIOCGCHAN, b"\0" * 4)
            channel = os.open("/dev/ppp", os.O_RDWR)
            self.held.callback(os.close, channel)
            fcntl.ioctl(channel, PPPIOCATTCHAN, number)
            unit = os.open("/dev/ppp", os.O_RDWR)
            self.held.callback(os.close, unit)
            number = fcntl.ioctl(unit, PPPIOCNEWUNIT,
                                 struct.pack("=i", -1))
            fcntl.ioctl(channel, PPPIOCCONNECT, number)
        topo.run(r, "ip", "link", "set", "ppp%d" % struct.unpack(
            "=i", number), "name", self.dev)

    def link(self, r):
        return "ppp"

    def up(self, r):
        return ["link set %s up" % self.dev] + [
            "route replace %s dev %s" % (topo.LAN[OTHER[r]][f], self.dev)
            for f in self.families]


class Ppp6(Ppp):
    outer = 6
    layers = ("ipv6", "udp", "l2tpv2", "ppp")


topo.KINDS.update({
    "gre-mpls": GreMpls, "ip6gre-mpls": Ip6GreMpls, "erspan": Erspan,
    "erspan3": Erspan3, "ip6erspan": Ip6Erspan, "gtp": Gtp, "ppp": Ppp,
    "ppp6": Ppp6})
