#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: limit=400
"""IPsec as it comes: NAT-T, flags of the SA, an xfrm interface, transport
mode, IPsec in IPsec, beside peers that are not ours."""

import expect
import genl
import shots
import topo
import tq
from bulk import bulk
from case import main
from ipsec import natt_sockets
from reasons import mended
from test_marks import table

MIXED = [(d * 7 + 3) % 64 for d in range(64)]
ALL = set(range(64))
SETTING = dict(encap_dscp="table", encap_table=MIXED)
COPY = dict(decap_dscp="copy", decap_permit=ALL)


def set_both(family=4, encap=SETTING, decap=COPY):
    for r, setting in (("rA", encap), ("rB", decap)):
        with genl.Tunqos(r) as sock, sock.transaction():
            sock.flush()
            sock.set_tunnel(peer=topo.WAN[topo.OTHER[r]][family], **setting)


def reasons():
    with genl.Tunqos("rB") as sock:
        return sock.reasons()


def nat_traversal(case, net):
    tun = net.tunnel("esp", options="encap espinudp 4500 4500 0.0.0.0")
    tun.layers = ("ipv4", "udp", "natt", "esp")
    with natt_sockets(), tun:
        set_both()
        for family in tun.families:
            table(case, net, tun, family, "nat-t IPv%d" % family, SETTING,
                  COPY)


def flags(case, net):
    copy = dict(encap_dscp="copy")
    with net.tunnel("esp", options="extra-flag dont-encap-dscp") as tun:
        set_both(encap=copy)
        for family in tun.families:
            table(case, net, tun, family,
                  "dont-encap-dscp, copy IPv%d" % family, copy, COPY)
    with net.tunnel("esp", options="decap-dscp") as tun:
        for decap in (COPY, dict(decap_dscp="table", decap_table=MIXED[::-1],
                                 decap_permit=ALL)):
            set_both(decap=decap)
            before = reasons().get("sa_decap_dscp", 0)
            # the kernel has copied the outer one; nothing more is done
            table(case, net, tun, 4, "decap-dscp on the SA", SETTING, COPY)
            case.equal("counted", reasons().get("sa_decap_dscp", 0) - before,
                       257)
    with net.tunnel("esp") as tun:
        set_both()
        with mended(case, "rB", "sa_decap_dscp", 257, way="decap",
                    of=topo.WAN["rA"][4]):
            table(case, net, tun, 4, "no decap-dscp on the SA", SETTING, COPY)


def xfrm_interface(case, net):
    with net.tunnel("xfrmi") as tun:
        set_both()
        for family in tun.families:
            table(case, net, tun, family, "xfrm interface IPv%d" % family,
                  SETTING, COPY)


def transport(case, net):
    """One header: encap applies to it, decap has nothing to do."""
    with net.tunnel("gre-esp") as tun:
        set_both()
        before = reasons().get("transport_mode", 0)
        for family in tun.families:
            # the GRE header is 0 with the kernel's ECN; MIXED[0] is written
            first = dict(encap_dscp="set", encap_value=MIXED[0])
            table(case, net, tun, family, "transport IPv%d" % family, first,
                  dict(decap_dscp="keep"))
        case.equal("counted", reasons().get("transport_mode", 0) - before,
                   2 * 257)
        for r, setting in (("rA", SETTING), ("rB", COPY)):
            with genl.Tunqos(r) as sock, sock.transaction():
                sock.flush()
                sock.set_tunnel(device="tun", **setting)
        with mended(case, "rB", "transport_mode", 257, way="decap"):
            table(case, net, tun, 4, "the GRE tunnel in it", SETTING, COPY)


def counted():
    """Of encapsulation towards rB."""
    with genl.Tunqos("rA") as sock:
        encap = sock.tunnels()[topo.WAN["rB"][4]]["encap"]
    return {name: encap[name] for name in ("packets", "written", "left_alone")}


def onto_itself(case, net):
    """A copy of the only header there is: nothing is written."""
    with net.tunnel("gre-esp") as tun:
        set_both(encap=dict(encap_dscp="copy"))
        # a binding that is set anew keeps its counters
        before = counted()
        shots.outer(case, net, tun, "transport, copy", 0)
        encap = {name: n - before[name] for name, n in counted().items()}
        case.true("a packet came by", encap["packets"])
        case.equal("nothing was written", encap["written"], 0)
        case.equal("all are left alone", encap["left_alone"],
                   encap["packets"])


def rules(case, net):
    """nftables beside the profile: who has the last word, and where."""
    ours, theirs = expect.DSCP["ef"], expect.DSCP["cs1"]
    for kind, where, proto, want in (
            ("gre", "output", "gre", ours),
            ("gre", "postrouting", "gre", theirs),
            ("esp", "output", "esp", ours),
            ("esp", "postrouting", "esp", ours)):
        with net.tunnel(kind) as tun:
            if kind == "esp":
                set_both(encap=dict(encap_dscp="set", encap_value=ours))
            else:
                with genl.Tunqos("rA") as sock, sock.transaction():
                    sock.flush()
                    sock.set_tunnel(device="tun", encap_dscp="copy")
            topo.run("rA", "nft", "add table ip order; add chain ip order c"
                     " { type filter hook %s priority 0; }; add rule ip order"
                     " c ip protocol %s ip dscp set %d" % (where, proto,
                                                           theirs))
            shots.outer(case, net, tun, "%s, a rule in %s" % (kind, where),
                        want)
            topo.run("rA", "nft", "delete table ip order")


def not_ours(case, net):
    """Hooks for one peer leave the others as the kernel makes them."""
    with net.tunnel("esp") as tun:
        for r in ("rA", "rB"):
            with genl.Tunqos(r) as sock, sock.transaction():
                sock.flush()
                sock.set_tunnel(peer="203.0.113.7", encap_dscp="set",
                                encap_value=46, pre_classify=1, **COPY)
        for family in tun.families:
            table(case, net, tun, family, "another peer IPv%d" % family,
                  dict(encap_dscp="native"), dict(decap_dscp="keep"))


def real_checksums(case):
    """No offload hides a wrong checksum: what arrives is what was summed."""
    with topo.Founding(vlan_b=10, real_csum=True) as net:
        for kind, options in (("gre", "icsum ocsum"), ("ipip", ""),
                              ("sit", "")):
            with net.tunnel(kind, options=options) as tun:
                for r, setting in (("rA", SETTING), ("rB", COPY)):
                    with genl.Tunqos(r) as sock, sock.transaction():
                        sock.flush()
                        sock.set_tunnel(device="tun", **setting)
                for family in tun.families:
                    table(case, net, tun, family, "%s %s IPv%d" % (
                        kind, options, family), SETTING, COPY)
        for family in (4, 6):
            outer = 6 if family == 6 else 4
            with net.tunnel("esp6" if outer == 6 else "esp") as tun:
                set_both(outer)
                table(case, net, tun, family, "real checksums, esp IPv%d" %
                      family, SETTING, COPY)


def test(case):
    with tq.module():
        with topo.Founding(vlan_b=10) as net:
            for part in (nat_traversal, flags, xfrm_interface, transport,
                         onto_itself, rules, not_ours):
                part(case, net)
                case.note(part.__name__ + " done")
            for kind in ("gre", "ipip", "sit", "gre-esp"):
                bulk(case, net, kind, lambda r: dict(device="tun"))
            bulk(case, net, "esp", lambda r: dict(
                peer=topo.WAN[topo.OTHER[r]][4]))
        real_checksums(case)


if __name__ == "__main__":
    main(test)
