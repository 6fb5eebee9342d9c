#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: limit=600
"""tests/fuzz/genl.c against the module; then the module works and goes.

TUNQOS_SECONDS and TUNQOS_SEED say how long, and which way; a run with the same
seed begins with the same programs. What is wrong is found by KASAN, lockdep,
kmemleak, and by a transaction that does not do what it says afterwards.
"""

import os
import re
import subprocess
import time

import expect
import genl
import topo
import tq
import wire
from case import main

SECONDS = int(os.environ.get("TUNQOS_SECONDS") or 60)
SEED = int(os.environ.get("TUNQOS_SEED") or time.time())
EF = expect.DSCP["ef"]
PROGRAM = "/tmp/tunqos-fuzz-genl"


def build():
    topo.run(None, "cc", "-O1", "-o", PROGRAM, os.path.join(
        os.environ["TUNQOS_SRC"], "tests/fuzz/genl.c"))


def fuzz(case, ns):
    case.note("%d s, seed %d" % (SECONDS, SEED))
    with topo.inside(ns):
        done = subprocess.run(
            [PROGRAM, str(SECONDS), str(SEED)], text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print(done.stdout, end="")
    case.equal("every command was accepted", done.returncode, 0)
    numbers = re.search(r"(\d+) messages, \d+/s, (\d+) edges, corpus (\d+)",
                        done.stdout)
    if case.true("it has counted", numbers):
        sent, edges, corpus = map(int, numbers.groups())
        case.true("messages", sent > 20 * SECONDS, sent)
        if os.path.exists("/sys/kernel/debug/kcov"):
            case.true("guided by edges of the module", edges > 200 and
                      corpus > 20, "%d edges, corpus %d" % (edges, corpus))


def works(case, net, ns):
    """Nothing is left over, and a packet is marked as it ought to be."""
    with genl.Tunqos(ns) as sock:
        case.equal("nothing is staged", sock.info()["staged"], 0)
        with sock.transaction():
            sock.flush()
        case.equal("flushed", (sock.tunnels(), sock.ports(),
                               sock.rules()), ({}, {}, {}))
    with net.tunnel("gre") as tun, genl.Tunqos("rA") as sock:
        case.equal("the neighbour was not touched",
                   sock.info()["generation"], 0)
        with sock.transaction():
            sock.set_tunnel(device="tun", encap_dscp="copy")
        shot = wire.Shot(net, 4, [EF << 2])
        with wire.Captures(near=("wan", "rA"), end=("hostB", "lan")) as caps:
            shot.send()
            case.true("it arrives", caps.until_fence(shot, "end"))
            got = [p.ips[0].dscp for p in shot.sort(caps["near"],
                                                    tun).values()]
        case.equal("outer DSCP", got, [EF])


def test(case):
    build()
    with tq.module(), topo.Founding() as net:
        net.namespaces("box")
        topo.ip("box", ["link set lo up", "link add base type dummy",
                        "link set base up"])
        fuzz(case, "box")
        works(case, net, "box")
    case.true("and the module could be unloaded", not tq.loaded())


if __name__ == "__main__":
    main(test)
