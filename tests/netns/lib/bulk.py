# SPDX-License-Identifier: GPL-2.0-or-later
"""TCP in super-packets through a tunnel: every outer and inner packet has its
mark, and nothing is broken."""

import contextlib
import socket
import threading

import expect
import genl
import topo

AF41 = expect.DSCP["af41"]
BODY = bytes(range(256)) * 6000
PORT = 5001
ALL = set(range(64))


def connect(family):
    """A connection from hostA, with its DSCP: client and server side."""
    af = socket.AF_INET if family == 4 else socket.AF_INET6
    with topo.inside("hostB"):
        server = socket.socket(af)
    with topo.inside("hostA"):
        client = socket.socket(af)
    # the last one may still be waiting for its last acknowledgement
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("", PORT))
    server.listen()
    client.bind(("", 0))
    client.settimeout(60 * topo.SLOW)
    client.setsockopt(*((socket.IPPROTO_IP, socket.IP_TOS) if family == 4 else
                        (socket.IPPROTO_IPV6, socket.IPV6_TCLASS)), AF41 << 2)
    return client, server


def count(ns, hook, *rules):
    """What each of these rules has counted, in the block's end."""
    lines = "\n".join(rule + " counter" for rule in rules)
    topo.run(ns, "nft", "-f", "-", input=(
        "table inet count { chain c {\ntype filter hook %s priority 0;\n%s\n"
        "}\n}\n" % (hook, lines)))

    def counts():
        text = topo.run(ns, "nft", "list", "table", "inet", "count").stdout
        return [int(w.split()[1]) for w in text.split("counter ")[1:]]
    return counts


def carry(client, server, family):
    """Sends BODY over such a connection, and closes it: what has arrived."""
    client.connect((topo.HOST["hostB"][family], PORT))
    peer, _ = server.accept()
    thread = threading.Thread(
        target=lambda: (client.sendall(BODY), client.close()))
    thread.start()
    got = bytearray()
    while chunk := peer.recv(1 << 16):
        got += chunk
    thread.join()
    peer.close()
    server.close()
    return bytes(got)


@contextlib.contextmanager
def counters(tun, family, source):
    """The provider makes AF41 CS3; whatever else it sees is counted, and what
    else hostB gets. Yields what gets [all, wrong] of a namespace."""
    word = {4: "ip", 6: "ip6"}
    outer = "iif rA %s saddr %s" % (word[tun.outer],
                                    topo.WAN["rA"][tun.outer])
    rules = {
        "wan": ("forward", (
            outer + " counter",
            "%s %s dscp != af41 counter" % (outer, word[tun.outer]),
            "%s %s dscp af41 %s dscp set cs3" % (
                outer, word[tun.outer], word[tun.outer]))),
        # the ports name this connection: the last one may still be repeating
        # its end
        "hostB": ("input", (
            "meta nfproto ipv%d tcp sport %d counter" % (family, source),
            "tcp sport %d %s dscp != cs3 counter" % (source, word[family])))}
    for ns, (hook, lines) in rules.items():
        topo.run(ns, "nft", "-f", "-", input=(
            "table inet count { chain %s {\ntype filter hook %s priority 0;\n"
            "%s\n}\n}\n" % (hook, hook, "\n".join(lines))))

    def counts(ns):
        text = topo.run(ns, "nft", "list", "table", "inet", "count").stdout
        return [int(w.split()[1]) for w in text.split("counter ")[1:]]
    try:
        yield counts
    finally:
        # only now: a late packet must still meet the provider's rules
        for ns in rules:
            topo.run(ns, "nft", "delete", "table", "inet", "count")


def transfer(case, tun, family, name):
    client, server = connect(family)
    with counters(tun, family, client.getsockname()[1]) as counts:
        got = carry(client, server, family)
        case.true(name + ": the bytes are right", got == BODY)
        for ns, what in (("wan", "outer packets"), ("hostB", "inner packets")):
            count = counts(ns)
            case.true("%s: all %s are marked" % (name, what),
                      count[0] > 4 and count[1] == 0, "%s" % count)


def bulk(case, net, kind, key):
    """key(r): arguments of genl.Tunqos.set_tunnel() that bind it."""
    with net.tunnel(kind) as tun:
        for r in ("rA", "rB"):
            with genl.Tunqos(r) as sock, sock.transaction():
                sock.flush()
                sock.set_tunnel(**key(r), encap_dscp="copy", pre_classify=1,
                                decap_dscp="copy", decap_permit=ALL)
        for family in tun.families:
            transfer(case, tun, family, "%s bulk IPv%d" % (kind, family))
    case.note(kind + " bulk done")
