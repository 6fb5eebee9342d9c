#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: limit=400
"""IPsec as it comes: NAT-T, flags of the SA, an xfrm interface, transport
mode, IPsec in IPsec, beside peers that are not ours."""

import socket
import threading

import expect
import genl
import topo
import tq
from case import main
from ipsec import natt_sockets
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


def bulk(case, net, kind, key):
    """TCP in super-packets: every outer and inner packet, nothing broken."""
    af41 = expect.DSCP["af41"]
    body = bytes(range(256)) * 6000
    with net.tunnel(kind) as tun:
        for r in ("rA", "rB"):
            with genl.Tunqos(r) as sock, sock.transaction():
                sock.flush()
                sock.set_tunnel(**key(r), encap_dscp="copy", pre_classify=1,
                                **COPY)
        for family in tun.families:
            name = "%s bulk IPv%d" % (kind, family)
            word = "ip" if family == 4 else "ip6"
            af = socket.AF_INET if family == 4 else socket.AF_INET6
            with topo.inside("hostB"):
                server = socket.socket(af)
            with topo.inside("hostA"):
                client = socket.socket(af)
            client.bind(("", 0))
            source = client.getsockname()[1]
            # the provider makes AF41 CS3; whatever else it sees is counted
            net.run("wan", "nft", "-f", "-", input=(
                "table inet count { chain forward {\n"
                "type filter hook forward priority 0;\n"
                "iif rA ip saddr 192.0.2.1 counter\n"
                "iif rA ip saddr 192.0.2.1 ip dscp != af41 counter\n"
                "iif rA ip dscp af41 ip dscp set cs3\n}\n}\n"))
            # the ports name this connection: the last one may still be
            # repeating its end
            net.run("hostB", "nft", "-f", "-", input=(
                "table inet count { chain input {\n"
                "type filter hook input priority 0;\n"
                "meta nfproto ipv%d tcp sport %d counter\n"
                "tcp sport %d %s dscp != cs3 counter\n}\n}\n"
                % (family, source, source, word)))
            # the last one may still be waiting for its last acknowledgement
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind(("", 5001))
            server.listen()
            client.settimeout(60 * topo.SLOW)
            client.setsockopt(*((socket.IPPROTO_IP, socket.IP_TOS)
                                if family == 4 else
                                (socket.IPPROTO_IPV6, socket.IPV6_TCLASS)),
                              af41 << 2)
            client.connect((topo.HOST["hostB"][family], 5001))
            peer, _ = server.accept()
            got = bytearray()
            thread = threading.Thread(
                target=lambda: (client.sendall(body), client.close()))
            thread.start()
            while chunk := peer.recv(1 << 16):
                got += chunk
            thread.join()
            peer.close()
            server.close()
            case.true(name + ": the bytes are right", bytes(got) == body)
            for ns, what in (("wan", "outer packets"),
                             ("hostB", "inner packets")):
                counts = [int(w.split()[1]) for w in net.run(
                    ns, "nft", "list", "table", "inet", "count"
                ).stdout.split("counter ")[1:]]
                case.true("%s: all %s are marked" % (name, what),
                          counts[0] > 4 and counts[1] == 0, "%s" % counts)
            # only now: a late packet must still meet the provider's rules
            for ns in ("wan", "hostB"):
                net.run(ns, "nft", "delete", "table", "inet", "count")
    case.note(kind + " bulk done")


def test(case):
    with tq.module():
        with topo.Founding(vlan_b=10) as net:
            for part in (nat_traversal, flags, xfrm_interface, transport,
                         not_ours):
                part(case, net)
                case.note(part.__name__ + " done")
            for kind in ("gre", "ipip", "sit", "gre-esp"):
                bulk(case, net, kind, lambda r: dict(device="tun"))
            bulk(case, net, "esp", lambda r: dict(
                peer=topo.WAN[topo.OTHER[r]][4]))
        real_checksums(case)


if __name__ == "__main__":
    main(test)
