# SPDX-License-Identifier: GPL-2.0-or-later
"""Network namespaces and links for the tests.

The founding topology, every link a veth pair, every neighbour static:

  hostA lan --- lan rA wan --- rA wan rB --- wan rB lan[.10] --- lan[.10] hostB
  10.1.0.2      10.1.0.1                           10.2.0.1       10.2.0.2
  fd01::2       fd01::1                            fd02::1        fd02::2
                192.0.2.1      192.0.2.2
                fd0a::1        fd0a::2
                               198.51.100.2        198.51.100.1
                               fd0b::2             fd0b::1

'wan' is the provider: a router that can remark or bleach what passes.
Tunnels are put between rA and rB, the hosts' networks are routed into them:

  with topo.Founding() as net:
      with net.tunnel("gre") as tun:
          ...
"""

import contextlib
import socket

from ns import (  # noqa: F401  tests take them from here
    CLONE_NEWNET, SLOW, ethtool, inside, ip, libc, popen, ready, run, setns,
    sysctl, tc, wait)

HOUR = 3600 * 1000  # in ms: longer than a test takes
SINK_PORT = 40001  # where the hosts take UDP, so that nobody answers by ICMP

HOST = {  # the addresses that packets are sent between
    "hostA": {4: "10.1.0.2", 6: "fd01::2"},
    "hostB": {4: "10.2.0.2", 6: "fd02::2"},
    "rA": {4: "10.1.0.1", 6: "fd01::1"},
    "rB": {4: "10.2.0.1", 6: "fd02::1"},
}
LAN = {  # prefix behind the router
    "rA": {4: "10.1.0.0/24", 6: "fd01::/64"},
    "rB": {4: "10.2.0.0/24", 6: "fd02::/64"},
}
WAN = {  # tunnel end points
    "rA": {4: "192.0.2.1", 6: "fd0a::1"},
    "rB": {4: "198.51.100.1", 6: "fd0b::1"},
}
PROVIDER = {  # the provider's address on each router's link
    "rA": {4: "192.0.2.2", 6: "fd0a::2"},
    "rB": {4: "198.51.100.2", 6: "fd0b::2"},
}
TUN = {  # addresses on the tunnel device
    "rA": {4: "10.255.0.1", 6: "fd0f::1"},
    "rB": {4: "10.255.0.2", 6: "fd0f::2"},
}
OTHER = {"rA": "rB", "rB": "rA"}
NAMES = ("hostA", "rA", "wan", "rB", "hostB")

def mac(link, end):
    return "02:00:00:00:%02x:%02x" % (link, end)


class Net:
    """Namespaces that are gone when the 'with' block ends.

    judges: called with each of them then, unless it has failed already
    """

    judges = []

    def __init__(self):
        self.names = []

    def __enter__(self):
        try:
            self.build()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, failed, *_):
        try:
            for ns in self.names if failed is None else ():
                for judge in self.judges:
                    judge(ns)
        finally:
            self.close()

    def build(self):
        pass

    def namespaces(self, *names, forward=()):
        """Make quiet namespaces; those in 'forward' are routers."""
        self.names += names
        ip(None, ["netns add " + n for n in names])
        for n in names:
            sysctl(n, {
                "net.ipv6.conf.default.accept_dad": 0,
                "net.ipv6.conf.default.dad_transmits": 0,
                "net.ipv6.conf.default.accept_ra": 0,
                "net.ipv6.conf.default.router_solicitations": 0,
                "net.ipv6.conf.default.addr_gen_mode": 1,
                # A group is reported when it is joined, and again after a
                # random part of this: through the tunnel, into its counters.
                "net.ipv6.conf.default.mldv2_unsolicited_report_interval":
                HOUR,
                "net.ipv4.conf.all.rp_filter": 0,
                "net.ipv4.conf.default.rp_filter": 0,
            })
            if n in forward:
                sysctl(n, {"net.ipv4.ip_forward": 1,
                           "net.ipv6.conf.all.forwarding": 1})

    def close(self):
        if self.names:
            run(None, "ip", "-force", "-batch", "-", check=False,
                input="".join("netns del %s\n" % n for n in self.names))
        self.names = []

    # shorthands, so that a test needs one import
    run = staticmethod(run)
    popen = staticmethod(popen)
    ip = staticmethod(ip)
    sysctl = staticmethod(sysctl)
    ethtool = staticmethod(ethtool)


class Founding(Net):
    """hostA - rA - wan - rB - hostB.

    vlan_a, vlan_b: VID of the host's network, None = untagged.
    real_csum: no CHECKSUM_PARTIAL over the veths, as with a NIC that sends
    what it is given.
    """

    def __init__(self, vlan_a=None, vlan_b=10, real_csum=False, mtu=1500):
        super().__init__()
        self.vlan = {"rA": vlan_a, "rB": vlan_b,
                     "hostA": vlan_a, "hostB": vlan_b}
        self.real_csum = real_csum
        self.mtu = mtu
        self.sinks = {}

    def lan(self, ns):
        """The device that carries the host's network in ns."""
        vid = self.vlan[ns]
        return "lan.%d" % vid if vid is not None else "lan"

    def build(self):
        self.namespaces(*NAMES, forward=("rA", "wan", "rB"))
        veth = []
        ends = (("hostA", "lan", "rA", "lan"), ("rA", "wan", "wan", "rA"),
                ("wan", "rB", "rB", "wan"), ("rB", "lan", "hostB", "lan"))
        for i, (a, adev, b, bdev) in enumerate(ends, 1):
            veth.append(
                "link add %s netns %s address %s mtu %d type veth peer name"
                " %s netns %s address %s mtu %d" % (
                    adev, a, mac(i, 1), self.mtu,
                    bdev, b, mac(i, 2), self.mtu))
        ip(None, veth)
        for ns in NAMES:
            ip(ns, self.configure(ns))
        wait(lambda: all(map(ready, NAMES)), 30, "the links")
        if self.real_csum:
            for a, adev, b, bdev in ends:
                ethtool(a, adev, tx=False)
                ethtool(b, bdev, tx=False)
        for ns in ("hostA", "hostB"):
            with inside(ns):
                s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
            self.sinks[ns] = s
            s.setblocking(False)
            s.bind(("::", SINK_PORT))

    def close(self):
        for s in self.sinks.values():
            s.close()
        super().close()

    def configure(self, ns):
        up = ["link set lo up"]
        if ns == "wan":
            up += ["link set rA up", "link set rB up"]
            for r, link, end in (("rA", 2, 1), ("rB", 3, 2)):
                up += self.address(r, PROVIDER[r], 24)
                up += self.neighbour(r, WAN[r], mac(link, end))
            return up
        up.append("link set lan up")
        lan = self.lan(ns)
        if lan != "lan":
            up += ["link add link lan name %s type vlan id %d" % (
                lan, self.vlan[ns]), "link set %s up" % lan]
        host = {"rA": "hostA", "hostA": "rA", "rB": "hostB", "hostB": "rB"}[ns]
        link = 1 if "A" in ns else 4
        end = 2 if host in ("rA", "hostB") else 1
        up += self.address(lan, HOST[ns], 24)
        up += self.neighbour(lan, HOST[host], mac(link, end))
        if ns.startswith("host"):
            gate = HOST[host]
        else:
            gate = PROVIDER[ns]
            up.append("link set wan up")
            up += self.address("wan", WAN[ns], 24)
            up += self.neighbour("wan", gate,
                                 mac(2, 2) if ns == "rA" else mac(3, 1))
        up += ["route add default via " + gate[4],
               "route add default via " + gate[6]]
        return up

    @staticmethod
    def address(dev, addresses, length):
        return ["address add %s/%d dev %s" % (addresses[4], length, dev),
                "address add %s/64 dev %s nodad" % (addresses[6], dev)]

    @staticmethod
    def neighbour(dev, addresses, lladdr):
        return ["neigh replace %s lladdr %s dev %s nud permanent" % (
            a, lladdr, dev) for a in addresses.values()]

    def gateway_macs(self, host):
        """Source and destination MAC of a frame that leaves the host."""
        return ((mac(1, 1), mac(1, 2)) if host == "hostA" else
                (mac(4, 2), mac(4, 1)))

    @contextlib.contextmanager
    def remark(self, rules):
        """The provider's forward chain: 'ip dscp set cs1', several lines.

        remark("") forwards unchanged; rules as in nft(8).
        """
        if isinstance(rules, str):
            rules = rules.split("\n")
        run("wan", "nft", "-f", "-", input=(
            "table inet provider { chain forward {\n"
            "type filter hook forward priority 0;\n%s\n}\n}\n"
            % "\n".join(rules)))
        try:
            yield
        finally:
            run("wan", "nft", "delete", "table", "inet", "provider")

    @staticmethod
    def mark_all(dscp=None, ecn=None):
        """Rules that set DSCP and/or ECN of every packet."""
        rules = []
        ecns = ("not-ect", "ect1", "ect0", "ce")
        for f in ("ip", "ip6"):
            if dscp is not None:
                rules.append("%s dscp set %d" % (f, dscp))
        if ecn is not None:
            rules.append("ip ecn set %s" % ecns[ecn])
            # "ip6 ecn set" writes one byte at offset 1, which nftables of
            # Linux 7 takes and does not do
            rules.append("meta nfproto ipv6 "
                         "@nh,0,16 set @nh,0,16 & 0xffcf | %d" % (ecn << 4))
        return rules

    def tunnel(self, kind, **options):
        """A context manager; see Tunnel and KINDS."""
        return KINDS[kind](self, kind, **options)


class Tunnel:
    """A tunnel device 'tun' in rA and rB, the hosts' networks behind it.

    kind      what was asked for
    families  inner families that it carries
    outer     family of the outer header
    dev       device name, None for policy IPsec
    layers    what is on the wire outside the inner IP header
    esp_extra bytes between the ESP header and the inner IP header,
              None when nothing is encrypted
    sealed    bytes between WireGuard's header and the hosts' IP header
    wan, tun  its end points, and the addresses on the device: those of
              another tunnel's device, and a 'dev' of its own, nest it
    outer_ttl of its packets on the first link
    hops      that the inner packet has made at the far host
    """

    outer_ttl, hops = 64, 2
    families = (4, 6)
    outer = 4
    esp_extra = None
    sealed = 0
    dev = "tun"

    def __init__(self, net, kind, tos=None, options="", dev="tun", wan=None,
                 tun=None):
        self.net = net
        self.kind = kind
        self.tos = tos
        self.options = options
        if self.dev:
            self.dev = dev
        self.wan = wan or WAN
        self.tun = tun or TUN

    def __enter__(self):
        for r in ("rA", "rB"):
            ip(r, self.up(r))
        return self

    def __exit__(self, *_):
        for r in ("rA", "rB"):
            run(r, "ip", "-force", "-batch", "-", check=False,
                input="\n".join(self.down(r)) + "\n")

    def ends(self, r):
        return "local %s remote %s" % (
            self.wan[r][self.outer], self.wan[OTHER[r]][self.outer])

    def link(self, r):
        raise NotImplementedError

    def up(self, r):
        tos = " tos %s" % self.tos if self.tos is not None else ""
        lines = ["link add %s type %s%s %s" % (
            self.dev, self.link(r), tos, self.options),
            "link set %s up" % self.dev]
        for f in self.families:
            nodad = " nodad" if f == 6 else ""
            lines += [
                "address add %s/%d dev %s%s" % (
                    self.tun[r][f], 64 if f == 6 else 30, self.dev, nodad),
                "route replace %s dev %s" % (LAN[OTHER[r]][f], self.dev)]
        return lines

    def down(self, r):
        return ["link del " + self.dev]


class Gre(Tunnel):
    layers = ("ipv4", "gre")

    def link(self, r):
        return "gre ttl 64 " + self.ends(r)


class Ipip(Tunnel):
    families = (4,)
    layers = ("ipv4",)

    def link(self, r):
        return "ipip ttl 64 " + self.ends(r)


class Sit(Tunnel):
    families = (6,)
    layers = ("ipv4",)

    def link(self, r):
        return "sit ttl 64 " + self.ends(r)


class Ip6Gre(Tunnel):
    outer = 6
    layers = ("ipv6", "gre")

    def link(self, r):
        return "ip6gre hoplimit 64 encaplimit none " + self.ends(r)


class Ip6Tnl(Tunnel):
    outer = 6
    layers = ("ipv6",)

    def link(self, r):
        return "ip6tnl mode any hoplimit 64 encaplimit none " + self.ends(r)


class Esp:
    """SAs and policies by ip xfrm, the same pair in both routers."""

    AEAD = "aead rfc4106(gcm(aes)) 0x%s 128" % ("ab" * 20)
    SPI = {"rA": 0x1001, "rB": 0x1002}  # by sender

    @classmethod
    def states(cls, mode, extra="", outer=4, selector=""):
        lines = []
        for r in ("rA", "rB"):
            lines.append(
                "xfrm state add src %s dst %s proto esp spi %#x reqid 1"
                " mode %s replay-window 0 %s %s %s" % (
                    WAN[r][outer], WAN[OTHER[r]][outer], cls.SPI[r], mode,
                    extra, cls.AEAD, selector))
        return lines

    @staticmethod
    def policy(r, selector_out, selector_in, mode, outer=4, fwd=True):
        def line(direction, selector, src, dst):
            tmpl = "tmpl src %s dst %s proto esp reqid 1 mode %s" % (
                WAN[src][outer], WAN[dst][outer], mode)
            return "xfrm policy add %s dir %s %s" % (selector, direction, tmpl)
        lines = [line("out", selector_out, r, OTHER[r]),
                 line("in", selector_in, OTHER[r], r)]
        if fwd:
            lines.append(line("fwd", selector_in, OTHER[r], r))
        return lines

    FLUSH = ["xfrm policy flush", "xfrm state flush"]


class EspTunnel(Tunnel):
    """ESP tunnel mode by policy; both inner families on one SA."""

    dev = None
    layers = ("ipv4", "esp")
    esp_extra = 0

    def up(self, r):
        extra = "flag af-unspec"
        if self.options:
            extra = "flag af-unspec " + self.options
        lines = Esp.states("tunnel", extra, self.outer)
        for f in self.families:
            here, there = LAN[r][f], LAN[OTHER[r]][f]
            lines += Esp.policy(r, "src %s dst %s" % (here, there),
                                "src %s dst %s" % (there, here),
                                "tunnel", self.outer)
        return lines

    def down(self, r):
        return Esp.FLUSH


class Esp6Tunnel(EspTunnel):
    outer = 6
    layers = ("ipv6", "esp")


class GreEsp(Gre):
    """GRE whose packets are protected by ESP in transport mode."""

    layers = ("ipv4", "esp")
    esp_extra = 4

    def up(self, r):
        here, there = WAN[r][4], WAN[OTHER[r]][4]
        return (Esp.states("transport") + Esp.policy(
            r, "src %s dst %s proto gre" % (here, there),
            "src %s dst %s proto gre" % (there, here),
            "transport", fwd=False) + super().up(r))

    def down(self, r):
        return super().down(r) + Esp.FLUSH


class Xfrmi(EspTunnel):
    """ESP tunnel mode through an xfrm interface."""

    dev = "tun"

    def up(self, r):
        lines = ["link add tun type xfrm dev wan if_id 7", "link set tun up"]
        lines += Esp.states("tunnel", "flag af-unspec if_id 7", self.outer)
        for f in self.families:
            any_ = "::/0" if f == 6 else "0.0.0.0/0"
            both = "src %s dst %s if_id 7" % (any_, any_)
            lines += Esp.policy(r, both, both, "tunnel", self.outer)
            lines.append("route add %s dev tun" % LAN[OTHER[r]][f])
        return lines

    def down(self, r):
        return ["link del tun"] + Esp.FLUSH


class Plain:
    """No tunnel: the hosts' networks are routed by the provider."""

    kind = "plain"
    families = (4, 6)
    layers = ()
    esp_extra = None
    dev = None

    def __init__(self, net, kind):
        self.net = net

    def __enter__(self):
        ip("wan", ["route add %s via %s" % (LAN[r][f], WAN[r][f])
            for r in ("rA", "rB") for f in (4, 6)])
        return self

    def __exit__(self, *_):
        ip("wan", ["route del %s" % LAN[r][f]
                   for r in ("rA", "rB") for f in (4, 6)])


KINDS = {
    "plain": Plain,
    "gre": Gre,
    "ipip": Ipip,
    "sit": Sit,
    "ip6gre": Ip6Gre,
    "ip6tnl": Ip6Tnl,
    "esp": EspTunnel,
    "esp6": Esp6Tunnel,
    "gre-esp": GreEsp,
    "xfrmi": Xfrmi,
}
