#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: limit=400
"""Companions that others have forged: veth carries skb->tc_index into the next
namespace. The provider plays a container that knows all about tunqos: every
kind, every tag of a namespace, on packets that rB forwards as they are, over
bridges too. Whatever is bound, no priority comes of it; where tunqos has
companions of its own, tc sees none of those. And rB's own, by all ways that a
packet may come in behind its tunnel, are seen as before."""

import contextlib
import socket

import devices  # noqa: F401  adds its kinds of tunnels
import genl
import topo
import tq
import vrf
from case import main
from test_class_outer import MIXED, PCP, seen, shoot, visible
from queues import classes

EF, SO_MARK = 46, 36
# an outer DSCP of EF, an inner one, a DS byte, a number; and nothing of ours
FORGED = [0x7000 | tag << 6 | EF for tag in range(64)] + \
    [0x8000 | tag << 6 | EF for tag in range(64)] + \
    [0x9000 | EF << 6 | tag for tag in range(16)] + \
    [0xa000, 0xa001, 0xafff] + \
    [kind << 12 | EF << 6 | EF for kind in range(0xb, 0x10)] + [0xffff]
ORDINARY = [0x1, 0x10, 0x6fff]
PRIORITY, README, COMPANION, REST = "1:40", "1:10", "1:20", "1:30"
DEVICE, WIREGUARD = dict(device="g"), dict(device="w")
PEER = dict(peer=topo.WAN["rA"][4])
COPY, CLASS = dict(encap_dscp="copy"), dict(encap_dscp="copy", pre_classify=1)
OUTER = dict(encap_dscp="native", decap_class="outer")
# name: (tunnels, with a port, tc sees nothing of it)
BOUND = {
    "nothing": ([], False, False),
    "gre": ([{**DEVICE, **COPY}], False, False),
    "port": ([], True, False),
    "gre and port": ([{**DEVICE, **COPY}], True, False),
    "gre pre-classify": ([{**DEVICE, **CLASS}], False, True),
    "gre class outer, port": ([{**DEVICE, **OUTER}], True, True),
    "ipsec": ([{**PEER, **COPY}], True, True),
    "ipsec class outer, port": ([{**PEER, **OUTER}], True, True),
    "wireguard": ([{**WIREGUARD, **COPY}], True, True),
    "wireguard pre-classify": ([{**WIREGUARD, **CLASS}], False, True),
    "all of it": ([{**DEVICE, **OUTER, **CLASS}, {**PEER, **OUTER, **CLASS},
                   {**WIREGUARD, **OUTER, **CLASS}], True, True),
}


@contextlib.contextmanager
def forging(ns, dev):
    """What leaves by a device gets the companion that its mark says."""
    topo.run(ns, "tc", "-batch", "-", input="\n".join(
        ["qdisc add dev %s clsact" % dev] +
        ["filter add dev %s egress protocol all prio 1 handle %#x fw"
         " classid 1:%x action ok" % (dev, n, n)
         for n in FORGED + ORDINARY]) + "\n")
    try:
        yield
    finally:
        topo.run(ns, "tc", "qdisc", "del", "dev", dev, "clsact")


def send(ns, family, companions, to="hostB"):
    with topo.inside(ns):
        s = socket.socket(socket.AF_INET if family == 4 else socket.AF_INET6,
                          socket.SOCK_DGRAM)
    with s:
        for n in companions:
            s.setsockopt(socket.SOL_SOCKET, SO_MARK, n)
            s.sendto(bytes(100), (topo.HOST[to][family], topo.SINK_PORT))


@contextlib.contextmanager
def queues(ns, dev):
    """README's filter, and what else would show that one was believed."""
    lines = ["qdisc replace dev %s root handle 1: htb default 30" % dev]
    for name in (PRIORITY, README, COMPANION, REST):
        lines.append("class add dev %s parent 1: classid %s htb rate 1gbit"
                     " quantum 60000"
                     % (dev, name))
    for prio, (match, name) in enumerate((
            # 7 is that of MLD's reports, which come at any time
            ("meta(priority gt 0) and not meta(priority eq 7)", PRIORITY),
            ("meta(tc_index mask 0xf03f eq 0x702e)", README),
            ("meta(tc_index gt 28671)", COMPANION)), 1):
        lines.append("filter add dev %s parent 1: protocol all prio %d basic"
                     " match '%s' classid %s" % (dev, prio, match, name))
    topo.run(ns, "tc", "-batch", "-", input="\n".join(lines) + "\n")
    try:
        yield
    finally:
        topo.run(ns, "tc", "qdisc", "del", "dev", dev, "root")


def seen_by_tc(case, name, net, ns, dev, from_ns, family, hidden):
    """hidden: tc sees no companion at all, else no priority of one."""
    with queues(ns, dev):
        send(from_ns, family, FORGED + ORDINARY)
        # others' multicast may come between
        topo.wait(lambda: sum(classes(net, ns, dev).values()) >=
                  len(FORGED + ORDINARY), 30, name + ": all packets")
        found = classes(net, ns, dev)
    case.equal(name + ": priority of a companion", found[PRIORITY], 0)
    if hidden:
        case.equal(name + ": README's filter", found[README], 0)
        case.equal(name + ": other companions", found[COMPANION], 0)
    else:
        # the test would see them: where none is ours, they pass for free
        case.equal(name + ": what nobody looks at", found[README], 64)


def bind(sock, tunnels, port):
    with sock.transaction():
        sock.flush()
        for setting in tunnels:
            sock.set_tunnel(**setting)
        if port:
            sock.set_port("lan.10", [5] * 64)


def routed(case, net, sock):
    topo.ip("rB", ["link add g type gre local %s remote %s" % (
        topo.WAN["rB"][4], topo.WAN["rA"][4]), "link set g up",
        "link add w type wireguard", "link set w up"])
    with net.tunnel("plain"), forging("wan", "rB"):
        for name, (tunnels, port, hidden) in BOUND.items():
            bind(sock, tunnels, port)
            for family in (4, 6):
                seen_by_tc(case, "%s, IPv%d" % (name, family), net, "rB",
                           "lan", "wan", family, hidden)
            case.note(name)
        bind(sock, [], False)
        seen_by_tc(case, "nothing again", net, "rB", "lan", "wan", 4, False)
    topo.ip("rB", ["link del g", "link del w"])


@contextlib.contextmanager
def bridge(r, ports):
    topo.ip(r, ["link add br0 type bridge mcast_snooping 0", "link set br0 up"] +
            ["link set %s master br0" % port for port in ports])
    try:
        yield
    finally:
        topo.ip(r, ["link del br0"])


def behind_a_bridge(case, net, sock):
    """The router's address is on a bridge that has the tunnel and a container
    in it: both have the bridge for their interface."""
    topo.ip(None, ["netns add box"])
    net.names.append("box")
    topo.ip(None, ["link add box netns rB type veth peer name eth0 netns box"])
    topo.ip("rB", ["link set box up"])
    topo.ip("box", ["link set lo up", "link set eth0 up",
                  "address add 10.78.0.2/24 dev eth0",
                  "address add fd78::2/64 dev eth0 nodad"])
    with net.tunnel("gretap") as tun, bridge("rB", ("box", tun.dev)), \
            forging("box", "eth0"):
        topo.ip("rB", ["address add 10.78.0.1/24 dev br0",
                       "address add fd78::1/64 dev br0 nodad"])
        topo.ip("box", ["route add default via 10.78.0.1",
                      "route add default via fd78::1"])
        for family in (4, 6):  # ARP and ND are not what is counted
            send("box", family, [0])
        bind(sock, [dict(device=tun.dev, **OUTER)], True)
        for family in (4, 6):
            seen_by_tc(case, "in a bridge, IPv%d" % family, net, "rB", "lan",
                       "box", family, True)
    case.note("behind a bridge")


def bridged(case, net, sock):
    """Frames that no IP of rB sees."""
    for n, ns in enumerate(("left", "right"), 1):
        topo.ip(None, ["netns add " + ns])
        net.names.append(ns)
        topo.ip(None, ["link add %s netns rB type veth peer name eth0 netns %s"
                       % (ns, ns)])
        topo.ip("rB", ["link set %s up" % ns])
        topo.ip(ns, ["link set eth0 up", "link set lo up",
                     "address add 10.79.0.%d/24 dev eth0" % n])
    sink = dict(topo.HOST, hostB={4: "10.79.0.2"})
    topo.ip("rB", ["link add g type gretap local %s remote %s" % (
        topo.WAN["rB"][4], topo.WAN["rA"][4])])
    there, topo.HOST = topo.HOST, sink
    try:
        with bridge("rB", ("left", "right")), forging("left", "eth0"):
            send("left", 4, [0])
            for name, tunnels, hidden in (
                    ("nothing", [], False),
                    ("pre-classify", [{**DEVICE, **CLASS}], True)):
                bind(sock, tunnels, False)
                seen_by_tc(case, "bridged, " + name, net, "rB", "right", "left", 4,
                           hidden)
    finally:
        topo.HOST = there
        topo.ip("rB", ["link del g"])
    case.note("bridged")


def below_a_macvlan(case, net, sock):
    """A container's frames come by a bridge of rB, where nobody looks at them,
    and by a macvlan on it into a router of its own, which looks at all
    bridges that it has."""
    for ns in ("inside", "behind"):
        topo.ip(None, ["netns add " + ns])
        net.names.append(ns)
    topo.sysctl("inside", {"net.ipv4.ip_forward": 1})
    topo.ip(None, ["link add behind netns rB type veth peer name eth0"
                   " netns behind"])
    topo.ip("rB", ["link set behind up"])
    topo.ip("behind", ["link set eth0 up",
                       "address add 10.80.0.2/24 dev eth0",
                       "route add default via 10.80.0.1"])
    bind(sock, [], False)
    with bridge("rB", ("behind",)):
        topo.ip("rB", ["link add mv link br0 netns inside type macvlan"
                       " mode bridge"])
        topo.ip("inside", [
            "link set mv up", "address add 10.80.0.1/24 dev mv",
            "link add out type dummy", "link set out up",
            "route add %s/32 dev out" % topo.HOST["hostB"][4],
            "neigh replace %s lladdr %s dev out" % (topo.HOST["hostB"][4],
                                                    topo.mac(9, 9)),
            "link add g type gre local 10.80.0.1 remote 10.80.0.3"])
        with forging("behind", "eth0"), genl.Tunqos("inside") as other:
            send("behind", 4, [0])
            for name, tunnels, hidden in (
                    ("nothing", [], False),
                    ("class outer", [{**DEVICE, **OUTER, **CLASS}], True)):
                bind(other, tunnels, False)
                seen_by_tc(case, "below a macvlan, " + name, net, "inside",
                           "out", "behind", 4, hidden)
            bind(other, [], False)
    case.note("below a macvlan")


@contextlib.contextmanager
def forging_outside():
    """The provider forges what it cannot read: one companion after the
    other, on whatever it forwards to rB."""
    numbers = FORGED[:128]
    topo.run("wan", "nft", "-f", "-", input=(
        "table ip forge { chain forward {\ntype filter hook forward priority 0;\n"
        "meta mark set numgen inc mod %d map { %s }\n}\n}\n" % (
            len(numbers), ", ".join("%d : %#x" % pair
                                    for pair in enumerate(numbers)))))
    try:
        with forging("wan", "rB"):
            yield
    finally:
        topo.run("wan", "nft", "delete", "table", "ip", "forge")


def in_esp(case, net, sock):
    """skb->tc_index outlives decryption. Only an SA whose outer DSCP is the
    class has a companion of ours, which is written over what there was."""
    topo.ip("rB", ["link add g type gre local %s remote %s" % (
        topo.WAN["rB"][4], topo.WAN["rA"][4]), "link set g up"])
    with net.tunnel("esp"), forging_outside():
        for name, tunnels, hidden in (
                ("nothing", [], False),
                ("another tunnel", [{**DEVICE, **OUTER, **CLASS}], True),
                ("this one, no class", [{**DEVICE, **OUTER, **CLASS},
                                        {**PEER, **COPY}], True)):
            bind(sock, tunnels, True)
            with queues("rB", "lan"):
                send("hostA", 4, [0] * 128)
                topo.wait(lambda: sum(classes(net, "rB", "lan").values()) >=
                          128, 30, name + ": all packets")
                found = classes(net, "rB", "lan")
            name = "in esp, " + name
            case.equal(name + ": priority of a companion", found[PRIORITY], 0)
            if hidden:
                case.equal(name + ": companions",
                           found[README] + found[COMPANION], 0)
            else:
                case.equal(name + ": what nobody looks at", found[README],
                           64)
        # and where the class is that of the outer header, it is believed
        bind(sock, [{**PEER, **OUTER}], True)
        with queues("rB", "lan"), genl.Tunqos("rA") as near:
            bind(near, [dict(peer=topo.WAN["rB"][4], encap_dscp="set",
                             encap_value=EF)], False)
            send("hostA", 4, [0] * 16)
            topo.wait(lambda: sum(classes(net, "rB", "lan").values()) >= 16,
                      30, "class outer: all packets")
            found = classes(net, "rB", "lan")
            bind(near, [], False)
        case.equal("in esp, class outer: priority", found[PRIORITY], 16)
        bind(sock, [], False)
    topo.ip("rB", ["link del g"])
    case.note("in esp")


def queued(case, name, net, family):
    """By the outer DSCP, as it came."""
    for ds, p in shoot(case, name, net, family).items():
        outer = MIXED[ds >> 2]
        case.equal(name + ": priority, PCP, DSCP", seen(p),
                   (PCP[outer], PCP[ds >> 2], ds >> 2), "0x%02x" % ds)


def through(r, dev, above):
    """The address and the way to the other network, by another device."""
    other = topo.OTHER[r]
    topo.ip(r, ["address flush dev %s to %s" % (dev, topo.TUN[r][4]),
                "address add %s/30 dev %s" % (topo.TUN[r][4], above),
                "route replace %s via %s" % (topo.LAN[other][4],
                                             topo.TUN[other][4])])


@contextlib.contextmanager
def tagged(net, dev):
    """The networks are behind a VLAN on the tunnel device."""
    for r in ("rA", "rB"):
        topo.ip(r, ["link add link %s name %s.5 type vlan id 5" % (dev, dev),
                    "link set %s.5 up" % dev])
        through(r, dev, dev + ".5")
    yield


@contextlib.contextmanager
def in_bridge(net, dev):
    with contextlib.ExitStack() as stack:
        for r in ("rA", "rB"):
            stack.enter_context(bridge(r, (dev,)))
            through(r, dev, "br0")
        yield


@contextlib.contextmanager
def in_vrf(net, dev):
    vrf.add("rB")
    vrf.put(net, "rB", ("lan.10",))
    topo.ip("rB", ["link set %s master %s" % (dev, vrf.NAME)])
    try:
        yield
    finally:
        topo.ip("rB", ["link set %s nomaster" % dev])
        vrf.take(net, "rB", ("lan.10",))
        vrf.delete("rB")


def ours(case, net, sock):
    """What rB's tunnel says is believed, whatever stands above the device."""
    for kind, above, families in (
            ("gretap", tagged, (4,)), ("gretap", in_bridge, (4,)),
            ("gre", in_vrf, (4, 6))):
        with net.tunnel(kind) as tun, above(net, tun.dev), \
                visible("rB", "lan"), genl.Tunqos("rA") as near:
            bind(near, [dict(device=tun.dev, encap_dscp="table",
                             encap_table=MIXED)], False)
            with sock.transaction():
                sock.flush()
                sock.set_tunnel(device=tun.dev, **OUTER)
                sock.set_port("lan.10", PCP)
            for family in families:
                queued(case, "%s, %s, IPv%d" % (kind, above.__name__, family),
                       net, family)
            bind(near, [], False)
        case.note(above.__name__)


def test(case):
    with tq.module(), topo.Founding(vlan_b=10) as net, \
            genl.Tunqos("rB") as sock:
        # first: the receive callbacks stay, and take away whatever is bound
        in_esp(case, net, sock)
        routed(case, net, sock)
        behind_a_bridge(case, net, sock)
        bridged(case, net, sock)
        below_a_macvlan(case, net, sock)
        ours(case, net, sock)


if __name__ == "__main__":
    main(test)
