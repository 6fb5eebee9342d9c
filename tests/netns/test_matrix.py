#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: limit=2400
"""Every tunnel device, both families inside and outside, every setting, over
the whole table of DS bytes.

256 DS bytes of IPv4 and of IPv6 go from hostA to hostB. On the provider's
first link the outer DS byte and the whole inner packet are compared with the
model, and on hostB's link the whole packet again, byte for byte.
"""

import struct
import sys

import devices  # noqa: F401  adds its kinds of tunnels
import expect
import genl
import shots
import topo
import tq
import wire
from case import main
from outside import facts

LEAVE = genl.LEAVE
ALL = frozenset(range(64))
MIXED = [(d * 7 + 3) % 64 for d in range(64)]          # a permutation
BACK = [(d * 11 + 5) % 64 for d in range(64)]          # another one
HOLES = [LEAVE if d % 3 == 0 else 63 - d for d in range(64)]
FEW = frozenset(range(0, 64, 5))

# name: encapsulation, decapsulation, ECN that the provider writes
COMBINATIONS = {
    "copy": (
        dict(encap_dscp="copy"), dict(decap_dscp="keep"), None),
    "set, inner set, rfc6040": (
        dict(encap_dscp="set", encap_value=46, encap_inner="set",
             encap_inner_value=10, encap_ecn="rfc6040"),
        dict(decap_dscp="copy", decap_permit=ALL, decap_ecn="rfc6040"), None),
    "table, inner table, compatibility": (
        dict(encap_dscp="table", encap_table=MIXED, encap_inner="table",
             encap_inner_table=BACK, encap_ecn="compatibility"),
        dict(decap_dscp="table", decap_table=BACK, decap_permit=ALL),
        expect.CE),
    "holes, few permitted, CE": (
        dict(encap_dscp="table", encap_table=HOLES, encap_ecn="rfc6040"),
        dict(decap_dscp="copy", decap_permit=FEW, decap_ecn="rfc6040"),
        expect.CE),
    "native, table with holes, ECT(1)": (
        dict(encap_dscp="native", encap_ecn="rfc6040"),
        dict(decap_dscp="table", decap_table=HOLES, decap_permit=ALL,
             decap_ecn="rfc6040"), expect.ECT1),
    "copy, inner holes, ECT(0)": (
        dict(encap_dscp="copy", encap_inner="table", encap_inner_table=HOLES),
        dict(decap_dscp="keep", decap_class="outer", decap_ecn="rfc6040"),
        expect.ECT0),
    "table, uniform, Not-ECT": (
        dict(encap_dscp="table", encap_table=MIXED, encap_ecn="rfc6040"),
        dict(decap_dscp="copy", decap_ecn="rfc6040"), expect.NOT_ECT),
}
FEWER = ("set, inner set, rfc6040", "table, inner table, compatibility",
         "holes, few permitted, CE")
KINDS = (
    "gre", "gre-all", "gre-external", "gretap", "gretap-csum", "ip6gre",
    "ip6gre-all", "ip6gretap", "ipip", "sit", "ip6tnl", "ip6tnl-limit",
    "vxlan", "vxlan6", "vxlan-gpe", "geneve", "geneve6", "geneve-ip",
    "fou-gre", "fou-ipip", "fou-sit", "gue-gre", "gue-ipip", "l2tp",
    "l2tp6", "l2tp-ip", "wireguard", "wireguard6")


# what the drivers do not look into: the socket's or device's own byte outside,
# and the inner ECN as it was
BLIND = ("l2tp", "ppp", "gre-mpls", "ip6gre-mpls")


def native_outer(kind, before):
    """What the kernel alone writes outside (features.md, the drivers)."""
    if kind.startswith(BLIND):
        return 0
    if kind == "gtp":
        return before
    return expect.native_encap(before, ip6gre=kind.startswith(
        ("ip6gre", "ip6erspan")))


def native_ecn(kind, inner, outer):
    """The inner ECN after the kernel alone, or DROP."""
    if kind.startswith(BLIND + ("gtp",)):
        return inner
    ecn = expect.decap_ecn("native", inner, outer)
    # WireGuard does RFC 6040 as the others, but drops nothing
    return inner if ecn is expect.DROP and kind.startswith("wireguard") else ecn


def mapped(setting, what, dscp, same):
    """The DSCP that a setting makes of one; 'same' where it says nothing."""
    word = setting.get(what + "_dscp" if what != "encap_inner" else what,
                       "keep")
    if word == "copy":
        return dscp
    if word == "set":
        return setting[what + "_value"]
    if word == "table" and setting[what + "_table"][dscp] != LEAVE:
        return setting[what + "_table"][dscp]
    return same


def sent(kind, encap, before):
    """[2 Outer] and [3 Inner] of a DS byte."""
    native = native_outer(kind, before)
    ecn = native & 3
    if encap.get("encap_ecn", "native") != "native":
        ecn = expect.encap_ecn(encap["encap_ecn"], before & 3)
    outer = mapped(encap, "encap", before >> 2, native >> 2)
    inner = mapped(encap, "encap_inner", before >> 2, before >> 2)
    return expect.ds(outer, ecn), expect.ds(inner, before & 3)


def received(kind, decap, inner, arrives):
    """[6 After], or DROP."""
    ecn = native_ecn(kind, inner & 3, arrives & 3)
    if ecn is not expect.DROP and decap.get("decap_ecn") == "rfc6040":
        ecn = expect.decap_ecn("rfc6040", inner & 3, arrives & 3)
    if ecn is expect.DROP:
        return expect.DROP
    dscp = inner >> 2
    if arrives >> 2 in decap.get("decap_permit", ALL):
        dscp = mapped(decap, "decap", arrives >> 2, dscp)
    return expect.ds(dscp, ecn)


def forwarded(frame, ds, hops):
    """The IP packet of a frame with another DS byte, some hops later."""
    raw = bytearray(frame[14:])
    if raw[0] >> 4 == 6:
        raw[0] = 0x60 | ds >> 4
        raw[1] = (ds & 15) << 4 | raw[1] & 15
        raw[7] -= hops
        return bytes(raw)
    raw[1] = ds
    raw[8] -= hops
    raw[10:12] = b"\0\0"
    struct.pack_into("!H", raw, 10, wire.checksum(bytes(raw[:20])))
    return bytes(raw)


def table(case, tun, family, name, combination, net,
          model=(sent, received)):
    """One shot of 256 and its judgement at both ends of the provider."""
    shot = wire.Shot(net, family)
    caught = shots.both_ends(case, name, shot)
    case.later(judge, shot, facts(tun), caught, name, combination, model)


def judge(case, shot, tun, caught, name, combination, model):
    encap, decap, ecn = combination
    kind, family = tun.kind, shot.family
    near, end = shots.sorted_out(shot, caught, tun)
    for before in range(256):
        where = "0x%02x" % before
        frame = shot.frame(before)
        outer, inner = model[0](kind, encap, before)
        arrives = outer if ecn is None else expect.ds(outer >> 2, ecn)
        after = model[1](kind, decap, inner, arrives)
        p = near.get(before)
        # the kernel cuts IPv4 in L2TP over IPv6 to 1280 bytes
        cut = kind == "l2tp6" and family == 4 and before >= 0xfc
        if not cut and case.true(name + " wan: there", p, where):
            case.equal(name + " wan: outer DS", p.ips[0].ds, outer, where)
            case.equal(name + " wan: bad", p.bad, [], where)
            case.equal(name + " wan: outer TTL", p.ips[0].ttl,
                       tun.outer_ttl, where)
            if not {"wireguard", "esp"} & set(tun.layers):
                case.equal(name + " wan: inner packet", p.ips[1].raw,
                           forwarded(frame, inner, 1), where)
        p = end.get(before)
        if after is expect.DROP:
            case.true(name + " end: dropped", p is None, where)
        elif case.true(name + " end: there", p, where):
            case.equal(name + " end: packet", p.ips[0].raw,
                       forwarded(frame, after, tun.hops), where)
            case.equal(name + " end: bad", p.bad, [], where)


def counters(sock):
    """Of encapsulation in rA and of decapsulation in rB."""
    return (dict(sock["rA"].tunnels()["tun"]["encap"]),
            dict(sock["rB"].tunnels()["tun"]["decap"]))


def counted(case, kind, tun, word, before, after):
    """Each packet is counted once, the fences too."""
    encap, decap, ecn = COMBINATIONS[word]
    name = "%s %s: " % (kind, word)
    out, back = ({k: now[k] - then[k] for k in now}
                 for then, now in zip(before, after))
    shots = len(tun.families)
    # multicast listeners report, WireGuard says hello
    others = out["packets"] - 257 * shots
    case.true(name + "packets", others >= 0, others)
    case.equal(name + "each once", out["packets"],
               out["written"] + out["left_alone"])
    holes = 4 * encap.get("encap_table", []).count(LEAVE)
    # the fence has DSCP 0
    holes += bool(holes) and encap["encap_table"][0] == LEAVE
    left = out["left_alone"] - holes * shots
    case.true(name + "left alone", 0 <= left <= others, (left, others))
    # where the kernel does RFC 6040 itself, it drops before we see it
    ours = kind.startswith(BLIND + ("gtp", "wireguard")) and \
        decap.get("decap_ecn") == "rfc6040"
    drops = sum(received(kind, decap, inner, ecn if ecn is not None else
                         outer) is expect.DROP
                for outer, inner in (sent(kind, encap, before)
                                     for before in range(256)))
    case.equal(name + "dropped", back["dropped"], drops * shots if ours else 0)


def combinations():
    """All; in the slow debug kernel, which looks for other things, fewer."""
    return FEWER if topo.SLOW > 1 else tuple(COMBINATIONS)


def one_kind(case, net, kind, sock):
    with net.tunnel(kind) as tun:
        for word in combinations():
            encap, decap, ecn = COMBINATIONS[word]
            for r, setting in (("rA", encap), ("rB", decap)):
                if r == "rB":
                    setting = dict(setting, encap_dscp="native")
                with sock[r].transaction():
                    sock[r].flush()
                    sock[r].set_tunnel(device="tun", **setting)
            before = counters(sock)
            rules = net.mark_all(ecn=ecn) if ecn is not None else ""
            with net.remark(rules):
                for family in tun.families:
                    table(case, tun, family, "%s %s IPv%d" % (
                        kind, word, family), (encap, decap, ecn), net)
            counted(case, kind, tun, word, before, counters(sock))
            case.equal("%s: state" % kind,
                       sock["rA"].tunnels()["tun"]["state"], "active")
    case.note("%s done" % kind)


def test(case):
    kinds = [k for k in sys.argv[1:] if k in KINDS] or KINDS
    with tq.module(), topo.Founding(vlan_b=None, real_csum=True) as net:
        sock = {r: genl.Tunqos(r) for r in ("rA", "rB")}
        for kind in kinds:
            one_kind(case, net, kind, sock)


if __name__ == "__main__":
    main(test)
