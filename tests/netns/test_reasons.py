#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: limit=400
"""Each reason why a packet is left alone: brought about by packets that can
have no other, and counted once for each. A reason that is not here, and not
in the lists of those that are elsewhere or nowhere, fails."""

import ast
import contextlib
import os
import socket
import time

import devices  # noqa: F401  adds its kinds of tunnels
import expect
import genl
import topo
import tq
import wire
from case import main
from test_surroundings import ifb, leaked_into_vrf

EF = expect.DSCP["ef"]
FOUR = [EF << 2 | ecn for ecn in range(4)]
ALL = frozenset(range(64))
# no chatter of the kernel has EF
HOLE = [genl.LEAVE if d == EF else d for d in range(64)]
COPY = dict(encap_dscp="native", decap_dscp="copy", decap_permit=ALL)
IP4, MPLS = 0x0800, 0x8847

# reason: the test that brings it about and reads its counter
ELSEWHERE = {
    "not_ip": "test_surroundings.py::not_ip",
    "control": "test_surroundings.py::control",
    "companion_lost": "test_surroundings.py::redirected",
    "arrived_lost": "test_surroundings.py::shapers",
    "outer_lost": "test_surroundings.py::injected",
    "sa_decap_dscp": "test_ipsec.py::flags",
    "transport_mode": "test_ipsec.py::transport",
    "sa_output_mark": "test_classes.py::output_mark",
    # only fault injection can time it
    "no_memory": "../debug/test_nomemory.py::counted",
}
# reason: why it cannot be brought about
NOWHERE = {
    "packet_offload": "Linux 6.1 gives no device all of an SA; 6.2 and later"
                      " do, and want hardware for it",
    "gro_list": "rx-gro-list merged nothing that came over a veth pair and in"
                " a tunnel",
    "ip_tfs": "Linux 6.1 has none, later kernels of Debian are built without"
              " (CONFIG_XFRM_IPTFS)",
}
HERE = {}


def reason(name):
    def add(function):
        HERE[name] = function
        return function
    return add


@contextlib.contextmanager
def counted(case, r, name, want):
    """So many packets are left alone for this meanwhile, or shortly after."""
    with genl.Tunqos(r) as sock:
        before = sock.reasons().get(name, 0)
        yield
        end = time.monotonic() + 10 * topo.SLOW
        while (got := sock.reasons().get(name, 0) - before) < want and \
                time.monotonic() < end:
            time.sleep(0.02)
        case.equal(name + ": packets", got, want)


def bind(r, **setting):
    with genl.Tunqos(r) as sock, sock.transaction():
        sock.flush()
        if setting:
            sock.set_tunnel(**{"device": "tun", **setting})


def send(r, to, number, src=""):
    """Datagrams of a router's own."""
    with topo.inside(r):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with s:
        s.bind((src, 0))
        for _ in range(number):
            s.sendto(bytes(100), (to, 9))


def shoot(case, name, net, ds=(), **options):
    shot = wire.Shot(net, 4, ds or FOUR, **options)
    with wire.Captures(end=(shot.dst, "lan")) as caps:
        shot.send()
        case.true(name + ": the fence arrives", caps.until_fence(shot, "end"))


@reason("truncated")
def truncated(case, net):
    """A tag, and nothing of what it says is behind it."""
    frame = wire.ethernet_header(topo.mac(8, 1), topo.mac(8, 2), IP4,
                                 ((0x8100, 0, 0, 7),))
    with net.tunnel("gretap"), wire.Raw("rA", "tun") as raw:
        bind("rA", encap_dscp="copy")
        with counted(case, "rA", "truncated", 4):
            for _ in range(4):
                raw.send(frame)


@reason("unknown_header")
def unknown_header(case, net):
    """More labels than are looked behind."""
    with net.tunnel("ipip", options="mode any"), wire.Raw("rA", "tun") as raw:
        bind("rA", encap_dscp="copy")
        with counted(case, "rA", "unknown_header", 4):
            for _ in range(4):
                raw.sock.sendto(b"\0\x01\0\x40" * 16 + bytes(60),
                                ("tun", MPLS))


@reason("device_decap_dscp")
def device_decap_dscp(case, net):
    """The driver has copied what the table leaves."""
    with net.tunnel("ip6tnl", options="mode any dscp inherit"):
        bind("rA", encap_dscp="copy")
        bind("rB", encap_dscp="native", decap_dscp="table", decap_table=HOLE)
        with counted(case, "rB", "device_decap_dscp", 4):
            shoot(case, "copied", net)


@reason("table_leave")
def table_leave(case, net):
    """At three places that have a table; test_selection.py has the fourth."""
    with net.tunnel("gre"):
        bind("rA", encap_dscp="table", encap_table=HOLE)
        with counted(case, "rA", "table_leave", 4):
            shoot(case, "encap", net)
        bind("rA", encap_dscp="copy")
        bind("rB", encap_dscp="native", decap_dscp="table", decap_table=HOLE,
             decap_permit=ALL)
        with counted(case, "rB", "table_leave", 4):
            shoot(case, "decap", net)
        bind("rB")
        with genl.Tunqos("rB") as sock, sock.transaction():
            sock.set_port("lan.10", [genl.LEAVE if d == EF else 0
                                     for d in range(64)])
        with counted(case, "rB", "table_leave", 4):
            shoot(case, "port", net)


@reason("not_permitted")
def not_permitted(case, net):
    with net.tunnel("ip6gre"):
        bind("rA", encap_dscp="copy")
        bind("rB", **{**COPY, "decap_permit": ALL - {EF}})
        with counted(case, "rB", "not_permitted", 4):
            shoot(case, "permit", net)


@reason("in_band_tag")
def in_band_tag(case, net):
    """Three tags in the frame, besides the port's own."""
    tags = tuple((0x8100, 0, 0, vid) for vid in (7, 8, 9))
    frame = wire.ethernet_header(*net.gateway_macs("hostB")[::-1], 0x0800,
                                 tags) + wire.Shot(net, 4).frame(EF << 2)[14:]
    with genl.Tunqos("rB") as sock, sock.transaction():
        sock.set_port("lan.10", [d >> 3 for d in range(64)])
    with counted(case, "rB", "in_band_tag", 4), \
            wire.Raw("rB", "lan.10") as raw:
        for _ in range(4):
            raw.send(frame)


@reason("ecn_dropped")
def ecn_dropped(case, net):
    with net.tunnel("l2tp"):
        topo.sysctl("rA", {"net.ipv6.conf.tun.disable_ipv6": 1})
        bind("rB", encap_dscp="native", decap_ecn="rfc6040")
        with net.remark(net.mark_all(ecn=expect.CE)), \
                counted(case, "rB", "ecn_dropped", 4):
            shoot(case, "CE", net, [d << 2 for d in range(4)])


@reason("vrf_underlay")
def vrf_underlay(case, net):
    """What comes by way of an IFB passes no egress hook of the tunnel."""
    for kind in ("gre", "vxlan"):
        with net.tunnel(kind):
            bind("rA", encap_dscp="copy")
            with leaked_into_vrf(net), ifb("rA", "lan"):
                # twice: a packet passes LOCAL_OUT of a VRF twice
                with counted(case, "rA", "vrf_underlay", 2 * 5):
                    shoot(case, "vrf", net)


def flush_xfrm():
    for r in ("rA", "rB"):
        topo.ip(r, topo.Esp.FLUSH)


@reason("beet_mode")
def beet_mode(case, net):
    own = {"rA": "10.253.0.1", "rB": "10.253.0.2"}
    for r in own:
        here, there = ("src %s dst %s" % (own[a], own[b]) for a, b in (
            (r, topo.OTHER[r]), (topo.OTHER[r], r)))
        states = topo.Esp.states("beet")
        topo.ip(r, ["address add %s/32 dev lo" % own[r]] + [
            line + " sel src %s dst %s" % pair for line, pair in zip(
                states, (("10.253.0.1", "10.253.0.2"),
                         ("10.253.0.2", "10.253.0.1")))] +
                topo.Esp.policy(r, here, there, "beet", fwd=False))
    try:
        bind("rB")
        with genl.Tunqos("rB") as sock, sock.transaction():
            sock.set_tunnel(peer=topo.WAN["rA"][4], **COPY)
        with counted(case, "rB", "beet_mode", 4):
            send("rA", own["rB"], 4, own["rA"])
    finally:
        flush_xfrm()
        for r in own:
            topo.ip(r, ["address del %s/32 dev lo" % own[r]])


@reason("nested_family")
def nested_family(case, net):
    """ESP over IPv6, and that in ESP over IPv4: what was decided at the first
    would not be found again at the second."""
    for r in ("rA", "rB"):
        other = topo.OTHER[r]
        lines = topo.Esp.states("tunnel", "flag af-unspec", 6)
        lines += topo.Esp.states("tunnel", "flag af-unspec", 4)
        for way, a, b in (("out", r, other), ("fwd", other, r)):
            lines.append("xfrm policy add src %s dst %s dir %s" % (
                topo.LAN[a][4], topo.LAN[b][4], way) + "".join(
                    " tmpl src %s dst %s proto esp reqid 1 mode tunnel" % (
                        topo.WAN[a][f], topo.WAN[b][f]) for f in (6, 4)))
        topo.ip(r, lines)
    try:
        bind("rA", device="none", encap_dscp="copy")
        with genl.Tunqos("rA") as sock, sock.transaction():
            sock.set_tunnel(peer=topo.WAN["rB"][4], encap_dscp="set",
                            encap_value=EF)
        with counted(case, "rA", "nested_family", 5):
            wire.Shot(net, 4, FOUR).send()
    finally:
        flush_xfrm()


def elsewhere(case):
    """The function is there, and it reads the counter."""
    for name, place in ELSEWHERE.items():
        path, _, function = place.partition("::")
        with open(os.path.join(os.path.dirname(__file__), path),
                  encoding="utf-8") as f:
            text = f.read()
        bodies = [ast.get_source_segment(text, node)
                  for node in ast.walk(ast.parse(text))
                  if isinstance(node, ast.FunctionDef)
                  and node.name == function]
        case.true("%s: %s reads it" % (name, place),
                  any('"%s"' % name in body for body in bodies))


def test(case):
    known = [*HERE, *ELSEWHERE, *NOWHERE]
    case.equal("every reason of the interface, once", sorted(known),
               sorted(genl.REASON.values()))
    elsewhere(case)
    for name, why in NOWHERE.items():
        case.note("%s: not tested: %s" % (name, why))
    with tq.module(), topo.Founding(vlan_b=10) as net:
        for name, function in HERE.items():
            function(case, net)
            for r in ("rA", "rB"):
                bind(r)
            case.note(name)


if __name__ == "__main__":
    main(test)
