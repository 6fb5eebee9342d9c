#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: programs, limit=400
"""One of several tunnels by the DSCP (RFC 2983 section 4.2, RFC 4301 section
4.1): whole tables of marks in front of routing and of IPsec policies."""

import contextlib
import errno
import json
import os

import expect
import genl
import topo
import tq
import wire
from case import main
from stream import Traffic
from topo import LAN, OTHER, WAN

EF = expect.DSCP["ef"]
LEAVE = genl.LEAVE
IP4, LOCAL_EXPERIMENT = 0x0800, 0x88b5
MASK, SHIFT = 0x003f0000, 16
FOREIGN = 0x5a00a55a  # what was there before, beside the mask and in it
EF_ONE = [int(d == EF) for d in range(64)]
SAME = list(range(64))
MIXED = [(d * 7 + 3) % 64 for d in range(64)]
HOLES = [LEAVE if d % 3 == 0 else 63 - d for d in range(64)]
BY_EF = "mark %#x mask %#x" % (1 << SHIFT, MASK)
BY_REST = "mark 0 mask %#x" % MASK
EF_TABLE = 46  # of routes


def marked(table, dscp, before=0, mask=MASK, shift=SHIFT):
    if table[dscp] == LEAVE:
        return before
    return before & ~mask | table[dscp] << shift


# Two tunnels between the same routers

class TwoSas(topo.EspTunnel):
    """Two SAs each way; the policies out choose by the mark."""

    @staticmethod
    def spi(sender, ef):
        return topo.Esp.SPI[sender] + 0x100 * ef

    def up(self, r):
        other = OTHER[r]
        lines = []
        for sender in (r, other):
            for ef in (0, 1):
                # what arrives has no mark that would choose an SA
                mark = (BY_REST, BY_EF)[ef] if sender == r else ""
                lines.append(
                    "xfrm state add src %s dst %s proto esp spi %#x reqid %d"
                    " mode tunnel replay-window 0 flag af-unspec %s %s" % (
                        WAN[sender][4], WAN[OTHER[sender]][4],
                        self.spi(sender, ef), 1 + ef, mark, topo.Esp.AEAD))
        ends = "src %s dst %s proto esp" % (WAN[r][4], WAN[other][4])
        back = "src %s dst %s proto esp" % (WAN[other][4], WAN[r][4])
        for f in self.families:
            here, there = LAN[r][f], LAN[other][f]
            for ef, mark in enumerate((BY_REST, BY_EF)):
                lines.append(
                    "xfrm policy add src %s dst %s dir out %s tmpl %s"
                    " reqid %d mode tunnel" % (here, there, mark, ends,
                                               1 + ef))
            for direction in ("in", "fwd"):
                lines.append(
                    "xfrm policy add src %s dst %s dir %s tmpl %s"
                    " mode tunnel" % (there, here, direction, back))
        return lines

    def chosen(self, packet):
        return packet.first("esp").spi

    def want(self, ef):
        return self.spi("rA", ef)


class TwoGres(topo.Gre):
    """A rule sends what has the mark by the other device."""

    def up(self, r):
        for f in self.families:
            topo.run(r, "ip", "-%d" % f, "rule", "add", "fwmark", "%#x/%#x" % (
                1 << SHIFT, MASK), "table", EF_TABLE)
        lines = super().up(r)
        lines += ["link add ef type %s key 2" % self.link(r), "link set ef up"]
        return lines + ["route add %s dev ef table %d" % (
            LAN[OTHER[r]][f], EF_TABLE) for f in self.families]

    def down(self, r):
        for f in self.families:
            topo.run(r, "ip", "-%d" % f, "rule", "del", "table", EF_TABLE)
        return ["link del ef"] + super().down(r)

    def chosen(self, packet):
        return packet.first("gre").key

    def want(self, ef):
        return 2 if ef else None


def bind(table):
    with genl.Tunqos("rA") as sock, sock.transaction():
        if table:
            sock.set_port("lan", mark=table, mask=MASK)
        else:
            sock.flush()


def parallel(case, net, tun, name, table):
    """Each of 256 DS bytes leaves by the tunnel of its class, and arrives."""
    for family in tun.families:
        what = "%s IPv%d" % (name, family)
        shot = wire.Shot(net, family)
        with wire.Captures(near=("wan", "rA"), end=("hostB", "lan")) as caps:
            shot.send()
            case.true(what + ": the fence arrives",
                      caps.until_fence(shot, "end"))
            near, end = shot.sort(caps["near"], tun), shot.sort(caps["end"])
        for before in range(256):
            where = "0x%02x" % before
            if not case.true(what + ": there", before in near and
                             before in end, where):
                continue
            ef = table is not None and table[before >> 2] == 1
            case.equal(what + ": tunnel", tun.chosen(near[before]), tun.want(ef),
                       where)
            case.equal(what + ": DS", end[before].ips[0].ds, before, where)


def typed_in(case, net):
    """The same by the daemon."""
    with TwoGres(net, "two GREs") as tun, tq.Daemon("rA") as daemon:
        daemon.cli("configure terminal", "table-map classes",
                   "map from ef to 1", "default 0", "interface lan",
                   "set mark dscp table classes mask %#x" % MASK)
        parallel(case, net, tun, "typed in", EF_ONE)
        # and the fences
        want = ["lan", "active", "classes", hex(MASK), str(2 * 257), "0"]
        case.true("show mark", want in [
            line.split() for line in daemon.cli(
                "show mark").stdout.splitlines()], want)
        daemon.cli("configure terminal", "interface lan", "no set mark")
        parallel(case, net, tun, "no set mark", None)
        daemon.cli("configure terminal", "no table-map classes")


# Marks

class Eye:
    """The mark of each of a shot's packets, by nftables in front of routing."""

    RULES = """table inet eye {
        set seen { typeof udp length . meta mark; flags dynamic; size 4096; }
        chain pre { type filter hook prerouting priority -300;
            udp dport %d add @seen { udp length . meta mark }
        }
    }
    """ % wire.DPORT

    def __init__(self, ns):
        self.ns = ns

    def __enter__(self):
        topo.run(self.ns, "nft", "-f", "-", input=self.RULES)
        return self

    def __exit__(self, *_):
        topo.run(self.ns, "nft", "delete", "table", "inet", "eye")

    def clear(self):
        topo.run(self.ns, "nft", "flush", "set", "inet", "eye", "seen")

    def look(self):
        """{index: its marks}"""
        text = topo.run(self.ns, "nft", "-j", "list", "set", "inet", "eye",
                        "seen").stdout
        found = {}
        for one in json.loads(text)["nftables"]:
            for element in one.get("set", {}).get("elem", ()):
                length, mark = element["concat"]
                found.setdefault(length, set()).add(mark)
        return {i: found[8 + wire.payload_length(i)] for i in range(256)
                if 8 + wire.payload_length(i) in found}


def look(case, net, name, eye, want, families=(4, 6), **options):
    """want: the mark for a DS byte."""
    for family in families:
        what = "%s IPv%d" % (name, family)
        eye.clear()
        shot = wire.Shot(net, family, **options)
        with wire.Captures(end=(shot.dst, "lan")) as caps:
            shot.send()
            case.true(what + ": the fence arrives",
                      caps.until_fence(shot, "end"))
        seen = eye.look()
        for ds in shot.ds:
            case.equal(what + ": mark", seen.get(ds), {want(ds)},
                       "0x%02x" % ds)


@contextlib.contextmanager
def marks_before(mark):
    """tc has given each packet of rA's LAN this mark before."""
    topo.run("rA", "tc", "qdisc", "add", "dev", "lan", "clsact")
    topo.run("rA", "tc", "filter", "add", "dev", "lan", "ingress", "matchall",
             "action", "skbedit", "mark", mark)
    try:
        yield
    finally:
        topo.run("rA", "tc", "qdisc", "del", "dev", "lan", "clsact")


def tables(case, net):
    """Whole tables; bits outside the mask stay, and count what was done."""
    with net.tunnel("plain"), Eye("rA") as eye, genl.Tunqos("rA") as sock, \
            marks_before(FOREIGN):
        look(case, net, "without a port", eye, lambda ds: FOREIGN)
        for name, table, mask, shift in (
                ("same", SAME, MASK, SHIFT), ("mixed", MIXED, MASK, SHIFT),
                ("holes", HOLES, MASK, SHIFT), ("low", SAME, 0x3f, 0),
                ("high", SAME, 0xfc000000, 26), ("one bit", EF_ONE, 0x80, 7),
                ("apart", [d & 5 for d in range(64)], 0xa0, 5),
                ("all", MIXED, 0xffffffff, 0)):
            with sock.transaction():
                sock.set_port("lan", mark=table, mask=mask)
            one = sock.ports()["lan"]
            case.equal(name + ": read back",
                       (one["dscp_mark"], one["mark_mask"], one["state"],
                        one["hooks"], one.get("dscp_pcp")),
                       (table, mask, "active", {"port_ingress"}, None))
            look(case, net, name, eye, lambda ds, t=table, m=mask, s=shift:
                 marked(t, ds >> 2, FOREIGN, m, s))
            now = sock.ports()["lan"]
            got = {k: v - one["ingress"][k] for k, v in now["ingress"].items()}
            holes = sum(4 for n in table if n == LEAVE)
            # the fence has DS 2
            holes += table[0] == LEAVE
            case.equal(name + ": counted", got, {
                "packets": 2 * 257, "written": 2 * (257 - holes),
                "left_alone": 2 * holes, "dropped": 0})
            case.true(name + ": nothing at egress",
                      not any(now["egress"].values()))
        with sock.transaction():
            sock.del_port("lan")
        look(case, net, "port removed", eye, lambda ds: FOREIGN)


@contextlib.contextmanager
def counted(case, reason, want):
    """So many packets of rA are left alone for this meanwhile."""
    with genl.Tunqos("rA") as sock:
        before = sock.reasons().get(reason, 0)
        port = sock.ports()["lan"]["ingress"]
        yield
        with contextlib.suppress(TimeoutError):
            topo.wait(lambda: sock.reasons().get(reason, 0) - before >= want)
        case.equal(reason, sock.reasons().get(reason, 0) - before, want)
        now = sock.ports()["lan"]["ingress"]
        case.equal(reason + ": left alone", now["left_alone"]
                   - port["left_alone"], want)


def left_alone(case, net):
    """What has no DSCP to be seen, or one that the table leaves out."""
    macs = net.gateway_macs("hostA")
    inner = wire.Shot(net, 4).frame(EF << 2)[14:]
    leave = [LEAVE if d == EF else d for d in range(64)]
    odd = {
        "not_ip": [wire.ethernet_header(*macs, LOCAL_EXPERIMENT) + inner,
                   # Ethernet says IP, and it is none
                   wire.ethernet_header(*macs, IP4) + b"\x41" + inner[1:],
                   wire.ethernet_header(*macs, IP4) + b"\x75" + inner[1:]],
        "truncated": [wire.ethernet_header(*macs, IP4) + inner[:n]
                      for n in (0, 1)],
        "in_band_tag": [wire.ethernet_header(*macs, IP4, (
            (outer, 0, 0, 7), *((0x8100, 0, 0, vid) for vid in (8, 9, 10)))
            ) + inner
            for outer in (0x8100, 0x88a8)],
        "table_leave": [wire.Shot(net, f).frame(EF << 2 | e)
                        for f in (4, 6) for e in range(4)],
    }
    with genl.Tunqos("rA") as sock, sock.transaction():
        sock.set_port("lan", mark=leave, mask=MASK)
    with net.tunnel("plain"), wire.Raw("hostA", "lan") as raw:
        for reason, frames in odd.items():
            with counted(case, reason, len(frames)):
                for frame in frames:
                    raw.send(frame)
    with genl.Tunqos("rA") as sock, sock.transaction():
        sock.flush()


def rules_alone(net, case):
    """The kernel's rules for IPv4 see three bits of what once was TOS: routing
    daemons that make them of a DSCP are refused, and need the mark."""
    for dscp in (EF, 10, 8):
        r = net.run("rA", "ip", "rule", "add", "dsfield", "0x%x" % (dscp << 2),
                    "table", "46", check=False)
        case.true("a rule for DSCP %d: %s" % (dscp, r.stderr),
                  r.returncode and "Invalid" in r.stderr)


# Devices

def devices(case, net):
    """VLAN device and what is under it, bridge and port of a bridge, tunnel."""
    tag = ((0x8100, 0, 0, 20),)
    hardware = net.gateway_macs("hostA")[1]
    mark = dict(mark=MIXED, mask=MASK)

    def want(ds):
        return marked(MIXED, ds >> 2)

    with net.tunnel("plain"), Eye("rA") as eye, genl.Tunqos("rA") as sock:
        topo.ip("rA", ["link add link lan name lan.20 type vlan id 20",
                       "link set lan.20 up"])
        for dev in ("lan.20", "lan"):
            with sock.transaction():
                sock.flush()
                sock.set_port(dev, **mark)
            look(case, net, "VLAN, port " + dev, eye, want, tags=tag)
        # the tag's device has the last word
        with sock.transaction():
            sock.set_port("lan.20", mark=EF_ONE, mask=MASK)
        look(case, net, "VLAN, both", eye,
             lambda ds: marked(EF_ONE, ds >> 2), tags=tag)
        topo.ip("rA", ["link del lan.20", "link add sw address %s type bridge"
                       % hardware, "link set lan master sw", "link set sw up"])
        for dev in ("sw", "lan"):
            with sock.transaction():
                sock.flush()
                sock.set_port(dev, **mark)
            look(case, net, "bridge, port " + dev, eye, want)
        topo.ip("rA", ["link set lan nomaster", "link del sw"])
        with sock.transaction():
            sock.flush()
    behind_tunnel(case, net)


def behind_tunnel(case, net):
    """The port is a tunnel device: of the DSCP after decapsulation."""
    with net.tunnel("gre"), Eye("rB") as eye, genl.Tunqos("rA") as a, \
            genl.Tunqos("rB") as b:
        with a.transaction():
            a.set_tunnel(device="tun", encap_dscp="table", encap_table=MIXED)
        for decap, after in (("keep", SAME), ("copy", MIXED)):
            with b.transaction():
                b.flush()
                b.set_tunnel(device="tun", decap_dscp=decap)
                b.set_port("tun", mark=SAME, mask=MASK)
            look(case, net, "tunnel, decap " + decap, eye,
                 lambda ds, t=after: marked(SAME, t[ds >> 2]))
        for sock in (a, b):
            with sock.transaction():
                sock.flush()


def bond(case):
    """Its ports lose their addresses, so it has a network of its own."""
    with topo.Founding(vlan_b=10) as net, net.tunnel("plain"), \
            Eye("rA") as eye, genl.Tunqos("rA") as sock:
        with sock.transaction():
            sock.set_port("pair", mark=MIXED, mask=MASK)
        topo.ip("rA", ["link add pair type bond mode active-backup",
                       "link set lan down", "link set lan master pair",
                       "link set pair up"])
        case.equal("bond", sock.ports()["pair"]["state"], "active")
        topo.wait(lambda: topo.ready("rA"), 30, "the bond")
        look(case, net, "bond", eye, lambda ds: marked(MIXED, ds >> 2))
        with sock.transaction():
            sock.flush()
    if os.path.exists("/sys/module/bonding/initstate"):  # not built in
        topo.run(None, "rmmod", "bonding")  # leaves a file among the devices


# Configuration

def both_parts(case, net):
    """PCP and mark of one port come and go by themselves."""
    pcp, mark = [5] * 64, dict(mark=SAME, mask=MASK)
    tag = ((0x8100, 0, 0, 20),)
    with net.tunnel("plain"), Eye("rA") as eye, genl.Tunqos("rA") as sock:
        topo.ip("rA", ["link add link lan name lan.20 type vlan id 20",
                       "link set lan.20 up"])
        for name, table, more, hooks in (
                ("both", pcp, mark, {"port_egress", "port_ingress"}),
                ("PCP", pcp, {}, {"port_egress"}),
                ("mark", None, mark, {"port_ingress"}),
                ("PCP again", pcp, {}, {"port_egress"})):
            with sock.transaction():
                sock.set_port("lan.20", table, **more)
            one = sock.ports()["lan.20"]
            case.equal(name + ": hooks", one["hooks"], hooks)
            case.equal(name + ": lower", one.get("lower"),
                       "lan" if table else None)
            look(case, net, name, eye, lambda ds, on=bool(more): marked(
                SAME, ds >> 2) if on else 0, families=(4,), tags=tag)
        # a commit that fails takes back what it had prepared
        with contextlib.suppress(genl.Refused), sock.transaction():
            sock.set_port("lan.20", pcp, **mark)
            sock.set_port("lo", pcp)
        case.equal("undone: ports", set(sock.ports()), {"lan.20"})
        case.equal("undone: hooks", sock.ports()["lan.20"]["hooks"],
                   {"port_egress"})
        look(case, net, "undone", eye, lambda ds: 0, families=(4,), tags=tag)
        topo.ip("rA", "link del lan.20")
        with sock.transaction():
            sock.flush()


def refusals(case):
    def no_table(sock):
        sock.set_port("lan", mask=MASK)

    def no_mask(sock):
        sock.set_port("lan", mark=SAME)

    together = "dscp-mark and a mark-mask that is not 0 go together"
    topo.ip("rA", "link add red type vrf table 9")
    with genl.Tunqos("rA") as sock:
        for what, change, number, words in (
                ("nothing", lambda s: s.set_port("lan"), errno.EINVAL,
                 "a port needs dscp-pcp, protocol-pcp, dscp-mark, "
                 "arrival-dscp, arrival-table or rules"),
                ("no table", no_table, errno.EINVAL, together),
                ("no mask", no_mask, errno.EINVAL, together),
                ("mask 0", lambda s: s.set_port("lan", mark=SAME, mask=0),
                 errno.EINVAL, together),
                ("64", lambda s: s.set_port("lan", mark=[64] * 64, mask=MASK),
                 errno.EINVAL, "dscp 0 is 64, not 0-63 or 255"),
                ("no room", lambda s: s.set_port("lan", mark=SAME, mask=0x1f),
                 errno.EINVAL,
                 "mark-mask 0x1f has no room for 32, the entry for dscp 32"),
                ("a hole", lambda s: s.set_port("lan", mark=SAME, mask=0xb),
                 errno.EINVAL,
                 "mark-mask 0xb has no room for 4, the entry for dscp 4"),
                ("beyond bit 31", lambda s: s.set_port(
                    "lan", mark=EF_ONE[:63] + [2], mask=1 << 31),
                 errno.EINVAL, "has no room for 2, the entry for dscp 63"),
                ("lo", lambda s: s.set_port("lo", mark=SAME, mask=MASK),
                 errno.EOPNOTSUPP, "port lo: packets do not arrive"),
                ("vrf", lambda s: s.set_port("red", mark=SAME, mask=MASK),
                 errno.EOPNOTSUPP, "port red: packets do not arrive"),
                ("PCP, no frames", lambda s: s.set_port("lo", [0] * 64),
                 errno.EOPNOTSUPP, "port lo: not a device of ethernet")):
            try:
                with sock.transaction():
                    change(sock)
                case.fail("refused: " + what)
            except genl.Refused as e:
                case.true("refused in words: %s" % e, words in e.message, what)
                case.equal("errno", e.errno, number, what)
        case.equal("nothing changed", sock.ports(), {})
    topo.ip("rA", "link del red")


def lifecycle(case, net):
    """Configuration belongs to the name."""
    with genl.Tunqos("rA") as sock:
        def state(dev="spare"):
            one = sock.ports()[dev]
            return one["state"], one["hooks"]

        there = "active", {"port_ingress"}
        away = "pending", set()
        with sock.transaction():
            for dev in ("spare", "spare.5"):
                sock.set_port(dev, mark=SAME, mask=MASK)
        case.equal("before the device", state(), away)
        topo.ip("rA", ["link add spare type dummy",
                       "link add link spare name spare.5 type vlan id 5"])
        case.equal("with the device", state(), there)
        case.equal("with the VLAN device", state("spare.5"), there)
        topo.ip("rA", "link set spare name other")
        case.equal("renamed away", state(), away)
        case.equal("the VLAN device stays", state("spare.5"), there)
        topo.ip("rA", "link set other name spare")
        case.equal("renamed back", state(), there)
        topo.ip("rA", "link del spare.5")
        case.equal("the VLAN device goes", state("spare.5"), away)
        topo.ip("rA", "link set spare netns wan")
        case.equal("to another namespace", state(), away)
        topo.ip("wan", "link set spare netns rA")
        case.equal("and back", state(), there)
        topo.ip("rA", "link del spare")
        case.equal("removed", state(), away)
        topo.ip("rA", "link add spare type vrf table 9")
        one = sock.ports()["spare"]
        case.equal("another kind", one["state"], "failed")
        case.true("and why: %s" % one.get("problem"), "packets do not arrive"
                  in one.get("problem", ""))
        topo.ip("rA", "link del spare")
        case.equal("it goes", state(), away)
        with sock.transaction():
            sock.flush()


def under_traffic(case, net):
    """The module goes with the port in use."""
    with net.tunnel("plain"), Eye("rA") as eye, Traffic(net):
        for round_ in range(12):
            with tq.module(), genl.Tunqos("rA") as sock:
                for table in (SAME, MIXED):
                    with sock.transaction():
                        sock.set_port("lan", mark=table, mask=MASK)
                if not round_ % 4:
                    look(case, net, "round %d" % round_, eye, lambda ds: marked(
                        MIXED, ds >> 2), families=(4,), ds=range(128, 192))
                if round_ % 3 == 0:
                    with sock.transaction():
                        sock.flush()
        eye.clear()
        look(case, net, "without the module", eye, lambda ds: 0,
             families=(4,), ds=range(128, 192))


def test(case):
    with topo.Founding(vlan_b=10) as net:
        with tq.module():
            for name, kind in (("two SAs", TwoSas), ("two GREs", TwoGres)):
                with kind(net, name) as tun:
                    # with holes it is the same where nothing was before
                    for word, table in (
                            ("", EF_ONE), (", no port", None),
                            (", holes", [d or LEAVE for d in EF_ONE])):
                        bind(table)
                        parallel(case, net, tun, name + word, table)
                    bind(None)
                case.note(name)
            rules_alone(net, case)
            typed_in(case, net)
            tables(case, net)
            left_alone(case, net)
            devices(case, net)
            case.note("devices")
            both_parts(case, net)
            refusals(case)
            lifecycle(case, net)
        under_traffic(case, net)
    with tq.module():
        bond(case)


if __name__ == "__main__":
    main(test)
