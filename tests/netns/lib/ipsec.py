# SPDX-License-Identifier: GPL-2.0-or-later
"""IPsec in its modes, for topo.Founding.tunnel(): importing this adds them to
topo.KINDS.

Each kind says by keys(r) what its SAs can be bound by in router r, as
arguments of genl.Tunqos.set_tunnel().
"""

import contextlib
import socket

import topo
from topo import LAN, OTHER, WAN, EspTunnel, GreEsp, Xfrmi

UDP_ENCAP, UDP_ENCAP_ESPINUDP = 100, 2
AEAD = topo.Esp.AEAD
AUTH = 'auth-trunc hmac(sha256) 0x%s 128' % ("cd" * 32)
SPI = {"rA": 0x1001, "rB": 0x1002}  # by sender


@contextlib.contextmanager
def natt_sockets():
    """What an IKE daemon holds open for ESP in UDP."""
    socks = []
    for r in ("rA", "rB"):
        with topo.inside(r):
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.setsockopt(socket.IPPROTO_UDP, UDP_ENCAP, UDP_ENCAP_ESPINUDP)
        s.bind(("0.0.0.0", 4500))
        socks.append(s)
    try:
        yield
    finally:
        for s in socks:
            s.close()


class Ipsec(EspTunnel):
    """SAs of one or more transformations, innermost first.

    transforms  (protocol, mode, algorithm) of each; SA number N of a sender
                has the SPI of SPI plus N * 0x1000 and the reqid N + 1
    """

    transforms = (("esp", "tunnel", AEAD),)
    single_header = False  # transport mode or BEET: no outer header
    ipsec = True

    def keys(self, r):
        return [dict(peer=WAN[OTHER[r]][self.outer])]

    def sa(self, sender, number):
        proto, mode, algorithm = self.transforms[number]
        flags = "flag af-unspec" if mode != "beet" else ""
        return ("xfrm state add src %s dst %s proto %s spi %#x reqid %d"
                " mode %s replay-window 0 %s %s %s" % (
                    WAN[sender][self.outer], WAN[OTHER[sender]][self.outer],
                    proto, SPI[sender] + number * 0x1000, number + 1, mode,
                    flags, self.extra(sender, number), algorithm))

    def extra(self, sender, number):
        return self.options

    def templates(self, sender, optional=False):
        """Of a policy; the first one is applied first.

        optional: what is short arrives uncompressed
        """
        text = ""
        for number, (proto, mode, _) in enumerate(self.transforms):
            text += " tmpl src %s dst %s proto %s reqid %d mode %s" % (
                WAN[sender][self.outer], WAN[OTHER[sender]][self.outer],
                proto, number + 1, mode)
            if proto == "comp" and optional:
                text += " level use"
        return text

    policy_extra = ""

    def up(self, r):
        other = OTHER[r]
        lines = [self.sa(sender, n) for sender in (r, other)
                 for n in range(len(self.transforms))]
        for f in self.families:
            here, there = LAN[r][f], LAN[other][f]
            for direction, src, dst, sender in (
                    ("out", here, there, r), ("in", there, here, other),
                    ("fwd", there, here, other)):
                lines.append("xfrm policy add src %s dst %s dir %s%s%s" % (
                    src, dst, direction, self.policy_extra,
                    self.templates(sender, direction != "out")))
        return lines


class Esp6(Ipsec):
    outer = 6
    layers = ("ipv6", "esp")


class EspBy(Ipsec):
    """Bound by everything but the peer."""

    def keys(self, r):
        local = WAN[r][self.outer]
        return [dict(local=local), dict(reqid=1), dict(
            peer=WAN[OTHER[r]][self.outer], local=local, reqid=1)]


class EspSpi(Ipsec):
    """A binding for each SA; outbound and inbound are two."""

    def keys(self, r):
        return [dict(spi=SPI["rA"])]


class EspNatt(Ipsec):
    layers = ("ipv4", "udp", "natt", "esp")

    def extra(self, sender, number):
        return "encap espinudp 4500 4500 0.0.0.0"

    def __enter__(self):
        self.sockets = natt_sockets()
        self.sockets.__enter__()
        return super().__enter__()

    def __exit__(self, *what):
        super().__exit__(*what)
        self.sockets.__exit__(*what)


class EspMark(Ipsec):
    """The SA has a mark, and the policy with it."""

    policy_extra = " mark 0x17 mask 0xff"

    def extra(self, sender, number):
        return "mark 0x17 mask 0xff"

    def keys(self, r):
        return [dict(mark=0x10, mark_mask=0xf0)]

    def up(self, r):
        topo.run(r, "nft", "-f", "-", input=(
            "table inet tq { chain pre {\n"
            "type filter hook prerouting priority -150;\n"
            "meta mark set 0x17\n}\n}\n"))
        return super().up(r)

    def down(self, r):
        topo.run(r, "nft", "delete", "table", "inet", "tq")
        return super().down(r)


class Ah(Ipsec):
    transforms = (("ah", "tunnel", AUTH),)
    layers = ("ipv4", "ah")
    esp_extra = None


class Ah6(Ah):
    outer = 6
    layers = ("ipv6", "ah")


class AhEsp(Ipsec):
    """ESP in tunnel mode, protected by AH in transport mode."""

    transforms = (("esp", "tunnel", AEAD), ("ah", "transport", AUTH))
    layers = ("ipv4", "ah", "esp")

    def keys(self, r):
        return [dict(reqid=2)]


class AhEspInner(AhEsp):
    """The same, bound by the SA inside."""

    def keys(self, r):
        return [dict(reqid=1)]


class Beet(Ipsec):
    """One header; the other end builds the inner one from the outer."""

    transforms = (("esp", "beet", AEAD),)
    families = (4,)
    esp_extra = -20
    single_header = True
    outer_ttl, hops = 63, 3  # the provider is a hop, too

    def extra(self, sender, number):
        return "sel src %s dst %s" % (
            topo.HOST["host" + sender[1]][4],
            topo.HOST["host" + OTHER[sender][1]][4])


class GreTransport(GreEsp):
    """GRE in ESP's transport mode, bound by the SA."""

    single_header = True
    ipsec = True

    def keys(self, r):
        return [dict(peer=WAN[OTHER[r]][4], local=WAN[r][4])]


class XfrmPeer(Xfrmi):
    ipsec = True

    def keys(self, r):
        return [dict(if_id=7)]


class XfrmDevice(Xfrmi):
    """Bound by the device."""

    ipsec = True
    word = "xfrm"

    def keys(self, r):
        return [dict(device="tun")]


class XfrmDevice6(XfrmDevice):
    outer = 6
    layers = ("ipv6", "esp")


class Vti(Ipsec):
    """Policies and SAs with a mark, which a vti device chooses."""

    dev = "tun"
    word = "vti"

    def keys(self, r):
        return [dict(device="tun")]

    def extra(self, sender, number):
        return "mark 42"

    def up(self, r):
        lines = ["link add tun type %s %s key 42" % (self.word, self.ends(r)),
                 "link set tun up"]
        lines += [self.sa(sender, 0) for sender in (r, OTHER[r])]
        for f in self.families:
            any_ = "::/0" if f == 6 else "0.0.0.0/0"
            for direction, sender in (("out", r), ("in", OTHER[r]),
                                      ("fwd", OTHER[r])):
                lines.append("xfrm policy add src %s dst %s dir %s mark 42%s"
                             % (any_, any_, direction,
                                self.templates(sender)))
            lines.append("route add %s dev tun" % LAN[OTHER[r]][f])
        return lines

    def down(self, r):
        return ["link del tun"] + super().down(r)


class Vti6(Vti):
    outer = 6
    layers = ("ipv6", "esp")
    word = "vti6"


topo.KINDS.update({
    "ipsec": Ipsec, "ipsec6": Esp6, "ipsec-by": EspBy, "ipsec-spi": EspSpi,
    "ipsec-natt": EspNatt, "ipsec-mark": EspMark, "ah": Ah, "ah6": Ah6,
    "ah-esp": AhEsp, "ah-esp-inner": AhEspInner, "beet": Beet,
    "gre-transport": GreTransport, "xfrm": XfrmPeer,
    "xfrm-device": XfrmDevice, "xfrm-device6": XfrmDevice6, "vti": Vti, "vti6": Vti6,
})
