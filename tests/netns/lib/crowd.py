# SPDX-License-Identifier: GPL-2.0-or-later
"""The founding topology with every kind of tunnel at once.

  tun, keyed, ipx, six   gre, gre with key, checksum and sequence, ipip, sit
  gesp                   gre inside ESP in transport mode
  esp, esp6              policy IPsec over IPv4 and IPv6, bound by peer

ESP is without encryption, so that everything inside can be made and read.
Neither the hosts nor the provider answer or forward anything.
"""

import genl
import topo

OUT = [(d * 7 + 3) % 64 for d in range(64)]   # inner DSCP -> outer DSCP
BACK = [(d * 11 + 5) % 64 for d in range(64)]  # outer -> inner
PORT = [(d * 5 + d // 8) % 8 for d in range(64)]

DEVICES = ("tun", "keyed", "ipx", "six", "gesp")
GRE2 = {"rA": "192.0.2.9", "rB": "198.51.100.9"}  # ends of gesp
KEY = 7
NULL = "enc ecb(cipher_null) '' auth digest_null ''"
SPI = {"esp": 0x2001, "esp6": 0x2003, "gesp": 0x2005}  # rA to rB; +1 back
# the hosts' networks behind IPsec; those of topo.LAN are behind devices
NETS = {"esp": {"rA": {4: "10.1.1.%s", 6: "fd01:1::%s"},
                "rB": {4: "10.2.1.%s", 6: "fd02:1::%s"}},
        "esp6": {"rA": {4: "10.1.2.%s", 6: "fd01:2::%s"},
                 "rB": {4: "10.2.2.%s", 6: "fd02:2::%s"}}}
PLAIN = {f: (topo.HOST["hostA"][f], topo.HOST["hostB"][f]) for f in (4, 6)}


def ends(kind):
    """Source and destination inside this tunnel, by family."""
    if kind not in NETS:
        return PLAIN
    return {f: tuple(NETS[kind][r][f] % 2 for r in ("rA", "rB"))
            for f in (4, 6)}


def families(kind):
    return {"ipx": (4,), "six": (6,)}.get(kind, (4, 6))


def xfrm(r):
    other = topo.OTHER[r]
    lines = []
    for kind, spi in SPI.items():
        outer = 6 if kind == "esp6" else 4
        wan = {x: GRE2[x] if kind == "gesp" else topo.WAN[x][outer]
               for x in ("rA", "rB")}
        mode = "transport" if kind == "gesp" else "tunnel"
        for n, (src, dst) in enumerate((("rA", "rB"), ("rB", "rA"))):
            lines.append(
                "xfrm state add src %s dst %s proto esp spi %#x reqid %d mode"
                " %s replay-window 0 %s %s" % (
                    wan[src], wan[dst], spi + n, spi, mode,
                    "" if kind == "gesp" else "flag af-unspec", NULL))
        pairs = [("src %s/32 dst %s/32 proto gre",
                  {x: (wan[x], wan[x]) for x in wan})] if kind == "gesp" else [
            ("src %s" + "/24 dst %s/24" if f == 4 else "src %s/64 dst %s/64",
             {x: (NETS[kind][x][f] % (0 if f == 4 else ""),) * 2
              for x in NETS[kind]}) for f in (4, 6)]
        for form, net in pairs:
            here, there = net[r][0], net[other][0]
            for way, a, b, src, dst in (
                    ("out", here, there, r, other),
                    ("in", there, here, other, r),
                    ("fwd", there, here, other, r)):
                lines.append(
                    "xfrm policy add %s dir %s tmpl src %s dst %s proto esp"
                    " reqid %d mode %s" % (form % (a, b), way, wan[src],
                                           wan[dst], spi, mode))
    return lines


def devices(r):
    other = topo.OTHER[r]
    plain = "ttl 64 local %s remote %s" % (topo.WAN[r][4], topo.WAN[other][4])
    second = "ttl 64 local %s remote %s" % (GRE2[r], GRE2[other])
    lines = ["address add %s/24 dev wan" % GRE2[r],
             "link add tun type gre " + plain,
             "link add keyed type gre key %d csum seq %s" % (KEY, plain),
             "link add ipx type ipip " + plain,
             "link add six type sit " + plain,
             "link add gesp type gre " + second]
    for dev in DEVICES:
        lines.append("link set %s up" % dev)
    for net in NETS.values():
        for f in (4, 6):
            prefix = net["rB"][f] % (0 if f == 4 else "")
            if r == "rB":
                lines.append("route add %s/%d via %s" % (
                    prefix, 24 if f == 4 else 64, topo.HOST["hostB"][f]))
    return lines


class Crowd(topo.Founding):
    def build(self):
        super().build()
        # no type of ICMP is limited (200 is none)
        quiet = {"net.ipv4.icmp_ratemask": 0, "net.ipv6.icmp.ratemask": 200,
                 # fragments wait longer than a busy machine takes
                 "net.ipv4.ipfrag_time": 3600, "net.ipv6.ip6frag_time": 3600,
                 "net.ipv4.conf.all.accept_local": 1}
        for r in ("rA", "rB"):
            topo.sysctl(r, quiet)
            topo.ip(r, devices(r) + xfrm(r))
            # counted, but not sent: they would come in by the tunnels again
            # (two rules: sets of nftables offend against PROVE_RCU_LIST)
            topo.run(r, "nft", "add table inet mute; add chain inet mute out"
                     " { type filter hook output priority 0; };" + ";".join(
                         "add rule inet mute out meta l4proto %s drop" % p
                         for p in ("icmp", "icmpv6")))
            for dev in DEVICES:
                topo.ethtool(r, dev, gro=False)
                if r == "rA":  # no multicast listener reports
                    topo.sysctl(r, {
                        "net.ipv6.conf.%s.disable_ipv6" % dev: 1})
        topo.sysctl("wan", {"net.ipv4.ip_forward": 0,
                            "net.ipv6.conf.all.forwarding": 0})
        topo.ip("hostB", "address flush dev " + self.lan("hostB"))


def bind():
    """Tables everywhere, permutations without a fixed point to hide behind."""
    for r in ("rA", "rB"):
        with genl.Tunqos(r) as sock, sock.transaction():
            both = dict(encap_dscp="table", encap_table=OUT,
                        decap_dscp="table", decap_table=BACK, pre_classify=1,
                        decap_permit=set(range(64)))
            for dev in DEVICES:
                sock.set_tunnel(device=dev, **both)
            for f in (4, 6):
                sock.set_tunnel(peer=topo.WAN[topo.OTHER[r]][f], **both)
            if r == "rB":
                sock.set_port("lan.10", PORT)
