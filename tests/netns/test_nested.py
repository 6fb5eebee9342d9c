#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: limit=600
"""A tunnel in a tunnel, both bound, each by a profile of its own: the two
outer DS bytes, the inner one, and what comes out, over the whole table and in
both directions."""

import expect
import genl
import shots
import topo
import tq
import wire
from case import main
from outside import facts
from devices import INNER, Nested

LEAVE = genl.LEAVE
MIXED = [(d * 7 + 3) % 64 for d in range(64)]  # permutations
BACK = [(d * 11 + 5) % 64 for d in range(64)]
ODD = [(d * 13 + 9) % 64 for d in range(64)]
HALF = frozenset(range(0, 64, 2))

# what is inside, and what is around it
PAIRS = (
    ("gre", "ipip"), ("ip6gre", "ip6tnl"), ("gre", "vxlan"),
    ("vxlan6", "gre-all"), ("gre", "wireguard"), ("wireguard", "gre"),
    ("gue-ipip", "geneve6"), ("l2tp", "ip6gretap"),
    ("wireguard6", "wireguard"),
)

# router: the tunnel inside, the one around it
PROFILES = {
    "rA": (expect.uniform(encap_ecn="rfc6040", decap_ecn="rfc6040"),
           expect.pipe(MIXED, encap_inner=BACK, encap_ecn="rfc6040",
                       decap_ecn="rfc6040")),
    "rB": (expect.Profile(encap_dscp=BACK, encap_inner=MIXED,
                          encap_ecn="compatibility", decap_dscp="copy",
                          decap_permit=HALF, decap_ecn="rfc6040"),
           expect.Profile(encap_dscp="copy", encap_ecn="rfc6040",
                          decap_dscp=ODD, decap_ecn="rfc6040")),
}


def words(key, rule, same):
    if isinstance(rule, str):
        return {key: rule}
    stem = "encap_inner" if key == "encap_inner" else key.split("_")[0]
    if isinstance(rule, int):
        return {key: "set", stem + "_value": rule}
    return {key: "table", stem + "_table": rule}


def setting(profile):
    """The module's words for a profile of the model."""
    found = dict(encap_ecn=profile.encap_ecn, decap_ecn=profile.decap_ecn,
                 decap_permit=frozenset(range(64))
                 if profile.decap_permit is None else profile.decap_permit)
    for key in ("encap_dscp", "encap_inner", "decap_dscp"):
        found.update(words(key, getattr(profile, key), "keep"))
    return found


def wanted(here, there, ecn, before):
    """DS bytes: outermost, middle, inner, and after both (or DROP).

    ecn: what the provider makes of the outermost.
    """
    middle, inner = expect.encap(PROFILES[here][0], before)
    outermost, middle = expect.encap(PROFILES[here][1], middle)
    arrives = expect.ds(outermost >> 2, ecn)
    after = expect.decap(PROFILES[there][1], middle, arrives)
    if after is not expect.DROP:
        after = expect.decap(PROFILES[there][0], inner, after)
    return (outermost, middle, inner), after


def one_way(case, net, both, family, src, ecn):
    here = "rA" if src == "hostA" else "rB"
    dst, there = ("hostB", "rB") if here == "rA" else ("hostA", "rA")
    name = "%s in %s, IPv%d from %s" % (both.kind + (family, here))
    shot = wire.Shot(net, family, src=src, dst=dst)
    caught = shots.both_ends(case, name, shot, here)
    case.later(judge, shot, facts(both), caught, name, here, there, ecn)


def judge(case, shot, both, caught, name, here, there, ecn):
    near, end = shots.sorted_out(shot, caught, both)
    for before in range(256):
        where = "0x%02x" % before
        outside, after = wanted(here, there, ecn, before)
        p = near.get(before)
        if case.true(name + " wan: there", p, where):
            got = [one.ds for one in p.ips]
            case.equal(name + " wan: DS outside and inside", got,
                       list(outside[:len(got)]), where)
            case.equal(name + " wan: headers in sight", len(got), both.sight,
                       where)
            case.equal(name + " wan: bad", p.bad, [], where)
        shots.at_the_end(case, name, end.get(before), after, where)


def pairs(case, net):
    for n, (inside, around) in enumerate(PAIRS):
        with net.tunnel(around) as below, net.tunnel(
                inside, dev="in", wan=topo.TUN, tun=INNER) as tun:
            for r, (first, second) in PROFILES.items():
                with genl.Tunqos(r) as sock, sock.transaction():
                    sock.flush()
                    sock.set_tunnel(device="in", **setting(first))
                    sock.set_tunnel(device="tun", **setting(second))
            both = Nested(tun, below)
            # one family there, the other back, by turns
            for way, (src, ecn) in enumerate((("hostA", expect.CE),
                                              ("hostB", expect.ECT1))):
                family = tun.families[(n + way) % len(tun.families)]
                with net.remark(net.mark_all(ecn=ecn)):
                    one_way(case, net, both, family, src, ecn)
        case.note("%s in %s" % (inside, around))


def test(case):
    with tq.module(), topo.Founding(vlan_b=None, real_csum=True) as net:
        pairs(case, net)


if __name__ == "__main__":
    main(test)
