#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: programs, limit=300
"""IPsec by CLI and daemon: what binds an SA, what is shown of it, and what is
said when it does not go with its entry."""

import contextlib
import json

import expect
import genl
import shots
import topo
import tq
import wire
from case import main
from queues import classes
from test_preclassify import clean, htb

EF = expect.DSCP["ef"]
AF31 = expect.DSCP["af31"]
AF41 = expect.DSCP["af41"]
AF42 = expect.DSCP["af42"]
CS1 = expect.DSCP["cs1"]
PEER = topo.WAN["rB"][4]
OURS = topo.WAN["rA"][4]
OUT, IN = topo.Esp.SPI["rA"], topo.Esp.SPI["rB"]


def entry(sequence, *lines):
    return ("configure terminal", "crypto map v %d ipsec-isakmp" %
            sequence) + lines


def sas(daemon):
    """What show.sas says, by SPI."""
    return {int(sa["spi"], 16): sa
            for sa in daemon.rpc("show.sas")["result"]["sas"]}


@contextlib.contextmanager
def states(net, tun, **options):
    """The SAs made anew, with these words of ip xfrm for the receiver."""
    extra = "flag af-unspec " + (tun.options or "")
    wanted = " ".join("%s %s" % (key.replace("_", "-"), value)
                      for key, value in options.items())
    for r in ("rA", "rB"):
        topo.ip(r, "xfrm state flush")
        for line in topo.Esp.states("tunnel", extra):
            topo.ip(r, line.replace("replay-window 0", wanted or
                                    "replay-window 0"))
    try:
        yield
    finally:
        for r in ("rA", "rB"):
            topo.ip(r, "xfrm state flush")
            for line in topo.Esp.states("tunnel", extra):
                topo.ip(r, line)


def binds(case, net, tun, daemon):
    """Each part of a match, and the most specific of several."""
    parts = (("set peer", PEER, topo.WAN["rA"][4]),
             ("match local", OURS, PEER),
             ("match reqid", "1", "2"),
             ("match mark", "0x0 0xff", "0x1 0xff"),
             ("match spi", "%#x" % OUT, "%#x" % IN))
    for what, right, wrong in parts:
        daemon.cli(*entry(10, "tunnel encap dscp set cs1",
                          "%s %s" % (what, right)))
        shots.outer(case, net, tun, "%s %s" % (what, right), CS1)
        case.equal(what + ": show.sas", sas(daemon)[OUT]["bound"],
                   "crypto map v 10")
        text = daemon.cli("show running-config").stdout
        case.true(what + " is shown", " %s %s\n" % (what, right) in text)
        daemon.cli(*entry(10, "no " + what, "%s %s" % (what, wrong)))
        shots.outer(case, net, tun, "%s %s" % (what, wrong), EF)
        case.equal(what + ": unbound", sas(daemon)[OUT]["bound"], None)
        daemon.cli(*entry(10, "no " + what))
    # from the least specific on: each takes over
    order = (("match local " + OURS, AF31), ("set peer " + PEER, AF41),
             ("match mark 0 0xf", CS1), ("match reqid 1", AF42),
             ("match spi %#x" % OUT, 17))
    daemon.cli("configure terminal", "no crypto map v 10")
    for number, (line, dscp) in enumerate(order):
        daemon.cli(*entry(20 + number, line,
                          "tunnel encap dscp set %d" % dscp))
        shots.outer(case, net, tun, line + " wins", dscp)
        case.equal(line + ": show.sas", sas(daemon)[OUT]["bound"],
                   "crypto map v %d" % (20 + number))
    # the SA inward has the reqid, and another SPI
    case.equal("two of them have SAs", [
        one["state"] for one in daemon.rpc("show.tunnels")["result"]["tunnels"]
    ], ["no-sa"] * (len(order) - 2) + ["active"] * 2)
    with genl.Tunqos("rA") as sock:
        generation = sock.info()["generation"]
        daemon.cli("write memory")
        daemon.stop()
        daemon.start()
        case.equal("a start sends nothing that is there",
                   sock.info()["generation"], generation)
    for number in range(len(order)):
        daemon.cli("configure terminal", "no crypto map v %d" % (20 + number))
    shots.outer(case, net, tun, "none", EF)
    done = daemon.cli(*entry(11, "match reqid 1"), "exit",
                      "crypto map v 12", "match reqid 1", check=False)
    case.true("the same twice: " + done.stderr, done.returncode == 1 and
              "crypto map v 12" in done.stderr and
              "crypto map v 11" in done.stderr)


def too_many(case, daemon):
    """The module looks for an SA in eight ways; the entry that is one more
    is named."""
    marks = ["match mark 0 %#x" % (1 << bit) for bit in range(9)]
    lines = []
    for number, mark in enumerate(marks):
        lines += ["crypto map v %d" % (30 + number), mark]
    done = daemon.cli("configure terminal", *lines, check=False)
    text = done.stdout + done.stderr
    case.true("refused: " + text, done.returncode == 1 and
              "crypto map v 3" in text and "too many" in text)
    case.true("none of them is there", "crypto map v 3" not in
              daemon.cli("show running-config").stdout)


def shown(case, daemon):
    """show crypto session: all of an SA but its keys."""
    daemon.cli(*entry(10, "set peer 198.51.100.99"))
    for what in ("show crypto map", "show tunnel", "show tunnel v 10"):
        text = daemon.cli(what).stdout
        case.true("a peer of nobody: " + text,
                  "no-sa" in text and "active" not in text)
    daemon.cli(*entry(10, "no set peer", "set peer " + PEER))
    text = daemon.cli("show crypto map").stdout
    case.true("a peer of somebody: " + text, "State: active" in text)
    found = sas(daemon)
    case.equal("both", sorted(found), [OUT, IN])
    for spi, direction in ((OUT, "out"), (IN, "in")):
        sa = found[spi]
        for key, want in (("direction", direction), ("peer", PEER),
                          ("local", OURS), ("protocol", "esp"),
                          ("mode", "tunnel"), ("reqid", 1),
                          ("replayWindow", 0), ("decapDscp", False),
                          ("dontEncapDscp", False), ("noEcn", False),
                          ("bound", "crypto map v 10"), ("warnings", [])):
            case.equal("%#x: %s" % (spi, key), sa[key], want)
    text = daemon.cli("show crypto session").stdout
    done = topo.run("rA", tq.program("tunqos"), "--socket", daemon.socket,
                    "--json", "show", "crypto", "session").stdout
    case.equal("as JSON", len(json.loads(done)["sas"]), 2)
    for what in (text, done, json.dumps(daemon.rpc("show.sas"))):
        case.true("no keys", "abab" not in what and "gcm" not in what)
    case.true("inbound: " + text, "inbound esp SPI %#x" % IN in text and
              "outbound esp SPI %#x" % OUT in text)


def aggregate(case, net, tun, daemon):
    daemon.cli(*entry(10, "tunnel encap single-aggregate af4"))
    for dscp, want in ((EF, AF41), (AF42, AF42), (0, AF41), (AF31, AF41)):
        shots.outer(case, net, tun, "af4: DSCP %d" % dscp, want, dscp)
    daemon.cli(*entry(10, "tunnel encap single-aggregate cs1"))
    for dscp in (EF, CS1, 0):
        shots.outer(case, net, tun, "cs1: DSCP %d" % dscp, CS1, dscp)
    text = daemon.cli("show tunnel v 10").stdout
    case.true("shown: " + text, "into the aggregate cs1" in text)
    daemon.cli(*entry(10, "no tunnel encap single-aggregate"))
    shots.outer(case, net, tun, "off", EF)


def flags(case, net, tun, daemon):
    """Flags of an SA that do not go with its entry, with the way out."""
    daemon.cli(*entry(10, "tunnel decap dscp copy permit 0-47"))
    with states(net, tun, replay_window=32, flag="decap-dscp af-unspec"):
        found = sas(daemon)
        case.equal("window", found[IN]["replayWindow"], 32)
        case.true("flag", found[IN]["decapDscp"] is True)
        warnings = " ".join(found[IN]["warnings"])
        text = daemon.cli("show crypto map").stdout
        for word in ("copy_dscp = out", "replay_window = 1024",
                     "replay window of 32", "SA esp %#x" % IN):
            case.true(word + " in " + warnings, word in warnings)
            case.true(word + " in " + text, word in text)
        # the one of our own packets: nothing comes in by it
        case.true("outbound", "decap-dscp" not in
                  " ".join(found[OUT]["warnings"]))
        topo.wait(lambda: daemon.output().count("sa-warning") >= 3, 15,
                  "the log")
        daemon.cli(*entry(10, "tunnel decap dscp keep",
                          "tunnel encap single-aggregate af4"))
        # what the kernel has copied nobody can keep
        case.equal("the flag only", ["has decap-dscp" in one for one in
                                     sas(daemon)[IN]["warnings"]], [True])
        daemon.cli(*entry(10, "no tunnel encap single-aggregate"))
        case.equal("flag and window", len(sas(daemon)[IN]["warnings"]), 2)


def replayed(case, net, tun):
    """The receiver's daemon counts what its replay check drops."""
    def send(count):
        shot = wire.Shot(net, 4, [0] * count)
        shot.send(fence=False)

    def drops():
        sa = sas(daemon)[OUT]
        return sa["drops"], sa["recentDrops"]

    def count():
        words = topo.run("rB", "ip", "-s", "xfrm", "state", "get", "src",
                         OURS, "dst", PEER, "proto", "esp", "spi",
                         "%#x" % OUT).stdout
        return int(words.split("(bytes), ")[-1].split("(packets)")[0])

    with tq.Daemon("rB") as daemon, states(net, tun, replay_window=32):
        daemon.cli(*entry(10, "set peer " + OURS))
        topo.wait(lambda: "sa-warning" in daemon.output(), 15, "a look")
        send(100)
        topo.wait(lambda: count() >= 100, 10, "the packets")
        case.equal("nothing yet", drops()[0],
                   {"late": 0, "repeated": 0, "broken": 0})
        # the sender begins again with 1: 68 behind the window of 32
        line = topo.Esp.states("tunnel", "flag af-unspec")[0]
        topo.ip("rA", "xfrm state del src %s dst %s proto esp spi %#x" % (
            OURS, PEER, OUT))
        topo.ip("rA", line)
        send(80)
        topo.wait(lambda: sum(drops()[0].values()) >= 80, 10, "the drops")
        want = {"late": 68, "repeated": 12, "broken": 0}
        case.equal("counted", drops()[0], want)
        topo.wait(lambda: "replay-drops" in daemon.output(), 15, "the log")
        line = next(one for one in daemon.output().split("\n")
                    if "replay-drops" in one)
        for word in ("esp %#x from %s" % (OUT, OURS), "crypto map v 10",
                     "window=32", "late=68", "repeated=12"):
            case.true("%s in %s" % (word, line), word in line)
        case.equal("since the last look", drops()[1], want)
        text = daemon.cli("show crypto map").stdout
        case.true("shown: " + text, "dropped 68 late, 12 repeated" in text)


def device(case, net):
    """An xfrm interface by its name, with a permit list."""
    with net.tunnel("xfrmi") as tun, tq.Daemon("rA") as daemon:
        done = daemon.cli("configure terminal", "interface tun",
                          "tunnel encap dscp set af31",
                          "tunnel decap dscp copy", check=False)
        case.true("refused: " + done.stderr + done.stdout,
                  "interface tun / tunnel decap dscp: copy needs a "
                  "permit list" in done.stderr + done.stdout and
                  "tunnel decap dscp copy permit 0-47" in
                  done.stderr + done.stdout)
        daemon.cli("configure terminal", "interface tun",
                   "tunnel encap dscp set af31",
                   "tunnel decap dscp copy permit 0-47")
        shots.outer(case, net, tun, "xfrm interface", AF31)
        case.equal("bound", sas(daemon)[OUT]["bound"], "interface tun")
        case.true("active", "tun is active" in
                  daemon.cli("show tunnel tun").stdout)
        daemon.cli(*entry(10, "match if-id 7", "tunnel encap dscp set cs1"))
        shots.outer(case, net, tun, "an entry of the same", CS1)
        case.true("no SA is left for it", "tun is no-sa" in
                  daemon.cli("show tunnel tun").stdout)
        case.equal("is shown", sas(daemon)[OUT]["bound"], "crypto map v 10")
        daemon.cli(*entry(10, "no match if-id", "set peer " + PEER))
        shots.outer(case, net, tun, "an entry that is less specific", AF31)
        case.equal("is not", sas(daemon)[OUT]["bound"], "interface tun")


def behind(case, net):
    """GRE in SAs of transport mode: which class the queue sees, and what is
    said of an entry that takes it away or has settings for two headers."""
    lost = "Warning: has no qos pre-classify, but interface tun has it"

    def seen(name, on_device, on_entry, want):
        """Does the queue see EF, which is inside?"""
        daemon.cli("configure terminal", "no interface tun",
                   "crypto map v 10", "no crypto map v", "interface tun", "qos pre-classify",
                   *on_device, "exit", "crypto map v 10", "set peer " + PEER,
                   *on_entry)
        htb(net, (10, EF), (20, AF41))
        shots.outer(case, net, tun, name, want)
        counts = classes(net, "rA", "wan")
        clean(net)
        for what in ("show crypto map", "show tunnel v 10"):
            text = daemon.cli(what).stdout
            case.equal("%s: %s: %s" % (name, what, text), lost in text,
                       not counts["1:10"])
        return counts["1:10"]

    bleach, native = "tunnel encap dscp set 0", "tunnel encap dscp native"
    with net.tunnel("gre-esp") as tun, tq.Daemon("rA") as daemon:
        for name, on_device, on_entry, outer, want in (
                ("copy of a copy", [], [], EF, 1),
                ("entry set", [], ["tunnel encap dscp set cs1"], CS1, 0),
                ("copy of a number", [bleach], [], 0, 0),
                ("entry native", [bleach], [native], 0, 1),
                ("both", [bleach], ["qos pre-classify"], 0, 1),
                ("both, entry set", [], ["tunnel encap dscp set cs1",
                                         "qos pre-classify"], CS1, 1)):
            case.equal(name + ": EF class",
                       seen(name, on_device, on_entry, outer), want)
        case.equal("nothing else is said", [
            sa["warnings"] for sa in sas(daemon).values()], [[], []])
        daemon.cli(*entry(10, "tunnel decap dscp copy permit 0-47"))
        for what in ("show crypto map", "show crypto session"):
            text = daemon.cli(what).stdout
            case.true("%s: %s" % (what, text), text.count(
                "Warning: SA esp %#x from %s is of transport mode" %
                (IN, PEER)) == 1 and text.count("transport mode, which") == 1)


def test(case):
    with tq.module(), topo.Founding(vlan_b=10) as net:
        with net.tunnel("esp") as tun:
            with tq.Daemon("rA") as daemon:
                binds(case, net, tun, daemon)
                case.note("binds done")
                too_many(case, daemon)
                shown(case, daemon)
                aggregate(case, net, tun, daemon)
                case.note("aggregate done")
                flags(case, net, tun, daemon)
                case.note("flags done")
            replayed(case, net, tun)
            case.note("replayed done")
        device(case, net)
        behind(case, net)


if __name__ == "__main__":
    main(test)
