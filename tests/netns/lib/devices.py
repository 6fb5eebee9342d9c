# SPDX-License-Identifier: GPL-2.0-or-later
"""Every kind of tunnel device, for topo.Founding.tunnel(): importing this
adds them to topo.KINDS."""

import os

import topo
import wire_udp
from topo import LAN, OTHER, Gre, Ip6Gre, Ip6Tnl, Ipip, Sit, Tunnel

END = {"rA": 1, "rB": 2}


class Ethernet(Tunnel):
    """A device that carries frames: the far router is the next hop."""

    layers = ("ipv4", "gre", "eth")

    def link(self, r):
        return "gretap ttl 64 " + self.ends(r)

    def hardware(self, r):
        return topo.mac(8, END[r])

    def up(self, r):
        tos = " tos %s" % self.tos if self.tos is not None else ""
        return ["link add %s address %s type %s%s %s" % (
            self.dev, self.hardware(r), self.link(r), tos, self.options)
            ] + self.routed(r)

    def routed(self, r):
        other = OTHER[r]
        lines = ["link set %s up" % self.dev]
        lines += topo.Founding.address(self.dev, self.tun[r], 24)
        lines += topo.Founding.neighbour(self.dev, self.tun[other],
                                         self.hardware(other))
        return lines + ["route replace %s via %s dev %s" % (
            LAN[other][f], self.tun[other][f], self.dev)
            for f in self.families]


class Ip6GreTap(Ethernet):
    outer = 6
    layers = ("ipv6", "ext", "gre", "eth")

    def link(self, r):
        return "ip6gretap hoplimit 64 " + self.ends(r)


class GreAll(Gre):
    """Key, checksum and sequence numbers.

    Those are not looked at on arrival (iseq): what two processors send has
    its numbers in another order than the wire at times, one packet of the
    kernel's own will do, and GRE drops the late one.
    """

    def link(self, r):
        return super().link(r) + " key 7 csum oseq"


class GreTapCsum(Ethernet):
    def link(self, r):
        return super().link(r) + " csum"


class Ip6GreAll(Ip6Gre):
    """And the option with the limit of encapsulations."""

    layers = ("ipv6", "ext", "gre")

    def link(self, r):
        return "ip6gre hoplimit 64 key 7 csum oseq " + self.ends(r)


class Ip6TnlLimit(Ip6Tnl):
    layers = ("ipv6", "ext")

    def link(self, r):
        return "ip6tnl mode any hoplimit 64 " + self.ends(r)


class Vxlan(Ethernet):
    layers = ("ipv4", "udp", "vxlan", "eth")

    def link(self, r):
        return ("vxlan id 8 dstport %d ttl 64 udpcsum " % wire_udp.VXLAN
                + self.ends(r))


class Vxlan6(Vxlan):
    outer = 6
    layers = ("ipv6", "udp", "vxlan", "eth")


class Geneve(Ethernet):
    layers = ("ipv4", "udp", "geneve", "eth")

    def link(self, r):
        return "geneve id 9 ttl 64 udpcsum remote %s" % (
            self.wan[OTHER[r]][self.outer])


class Geneve6(Geneve):
    outer = 6
    layers = ("ipv6", "udp", "geneve", "eth")

    def link(self, r):
        return super().link(r).replace("udpcsum ", "")


class External:
    """Of a device without ends of its own: each route says them."""

    def link(self, r):
        return self.external

    def up(self, r):
        lines = ["link add %s type %s" % (self.dev, self.external),
                 "link set %s up" % self.dev]
        other = OTHER[r]
        for f in self.families:
            lines.append(
                "route replace %s encap ip%s id 5 src %s dst %s ttl 64 dev %s" % (
                    LAN[other][f], "6" if self.outer == 6 else "",
                    self.wan[r][self.outer], self.wan[other][self.outer],
                    self.dev))
        return lines


class GreExternal(External, Gre):
    external = "gre external"


class VxlanGpe(External, Tunnel):
    """IP without frames."""

    layers = ("ipv4", "udp", "vxlan")
    external = "vxlan dstport %d gpe external" % wire_udp.VXLAN_GPE


class GeneveIp(Tunnel):
    """IP without frames."""

    layers = ("ipv4", "udp", "geneve")

    def link(self, r):
        return "geneve id 9 ttl 64 udpcsum innerprotoinherit remote %s" % (
            self.wan[OTHER[r]][self.outer])


class Fou:
    """The same behind UDP."""

    port = 5555
    encap = "fou"

    def link(self, r):
        return super().link(r) + (
            " encap %s encap-sport auto encap-dport %d encap-%s" % (
                self.encap, self.port,
                "udp6-csum" if self.outer == 6 else "csum"))

    def __enter__(self):
        topo.run(None, "modprobe", "-a", "fou", "fou6")
        return super().__enter__()

    def up(self, r):
        v6 = " -6" if self.outer == 6 else ""
        what = "gue" if self.encap == "gue" else "ipproto %d" % (
            wire_udp.PROTO[self.port])
        return ["fou add port %d %s%s" % (self.port, what, v6)
                ] + super().up(r)

    def down(self, r):
        v6 = " -6" if self.outer == 6 else ""
        return super().down(r) + ["fou del port %d%s" % (self.port, v6)]


class FouGre(Fou, Gre):
    layers = ("ipv4", "udp", "fou", "gre")


class FouIpip(Fou, Ipip):
    port = 5557
    layers = ("ipv4", "udp", "fou")


class FouSit(Fou, Sit):
    port = 5559
    layers = ("ipv4", "udp", "fou")


class GueGre(Fou, GreAll):
    port = wire_udp.GUE
    encap = "gue"
    layers = ("ipv4", "udp", "gue", "gre")


class GueIpip(Fou, Ipip):
    port = wire_udp.GUE
    encap = "gue"
    layers = ("ipv4", "udp", "gue")


class FouIp6Gre(Fou, Ip6Gre):
    layers = ("ipv6", "udp", "fou", "gre")


class FouIp6Tnl(Fou, Ip6Tnl):
    families = (6,)  # a port carries one protocol
    port = 5559
    layers = ("ipv6", "udp", "fou")


class GueIp6Tnl(Fou, Ip6Tnl):
    port = wire_udp.GUE
    encap = "gue"
    layers = ("ipv6", "udp", "gue")


class L2tp(Ethernet):
    layers = ("ipv4", "udp", "l2tp", "eth")
    encap = "udp udp_sport 1701 udp_dport 1701"

    def up(self, r):
        me, other = END[r], END[OTHER[r]]
        cookie = "cookie %s peer_cookie %s" % (
            ("0011223344556677", "8899aabbccddeeff")[::1 if me == 1 else -1])
        return [
            "l2tp add tunnel tunnel_id %d peer_tunnel_id %d encap %s"
            " local %s remote %s" % (
                me, other, self.encap, self.wan[r][self.outer],
                self.wan[OTHER[r]][self.outer]),
            "l2tp add session name %s tunnel_id %d session_id %d"
            " peer_session_id %d %s l2spec_type none" % (
                self.dev, me, 10 + me, 10 + other, cookie),
            "link set %s address %s" % (self.dev, self.hardware(r)),
        ] + self.routed(r)

    def down(self, r):
        return ["l2tp del tunnel tunnel_id %d" % END[r]]

    def __exit__(self, *error):
        super().__exit__(*error)
        # a work queue deletes it: device, port and number are taken till then
        topo.wait(lambda: not any(
            topo.run(r, "ip", "l2tp", "show", "tunnel").stdout.strip()
            for r in END), 30, "the tunnels to go")


class L2tp6(L2tp):
    outer = 6
    layers = ("ipv6", "udp", "l2tp", "eth")


class L2tpIp(L2tp):
    encap = "ip"
    layers = ("ipv4", "l2tp", "eth")


class WireGuard(Tunnel):
    """The marks of the packets inside are out of sight."""

    layers = ("ipv4", "udp", "wireguard")

    def __enter__(self):
        keys = {r: topo.run(None, "wg", "genkey").stdout for r in END}
        super().__enter__()
        for r in END:
            public = topo.run(None, "wg", "pubkey",
                              input=keys[OTHER[r]]).stdout.strip()
            path = "/tmp/wg-" + r
            with open(path, "w") as f:
                f.write(keys[r])
            there = self.wan[OTHER[r]][self.outer]
            topo.run(r, "wg", "set", self.dev,
                     "listen-port", self.port(), "private-key", path,
                     "peer", public, "allowed-ips", "0.0.0.0/0,::/0",
                     "endpoint", ("[%s]:%d" if self.outer == 6 else "%s:%d")
                     % (there, self.port()))
            os.remove(path)
        # the handshake is over before anything is counted
        topo.run("rA", "ping", "-c", "1", "-W", str(10 * topo.SLOW),
                 self.tun["rB"][4])
        return self

    def port(self):
        return wire_udp.WIREGUARD + (self.dev != WireGuard.dev)

    def link(self, r):
        return "wireguard"


class WireGuard6(WireGuard):
    outer = 6
    layers = ("ipv6", "udp", "wireguard")


# on the device of a tunnel in a tunnel
INNER = {"rA": {4: "10.254.0.1", 6: "fd0e::1"},
         "rB": {4: "10.254.0.2", 6: "fd0e::2"}}
# what is in front of what is inside; Ethernet has no padding here
BYTES = {"ipv4": 20, "ipv6": 40, "udp": 8, "gre": 4, "vxlan": 8, "geneve": 8,
         "gue": 4, "l2tp": 16, "eth": 14, "wireguard": 32}


class Nested:
    """A tunnel's packets inside another one's, for Shot.sort().

    sight  IP headers that a packet shows on the wire
    """

    esp_extra = None

    def __init__(self, inside, around):
        self.kind = inside.kind, around.kind
        self.layers = around.layers
        self.sealed = 0
        self.sight = 1
        if "wireguard" in around.layers:
            self.sealed = sum(BYTES[layer] for layer in inside.layers)
            return
        self.layers += inside.layers
        self.sight += 1 + ("wireguard" not in inside.layers)


topo.KINDS.update({
    "gretap": Ethernet, "ip6gretap": Ip6GreTap, "gre-all": GreAll,
    "gretap-csum": GreTapCsum, "ip6gre-all": Ip6GreAll,
    "ip6tnl-limit": Ip6TnlLimit, "vxlan": Vxlan, "vxlan6": Vxlan6,
    "vxlan-gpe": VxlanGpe, "geneve": Geneve, "geneve6": Geneve6,
    "geneve-ip": GeneveIp, "gre-external": GreExternal,
    "fou-gre": FouGre, "fou-ipip": FouIpip, "fou-sit": FouSit,
    "gue-gre": GueGre, "gue-ipip": GueIpip,
    "fou-ip6gre": FouIp6Gre, "fou-ip6tnl": FouIp6Tnl, "gue-ip6tnl": GueIp6Tnl,
    "l2tp": L2tp, "l2tp6": L2tp6, "l2tp-ip": L2tpIp,
    "wireguard": WireGuard, "wireguard6": WireGuard6,
})
