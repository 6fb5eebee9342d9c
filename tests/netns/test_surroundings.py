#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: limit=900
"""What else is on a router, and what it does to tunnels: bridges, flowtables,
an IFB, clsact, redirection, devices in another namespace than their outer
packets, frames that are not IP, WireGuard's own packets. The marks are right,
or a reason is counted."""

import contextlib
import os
import socket
import subprocess

import devices  # noqa: F401  adds its kinds of tunnels
import expect
import genl
import topo
import tq
import vrf
import wire
from case import main
from outside import facts
from reasons import mended

MIXED = [(d * 7 + 3) % 64 for d in range(64)]          # a permutation
BACK = [(d * 11 + 5) % 64 for d in range(64)]          # another one
TABLE = dict(encap_dscp="table", encap_table=MIXED, encap_ecn="rfc6040")
RETURN = dict(encap_dscp="native", decap_dscp="table", decap_table=BACK)
DS = [d << 2 | d & 3 for d in range(64)]
BODY = b"x" * 200
BYTES = 20 + 8 + len(BODY)  # of an IPv4 packet with it


def outer(ds):
    return MIXED[ds >> 2] << 2 | ds & 3


def after(ds):
    return BACK[MIXED[ds >> 2]] << 2 | ds & 3


def same(ds):
    return ds


class Sides:
    def __init__(self, **ns):
        self.sock = {r: genl.Tunqos(ns.get(r, r)) for r in ("rA", "rB")}

    def set(self, r, **setting):
        with self.sock[r].transaction():
            self.sock[r].flush()
            self.sock[r].set_tunnel(device="tun", **setting)

    def both(self):
        self.set("rA", **TABLE)
        self.set("rB", **RETURN)

    def reasons(self, r):
        return self.sock[r].reasons()

    def one(self, r):
        return self.sock[r].tunnels()["tun"]

    def close(self):
        for sock in self.sock.values():
            sock.close()


class BridgedShot(wire.Shot):
    """To the far host itself: no router on the way."""

    def frame(self, ds, index=None):
        macs = topo.mac(4, 2) + ":" + topo.mac(1, 1)
        return bytes.fromhex(macs.replace(":", "")) + \
            super().frame(ds, index)[12:]


def judge(case, name, shot, caught, tun, want_outer, want_after):
    near = shot.sort(caught["near"], tun)
    end = shot.sort(caught["end"])
    for ds in shot.ds:
        where = "0x%02x" % ds
        for place, found, want in (("wan", near, want_outer),
                                   ("end", end, want_after)):
            p = found.get(ds)
            if case.true("%s %s: there" % (name, place), p, where):
                case.equal("%s %s: DS" % (name, place), p.ips[0].ds,
                           want(ds), where)
                case.equal("%s %s: bad" % (name, place), p.bad, [], where)


def shoot(case, name, net, tun, kind=wire.Shot, want_outer=outer,
          want_after=after, ds=DS, **options):
    for family in tun.families:
        shot = kind(net, family, ds, **options)
        with wire.Captures(near=("wan", "rA"), end=("hostB", "lan")) as caps:
            shot.send()
            case.true(name + ": the fence arrives",
                      caps.until_fence(shot, "end"))
        case.later(judge, "%s IPv%d" % (name, family), shot, caps.taken(),
                   facts(tun), want_outer, want_after)


@contextlib.contextmanager
def bridged():
    """LAN and tunnel are ports of a bridge in both routers."""
    for r in ("rA", "rB"):
        topo.ip(r, ["link add sw type bridge", "link set lan master sw",
                    "link set tun master sw", "link set sw up"])
    try:
        yield
    finally:
        for r in ("rA", "rB"):
            topo.ip(r, ["link set lan nomaster", "link del sw"])


def bridges(case, net, sides):
    tags = {"untagged": (), "tag": ((0x8100, 3, 0, 7),),
            "two tags": ((0x88a8, 1, 0, 8), (0x8100, 3, 0, 7))}
    for kind in ("gretap", "vxlan", "geneve6", "ip6gretap", "l2tp"):
        with net.tunnel(kind) as tun:
            sides.both()
            with bridged():
                for word, tag in tags.items():
                    # gretap of Linux 6.1 looks for the inner ECN where the
                    # tag is, and drops what has CE outside
                    ds = [d for d in DS if not tag or d & 3 != expect.CE]
                    shoot(case, "%s bridged, %s" % (kind, word), net, tun,
                          BridgedShot, tags=tag, want_after=after, ds=ds)


def not_ip(case, net, sides):
    """ARP through a tunnel: the fixed mark, or none of ours."""
    arp = bytes.fromhex("ffffffffffff" + topo.mac(1, 1).replace(":", "")
                        + "0806") + bytes(46)

    def ours():
        return [p for p in caps["near"] if p.raw.endswith(arp)]
    for kind in ("gretap", "vxlan"):
        for name, setting, want in (
                ("copy", dict(encap_dscp="copy"), 0),
                ("set", dict(encap_dscp="set", encap_value=26), 26 << 2)):
            with net.tunnel(kind):
                sides.set("rA", **setting)
                with bridged():
                    before = sides.reasons("rA").get("not_ip", 0)
                    counted = sides.one("rA")["encap"]
                    with wire.Captures(near=("wan", "rA")) as caps, \
                            wire.Raw("hostA", "lan") as raw, \
                            mended(case, "rA", "not_ip", 1) \
                            if name == "set" else contextlib.nullcontext():
                        raw.send(arp)
                        caps.until(ours)
                        seen = [p.ips[0].ds for p in ours()]
                    case.equal("%s arp %s" % (kind, name), seen, [want])
                    # what has been written has no reason
                    case.equal("%s arp %s: reason" % (kind, name),
                               sides.reasons("rA").get("not_ip", 0) > before,
                               name == "copy")
                    now = sides.one("rA")["encap"]
                    what = "written" if name == "set" else "left_alone"
                    case.true("%s arp %s: %s" % (kind, name, what),
                              now[what] > counted[what])


@contextlib.contextmanager
def tc(r, *lines):
    """'dev lan ...': filters; the devices get clsact."""
    devs = {line.split()[1] for line in lines}
    for dev in devs:
        topo.run(r, "tc", "qdisc", "add", "dev", dev, "clsact")
    try:
        for line in lines:
            topo.run(r, "tc", "filter", "add", *line.split())
        yield
    finally:
        for dev in devs:
            topo.run(r, "tc", "qdisc", "del", "dev", dev, "clsact")


@contextlib.contextmanager
def ifb(r, dev):
    """What comes in by a device goes through an IFB, as shapers have it."""
    topo.run(None, "modprobe", "ifb", "numifbs=0")
    topo.ip(r, ["link add ifb0 type ifb", "link set ifb0 up"])
    try:
        with tc(r, "dev %s ingress matchall action mirred egress redirect"
                " dev ifb0" % dev):
            yield
    finally:
        topo.ip(r, ["link del ifb0"])


def shapers(case, net, sides):
    foreign = "matchall classid 1:a123 action ok"
    for kind in ("gre", "vxlan", "wireguard"):
        with net.tunnel(kind) as tun:
            sides.both()
            with ifb("rA", "lan"):
                shoot(case, kind + " behind an IFB", net, tun)
            with tc("rA", "dev lan ingress " + foreign,
                    "dev tun egress " + foreign):
                shoot(case, kind + " with clsact", net, tun)
            lost = sides.reasons("rB").get("arrived_lost", 0)
            with tc("rB", "dev tun ingress " + foreign):
                # the note of what arrived is overwritten; WireGuard has none
                keep = after if kind == "wireguard" else same
                shoot(case, kind + " with clsact on its ingress", net, tun,
                      want_after=keep)
            if kind != "wireguard":
                shots = len(DS) * len(tun.families)
                case.true(kind + ": what was lost is counted",
                          sides.reasons("rB")["arrived_lost"] - lost >= shots)
                with mended(case, "rB", "arrived_lost", shots, way="decap"):
                    shoot(case, kind + " without it again", net, tun)


def redirected(case, net, sides):
    """tc sends into the tunnel what never was routed into it."""
    with net.tunnel("gre") as tun:
        sides.both()
        with tc("rA", *("dev lan ingress protocol %s prio %d matchall action"
                        " mirred egress redirect dev tun" % (p, i)
                        for i, p in enumerate(("ip", "ipv6"), 1))):
            shoot(case, "gre, redirected by tc", net, tun)
    with net.tunnel("wireguard") as tun:
        sides.both()
        counted = sides.one("rA")["encap"]
        reasons = sides.reasons("rA").get("companion_lost", 0)
        with tc("rA", "dev lan ingress protocol ip prio 1 matchall action"
                " mirred egress redirect dev tun"):
            with wire.Captures(near=("wan", "rA"),
                               end=("hostB", "lan")) as caps:
                for i in range(8):
                    shot = wire.Shot(net, 4, DS[i::8], sport=wire.SPORT + i)
                    shot.send()
                    caps.until_fence(shot, "end")
            outside = [p.ips[0].ds >> 2 for p in caps["near"]
                       if p.first("wireguard") and p.first("wireguard").length]
        now = sides.one("rA")["encap"]
        # WireGuard's own packets are left alone for another reason
        lost = sides.reasons("rA").get("companion_lost", 0) - reasons
        # a hash of somebody else's passes for ours once in 64 times, and then
        # for all packets of its flow
        case.true("wireguard, redirected: reason",
                  lost >= len(DS) * 5 // 8, lost)
        case.equal("wireguard, redirected: what was left has no mark",
                   outside.count(0) >= lost, True)
        case.true("wireguard, redirected: left alone", now["left_alone"]
                  - counted["left_alone"] >= lost, (now, counted))
        with mended(case, "rA", "companion_lost", len(DS) + 1):
            shoot(case, "wireguard, not redirected", net, tun)


def injected(case, net, sides):
    """What WireGuard has not decrypted has no outer header in front."""
    with net.tunnel("wireguard") as tun:
        sides.set("rA", **RETURN)
        sides.set("rB", encap_dscp="native")
        before = sides.one("rA")["decap"]
        reasons = sides.reasons("rA").get("outer_lost", 0)
        with tc("rA", "dev lan ingress protocol ip prio 1 matchall action"
                " mirred ingress redirect dev tun"):
            shot = wire.Shot(net, 4, DS)
            with wire.Captures(end=("hostB", "lan")) as caps:
                shot.send()
                case.true("injected: the fence arrives",
                          caps.until_fence(shot, "end"))
                end = shot.sort(caps["end"])
        case.equal("injected: untouched",
                   {ds: p.ips[0].ds for ds, p in end.items()},
                   {ds: ds for ds in DS})
        now = sides.one("rA")["decap"]
        case.equal("injected: left alone",
                   now["left_alone"] - before["left_alone"], len(DS) + 1)
        case.equal("injected: reason", sides.reasons("rA")["outer_lost"]
                   - reasons, len(DS) + 1)
        sides.both()
        with mended(case, "rB", "outer_lost", len(DS) + 1, way="decap"):
            shoot(case, "nothing injected", net, tun)


def underlay(case, net, sides):
    """It is a VRF, and is none any more."""
    vrf.add("rA")
    try:
        for kind in ("gre", "ip6gre", "gretap"):
            with net.tunnel(kind, options="dev wan") as tun:
                sides.both()
                shoot(case, kind + " before the VRF", net, tun)
                vrf.put(net, "rA", ("wan",))
                try:
                    case.true(kind + " in a VRF: hook", "tunnel_egress" in
                              sides.one("rA")["hooks"])
                    shoot(case, kind + " in a VRF", net, tun)
                    sides.set("rA", pre_classify=1, **TABLE)
                    shoot(case, kind + " in a VRF, pre-classify", net, tun)
                    got = sides.one("rA")["encap"]
                    case.equal(kind + " in a VRF: each once", got["packets"],
                               got["written"] + got["left_alone"])
                finally:
                    vrf.take(net, "rA", ("wan",))
                case.true(kind + " after the VRF: no hook", "tunnel_egress"
                          not in sides.one("rA")["hooks"])
                shoot(case, kind + " after the VRF", net, tun)
        vrf.put(net, "rA", ("wan",))
        # made inside; its socket does not follow a device into a VRF
        with net.tunnel("vxlan", options="dev wan") as tun:
            sides.both()
            shoot(case, "vxlan in a VRF", net, tun)
        vrf.take(net, "rA", ("wan",))
    finally:
        vrf.delete("rA")


@contextlib.contextmanager
def leaked_into_vrf(net):
    """The main table's route to rB leads into a VRF, whose sockets are those
    of everybody."""
    vrf.add("rA")
    with topo.inside("rA"):
        with open("/proc/sys/net/ipv4/udp_l3mdev_accept", "w") as f:
            f.write("1")
    vrf.put(net, "rA", ("wan",))
    gates = topo.PROVIDER["rA"]
    try:
        topo.ip("rA", ["route replace %s via %s dev wan" % (
            topo.WAN["rB"][f], gates[f]) for f in (4, 6)])
        yield
    finally:
        vrf.take(net, "rA", ("wan",))
        vrf.delete("rA")


def untied(case, net, sides):
    """Tunnels that are tied to nothing; their routes lead into a VRF."""
    for kind in ("gre", "gretap", "vxlan", "vxlan6", "geneve",
                 "geneve6", "l2tp", "wireguard", "wireguard6"):
        with net.tunnel(kind) as tun:
            sides.both()
            shoot(case, kind + " before the leak", net, tun)
            hooks = sides.one("rA")["hooks"]
            with leaked_into_vrf(net):
                shoot(case, kind + " leaked", net, tun)
                sides.set("rA", pre_classify=1, **TABLE)
                before = sides.one("rA")["encap"]
                shoot(case, kind + " leaked, pre-classify", net, tun)
                got = sides.one("rA")["encap"]
                case.equal(kind + " leaked: each once",
                           got["written"] - before["written"],
                           len(tun.families) * (len(DS) + 1))
                # a VRF with a queue shows it to LOCAL_OUT another way
                sides.both()
                lost = sides.reasons("rA").get("vrf_underlay", 0)
                topo.run("rA", *"tc qdisc add dev red root pfifo".split())
                shoot(case, kind + " leaked, queued", net, tun)
                case.equal(kind + " leaked, queued: none missed",
                           sides.reasons("rA").get("vrf_underlay", 0), lost)
            sides.both()
            case.equal(kind + " after the leak: hooks",
                       sides.one("rA")["hooks"], hooks)
            shoot(case, kind + " after the leak", net, tun)


def flowtable(case, net, sides):
    for kind in ("gre", "vxlan", "wireguard"):
        with net.tunnel(kind) as tun:
            sides.both()
            topo.run("rA", "nft", "-f", "-", input="""
table inet fast {
  flowtable f { hook ingress priority 0; devices = { lan, tun }; }
  chain forward { type filter hook forward priority 0; flow add @f; counter; }
}
""")
            try:
                # an offloaded flow has been seen both ways; both ends are
                # taken, else hostA's ICMP errors come in between
                ports = dict(sport=topo.SINK_PORT, dport=topo.SINK_PORT)
                for family in tun.families:
                    for src, dst in (("hostA", "hostB"), ("hostB", "hostA")):
                        shot = wire.Shot(net, family, [0], src, dst, **ports)
                        with wire.Captures(end=(dst, "lan")) as caps:
                            shot.send()
                            caps.until_fence(shot, "end")
                shoot(case, kind + " by a flowtable", net, tun, **ports)
                listed = topo.run("rA", "nft", "list", "ruleset").stdout
                packets = int(listed.split("counter packets ")[1].split()[0])
                case.true(kind + ": the flowtable has forwarded most",
                          packets < len(DS), packets)
            finally:
                topo.run("rA", "nft", "delete", "table", "inet", "fast")


def send(ns, to, port):
    """One packet of each DSCP, from one CPU: they arrive in that order."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        for d in range(64):
            with topo.inside(ns):
                s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            with s:
                s.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, d << 2)
                s.sendto(BODY, (to, port))
    finally:
        os.sched_setaffinity(0, before)


def moved(case, net):
    """The device is in a namespace of its own, its outer packets in rA."""
    for kind in ("gre", "ip6gre", "vxlan", "geneve", "wireguard"):
        with net.tunnel(kind) as tun:
            topo.ip(None, ["netns add in"])
            try:
                topo.ip("rA", ["link set tun netns in"])
                mac = [line for line in tun.up("rA") if "neigh" in line]
                topo.ip("in", ["link set tun up",
                               "address add 10.255.0.1/24 dev tun"] + mac[:1]
                        + ["route add default via 10.255.0.2 dev tun"])
                sides = Sides(rA="in")
                try:
                    inside(case, kind, sides)
                finally:
                    sides.close()
            finally:
                # now; with its namespace it would go later, and so would
                # what it holds in rA, as WireGuard's port
                topo.run("in", "ip", "link", "del", "tun", check=False)
                topo.ip(None, ["netns del in"])


def inside(case, kind, sides):
    sides.set("rA", **TABLE)
    case.equal(kind + " moved: state", sides.one("rA")["state"], "active")
    with wire.Captures(near=("wan", "rA")) as caps:
        send("in", topo.HOST["hostB"][4], topo.SINK_PORT)
        caps.until(lambda: len(tunnelled(caps["near"])) >= 64)
        got = [p.ips[0].ds >> 2 for p in tunnelled(caps["near"])]
    case.equal(kind + " moved: outer DSCPs", got, MIXED)
    # and back
    sides.set("rA", **RETURN)
    sides.set("rB", encap_dscp="copy")
    capture = wire.Capture("in", "tun", proto=0x0800)
    try:
        send("rB", topo.TUN["rA"][4], 9)

        def ours():
            """The frames of a device without Ethernet begin with the IP
            header."""
            capture.drain()
            return [raw[-BYTES:] for raw, *_ in capture.frames
                    if raw.endswith(BODY)]
        topo.wait(lambda: len(ours()) >= 64, what="packets out of the tunnel")
        got = [raw[1] >> 2 for raw in ours()]
    finally:
        capture.close()
    case.equal(kind + " moved: inner DSCPs", got, BACK)


def stranger(case, net):
    """Who owns a container does not mark packets of the host's namespace."""
    holder = subprocess.Popen(["unshare", "--user", "--map-root-user", "--net",
                               "sleep", "600"])
    sock = {}
    try:
        with net.tunnel("wireguard"):
            topo.wait(lambda: os.readlink("/proc/%d/ns/user" % holder.pid)
                      != os.readlink("/proc/self/ns/user"))
            topo.run(None, "ip", "netns", "attach", "box", holder.pid)
            topo.ip("rA", ["link set tun netns box",
                           # for the hook of the outer packets
                           "link add other type vxlan id 99 dstport 4790"])
            topo.ip("box", ["link set tun up",
                            "address add 10.255.0.1/24 dev tun",
                            "route add default via 10.255.0.2 dev tun"])
            sock = {r: genl.Tunqos(r) for r in ("rA", "box")}
            for r, dev in (("rA", "other"), ("box", "tun")):
                with sock[r].transaction():
                    sock[r].flush()
                    sock[r].set_tunnel(device=dev, encap_dscp="set",
                                       encap_value=46)
            case.true("stranger: rA has the hook", "outer" in
                      sock["rA"].tunnels()["other"]["hooks"])
            with wire.Captures(near=("wan", "rA")) as caps:
                send("box", topo.HOST["hostB"][4], topo.SINK_PORT)
                caps.until(lambda: len(tunnelled(caps["near"])) >= 64)
                got = {p.ips[0].ds for p in tunnelled(caps["near"])}
            case.equal("stranger: marks in the host's namespace", got, {0})
    finally:
        for one in sock.values():
            with one.transaction():
                one.flush()
            one.close()
        topo.run(None, "ip", "netns", "del", "box", check=False)
        topo.run("rA", "ip", "link", "del", "other", check=False)
        holder.kill()
        holder.wait()


def tunnelled(packets):
    found = []
    for p in packets:
        seal = p.first("wireguard")
        if seal.length >= BYTES if seal else \
                len(p.ips) == 2 and p.raw.endswith(BODY):
            found.append(p)
    return found


def control(case, net, sides):
    """Handshakes and keepalives have a class of their own."""
    for dscp, want in ((None, {"data": 0, "other": {0, 0x88}}),
                       (48, {"data": 0, "other": {48 << 2}})):
        with net.tunnel("wireguard"):
            setting = dict(encap_dscp="set", encap_value=0)
            if dscp is not None:
                setting["control_dscp"] = dscp
            sides.set("rA", **setting)
            with wire.Captures(near=("wan", "rA")) as caps:
                # a new key: the handshake begins again
                listed = topo.run("rA", "wg", "show", "tun", "peers").stdout
                topo.run("rA", "wg", "set", "tun", "peer", listed.strip(),
                         "persistent-keepalive", "1")
                caps.until(lambda: [p for p in caps["near"]
                                    if p.first("wireguard")
                                    and not p.first("wireguard").length])
                seen = {p.ips[0].ds for p in caps["near"]
                        if p.first("wireguard")
                        and (p.first("wireguard").counter is None
                             or not p.first("wireguard").length)}
            case.true("control %s: seen" % dscp, seen)
            case.true("control %s: marks" % dscp, seen <= want["other"], seen)
            if dscp is not None:
                with mended(case, "rA", "control", 1):
                    pass  # the next keepalive
            got = sides.reasons("rA").get("control", 0)
            case.true("control %s: reason" % dscp, (got > 0) == (dscp is None)
                      or dscp is not None, got)


def test(case):
    with tq.module(), topo.Founding(vlan_b=None, real_csum=True) as net:
        sides = Sides()
        for part in (bridges, not_ip, shapers, redirected, injected,
                     underlay, untied, flowtable, control):
            part(case, net, sides)
            case.note(part.__name__)
        sides.close()
        for part in (moved, stranger):
            part(case, net)
            case.note(part.__name__)


if __name__ == "__main__":
    main(test)
