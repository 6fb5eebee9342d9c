#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: limit=500
"""Devices, namespaces and the module itself come and go, under traffic."""

import time

import expect
import genl
import topo
import tq
import wire
from case import main
from rules import UDP, classified
from stream import Traffic, outer_mark

EF = expect.DSCP["ef"]
UNIFORM = dict(encap_dscp="copy", decap_dscp="copy")


def state(sock, key="tun"):
    return sock.tunnels()[key]["state"]


def names(case, net):
    """Configuration belongs to the name."""
    with genl.Tunqos("rA") as sock, genl.Tunqos("wan") as wan:
        with sock.transaction():
            sock.set_tunnel(device="tun", **UNIFORM)
            sock.set_port("tun.9", [0] * 64)
        case.equal("before the device", state(sock), "pending")
        for round_ in range(3):
            with net.tunnel("gre") as tun:
                case.equal("with the device", state(sock), "active")
                hooks = sock.tunnels()["tun"]["hooks"]
                case.equal("hooks", hooks, {"outer", "arrived", "after",
                                            "gro_off"})
                outer_mark(case, net, tun, "live with the device", EF)
            case.equal("after the device", state(sock), "pending")
            case.equal("no hooks", sock.tunnels()["tun"]["hooks"], set())
        with net.tunnel("gre") as tun:
            topo.ip("rA", ["link set tun down", "link set tun name moved"])
            case.equal("renamed away", state(sock), "pending")
            with sock.transaction():
                sock.set_tunnel(device="moved", encap_dscp="set",
                                encap_value=8)
            case.equal("bound by the new name", state(sock, "moved"),
                       "active")
            topo.ip("rA", ["link set moved name tun", "link set tun up"] +
                    ["route add %s dev tun" % topo.LAN["rB"][f]
                     for f in (4, 6)])
            case.equal("renamed back", (state(sock), state(sock, "moved")),
                       ("active", "pending"))
            outer_mark(case, net, tun, "after renaming", EF)
        # a device of another kind takes the name
        topo.ip("rA", "link add tun type dummy")
        one = sock.tunnels()["tun"]
        case.equal("another kind", one["state"], "failed")
        case.true("and why: %s" % one.get("problem"),
                  "not a tunnel device that tunqos knows" in one.get("problem", ""))
        topo.ip("rA", "link del tun")
        case.equal("it goes", state(sock), "pending")
        # ports: the VLAN device comes, its lower device goes
        topo.ip("rA", ["link add tun type dummy",
                       "link add link tun name tun.9 type vlan id 9"])
        case.equal("port", sock.ports()["tun.9"]["state"], "active")
        topo.ip("rA", "link del tun")
        case.equal("port gone", sock.ports()["tun.9"]["state"], "pending")
        case.equal("nothing in another namespace", wan.tunnels(), {})
        with sock.transaction():
            sock.flush()


def gro(case, net):
    """Receive aggregation is off while the decap mark is used, then back."""
    def on(sock):
        out = net.run("rB", "ethtool", "-k", "tun").stdout
        return "generic-receive-offload: on" in out
    with net.tunnel("gre"), genl.Tunqos("rB") as sock:
        case.true("on by default", on(sock))
        for decap, want in (("copy", False), ("keep", True), ("copy", False)):
            with sock.transaction():
                sock.set_tunnel(device="tun", decap_dscp=decap)
            case.equal("decap %s: GRO" % decap, on(sock), want)
        for way, want in (("merge", True), ("exact", False), ("merge", True)):
            with sock.transaction():
                sock.set_tunnel(device="tun", decap_dscp="copy",
                                decap_gro=way)
            tunnel = sock.tunnels()["tun"]
            case.equal("decap gro %s" % way, (
                on(sock), "gro_off" in tunnel["hooks"],
                tunnel.get("decap_gro", "exact")), (want, not want, way))
            topo.ethtool("rB", "tun", tx=want)
            case.equal("decap gro %s, after another change" % way, on(sock),
                       want)
        with sock.transaction():
            sock.flush()
        case.true("put back", on(sock))
        # what the user says meanwhile holds afterwards
        for wish in (False, True):
            with sock.transaction():
                sock.set_tunnel(device="tun", decap_dscp="copy")
            topo.ethtool("rB", "tun", gro=wish)
            case.equal("wish %d: off while bound" % wish, on(sock), False)
            topo.ethtool("rB", "tun", tx=True)
            case.equal("wish %d: off after another change" % wish, on(sock),
                       False)
            with sock.transaction():
                sock.flush()
            case.equal("wish %d: afterwards" % wish, on(sock), wish)
    # behind this one nothing is merged
    with net.tunnel("sit"), genl.Tunqos("rB") as sock:
        with sock.transaction():
            sock.set_tunnel(device="tun", decap_dscp="copy")
        case.equal("sit is left alone", (on(sock), "gro_off" in
                   sock.tunnels()["tun"]["hooks"]), (True, False))
        with sock.transaction():
            sock.flush()


def counters(case, net):
    """What a binding has counted is not inherited with its memory."""
    def counted():
        return [key for key, one in sock.tunnels().items() if any(
            n for d in ("encap", "decap") for n in one[d].values())]
    with net.tunnel("gre") as tun, genl.Tunqos("rA") as sock:
        with sock.transaction():
            sock.set_tunnel(device="neighbour", **UNIFORM)
            sock.set_tunnel(device="tun", **UNIFORM)
        outer_mark(case, net, tun, "before it goes", EF)
        case.equal("it has counted", counted(), ["tun"])
        with sock.transaction():
            sock.del_tunnel(device="tun")
        time.sleep(0.5)  # for the grace period, after which it is reused
        with sock.transaction():
            for i in range(200):
                sock.set_tunnel(device="heir%d" % i, **UNIFORM)
        case.equal("they have not", counted(), [])
        with sock.transaction():
            sock.flush()


def other_namespace(case, net):
    """The device lives in another namespace than its outer packets."""
    net.namespaces("box")
    with net.tunnel("gre"), genl.Tunqos("box") as sock, \
            genl.Tunqos("rA") as here:
        with sock.transaction():
            sock.set_tunnel(device="far", encap_dscp="copy",
                            decap_dscp="copy", pre_classify=1)
        topo.ip("rA", ["link add far type gre local 192.0.2.1 remote"
                       " 198.51.100.1 key 7", "link set far netns box"])
        topo.ip("rB", ["link add far type gre local 198.51.100.1 remote"
                       " 192.0.2.1 key 7", "link set far up",
                       "address add 10.9.0.2/30 dev far"])
        case.equal("bound there", state(sock, "far"), "active")
        topo.ip("box", ["link set lo up", "link set far up",
                        "address add 10.9.0.1/30 dev far"])
        with wire.Captures(near=("wan", "rA")) as caps:
            net.run("box", "ping", "-c1", "-W", str(5 * topo.SLOW), "-Q",
                    str(EF << 2), "10.9.0.2")
            caps.until(lambda: any(p.first("gre") for p in caps["near"]))
            got = [p.ips[0].dscp for p in caps["near"] if p.first("gre")]
        case.equal("outer DSCP", got[:1], [EF])
        one = sock.tunnels()["far"]
        case.true("reply seen: %s" % one["decap"],
                  one["decap"]["written"] >= 1)
        case.equal("rA has nothing", here.tunnels(), {})
        # the underlay's namespace keeps the hook; ours goes with the box
        net.run(None, "ip", "netns", "del", "box")
        net.names.remove("box")
        topo.wait(lambda: "box" not in net.run(
            None, "ip", "netns", "list").stdout, what="box to go")
        topo.ip("rB", "link del far")


def alone(case):
    """What happens to devices of one namespace is nothing to another that has
    the same names, nor to its listeners; each event finds its own binding."""
    same = ["link add low type dummy", "link add link low name vlan type vlan"
            " id 9", "link add wrong type dummy",
            "link add fou type gre local 192.0.2.1 remote 198.51.100.9"]
    pending = {"fou": "pending", "wrong": "pending", "vlan": "pending"}
    active = {"fou": "active", "wrong": "failed", "vlan": "active"}
    with topo.Net() as net:
        net.namespaces("one", "two")
        socks = {r: genl.Tunqos(r) for r in ("one", "two")}

        def states(r):
            return {key: one["state"] for found in (
                socks[r].tunnels(), socks[r].ports())
                for key, one in found.items()}
        for r, sock in socks.items():
            topo.ip(r, same)
            with sock.transaction():
                for key in ("fou", "wrong"):
                    sock.set_tunnel(device=key + "-", **UNIFORM)
                sock.set_port("vlan-", [0] * 64)
        # by another name the devices are bound, or fail, from the notifier
        for r in socks:
            topo.ip(r, ["link set %s name %s-" % (k, k) for k in active])
            case.equal(r + ": bound", states(r), dashed(active))
        with genl.Tunqos("two") as ear:
            ear.listen()
            for name, lines, want in (
                    ("renamed", ["link set %s- name %s" % (k, k)
                                 for k in active], pending),
                    ("back", ["link set %s name %s-" % (k, k)
                              for k in active], active),
                    ("in a vrf", [
                        "link add red type vrf table 9", "link set red up",
                        "link add more type dummy",
                        "link set more master red", "link set low master red",
                        "link set more nomaster", "link del red"], active),
                    ("only the one that failed", ["link del wrong-"],
                     dict(active, wrong="pending")),
                    ("lower device", ["link del low"],
                     dict(pending, fou="active")),
                    ("all", ["link del fou-"], pending)):
                topo.ip("one", lines)
                case.equal("one, %s" % name, states("one"), dashed(want))
                case.equal("two, one's %s" % name, states("two"),
                           dashed(active))
            case.equal("two has heard nothing", ear.heard(), [])
        for sock in socks.values():
            sock.close()


def dashed(states):
    return {key + "-": state for key, state in states.items()}


def ports(sock):
    """A VLAN device and the one under it, in every place of a port."""
    sock.set_port("lan.10", [5] * 64, **genl.PORT_MORE)
    sock.set_port("lan", [5] * 64, priority_tag=1, **genl.PORT_MORE)
    sock.set_rule(**genl.RULE_ALL)


def under_traffic(case, net, kind, key):
    """Profiles, bindings and the module change while packets pass."""
    with net.tunnel(kind) as tun, classified("rB", UDP), Traffic(net):
        for round_ in range(12):
            with tq.module():
                socks = [genl.Tunqos(r) for r in ("rA", "rB")]
                for sock, r in zip(socks, ("rA", "rB")):
                    for value in (8, 46):
                        with sock.transaction():
                            sock.flush()
                            sock.set_tunnel(
                                **key(r), encap_dscp="set", encap_value=value,
                                decap_dscp="copy", pre_classify=round_ % 2,
                                decap_permit=set(range(64)))
                            if r == "rB":
                                ports(sock)
                if not round_ % 4:
                    outer_mark(case, net, tun,
                               "%s round %d" % (kind, round_), EF)
                if round_ % 3 == 0:
                    for sock in socks:
                        with sock.transaction():
                            sock.flush()
                # else: the module goes with everything bound
                for sock in socks:
                    sock.close()
        case.note("%s under traffic" % kind)


def namespaces(case):
    """Routers go with everything in use, packets on the way."""
    for round_ in range(4):
        with topo.Founding(vlan_b=10) as net, Traffic(net):
            # taken down by nobody
            net.tunnel("gre-esp").__enter__()
            classified("rB", UDP).__enter__()
            for r in ("rA", "rB"):
                with genl.Tunqos(r) as sock:
                    with sock.transaction():
                        sock.set_tunnel(device="tun", **UNIFORM)
                        sock.set_tunnel(peer=topo.WAN[topo.OTHER[r]][4],
                                        pre_classify=1)
                        sock.set_tunnel(device="pending", **UNIFORM)
                        if r == "rB":
                            ports(sock)
                    case.equal("round %d, %s" % (round_, r), state(sock),
                               "active")


def test(case):
    with topo.Founding(vlan_b=10) as net:
        with tq.module():
            names(case, net)
            gro(case, net)
            counters(case, net)
            other_namespace(case, net)
            alone(case)
        under_traffic(case, net, "gre", lambda r: dict(device="tun"))
        under_traffic(case, net, "esp", lambda r: dict(
            peer=topo.WAN[topo.OTHER[r]][4]))
    with tq.module():
        namespaces(case)
    case.true("and the module could be unloaded", not tq.loaded())


if __name__ == "__main__":
    main(test)
