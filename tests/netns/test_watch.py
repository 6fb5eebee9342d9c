#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: programs, limit=600
"""What else acts on marks around a tunnel: each is set up by the tools that
people have, is said by the list (a star), by show tunnel NAME, by the JSON
and in the log, and goes when the thing goes."""

import contextlib
import ctypes
import json
import os
import socket

import carriers  # noqa: F401  adds its kinds of tunnels
import genl
import topo
import tq
from case import main

SYS_BPF, BPF_PROG_LOAD, BPF_LINK_CREATE = 321, 5, 28
PROG_TYPE_XDP, ATTACH_XDP, XDP_FLAGS_SKB_MODE = 6, 37, 2
LEGEND = "* something acts on the marks around us: show tunnel NAME"
CONFIG = {"version": 1, "interfaces": {
    "tun": {"tunnel": {"encap": {"dscp": {"set": "af31"}},
                       "decap": {"dscp": "copy", "class": "outer"},
                       "preClassify": True}},
    "lan.10": {"port": {"cos": "dscp"}}}}


def tc(*words):
    topo.run("rA", "tc", *" ".join(words).split())


class Watch:
    def __init__(self, case, daemon):
        self.case, self.daemon = case, daemon

    def tunnel(self):
        return self.daemon.rpc("show.tunnels",
                               name="tun")["result"]["tunnels"][0]

    def acting(self):
        return [(one["what"], one["place"].split()[1])
                for one in self.tunnel()["acting"]]

    def seen(self):
        """The same by the list of all that is watched."""
        answer = json.loads(self.daemon.cli("show watch | json").stdout)
        self.case.equal("nothing unknown", answer["problems"], [])
        self.case.equal("states", {one["what"]: one["state"]
                                   for one in answer["watched"]},
                        {one["what"]: "seen" if one["findings"] else "not-seen"
                         for one in answer["watched"]})
        return sorted((one["what"], found["place"].split()[1])
                      for one in answer["watched"]
                      for found in one["findings"]
                      if found["object"] == "interface tun")

    def expect(self, name, wanted, word=None):
        """In all places that show it."""
        case, daemon = self.case, self.daemon
        shown = self.tunnel()
        case.equal(name + ": JSON", self.acting(), wanted)
        case.equal(name + ": warnings", len(shown["warnings"]), len(wanted),
                   str(shown["warnings"]))
        text = daemon.cli("show tunnel").stdout
        line = [one for one in text.split("\n") if one.startswith("tun ")][0]
        case.equal(name + ": the star: " + line, line.endswith(" *"),
                   bool(wanted))
        case.equal(name + ": the legend", LEGEND in text, bool(wanted))
        text = daemon.cli("show tunnel tun").stdout
        case.equal(name + ": lines", text.count("  Warning: "), len(wanted),
                   text)
        if word:
            case.true(name + ": " + word, word in text, text)
        case.equal(name + ": show watch", self.seen(), sorted(set(wanted)))
        text = daemon.cli("show watch").stdout
        case.equal(name + ": lines of show watch",
                   text.count(" for interface tun: "), len(wanted), text)

    @contextlib.contextmanager
    def thing(self, name, wanted, word=None, log=True):
        """The body has set it up when it yields, and has taken it away at the
        end of the 'with' block."""
        self.expect(name, wanted, word)
        at = len(self.daemon.output())
        for what, place in wanted if log else []:
            topo.wait(lambda: "acts-on-marks" in self.daemon.output() and
                      "what=" + what in self.daemon.output(), 25, "the log")
        yield at
        self.expect(name + ", gone", [])
        if log:
            topo.wait(lambda: "acts-no-more" in self.daemon.output()[at:], 25,
                      "the log says that it is gone")


def filters(case, watch):
    """Of tc: on the tunnel's ingress, on egress of the link under it."""
    tc("qdisc add dev tun clsact")
    watch.expect("an empty clsact", [])
    for name, words, wanted in (
            ("redirect", "matchall action mirred egress redirect dev lan",
             [("tc-redirect", "tun")]),
            ("u32 redirect",
             "u32 match u32 0 0 action mirred egress redirect dev lan",
             [("tc-redirect", "tun")]),
            ("pass", "matchall action pass", [("tc-arrived", "tun")]),
            ("no action", "matchall classid 1:1", [("tc-arrived", "tun")]),
            ("continue", "matchall action continue", []),
            ("drop", "flower ip_proto tcp action drop", []),
            ("mirror", "matchall action mirred egress mirror dev lan", []),
            ("edit", "matchall action skbedit priority 3", []),
            ("in a chain", "chain 7 matchall action pass",
             [("tc-arrived", "tun")]),
            ("a program", "bpf bytecode 1,6@0@0@0",
             [("tc-program", "tun")])):
        topo.run("rA", *[one.replace("@", " ") for one in (
            "tc filter add dev tun ingress protocol ip prio 1 " +
            words).split()])
        watch.expect("ingress, " + name, wanted)
        # without a number of a chain only the first one's go
        chain = " chain 7" if words.startswith("chain") else ""
        tc("filter del dev tun ingress" + chain)
        watch.expect("ingress, %s, gone" % name, [])
    tc("qdisc del dev tun clsact")
    tc("qdisc add dev tun handle ffff: ingress")
    tc("filter add dev tun parent ffff: protocol ip matchall "
       "action mirred egress redirect dev lan")
    watch.expect("the ingress qdisc", [("tc-redirect", "tun")])
    tc("qdisc del dev tun ingress")

    tc("qdisc add dev wan clsact")
    tc("filter add dev wan egress matchall action pass")
    with watch.thing("egress of the link", [("tc-class", "wan")],
                     "interface wan: a tc filter on its egress (matchall) "
                     "ends with ok"):
        tc("qdisc del dev wan clsact")
    tc("qdisc add dev wan egress_block 22 clsact")
    watch.expect("an empty block", [])
    tc("filter add block 22 basic action pass")
    watch.expect("a shared block", [("tc-class", "wan")], "(basic)")
    tc("filter del block 22")
    watch.expect("a shared block, gone", [])
    tc("qdisc del dev wan clsact")
    case.note("tc done")


def program(case, watch):
    """XDP on the link, attached in the way that causes no event."""
    libc = ctypes.CDLL(None, use_errno=True)

    def bpf(command, *words):
        attributes = b"".join(words).ljust(128, b"\0")
        found = libc.syscall(SYS_BPF, command, attributes, len(attributes))
        if found < 0:
            raise OSError(ctypes.get_errno(), "bpf %d" % command)
        return found

    def u32(*numbers):
        return b"".join(one.to_bytes(4, "little") for one in numbers)

    # return XDP_PASS
    code = ctypes.create_string_buffer(
        bytes.fromhex("b700000002000000" "9500000000000000"))
    text = ctypes.create_string_buffer(b"GPL")
    loaded = bpf(BPF_PROG_LOAD, u32(PROG_TYPE_XDP, 2), b"".join(
        ctypes.addressof(one).to_bytes(8, "little") for one in (code, text)))
    with topo.inside("rA"):
        index = socket.if_nametoindex("wan")
        link = bpf(BPF_LINK_CREATE,
                   u32(loaded, index, ATTACH_XDP, XDP_FLAGS_SKB_MODE))
    with watch.thing("XDP", [("xdp-program", "wan")]):
        os.close(link)
    os.close(loaded)
    case.note("XDP done")


def offloads(case, watch):
    topo.run("rA", "ethtool", "-K", "wan", "rx-gro-list", "on")
    with watch.thing("rx-gro-list", [("gro-list", "wan")],
                     "ethtool -K wan rx-gro-list off"):
        topo.run("rA", "ethtool", "-K", "wan", "rx-gro-list", "off")


def ports(case, daemon):
    """The queueing by the outer DSCP goes by a VLAN device's 802.1p."""
    topo.ip("rA", ["link add link lan name lan.10 type vlan id 10 "
                   "egress-qos-map 0:1", "link set lan.10 up"])

    def port():
        return daemon.rpc("show.ports")["result"]["ports"][0]

    case.equal("a qos-map is a note", [len(port()["warnings"]),
                                       len(port()["notes"])], [0, 1])
    tc("qdisc add dev lan.10 clsact")
    tc("filter add dev lan.10 egress matchall action ok")
    case.equal("port", [one["what"] for one in port()["acting"]],
               ["tc-class", "vlan-qos-map"])
    text = daemon.cli("show cos").stdout
    case.true("the star: " + text, "*\n* something acts" in text)
    case.true("one port", "  Warning: interface lan.10: a tc filter" in
              daemon.cli("show interfaces lan.10").stdout)
    topo.ip("rA", "link del lan.10")


def flowtables(case, net, daemon, watch):
    """This kernel opens no tunnels by itself (or does: then it is said)."""
    table = "add table inet w; add flowtable inet w f " \
            "{ hook ingress priority 0; devices = { wan, lan }; }"
    with net.tunnel("ipip"):
        topo.run("rA", "nft", table)
        can = b"ipip_fill_forward_path\0" in open(
            "/sys/kernel/btf/ipip", "rb").read()
        watch.expect("a flowtable", [("flowtable-tunnel", "tun")]
                     if can else [])
        topo.run("rA", "nft", "delete table inet w")


def copies(case, net, daemon, watch):
    """A device that copies the outer DSCP by itself."""
    for kind in ("ip6tnl", "ip6gre", "ip6erspan"):
        def again(*settings):
            daemon.cli("configure terminal", "no interface tun",
                       "interface tun", *settings)

        again("tunnel diffserv-mode pipe")
        with net.tunnel(kind, options="dscp inherit"):
            watch.expect(kind + " pipe", [("device-decap-dscp", "tun")],
                         "make the device again without it: ip link del tun, "
                         "ip link add tun type " + kind)
            text = daemon.cli("configure terminal", "interface tun",
                              "tunnel diffserv-mode uniform permit 0-47",
                              check=False)
            said = text.stdout + text.stderr
            case.true(kind + ": refused: " + said,
                      "without dscp inherit" in said)
            again("tunnel diffserv-mode uniform")
            watch.expect(kind + " uniform", [])  # a copy is a copy
        again("tunnel diffserv-mode uniform permit 0-47")
        with net.tunnel(kind, options="dscp inherit"):
            shown = watch.tunnel()
            case.equal(kind + ": came later", shown["state"], "failed")
            case.true(kind + ": why", "without dscp inherit" in
                      shown["problem"])
        with net.tunnel(kind):
            case.equal(kind + ": without", watch.tunnel()["state"], "active")
            watch.expect(kind + ": without", [])


def test(case):
    with tq.module(), topo.Founding() as net, \
            tq.Daemon("rA", config=json.dumps(CONFIG)) as daemon:
        watch = Watch(case, daemon)
        with net.tunnel("gre"), genl.Tunqos("rA"):
            watch.expect("nothing", [])
            filters(case, watch)
            program(case, watch)
            offloads(case, watch)
            ports(case, daemon)
        flowtables(case, net, daemon, watch)
        copies(case, net, daemon, watch)


if __name__ == "__main__":
    main(test)
