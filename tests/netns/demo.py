#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: programs, limit=240
"""The founding question, shown: marks survive GRE over IPsec and a VLAN.

Two branches, real packets, each hop captured on the wire. Everything is typed
through the CLI and printed as it is typed. Ends with status 1 if one cell of
the tables is not what it should be.
"""

import fcntl
import os
import pty
import re
import select
import socket
import struct
import subprocess
import sys
import termios

import expect
import topo
import tq
import wire

PICTURE = """
  hostA ---- rA ======== wan ======== rB ---- hostB
      VLAN 20   GRE in IPsec (ESP,       VLAN 10
                transport, AES-GCM)
"""
MARKS = ("ef", "af41", "cs1", "default")
DS = [expect.DSCP.get(m, 0) << 2 for m in MARKS]
NAME = {expect.DSCP.get(m, 0): m.upper() if m != "default" else "0"
        for m in MARKS + ("af21",)}
MATCH_EF = "meta(tc_index mask 0xf03f eq 0x702e)"


def name(dscp):
    return NAME.get(dscp, str(dscp))


def terminal(router, lines):
    """A session of the CLI at a terminal: prompts, echo and answers."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("4H", 24, 250, 0, 0))
    shell = topo.popen(router, "unshare", "--uts", "sh", "-c",
                       'hostname "$0"; exec "$@"', router,
                       tq.program("tunqos"), stdin=slave, stdout=slave,
                       stderr=slave, env=dict(os.environ, TERM="dumb"))
    os.close(slave)
    shown, typed = "", 0
    for line in [*lines, ""]:
        while not re.search(r"(?:^|\n)%s\S*# ?$" % router, shown[typed:]):
            if not select.select([master], [], [], 30 * topo.SLOW)[0]:
                raise TimeoutError("no prompt: " + shown)
            shown += os.read(master, 4096).decode().replace("\r", "")
        typed = len(shown)
        os.write(master, (line + "\n" if line else "\4").encode())
    shell.wait(30 * topo.SLOW)
    os.close(master)
    return shown.rpartition("\n")[0]


class Demo:
    def __init__(self, net, tun):
        self.net = net
        self.tun = tun
        self.cells = 0
        self.wrong = 0

    def title(self, number, text):
        print("\n%s\n%d. %s\n%s" % ("=" * 78, number, text, "-" * 78))

    def type(self, router, *lines):
        """Configuration as an engineer types it; what the terminal shows."""
        text = terminal(router, ["configure terminal", *lines, "end"])
        print("  " + text.replace("\n", "\n  "))
        self.wrong += any(
            line.startswith("%") and not line.startswith(("% NOTE:",
                                                          "% Warning:"))
            for line in text.splitlines())

    def cli(self, router, *lines):
        argv = [tq.program("tunqos")]
        for line in lines:
            argv += ["-c", line]
        done = topo.run(router, *argv, check=False, stdin=subprocess.DEVNULL)
        text = (done.stdout + done.stderr).rstrip()
        if done.returncode:
            print("%s\n  exit status %d" % (text, done.returncode))
            self.wrong += 1
        return text

    def show(self, router, line):
        print("\n  %s# %s" % (router, line))
        print("    " + self.cli(router, line).replace("\n", "\n    "))

    def cell(self, seen, expected, width, show=name):
        self.cells += 1
        if seen == expected:
            return ("%-6s ok" % show(seen)).ljust(width)
        self.wrong += 1
        return ("%s, NOT %s" % ("none" if seen is None else show(seen),
                                show(expected))).ljust(width)

    def table(self, outer, far, end, pcp):
        """One packet of each mark and family; functions of the DSCP sent."""
        columns = (("", 6), ("hostA > rA", 12), ("rA > wan, outer", 17),
                   ("wan > rB, outer", 17), ("rB > hostB", 13),
                   ("its VLAN PCP", 12))
        print("\n  " + "".join(t.ljust(w) for t, w in columns))
        for family in (4, 6):
            shot = wire.Shot(self.net, family, DS)
            with wire.Captures(start=("rA", "lan"), near=("wan", "rA"),
                               far=("rB", "wan"),
                               end=("hostB", "lan")) as caps:
                shot.send()
                caps.until_fence(shot, "end")
                first = shot.sort(caps["start"])
                near = shot.sort(caps["near"], self.tun)
                wide = shot.sort(caps["far"], self.tun)
                last = shot.sort(caps["end"])
            for ds in DS:
                dscp = ds >> 2
                hops = [hop.get(ds) for hop in (first, near, wide, last)]
                marks = [p and p.ips[0].dscp for p in hops]
                tags = hops[3].tags if hops[3] else []
                print("  " + ("IPv%d" % family).ljust(6) +
                      self.cell(marks[0], dscp, 12) +
                      self.cell(marks[1], outer(dscp), 17) +
                      self.cell(marks[2], far(dscp), 17) +
                      self.cell(marks[3], end(dscp), 13) +
                      self.cell(tags[0].pcp if tags else None, pcp(dscp), 12,
                                str))


    def phones(self, src, router):
        """One frame of each priority from a host that knows 802.1p alone."""
        dst = "hostB" if src == "hostA" else "hostA"
        vid = self.net.vlan[src]
        columns = (("", 6), (src + " PCP", 12), ("%s > wan, outer" % router, 17),
                   ("%s DSCP" % dst, 13), ("%s PCP" % dst, 12))
        print("\n  " + "".join(t.ljust(w) for t, w in columns))
        for family in (4, 6):
            for pcp in (6, 5, 0):
                shot = wire.Shot(self.net, family, [0], src, dst,
                                 [(0x8100, pcp, 0, vid)])
                with wire.Captures(near=("wan", router),
                                   end=(dst, "lan")) as caps:
                    shot.send(fence=False)
                    caps.until_all(shot, "end", 1)
                    near = shot.sort(caps["near"], self.tun).get(0)
                    last = shot.sort(caps["end"]).get(0)
                dscp = {6: 48, 5: 40, 0: 0}[pcp]  # SonicOS's table
                print("  " + ("IPv%d" % family).ljust(6) + str(pcp).ljust(12) +
                      self.cell(near and near.ips[0].dscp, dscp, 17, str) +
                      self.cell(last and last.ips[0].dscp, dscp, 13, str) +
                      self.cell(last.tags[0].pcp if last and last.tags
                                else None, pcp, 12, str))


def same(dscp):
    return dscp


def bleached(_):
    return 0


def daemon(router, directory):
    """tunqosd in a router's namespace, found there by the CLI."""
    log = open("%s/%s.log" % (directory, router), "w")
    process = topo.popen(router, tq.program("tunqosd"), "--config",
                         "%s/%s.json" % (directory, router),
                         stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    inode = os.stat("/run/netns/" + router).st_ino

    def listens():
        with socket.socket(socket.AF_UNIX) as s:
            return s.connect_ex("/run/tunqos/%d.sock" % inode) == 0
    topo.wait(lambda: process.poll() is not None or listens(), 30,
              "tunqosd of " + router)
    return process


def classes(net):
    """Packets that left by each HTB class of rA's WAN port."""
    out = net.run("rA", "tc", "-s", "class", "show", "dev", "wan").stdout
    print("\n  rA# tc -s class show dev wan\n    " +
          out.strip().replace("\n", "\n    "))
    found, current = {}, None
    for words in map(str.split, out.splitlines()):
        if words[:1] == ["class"]:
            current = words[2]
        elif words[:1] == ["Sent"]:
            found[current] = int(words[3])
    return found


def pre_classify(demo, net):
    for command in (
            "qdisc replace dev wan root handle 1: htb default 30",
            "class add dev wan parent 1: classid 1:10 htb rate 100mbit prio 0",
            "class add dev wan parent 1: classid 1:30 htb rate 100mbit prio 1",
            "filter add dev wan parent 1: basic match '%s' classid 1:10"
            % MATCH_EF):
        print("  rA# tc " + command)
        net.run("rA", "tc", *command.replace("'", "").split(" match ")[0]
                .split(), *(["match", MATCH_EF, "classid", "1:10"]
                            if " match " in command else []))
    for state in ("on", "off"):
        if state == "off":
            demo.type("rA", "interface gre1", "no qos pre-classify", "exit",
                      "crypto map vpn 10", "no qos pre-classify")
        demo.table(bleached, bleached, same, lambda d: d >> 3)
        before = demo.counted
        demo.counted = classes(net)
        ef = demo.counted["1:10"] - before["1:10"]
        want = 2 if state == "on" else 0
        print("\n  pre-classify %-3s: EF packets in the EF class behind "
              "encryption: %s" % (state, demo.cell(ef, want, 0, str)))
    net.run("rA", "tc", "qdisc", "del", "dev", "wan", "root")


def cases(demo, net, directory):
    demo.title(1, "without tunqos: the mark is lost on the wire and on the "
               "VLAN")
    demo.table(bleached, bleached, same, bleached)

    tq.load()
    routers = [daemon(r, directory) for r in ("rA", "rB")]
    try:
        demo.title(2, "encap copy: every ESP header carries the inner DSCP")
        demo.type("rA", "interface gre1", "tunnel encap dscp copy")
        demo.table(same, same, same, bleached)

        demo.title(3, "the WAN bleaches: pipe keeps the inner mark, and the "
                   "VLAN gets its PCP")
        demo.type("rB", "interface gre1", "tunnel diffserv-mode pipe",
                  "interface lan.10", "set cos dscp")
        with net.remark(net.mark_all(dscp=0)):
            demo.table(same, bleached, same, lambda d: d >> 3)

        demo.title(4, "the WAN remarks EF to AF41: uniform brings AF41 to "
                   "hostB")
        demo.type("rB", "interface gre1", "tunnel diffserv-mode uniform")
        af41 = expect.DSCP["af41"]
        ef = expect.DSCP["ef"]
        with net.remark(["ip dscp ef ip dscp set af41",
                         "ip6 dscp ef ip6 dscp set af41"]):
            demo.table(same, lambda d: af41 if d == ef else d,
                       lambda d: af41 if d == ef else d,
                       lambda d: (af41 if d == ef else d) >> 3)

        demo.title(5, "a table-map at encap: AF41 is AF21 on the wire, AF41 "
                   "inside")
        demo.type("rA", "table-map wan", "map from af41 to af21",
                  "interface gre1", "tunnel encap dscp table wan")
        demo.type("rB", "interface gre1", "tunnel diffserv-mode short-pipe")
        af21 = expect.DSCP["af21"]

        def mapped(dscp):
            return af21 if dscp == af41 else dscp
        demo.table(mapped, mapped, same, lambda d: d >> 3)

        demo.title(6, "qos pre-classify: the WAN port queues encrypted EF by "
                   "the inner mark")
        print("  (the outer header is set to 0, so nothing else can tell)")
        demo.type("rA", "interface gre1", "tunnel encap dscp set default",
                  "qos pre-classify", "crypto map vpn 10 ipsec-isakmp",
                  "set peer " + topo.WAN["rB"][4], "qos pre-classify")
        pre_classify(demo, net)

        demo.title(7, "phones that know 802.1p alone: priority 6 is DSCP 48 "
                   "on the way, and 6 again")
        for router, lan in (("rA", "lan.20"), ("rB", "lan.10")):
            demo.type(router, "interface gre1", "tunnel diffserv-mode uniform",
                      "interface " + lan, "mls qos trust cos", "set cos dscp")
        demo.phones("hostA", "rA")
        demo.phones("hostB", "rB")
        demo.show("rA", "show mls qos interface lan.20")

        demo.show("rA", "show tunnel")
        demo.show("rB", "show tunnel gre1")
        demo.show("rA", "show running-config")
        demo.show("rA", "write memory")
    finally:
        for process in routers:
            process.terminate()
            process.wait(20 * topo.SLOW)
        if demo.wrong:
            for router in ("rA", "rB"):
                with open("%s/%s.log" % (directory, router)) as log:
                    print("--- tunqosd of %s\n%s" % (router, log.read()))
        tq.unload()


def main():
    directory = "/tmp/tunqos-demo"
    os.makedirs(directory, exist_ok=True)
    print(PICTURE)
    print("Each cell: the DSCP captured there, and whether it is the one "
          "expected.\nESP's own header is the outer one; what is inside is "
          "encrypted.")
    with topo.Founding(vlan_a=20, vlan_b=10) as net:
        tun = net.tunnel("gre-esp")
        tun.dev = "gre1"
        with tun:
            demo = Demo(net, tun)
            demo.counted = {"1:10": 0}
            cases(demo, net, directory)
    print("\n%d cells, %d as expected, %d wrong" % (
        demo.cells, demo.cells - demo.wrong, demo.wrong))
    return 1 if demo.wrong or not demo.cells else 0


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    sys.exit(main())
