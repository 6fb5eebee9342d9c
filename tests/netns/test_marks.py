#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: limit=1000
"""Every encap and decap setting on every tunnel, over the whole table.

256 DS bytes of IPv4 and of IPv6 go from hostA to hostB; the outer header is
read on both of the provider's links, the inner one at hostB, all compared with
the model. The profiles are given to the module by netlink, without a daemon.
"""

import expect
import genl
import topo
import tq
import wire
from case import main
from outside import facts

LEAVE = genl.LEAVE
MIXED = [(d * 7 + 3) % 64 for d in range(64)]          # a permutation
BACK = [(d * 11 + 5) % 64 for d in range(64)]          # another one
HOLES = [LEAVE if d % 3 == 0 else 63 - d for d in range(64)]
PERMIT = set(range(0, 64, 5))

ENCAP = {
    "copy": dict(encap_dscp="copy"),
    "set 46": dict(encap_dscp="set", encap_value=46),
    "set 0": dict(encap_dscp="set", encap_value=0),
    "table": dict(encap_dscp="table", encap_table=MIXED),
    "table with holes": dict(encap_dscp="table", encap_table=HOLES),
    "native": dict(encap_dscp="native"),
}
# The outer code points that arrive are those of MIXED: all of them.
DECAP = {
    "keep": dict(decap_dscp="keep"),
    "copy": dict(decap_dscp="copy", decap_permit=set(range(64))),
    "table": dict(decap_dscp="table", decap_table=BACK,
                  decap_permit=set(range(64))),
    "table with holes": dict(decap_dscp="table", decap_table=HOLES,
                             decap_permit=set(range(64))),
    "copy, few permitted": dict(decap_dscp="copy", decap_permit=PERMIT),
    "keep, class outer": dict(decap_dscp="keep", decap_class="outer"),
}
TUNNELS = ("gre", "ipip", "sit", "esp", "esp6", "gre-esp")
IPSEC = ("esp", "esp6")


def outer_dscp(setting, dscp, native):
    """[2 Outer] for a DSCP; native: what the kernel writes by itself."""
    kind = setting["encap_dscp"]
    if kind == "copy":
        return dscp
    if kind == "set":
        return setting["encap_value"]
    if kind == "table" and setting["encap_table"][dscp] != LEAVE:
        return setting["encap_table"][dscp]
    return native


def inner_dscp(setting, inner, outer):
    """[6 After]."""
    if outer not in setting.get("decap_permit", range(64)):
        return inner
    if setting["decap_dscp"] == "copy":
        return outer
    if setting["decap_dscp"] == "table" and \
            setting["decap_table"][outer] != LEAVE:
        return setting["decap_table"][outer]
    return inner


class Sides:
    """The binding of each router, and what the module says of it."""

    def __init__(self, kind, net):
        self.peer = kind in IPSEC
        family = 6 if kind == "esp6" else 4
        self.sock = {r: genl.Tunqos(r) for r in ("rA", "rB")}
        self.key = {r: dict(peer=topo.WAN[topo.OTHER[r]][family])
                    if self.peer else dict(device="tun")
                    for r in ("rA", "rB")}

    def set(self, r, setting):
        with self.sock[r].transaction():
            self.sock[r].flush()
            self.sock[r].set_tunnel(**self.key[r], **setting)

    def get(self, r):
        return next(iter(self.sock[r].tunnels().values()))

    def close(self):
        for r in ("rA", "rB"):
            with self.sock[r].transaction():
                self.sock[r].flush()
            self.sock[r].close()


def table(case, net, tun, family, name, encap, decap, mark=None):
    """One shot of 256 and its judgement at three places.

    mark: the DS byte that the provider writes on all (None: nothing).
    """
    shot = wire.Shot(net, family)
    with wire.Captures(near=("wan", "rA"), far=("rB", "wan"),
                       end=("hostB", "lan")) as caps:
        shot.send()
        case.true(name + ": the fence arrives", caps.until_fence(shot, "end"))
        case.later(judge, shot, facts(tun), caps.taken(), name, encap, decap,
                   mark)


def judge(case, shot, tun, caught, name, encap, decap, mark):
    esp = tun.kind in IPSEC
    near = shot.sort(caught["near"], tun)
    far = shot.sort(caught["far"], tun)
    end = shot.sort(caught["end"])
    for before in range(256):
        where = "0x%02x" % before
        native = expect.native_encap(before, esp)
        out = outer_dscp(encap, before >> 2, native >> 2)
        sent = expect.ds(out, native & 3)
        arrives = sent if mark is None else mark
        # transport mode has one header: ECN is GRE's affair
        after = expect.native_decap(before, arrives, esp)
        for place, packets, want in (("near", near, sent),
                                     ("far", far, arrives)):
            p = packets.get(before)
            if case.true("%s %s: there" % (name, place), p, where):
                case.equal("%s %s: outer DS" % (name, place), p.ips[0].ds,
                           want, where)
                case.equal("%s %s: bad" % (name, place), p.bad, [], where)
                if tun.esp_extra is None:
                    case.equal("%s %s: inner DS" % (name, place),
                               p.ips[1].ds, before, where)
        p = end.get(before)
        if after is expect.DROP:
            case.true(name + " end: dropped", p is None, where)
        elif case.true(name + " end: there", p, where):
            want = expect.ds(inner_dscp(decap, before >> 2, arrives >> 2),
                             after & 3)
            case.equal(name + " end: DS", p.ips[0].ds, want, where)
            case.equal(name + " end: bad", p.bad, [], where)


def counters(case, name, before, after, want_packets, want_left):
    """Every packet is counted once, and the fences with the rest."""
    got = {k: after[k] - before[k] for k in after}
    case.equal(name + ": counted", got["packets"], want_packets)
    case.equal(name + ": left alone", got["left_alone"], want_left)
    case.equal(name + ": written", got["written"], want_packets - want_left)


def both(case, net, tun, sides, name, encap, decap, mark=None):
    sides.set("rA", dict(encap))
    sides.set("rB", dict(decap))
    counted = sides.get("rA")
    case.equal(name + ": state", counted["state"], "active")
    for family in tun.families:
        table(case, net, tun, family, "%s IPv%d" % (name, family), encap,
              decap, mark)
    # 256 packets and the fence (DS 2: DSCP 0), each family
    shots = len(tun.families)
    if encap["encap_dscp"] != "native":
        holes = sum(4 for d in encap.get("encap_table", ()) if d == LEAVE)
        if holes:
            holes += encap["encap_table"][0] == LEAVE
        counters(case, name + " encap", counted["encap"],
                 sides.get("rA")["encap"], 257 * shots, holes * shots)


def one_tunnel(case, net, kind):
    with net.tunnel(kind) as tun:
        sides = Sides(kind, net)
        try:
            for word, encap in ENCAP.items():
                both(case, net, tun, sides, "%s encap %s" % (kind, word),
                     encap, DECAP["keep"])
            for word, decap in DECAP.items():
                both(case, net, tun, sides, "%s decap %s" % (kind, word),
                     ENCAP["table"], decap)
            # the provider remarks everything, CE included
            mark = expect.ds(expect.DSCP["af41"], expect.CE)
            with net.remark(net.mark_all(dscp=mark >> 2, ecn=mark & 3)):
                both(case, net, tun, sides, "%s uniform, remarked" % kind,
                     ENCAP["copy"], DECAP["copy"], mark)
        finally:
            sides.close()
    case.note("%s done" % kind)


def test(case):
    with tq.module(), topo.Founding(vlan_b=10) as net:
        for kind in TUNNELS:
            one_tunnel(case, net, kind)


if __name__ == "__main__":
    main(test)
