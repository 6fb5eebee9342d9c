#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: limit=1200
"""IPsec in its modes, both families inside and outside, every setting, over
the whole table of DS bytes; bound by all that a selector can say.

As test_matrix, whose combinations and judgement these are.
"""

import sys

import expect
import genl
import ipsec  # noqa: F401  adds its kinds of tunnels
import test_matrix
import topo
import tq
from case import main
from test_matrix import ALL, COMBINATIONS, FEWER, mapped

KINDS = (
    "ipsec", "ipsec6", "ah", "ah6", "xfrm-device", "xfrm-device6", "vti",
    "vti6", "beet", "gre-transport")
# the same SAs, differently bound or wrapped: some of the combinations
VARIANTS = ("ipsec-by", "ipsec-spi", "ipsec-natt", "ipsec-mark", "ah-esp",
            "ah-esp-inner", "xfrm")
ONE_HEADER = {"beet": "beet_mode", "gre-transport": "transport_mode"}


def sent(kind, encap, before):
    """[2 Outer] and [3 Inner] of a DS byte; RFC 4301 5.1.2.1."""
    if kind in ONE_HEADER:
        # GRE's own header is 0 with an ECN by RFC 3168; BEET has no other
        header = before if kind == "beet" else expect.native_encap(before)
        outer = mapped(encap, "encap", header >> 2, header >> 2)
        outer = expect.ds(outer, header & 3)
        return outer, outer if kind == "beet" else before
    outer = mapped(encap, "encap", before >> 2, before >> 2)
    inner = mapped(encap, "encap_inner", before >> 2, before >> 2)
    ecn = expect.encap_ecn(encap.get("encap_ecn", "native"), before & 3)
    return expect.ds(outer, ecn), expect.ds(inner, before & 3)


def received(kind, decap, inner, arrives):
    """[6 After], or DROP."""
    if kind == "beet":
        return arrives
    if kind in ONE_HEADER:
        return expect.native_decap(inner, arrives)
    mode = decap.get("decap_ecn", "native")
    ecn = expect.decap_ecn(mode, inner & 3, arrives & 3, esp=True)
    if ecn is expect.DROP:
        return expect.DROP
    dscp = inner >> 2
    if arrives >> 2 in decap.get("decap_permit", ALL):
        dscp = mapped(decap, "decap", arrives >> 2, dscp)
    return expect.ds(dscp, ecn)


def settings(decap):
    """IPsec needs a permit list."""
    if decap["decap_dscp"] != "keep":
        return dict(dict(decap_permit=ALL), **decap)
    return decap


def only(sock):
    """The one binding of a router."""
    bindings = list(sock.tunnels().values())
    assert len(bindings) == 1
    return bindings[0]


def counted(case, tun, word, out, back, reasons):
    """Each packet once, the fences too; what cannot apply has its reason."""
    encap, decap, ecn = COMBINATIONS[word]
    name = "%s %s: " % (tun.kind, word)
    shots = len(tun.families)
    holes = encap.get("encap_table", [])
    left = sum(holes[sent(tun.kind, dict(encap_dscp="native"), d << 2)[0] >> 2]
               == genl.LEAVE for d in range(64)) * 4 if holes else 0
    left += bool(holes) and holes[0] == genl.LEAVE  # the fence's DSCP is 0
    # with another ECN to write, the rest is written as it was
    more = encap.get("encap_ecn", "native") != "native"
    if tun.kind in ONE_HEADER:
        # a copy of the only header onto itself is nothing written
        if encap["encap_dscp"] in ("native", "copy"):
            left = 257
    elif more:
        left = 0
    case.equal(name + "encap", (out["packets"], out["written"],
                                out["left_alone"]),
               (257 * shots, (257 - left) * shots, left * shots))
    acts = (decap["decap_dscp"] != "keep" or "decap_class" in decap
            or "decap_ecn" in decap)
    if tun.kind in ONE_HEADER:
        # what the other end's kernel drops, it drops behind us
        case.equal(name + "decap left alone", (
            back["packets"], back["left_alone"], back["dropped"]),
            (257 * shots * acts, 257 * shots * acts, 0))
        case.equal(name + "decap reason",
                   reasons.get(ONE_HEADER[tun.kind], 0), 257 * shots * acts)
        return
    drops = sum(received(tun.kind, decap, inner, expect.ds(outer >> 2, ecn)
                         if ecn is not None else outer) is expect.DROP
                for outer, inner in (sent(tun.kind, encap, before)
                                     for before in range(256)))
    case.equal(name + "decap", (back["packets"], back["dropped"]),
               (257 * shots * acts, drops * shots))


def one_kind(case, net, kind, sock, words=None):
    with net.tunnel(kind) as tun:
        words = words or (FEWER if kind in VARIANTS else
                          test_matrix.combinations())
        for number, word in enumerate(words):
            encap, decap, ecn = COMBINATIONS[word]
            decap = settings(decap)
            for r, setting in (("rA", encap), ("rB", dict(
                    decap, encap_dscp="native"))):
                keys = tun.keys(r)
                with sock[r].transaction():
                    sock[r].flush()
                    sock[r].set_tunnel(**keys[number % len(keys)], **setting)
            before = sock["rB"].reasons()
            rules = net.mark_all(ecn=ecn) if ecn is not None else ""
            with net.remark(rules):
                for family in tun.families:
                    test_matrix.table(
                        case, tun, family, "%s %s IPv%d" % (
                            kind, word, family), (encap, decap, ecn), net,
                        (sent, received))
            reasons = {k: v - before.get(k, 0)
                       for k, v in sock["rB"].reasons().items()}
            a, b = only(sock["rA"]), only(sock["rB"])
            counted(case, tun, word, a["encap"], b["decap"], reasons)
            case.equal("%s: state" % kind, a["state"], "active")
            for router in sock.values():
                with router.transaction():
                    router.flush()
    case.note("%s done" % kind)


def test(case):
    kinds = sys.argv[1:] or KINDS + VARIANTS
    with tq.module(), topo.Founding(vlan_b=None, real_csum=True) as net:
        sock = {r: genl.Tunqos(r) for r in ("rA", "rB")}
        for kind in kinds:
            one_kind(case, net, kind, sock)


if __name__ == "__main__":
    main(test)
