#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: programs, limit=400
"""CLI, daemon and module together: what is typed is on the wire, outlives
everything that restarts, and a refusal changes nothing."""

import json
import os
import signal

import expect
import genl
import shots
import topo
import tq
import wire
from case import main

EF = expect.DSCP["ef"]
AF31 = expect.DSCP["af31"]


def config(*lines):
    return ("configure terminal",) + lines


def refused(case, daemon, name, words, *lines, status=(1, 2)):
    """One clear line, exit status not 0, nothing changed."""
    before = daemon.cli("show running-config").stdout
    done = daemon.cli(*lines, check=False)
    text = done.stdout + done.stderr
    case.true("%s: status %d: %s" % (name, done.returncode, text),
              done.returncode in status)
    for word in words if isinstance(words, tuple) else (words,):
        case.true("%s: says '%s': %s" % (name, word, text), word in text)
    case.equal(name + ": nothing changed",
               daemon.cli("show running-config").stdout, before)


def restarts(case, net, tun, daemon):
    """Daemon, module and both: the mark goes on."""
    daemon.cli(*config("interface tun", "tunnel encap dscp set af31"))
    shots.outer(case, net, tun, "typed", AF31)
    daemon.cli("write memory")
    with genl.Tunqos("rA") as sock:
        generation = sock.info()["generation"]

        daemon.process.kill()
        daemon.process.wait()
        shots.outer(case, net, tun, "daemon killed", AF31)
        daemon.start()
        case.equal("a restarted daemon sends nothing that is there",
                   sock.info()["generation"], generation)
        shots.outer(case, net, tun, "daemon back", AF31)
    case.true("and knows its configuration", "tunnel encap dscp set af31" in
              daemon.cli("show running-config").stdout)

    # not written: it goes on all the same, with all its names
    daemon.cli(*config("table-map unsaved", "map from ef to cs1",
                       "interface tun", "description unsaved",
                       "tunnel encap dscp table unsaved"))
    text = daemon.cli("show running-config").stdout
    shots.outer(case, net, tun, "typed, not written", 8)
    for how, status in ((signal.SIGTERM, 0), (signal.SIGKILL, -9)):
        case.equal("ended", daemon.stop(how), status)
        shots.outer(case, net, tun, "%s" % how, 8)
        at = len(daemon.output())
        daemon.start()
        shots.outer(case, net, tun, "%s, the next one" % how, 8)
        done = daemon.cli("show running-config")
        case.equal("%s: all of it" % how, done.stdout, text)
        case.true("what is not saved: " + done.stderr,
                  "3 changes are not in the startup-config" in done.stderr)
        case.true("is in the log", "startup-config-differs" in
                  daemon.output()[at:])
    # lost with it: the module and the file say what they know
    daemon.stop(signal.SIGKILL)
    os.unlink(daemon.socket + ".running")
    daemon.start()
    shots.outer(case, net, tun, "from the module", 8)
    done = daemon.cli("show running-config").stdout
    case.true("by another name: " + done, "recovered-1" in done)
    daemon.cli("configure replace startup-config")
    shots.outer(case, net, tun, "the file's word", AF31)
    case.equal("nothing is left to save",
               daemon.rpc("config.unsaved")["result"], {"changes": []})

    tq.unload()
    shots.outer(case, net, tun, "without the module", 0)
    text = daemon.cli("show tunnel tun").stdout
    case.true("says so: " + text, "no-module" in text or
              "not loaded" in text)
    done = daemon.cli(*config("interface tun", "no tunnel encap dscp"),
                      check=False)
    case.true("a change without the module: " + done.stderr + done.stdout,
              done.returncode == 1 and "modprobe tunqos" in
              done.stderr + done.stdout)
    tq.load()

    def programmed():
        try:
            with genl.Tunqos("rA") as sock:
                return sock.tunnels().get("tun", {}).get("state") == "active"
        except genl.Refused:
            return False
    topo.wait(programmed, 15, "the daemon to program the module again")
    shots.outer(case, net, tun, "the module is back", AF31)


def somebody_else(case, daemon):
    """A commit past the daemon is noticed and put right."""
    with genl.Tunqos("rA") as sock:
        with sock.transaction():
            sock.flush()

        def back():
            return sock.tunnels().get("tun", {}).get("encap_value") == AF31
        topo.wait(back, 15, "the daemon to put its state back")
    case.true("put right", True)


def later_settings(case, daemon):
    """Inner DSCP, ECN and control DSCP reach the module, as typed."""
    table = [34 if d == EF else d for d in range(64)]
    with genl.Tunqos("rA") as sock:
        for lines, want in (
                (("tunnel encap inner-dscp table later",
                  "tunnel encap ecn compatibility",
                  "tunnel decap ecn rfc6040", "tunnel control dscp cs6"),
                 dict(encap_inner="table", encap_inner_table=table,
                      encap_ecn="compatibility", decap_ecn="rfc6040",
                      control_dscp=48)),
                (("tunnel encap inner-dscp set af31",
                  "tunnel encap ecn rfc6040", "no tunnel decap ecn",
                  "tunnel control dscp 0"),
                 dict(encap_inner="set", encap_inner_value=AF31,
                      encap_ecn="rfc6040", decap_ecn="native",
                      control_dscp=0)),
                (("tunnel encap inner-dscp keep", "no tunnel encap ecn",
                  "no tunnel control dscp", "tunnel encap dscp copy"),
                 dict(encap_inner="keep", encap_inner_table=None,
                      encap_inner_value=None, encap_ecn="native",
                      decap_ecn="native", control_dscp=None))):
            daemon.cli(*config("table-map later", "map from ef to af41",
                               "interface wg9", *lines), "do write memory")
            one = sock.tunnels()["wg9"]
            for key, value in want.items():
                case.equal("%s: %s" % (lines[0], key), one.get(key), value)
            generation = sock.info()["generation"]
            daemon.stop()
            daemon.start()
            case.equal(lines[0] + ": a start sends nothing that is there",
                       sock.info()["generation"], generation)
    daemon.cli(*config("no interface wg9", "no table-map later"),
               "do write memory")


def undone(case, daemon):
    """The module after X and no X has what it had before."""
    with genl.Tunqos("rA") as sock:
        before = sock.tunnels()
        for line in ("qos pre-classify", "tunnel decap class outer",
                     "tunnel encap dscp copy", "tunnel diffserv-mode pipe",
                     "tunnel encap ecn rfc6040"):
            daemon.cli(*config("interface wg9", line))
            case.true(line, "wg9" in sock.tunnels())
            daemon.cli(*config("interface wg9", "no " + line))
            case.equal("no " + line, sock.tunnels(), before)


def refusals(case, daemon):
    cli = config("interface tun")
    refused(case, daemon, "unknown dscp name", ('"af99" is not a dscp',
                                                "0-63"),
            *cli, "tunnel encap dscp set af99")
    refused(case, daemon, "out of range", '"64" is not a dscp', *cli,
            "tunnel encap dscp set 64")
    refused(case, daemon, "no such table", ("nosuch", "table-map"), *cli,
            "tunnel encap dscp table nosuch")
    refused(case, daemon, "wrong kind", ("wan", "not a tunnel device"),
            *config("interface wan", "tunnel encap dscp copy"))
    refused(case, daemon, "port without frames",
            ("lo", "not a device of ethernet frames"),
            *config("interface lo", "set cos dscp"))
    refused(case, daemon, "ipsec without permit", ("permit", "2983"),
            *config("crypto map vpn 10", "set peer 198.51.100.1",
                    "tunnel diffserv-mode uniform"))
    refused(case, daemon, "inner dscp beside the kernel's outer one",
            ("tun", "inner-dscp", "native", "copy, set or table"),
            *cli, "tunnel encap inner-dscp set 0", "tunnel encap dscp native")
    refused(case, daemon, "control packets of ipsec", "^",
            *config("crypto map vpn 10", "tunnel control dscp cs6"))
    refused(case, daemon, "one aggregate of the kernel's marks",
            ("tun", "single-aggregate", "native"), *cli,
            "tunnel encap single-aggregate af4", "tunnel encap dscp native")
    refused(case, daemon, "two entries of the same sas", ("v 1", "v 2"),
            *config("crypto map v 1", "match reqid 7",
                    "crypto map v 2", "match reqid 7"))
    refused(case, daemon, "table in use", "wan-map",
            *config("table-map wan-map", "map from ef to af41",
                    "interface tun", "tunnel encap dscp table wan-map",
                    "no table-map wan-map"))
    refused(case, daemon, "one of many is wrong", "wan",
            *config("interface tun", "tunnel encap dscp set cs7",
                    "interface wan", "tunnel encap dscp copy"))
    refused(case, daemon, "pcp in a table", ("cos", "46"),
            *config("table-map t", "map from ef to 46", "interface lan.99",
                    "set cos dscp table t"))
    refused(case, daemon, "no room in the mask", ("lan", "0xf0", "16"),
            *config("interface lan", "set mark dscp mask 0xf0"))
    refused(case, daemon, "nothing arrives there", ("lo", "do not arrive"),
            *config("interface lo", "set mark dscp mask 0x3f"))
    refused(case, daemon, "syntax", "^", *config("interface tun",
                                                 "tunnel encap dcsp copy"))

    # not there yet is not wrong
    done = daemon.cli(*config("interface gre77", "tunnel encap dscp copy"))
    case.true("pending: " + done.stdout, "gre77" in done.stdout + done.stderr)
    text = daemon.cli("show tunnel gre77").stdout
    case.true("shown as pending: " + text, "pending" in text)
    daemon.cli(*config("no interface gre77"))

    # who may
    os.chmod(daemon.dir, 0o755)
    os.chmod(daemon.socket, 0o666)
    child = os.fork()
    if not child:
        os.setgid(65534)
        os.setuid(65534)
        with open(os.devnull, "w") as null:
            os.dup2(null.fileno(), 2)
            os.dup2(null.fileno(), 1)
        os.execv(tq.program("tunqos"), [
            "tunqos", "--socket", daemon.socket, "-c", "configure terminal",
            "-c", "interface tun", "-c", "tunnel encap dscp set cs7"])
    _, status = os.waitpid(child, 0)
    case.equal("nobody may not", os.waitstatus_to_exitcode(status) in (1, 3),
               True)


def files(case, net, tun, daemon):
    """A damaged file keeps the old configuration, and says everything."""
    daemon.cli("write memory")
    with open(daemon.config) as f:
        good = f.read()
    text = daemon.cli("show running-config").stdout
    for name, bad, words in (
            ("syntax", good[:len(good) // 2], ("line",)),
            ("many errors", json.dumps({"version": 1, "interfaces": {
                "tun": {"tunnel": {"encap": {"dscp": {"set": 99}},
                                   "decap": {"dscp": "kopy"}}},
                "x" * 20: {"port": {"cos": "dscp"}}}}),
             ("99", "kopy", "x" * 20)),
            ("hole", json.dumps({"version": 1, "tableMaps": {
                "t": {"map": {"ef": 1}}}}), ("t",))):
        with open(daemon.config, "w") as f:
            f.write(bad)
        at = len(daemon.output())
        daemon.process.send_signal(signal.SIGHUP)
        topo.wait(lambda: all(w in daemon.output()[at:] for w in words), 10,
                  "%s: the daemon to say %s" % (name, words))
        case.equal(name + ": the old one runs",
                   daemon.cli("show running-config").stdout, text)
        shots.outer(case, net, tun, name + ": on the wire", AF31)
        done = daemon.cli("configure replace startup-config", check=False)
        case.true(name + ": by command: " + done.stdout + done.stderr,
                  done.returncode == 1 and
                  words[0] in done.stdout + done.stderr)
        # a start with it keeps what the module has
        daemon.stop()
        daemon.start()
        shots.outer(case, net, tun, name + ": after a start", AF31)
    with open(daemon.config, "w") as f:
        f.write(good)
    daemon.process.send_signal(signal.SIGHUP)
    topo.wait(lambda: daemon.cli("show running-config").stdout == text, 10,
              "the good file")
    case.true("reloaded", True)


def round_trip(case, daemon):
    """show running-config is input that gives the same configuration."""
    daemon.cli(*config(
        "table-map wan", "map from af41 to af21", "map from cs1 to 0",
        "default ignore", "table-map cos", "map from ef to 5", "default 0",
        "crypto map vpn 10 ipsec-isakmp", "description to branch b",
        "set peer 198.51.100.1", "tunnel decap dscp copy permit 0-47",
        "qos pre-classify", "crypto map vpn 20 ipsec-isakmp",
        "match local 192.0.2.1", "match reqid 7", "match if-id 8",
        "match mark 0x10 0xff", "match spi 0x1001",
        "tunnel encap ecn rfc6040", "tunnel encap inner-dscp set af11",
        "tunnel encap single-aggregate af4",
        "interface tun",
        "tunnel encap dscp table wan", "tunnel decap class outer",
        "qos pre-classify", "set mark dscp mask 0x3f0000",
        "interface lan.10", "set cos dscp table cos",
        "set mark dscp table cos mask 0x7",
        "interface lan", "set mark dscp table wan mask 0xff000000",
        "interface sit9", "tunnel diffserv-mode uniform",
        "tunnel encap ecn rfc6040", "tunnel decap ecn rfc6040",
        "interface wg9", "tunnel encap inner-dscp table wan",
        "tunnel encap ecn compatibility", "tunnel control dscp cs6"))
    text = daemon.cli("show running-config").stdout
    with genl.Tunqos("rA") as sock:
        module = sock.tunnels(), sock.ports()
        daemon.cli(*config("no interface tun", "no interface lan.10",
                           "no interface lan",
                           "no interface sit9", "no interface wg9",
                           "no crypto map vpn 10", "no crypto map vpn 20",
                           "no table-map wan", "no table-map cos"))
        case.equal("all removed", (sock.tunnels(), sock.ports()), ({}, {}))
        path = daemon.dir + "/pasted"
        with open(path, "w") as f:
            f.write(text)
        topo.run("rA", tq.program("tunqos"), "--socket", daemon.socket, "-f",
                 path)
        case.equal("the same text",
                   daemon.cli("show running-config").stdout, text)
        for before, after in zip(module, (sock.tunnels(), sock.ports())):
            case.equal("the same bindings", after.keys(), before.keys())
            for key in before:
                for what, value in before[key].items():
                    if what not in ("encap", "decap", "egress", "ingress"):
                        case.equal("%s: %s" % (key, what),
                                   after[key].get(what), value)
    for show in ("tunnel", "tunnel tun", "table-map", "crypto map", "cos",
                 "mark", "mark interface lan.10", "reasons", "version",
                 "running-config", "interfaces", "crypto session"):
        done = daemon.cli("show " + show)
        case.true("show " + show, done.stdout.strip())
        done = topo.run("rA", tq.program("tunqos"), "--socket", daemon.socket,
                        "--json", "show", *show.split())
        case.true("show %s as JSON" % show, json.loads(done.stdout))


def some_objects(case, net, tun, daemon):
    """A change that names its objects leaves all others as they are."""
    def change(**interfaces):
        answer = daemon.rpc("config.change", config={
            "version": 1, "interfaces": interfaces})
        case.true("config.change", "result" in answer, str(answer))
        return answer["result"]["changes"]

    def held(sock):
        return {key: {k: v for k, v in one.items()
                      if k not in ("encap", "decap")}
                for key, one in sock.tunnels().items()}

    with genl.Tunqos("rA") as sock:
        daemon.cli(*config("interface tun", "tunnel encap dscp copy"))
        before = held(sock)
        case.true("others", len(before) > 1)
        change(tun={"tunnel": {"encap": {"dscp": {"set": "af31"}}}},
               later={"tunnel": {}})
        shots.outer(case, net, tun, "changed alone", AF31)
        after = held(sock)
        case.equal("the new one", after.pop("later")["state"], "pending")
        case.equal("in the module", after.pop("tun")["encap_value"], AF31)
        before.pop("tun")
        case.equal("the others", after, before)
        case.equal("removed", change(later=None),
                   ["interface later: removed"])
        case.equal("in the module, too", held(sock).keys() ^ after.keys(),
                   {"tun"})
        case.equal("nothing to do", change(later=None), [])


def counters(case, net, tun, daemon):
    """What show says is what passed."""
    def encap():
        out = topo.run("rA", tq.program("tunqos"), "--socket", daemon.socket,
                       "--json", "show", "tunnel", "tun").stdout
        found = json.loads(out)
        return (found["tunnels"][0] if "tunnels" in found else
                found)["encap"]
    daemon.cli(*config("interface tun", "tunnel encap dscp copy"))
    before = encap()
    shot = wire.Shot(net, 6)
    with wire.Captures(end=("hostB", "lan")) as caps:
        shot.send()
        case.true("fence", caps.until_fence(shot, "end"))
    after = encap()
    case.equal("packets", after["packets"] - before["packets"], 257)
    case.equal("written", after["written"] - before["written"], 257)

    # clear counters: the module counts on
    daemon.cli("clear counters tun")
    case.equal("cleared", (encap()["packets"], encap()["written"]), (0, 0))
    shots.outer(case, net, tun, "after that", EF)
    with genl.Tunqos("rA") as sock:
        counted = sock.tunnels()["tun"]["encap"]["packets"]
    case.equal("counted", counted, after["packets"] + 1)
    case.equal("shown", encap()["packets"], 1)


def test(case):
    case.true("answers are checked (python3-jsonschema)", tq.schema() is not None)
    with tq.module(), topo.Founding(vlan_b=10) as net:
        topo.ip("rA", "link add link lan name lan.10 type vlan id 10")
        with net.tunnel("gre") as tun, tq.Daemon("rA") as daemon:
            restarts(case, net, tun, daemon)
            case.note("restarts done")
            somebody_else(case, daemon)
            later_settings(case, daemon)
            undone(case, daemon)
            refusals(case, daemon)
            case.note("refusals done")
            files(case, net, tun, daemon)
            case.note("files done")
            round_trip(case, daemon)
            some_objects(case, net, tun, daemon)
            counters(case, net, tun, daemon)


if __name__ == "__main__":
    main(test)
