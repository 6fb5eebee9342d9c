#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: limit=400
"""Each reason why a packet is left alone: brought about by packets that can
have no other, and counted once for each. Then what show reasons advises is
done, and the same packets are written. A reason that is not here, and not in
the lists of those that are elsewhere or nowhere, fails; so does one whose
advice was not tried."""

import ast
import os
import re
import socket

import devices  # noqa: F401  adds its kinds of tunnels
import expect
import genl
import topo
import tq
import wire
from case import main
from reasons import TRIED, counted, mended
from rules import UDP, classified
from test_surroundings import ifb, leaked_into_vrf

EF = expect.DSCP["ef"]
FOUR = [EF << 2 | ecn for ecn in range(4)]
ALL = frozenset(range(64))
# no chatter of the kernel has EF
HOLE = [genl.LEAVE if d == EF else d for d in range(64)]
FULL = [EF ^ 1] * 64
SET = dict(encap_dscp="set", encap_value=EF)
COPY = dict(encap_dscp="native", decap_dscp="copy", decap_permit=ALL)
IP4, MPLS = 0x0800, 0x8847

# reason: the test that brings it about, reads its counter and tries the advice
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
# reason: why its advice cannot be tried
UNTRIED = {
    "no_memory": "to have more memory is not ours to try",
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


def bind(r, **setting):
    with genl.Tunqos(r) as sock, sock.transaction():
        sock.flush()
        if setting:
            what = {"device": "tun", **setting}
            sock.set_tunnel(**{k: v for k, v in what.items()
                               if v is not None})


def port(r, table, dev="lan.10", **more):
    with genl.Tunqos(r) as sock, sock.transaction():
        sock.flush()
        sock.set_port(dev, table, **more)


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
        bind("rA", **SET)
        with mended(case, "rA", "truncated", 4):
            for _ in range(4):
                raw.send(frame)


@reason("unknown_header")
def unknown_header(case, net):
    """More labels than are looked behind."""
    def labels():
        for _ in range(4):
            raw.sock.sendto(b"\0\x01\0\x40" * 16 + bytes(60), ("tun", MPLS))
    with net.tunnel("ipip", options="mode any"), wire.Raw("rA", "tun") as raw:
        bind("rA", encap_dscp="copy")
        with counted(case, "rA", "unknown_header", 4):
            labels()
        bind("rA", **SET)
        with mended(case, "rA", "unknown_header", 4):
            labels()


@reason("device_decap_dscp")
def device_decap_dscp(case, net):
    """The driver has copied what the table leaves."""
    for options, judge in (("mode any dscp inherit", counted),
                           ("mode any", mended)):
        with net.tunnel("ip6tnl", options=options):
            bind("rA", encap_dscp="copy")
            bind("rB", encap_dscp="native", decap_dscp="table",
                 decap_table=HOLE if judge is counted else FULL)
            with judge(case, "rB", "device_decap_dscp", 4, way="decap"):
                shoot(case, options, net)


@reason("table_leave")
def table_leave(case, net):
    """At three places that have a table; test_selection.py has the fourth."""
    with net.tunnel("gre"):
        for table, judge in ((HOLE, counted), (FULL, mended)):
            bind("rA", encap_dscp="table", encap_table=table)
            with judge(case, "rA", "table_leave", 4):
                shoot(case, "encap", net)
        bind("rA", encap_dscp="copy")
        for table, judge in ((HOLE, counted), (FULL, mended)):
            bind("rB", encap_dscp="native", decap_dscp="table",
                 decap_table=table, decap_permit=ALL)
            with judge(case, "rB", "table_leave", 4, way="decap"):
                shoot(case, "decap", net)
        for other, judge in ((genl.LEAVE, counted), (5, mended)):
            port("rB", [other if d == EF else 0 for d in range(64)])
            with judge(case, "rB", "table_leave", 4, of="lan.10",
                       way="egress"):
                shoot(case, "port", net)


@reason("not_permitted")
def not_permitted(case, net):
    with net.tunnel("ip6gre"):
        bind("rA", encap_dscp="copy")
        for permit, judge in ((ALL - {EF}, counted), (ALL, mended)):
            bind("rB", **{**COPY, "decap_permit": permit})
            with judge(case, "rB", "not_permitted", 4, way="decap"):
                shoot(case, "permit", net)


@reason("in_band_tag")
def in_band_tag(case, net):
    """Three tags in the frame, besides the port's own."""
    def frame(vids):
        tags = tuple((0x8100, 0, 0, vid) for vid in vids)
        return wire.ethernet_header(
            *net.gateway_macs("hostB")[::-1], 0x0800,
            tags) + wire.Shot(net, 4).frame(EF << 2)[14:]
    table = [d >> 3 for d in range(64)]
    for vids, more, judge in (((7, 8, 9), {}, counted),
                              ((7, 8), {}, mended),
                              ((7, 8, 9), dict(non_ip=3), mended)):
        port("rB", table, **more)
        with judge(case, "rB", "in_band_tag", 4, of="lan.10", way="egress"), \
                wire.Raw("rB", "lan.10") as raw:
            for _ in range(4):
                raw.send(frame(vids))


@reason("ecn_dropped")
def ecn_dropped(case, net):
    """Every packet is marked outside, whatever it says of itself; then those
    that say that they know ECN, as the other end has copied it."""
    congested = "ip ecn != not-ect ip ecn set ce"
    with net.tunnel("l2tp"):
        topo.sysctl("rA", {"net.ipv6.conf.tun.disable_ipv6": 1})
        bind("rB", encap_dscp="native", decap_ecn="rfc6040")
        with net.remark(net.mark_all(ecn=expect.CE)), \
                counted(case, "rB", "ecn_dropped", 4):
            shoot(case, "CE", net, [d << 2 for d in range(4)])
        bind("rA", encap_dscp="native", encap_ecn="rfc6040")
        with net.remark(congested), \
                mended(case, "rB", "ecn_dropped", 3, way="decap"):
            shoot(case, "CE of ECT alone", net)


@reason("vrf_underlay")
def vrf_underlay(case, net):
    """What comes by way of an IFB passes no egress hook of the tunnel."""
    for kind in ("gre", "vxlan"):
        with net.tunnel(kind):
            bind("rA", encap_dscp="copy")
            with leaked_into_vrf(net):
                # twice: a packet passes LOCAL_OUT of a VRF twice
                with ifb("rA", "lan"), \
                        counted(case, "rA", "vrf_underlay", 2 * 5):
                    shoot(case, "vrf", net)
                with mended(case, "rA", "vrf_underlay", 5):
                    shoot(case, "vrf, no ifb", net)


def flush_xfrm():
    for r in ("rA", "rB"):
        topo.ip(r, topo.Esp.FLUSH)


@reason("untagged")
def untagged(case, net):
    """A frame without a tag, which alone is asked. The fence as well."""
    tags = [EF] * 16
    with net.tunnel("plain"):
        for rest, judge in ((genl.LEAVE, counted), (EF, mended)):
            port("rA", None, "lan", arrival=[*tags, rest], override=1)
            with judge(case, "rA", "untagged", 5, way="ingress", of="lan"):
                shoot(case, "untagged", net)


@reason("has_dscp")
def has_dscp(case, net):
    """A tag, and a packet with a DSCP of its own; the fence has none."""
    tags = [8] * 16 + [genl.LEAVE]
    with net.tunnel("plain"):
        for override, judge in ((0, counted), (1, mended)):
            port("rB", None, arrival=tags, override=override)
            with judge(case, "rB", "has_dscp", 4, way="ingress",
                       of="lan.10"):
                shoot(case, "has a DSCP", net, src="hostB", dst="hostA",
                      tags=((0x8100, 5, 0, 10),))


@reason("tag_unknown")
def tag_unknown(case, net):
    """What came by a device that rules know no tags of; the fence, too."""
    tables = dict(arrival_dscp=[EF] * 16 + [genl.LEAVE], override=1)
    with net.tunnel("plain"), classified("rB", UDP), genl.Tunqos("rB") as sock:
        for dev, judge in (("wan", counted), ("lan.10", mended)):
            with sock.transaction():
                sock.flush()
                sock.set_port(dev, rules=1)
                sock.set_rule(1, **tables)
            with judge(case, "rB", "tag_unknown", 5, way="original", of=1):
                shoot(case, "a tag", net, src="hostB", dst="hostA",
                      tags=((0x8100, 5, 0, 10),))


@reason("beet_mode")
def beet_mode(case, net):
    """Between addresses of the routers' own: in tunnel mode these are
    inside, in BEET mode the SAs know them."""
    own = {"rA": "10.253.0.1", "rB": "10.253.0.2"}

    def lines(r, mode):
        a, b = ("src %s dst %s" % pair for pair in (
            (own["rA"], own["rB"]), (own["rB"], own["rA"])))
        if mode == "tunnel":
            here, there = (a, b) if r == "rA" else (b, a)
            return topo.Esp.states(mode) + topo.Esp.policy(
                r, here, there, mode, fwd=False) + [
                    "route add %s/32 via %s" % (
                        own[topo.OTHER[r]], topo.PROVIDER[r][4])]
        here, there = ("src %s dst %s" % (own[a], own[b]) for a, b in (
            (r, topo.OTHER[r]), (topo.OTHER[r], r)))
        return [line + " sel " + pair for line, pair in zip(
            topo.Esp.states(mode), (a, b))] + topo.Esp.policy(
                r, here, there, mode, fwd=False)
    try:
        for r in own:
            topo.ip(r, ["address add %s/32 dev lo" % own[r]])
        for mode, judge in (("beet", counted), ("tunnel", mended)):
            for r in own:
                topo.ip(r, topo.Esp.FLUSH + lines(r, mode))
            bind("rB", device=None, peer=topo.WAN["rA"][4], **COPY)
            with judge(case, "rB", "beet_mode", 4, way="decap",
                       of=topo.WAN["rA"][4]):
                send("rA", own["rB"], 4, own["rA"])
    finally:
        flush_xfrm()
        for r in own:
            topo.ip(r, ["address del %s/32 dev lo" % own[r]])
            topo.run(r, "ip", "route", "del", own[topo.OTHER[r]],
                     check=False)


@reason("nested_family")
def nested_family(case, net):
    """ESP over IPv6, and that in ESP over IPv4: what was decided at the first
    would not be found again at the second."""
    for inner, judge in ((6, counted), (4, mended)):
        try:
            for r in ("rA", "rB"):
                topo.ip(r, nested_in_esp(r, inner))
            bind("rA", device="none", encap_dscp="copy")
            with genl.Tunqos("rA") as sock, sock.transaction():
                sock.set_tunnel(peer=topo.WAN["rB"][4], encap_dscp="set",
                                encap_value=EF)
            with judge(case, "rA", "nested_family", 5,
                       of=topo.WAN["rB"][4]):
                wire.Shot(net, 4, FOUR).send()
        finally:
            flush_xfrm()


def nested_in_esp(r, inner):
    """ESP of two SAs; both have IPv4 in them in the end."""
    other = topo.OTHER[r]
    lines = topo.Esp.states("tunnel", "flag af-unspec", 4)
    if inner == 6:
        lines += topo.Esp.states("tunnel", "flag af-unspec", 6)
    else:
        # the same addresses twice: another reqid, other SPIs
        lines += [line.replace("reqid 1", "reqid 2").replace("0x10", "0x20")
                  for line in lines]
    for way, a, b in (("out", r, other), ("fwd", other, r)):
        lines.append("xfrm policy add src %s dst %s dir %s" % (
            topo.LAN[a][4], topo.LAN[b][4], way) + "".join(
                " tmpl src %s dst %s proto esp reqid %d mode tunnel" % (
                    topo.WAN[a][f], topo.WAN[b][f], reqid)
                for f, reqid in ((inner, 1 if inner == 6 else 2), (4, 1))))
    return lines


def elsewhere(case):
    """The function is there, it reads the counter, and tries the advice."""
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
        case.true("%s: %s tries the advice" % (name, place),
                  name in UNTRIED or any(re.search(
                      r'\bmended\([^()]*"%s"' % name, body)
                      for body in bodies))


def test(case):
    known = [*HERE, *ELSEWHERE, *NOWHERE]
    case.equal("every reason of the interface, once", sorted(known),
               sorted(genl.REASON.values()))
    elsewhere(case)
    for name, why in {**NOWHERE, **UNTRIED}.items():
        case.note("%s: not tried: %s" % (name, why))
    with tq.module(), topo.Founding(vlan_b=10) as net:
        for name, function in HERE.items():
            function(case, net)
            for r in ("rA", "rB"):
                bind(r)
            case.true(name + ": the advice was tried", name in TRIED)
            case.note(name)


if __name__ == "__main__":
    main(test)
