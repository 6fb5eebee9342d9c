#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: limit=300
"""The netlink contract: refusals in words, all or nothing, who may."""

import errno
import os
import random
import socket
import struct
import subprocess
import sys

import genl
import topo
import tq
from case import main

COPY = [d for d in range(64)]


def refused(case, name, act, number, words):
    """act() is refused with this errno and these words."""
    try:
        act()
    except genl.Refused as e:
        case.equal(name + ": errno", errno.errorcode.get(e.errno),
                   errno.errorcode[number])
        case.true("%s: says '%s', not '%s'" % (name, words, e.message),
                  words in e.message)
        case.true(name + ": lower case, no full stop",
                  not e.message or (e.message[0].islower() or
                                    e.message.startswith("NLA")
                                    or e.message[0].isupper() and
                                    number in (errno.ERANGE, errno.EINVAL))
                  and not e.message.endswith("."))
        return e
    case.fail(name + ": accepted")
    return None


def attribute(key, data):
    return genl.attribute(genl.TUNNEL[key], data)


KEYS = ("device", "peer", "local", "reqid", "if_id", "mark", "mark_mask",
        "spi")


def settings(case, sock):
    """Everything that can be set reads back the same."""
    device = attribute("device", b"tun\0")
    sets = [
        dict(device="gre9", encap_dscp="set", encap_value=17,
             decap_dscp="table", decap_table=COPY[::-1],
             decap_permit={0, 1, 63}, decap_class="outer", pre_classify=1,
             priority=[genl.PRIORITY_LEAVE] * 32 + list(range(32))),
        dict(device="gre9", encap_dscp="table",
             encap_table=[255] + COPY[1:], decap_dscp="copy"),
        dict(device="gre9", encap_dscp="native"),
        dict(peer="192.0.2.77", label="vpn 10", decap_dscp="copy",
             decap_permit={46}),
        dict(peer="fd00::77", label="x" * 63, encap_inner="set",
             encap_inner_value=9, encap_ecn="rfc6040", decap_ecn="rfc6040"),
        dict(local="192.0.2.78", encap_dscp="set", encap_value=3),
        dict(peer="fd00::78", local="fd00::79", reqid=7, if_id=0xffffffff,
             mark=0x10, mark_mask=0xf0, spi=0x01020304),
        dict(reqid=8), dict(if_id=9), dict(mark=0, mark_mask=1),
        dict(spi=0xc0000001),
    ]
    for what in sets:
        with sock.transaction():
            sock.set_tunnel(**what)
        got = next(one for one in sock.tunnels().values()
                   if what.items() <= one.items())
        case.equal("nothing else is in its key", {
            k for k in got if k in KEYS}, {k for k in what if k in KEYS})
        for key, value in what.items():
            case.equal("%s reads back" % key, got.get(key), value)
        case.equal("no device: pending; ipsec: active", got["state"],
                   "pending" if "device" in what else "active")
    for what, key, value in (
            (dict(encap_value=0), "encap_dscp", "set"),
            (dict(encap_table=COPY), "encap_dscp", "table"),
            (dict(encap_table=COPY, encap_dscp="copy"), "encap_dscp", "copy"),
            (dict(encap_inner_value=0), "encap_inner", "set"),
            (dict(encap_inner_table=COPY), "encap_inner", "table"),
            (dict(decap_table=COPY), "decap_dscp", "table"),
            (dict(decap_table=COPY, decap_dscp="keep"), "decap_dscp", "keep")):
        with sock.transaction():
            sock.set_tunnel(device="gre9", **what)
        got = next(one for one in sock.tunnels().values()
                   if one.get("device") == "gre9")
        case.equal("%s says %s" % (" and ".join(what), key), got[key], value)
        case.equal("with " + next(iter(what)), got.get(next(iter(what))),
                   next(iter(what.values())) if len(what) == 1 else None)
    with sock.transaction():
        sock.flush()
    case.equal("flush", sock.tunnels(), {})

    for name, payload, number, words in (
            ("no name", b"", errno.EINVAL, "by a device or by what its sas"),
            ("two names", device + attribute("peer4", b"\1\2\3\4"),
             errno.EINVAL, "by a device or by what its sas"),
            ("device and spi", device + attribute("spi", b"\1\2\3\4"),
             errno.EINVAL, "by a device or by what its sas"),
            ("two peers", attribute("peer4", b"\1\2\3\4") +
             attribute("peer6", b"\1" * 16), errno.EINVAL, "not both"),
            ("two families", attribute("peer4", b"\1\2\3\4") +
             attribute("local6", b"\1" * 16), errno.EINVAL,
             "different families"),
            ("local 0", attribute("local4", bytes(4)), errno.EINVAL,
             "cannot be 0.0.0.0"),
            ("reqid 0", attribute("reqid", bytes(4)), errno.EINVAL,
             "reqid cannot be 0"),
            ("if-id 0", attribute("if_id", bytes(4)), errno.EINVAL,
             "if-id cannot be 0"),
            ("spi 0", attribute("spi", bytes(4)), errno.EINVAL,
             "spi cannot be 0"),
            ("mask 0", attribute("mark", bytes(4)) +
             attribute("mark_mask", bytes(4)), errno.EINVAL,
             "mask cannot be 0"),
            ("mask without mark", attribute("mark_mask", b"\1" * 4),
             errno.EINVAL, "mark-mask needs mark"),
            ("mark outside of its mask", attribute("mark", b"\3" * 4) +
             attribute("mark_mask", b"\1" * 4), errno.EINVAL,
             "bits that its mask has not"),
            ("ipsec with control-dscp", attribute("peer4", b"\1\2\3\4") +
             attribute("control_dscp", b"\1"), errno.EINVAL,
             "for wireguard devices"),
            ("ipsec with decap-gro", attribute("peer4", b"\1\2\3\4") +
             attribute("decap_gro", b"\1"), errno.EINVAL,
             "decap-gro is for devices"),
            ("unknown decap-gro", device + attribute("decap_gro", b"\2"),
             errno.ERANGE, ""),
            ("bad name", attribute("device", b"a/b\0"), errno.EINVAL,
             "not a name"),
            ("empty name", attribute("device", b"\0"), errno.EINVAL,
             "not a name"),
            ("long name", attribute("device", b"x" * 16 + b"\0"),
             errno.EINVAL, ""),
            ("peer 0", attribute("peer4", bytes(4)), errno.EINVAL,
             "cannot be 0.0.0.0"),
            ("peer ::", attribute("peer6", bytes(16)), errno.EINVAL,
             "cannot be ::"),
            ("short peer6", attribute("peer6", bytes(15)), errno.ERANGE, ""),
            ("dscp 64", device + attribute("encap_dscp", b"\1") +
             attribute("encap_value", b"\x40"), errno.ERANGE, ""),
            ("set without value", device + attribute("encap_dscp", b"\1"),
             errno.EINVAL, "needs encap-value"),
            ("table without table", device + attribute("encap_dscp", b"\2"),
             errno.EINVAL, "needs encap-table"),
            ("decap table without table", device +
             attribute("decap_dscp", b"\2"), errno.EINVAL,
             "needs decap-table"),
            ("unknown mode", device + attribute("encap_dscp", b"\4"),
             errno.ERANGE, ""),
            ("table of 63", device + attribute("encap_table", bytes(63)),
             errno.ERANGE, ""),
            ("table of 65", device + attribute("encap_table", bytes(65)),
             errno.ERANGE, ""),
            ("table with 64 in it", device + attribute("encap_dscp", b"\2") +
             attribute("encap_table", bytes(9) + b"\x40" + bytes(54)),
             errno.EINVAL, "dscp 9 is 64, not 0-63 or 255"),
            ("ipsec without permit", attribute("peer4", b"\1\2\3\4") +
             attribute("decap_dscp", b"\1"), errno.EINVAL, "permit list"),
            ("priorities without pre-classify", device +
             attribute("priority_table", bytes(256)), errno.EINVAL,
             "needs pre-classify"),
            ("long label", attribute("peer4", b"\1\2\3\4") +
             attribute("label", b"x" * 64 + b"\0"), errno.EINVAL, ""),
            ("unknown attribute", device + genl.attribute(500, b"1234"),
             errno.EINVAL, ""),
            ("an attribute only for reading", device +
             attribute("state", bytes(4)), errno.EINVAL, "")):
        sock.begin()
        refused(case, name, lambda p=payload: sock.request("set_tunnel", p),
                number, words)
        sock.commit()
        case.equal(name + ": nothing changed", sock.tunnels(), {})


def transactions(case, sock, other):
    copy = dict(device="gre9", encap_dscp="copy")
    refused(case, "no begin", lambda: sock.set_tunnel(**copy), errno.EINVAL,
            "no transaction is open")
    refused(case, "commit without begin", sock.commit, errno.EINVAL,
            "no transaction is open")
    sock.begin()
    refused(case, "second begin", other.begin, errno.EBUSY,
            "another transaction is open")
    refused(case, "not the owner", lambda: other.set_tunnel(**copy),
            errno.EINVAL, "no transaction is open")
    sock.set_tunnel(**copy)
    case.equal("staged", sock.info()["staged"], 1)
    case.equal("staged is not there yet", sock.tunnels(), {})
    sock.abort()
    case.equal("aborted", sock.tunnels(), {})

    generation = sock.info()["generation"]
    with sock.transaction():
        sock.set_tunnel(**copy)
    case.equal("generation", sock.info()["generation"], generation + 1)
    refused(case, "stale", lambda: sock.begin(generation), errno.ESTALE,
            "changed meanwhile")
    sock.begin(generation + 1)
    sock.abort()

    # all or nothing: the last of many is wrong
    before = sock.tunnels()
    for bad, number, words in (
            (lambda: sock.set_tunnel(device="wan", encap_dscp="copy"),
             errno.EOPNOTSUPP, "tunnel wan: not a tunnel device that tunqos knows"),
            (lambda: sock.set_port("tun", COPY[:8] * 8), errno.EOPNOTSUPP,
             "port tun: not a device of ethernet frames"),
            (lambda: sock.del_tunnel(device="nobody"), errno.ENOENT,
             "tunnel nobody: no such binding"),
            (lambda: sock.del_tunnel(peer="fd00::1"), errno.ENOENT,
             "ipsec peer fd00::1: no such binding")):
        sock.begin()
        sock.flush()
        for i in range(40):
            sock.set_tunnel(device="new%d" % i, encap_dscp="copy")
        sock.set_tunnel(device="gre9", encap_dscp="set", encap_value=1)
        sock.set_tunnel(device="tun", decap_dscp="copy")
        sock.set_tunnel(peer="192.0.2.1", decap_dscp="copy", decap_permit={1})
        bad()
        refused(case, "commit with one wrong: " + words, sock.commit, number,
                words)
        case.equal("everything as it was: " + words, sock.tunnels(), before)
        case.equal("the transaction is over: " + words,
                   sock.info()["staged"], 0)

    # a socket that is closed takes its transaction with it
    with genl.Tunqos("rA") as third:
        third.begin()
        third.set_tunnel(device="gone", encap_dscp="copy")
    with sock.transaction():
        pass
    case.equal("dropped with its socket", sock.tunnels(), before)

    # order inside a transaction: the last word counts
    with sock.transaction():
        sock.set_tunnel(device="a", encap_dscp="copy")
        sock.del_tunnel(device="a")
        sock.set_tunnel(device="b", encap_dscp="copy")
        sock.set_tunnel(device="b", encap_dscp="native")
        sock.del_tunnel(device="gre9")
        sock.set_tunnel(device="gre9", encap_dscp="set", encap_value=9)
    got = sock.tunnels()
    case.equal("last word", {k: v["encap_dscp"] for k, v in got.items()},
               {"b": "native", "gre9": "set"})
    with sock.transaction():
        sock.flush()

    for number in (1, 300, 2000):
        with sock.transaction():
            for i in range(number):
                sock.set_tunnel(device="n%d" % i, encap_dscp="table",
                                encap_table=COPY)
        case.equal("dump of %d" % number, sock.count(), number)
        case.equal("all ports", sock.ports(), {})
    with sock.transaction():
        sock.flush()
    case.equal("none left", sock.tunnels(), {})


def permissions(case):
    """CAP_NET_ADMIN over the namespace for all but what the module is."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        try:
            with open("/run/netns/rA") as ns:
                topo.setns(ns.fileno())
                os.setgid(65534)
                os.setuid(65534)
                with genl.Tunqos(None) as sock:
                    found = []
                    for act in (sock.info, sock.tunnels, sock.ports,
                                sock.reasons, sock.begin, sock.commit,
                                sock.abort, sock.flush):
                        try:
                            act()
                            found.append(0)
                        except genl.Refused as e:
                            found.append(e.errno)
                    try:
                        sock.listen()
                    except OSError as e:
                        found.append(e.errno)
            os.write(write, repr(found).encode())
        finally:
            os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    got = os.read(read, 4096).decode()
    os.close(read)
    case.equal("nobody may ask for the release and for no more", got,
               repr([0] + [errno.EPERM] * 8))


GUESTS = 8192  # bindings of all of them together
GUEST = """
import genl
with genl.Tunqos(None) as sock:
    print("ready", flush=True)
    for name, count, flush in iter(lambda: input().split(), ["end", "0", "0"]):
        try:
            with sock.transaction():
                if flush == "1":
                    sock.request("flush")  # without packets to be judged
                sock.set_tunnels(dict(device=name + str(i), encap_dscp="copy")
                                 for i in range(int(count)))
            said = ""
        except genl.Refused as e:
            said = str(e)
        print(sock.count(), said, flush=True)
"""


class Guest:
    """A namespace that anybody may make, and its owner in it."""

    def __enter__(self):
        self.process = subprocess.Popen(
            ["unshare", "--user", "--map-root-user", "--net", sys.executable,
             "-c", GUEST], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, env=dict(os.environ, PYTHONPATH=os.path.dirname(
                genl.__file__)))
        self.process.stdout.readline()
        return self

    def __exit__(self, *_):
        self.process.communicate("end 0 0\n", 60)

    def put(self, name, count, flush=False):
        """So many tunnels; (how many there are, why it was refused)."""
        self.process.stdin.write("%s %d %d\n" % (name, count, flush))
        self.process.stdin.flush()
        held, _, said = self.process.stdout.readline().strip().partition(" ")
        return int(held), said


def guests(case, sock):
    """All share the module's tables; those who do not own the machine cannot
    fill them up. What the same transaction removes does not count."""
    def refused(what, got, held):
        case.equal(what + ": held", got[0], held)
        case.true(what + ": says why", "too many bindings: 65536" in got[1]
                  and str(GUESTS) in got[1], got[1])

    with Guest() as one, Guest() as two:
        case.equal("as many as may be", one.put("a", GUESTS), (GUESTS, ""))
        case.equal("others instead", one.put("b", GUESTS, flush=True),
                   (GUESTS, ""))
        refused("one more", one.put("c", 1), GUESTS)
        refused("of somebody else", two.put("d", 1), 0)
        held, said = one.put("e", GUESTS + 1, flush=True)
        case.equal("staged beyond that: held", held, GUESTS)
        case.true("staged beyond that: says why", "changes are staged: %d"
                  % GUESTS in said and "commit fewer" in said, said)
        sock.begin()
        sock.many("del_tunnel", (sock.tunnel(device="no%d" % i)
                                 for i in range(GUESTS + 1)))
        case.equal("the machine stages more", sock.info()["staged"],
                   GUESTS + 1)
        sock.abort()
        with sock.transaction():
            sock.set_tunnel(device="mine", encap_dscp="copy")
        case.equal("the machine's own", list(sock.tunnels()), ["mine"])
        case.equal("fewer", one.put("a", 1, flush=True), (1, ""))
        case.equal("room for others", two.put("d", 1), (1, ""))
    with sock.transaction():
        sock.flush()


def events(case, sock):
    """Listeners hear a device come and go, and a commit."""
    with genl.Tunqos("rA") as ear:
        ear.listen()
        with sock.transaction():
            sock.set_tunnel(device="late", decap_dscp="copy")
        topo.ip("rA", ["link add late type gre local 192.0.2.1 remote 9.9.9.9",
                       "link del late"])
        heard = []
        while len(heard) < 3:
            raw = ear.sock.recv(1 << 16)
            cmd = raw[16]
            if cmd == genl.CMD["tunnel_ntf"]:
                heard.append(ear.binding(raw[20:], genl.TUNNEL)["state"])
            elif cmd == genl.CMD["config_ntf"]:
                heard.append("commit")
    case.equal("events", heard, ["commit", "active", "pending"])
    with sock.transaction():
        sock.flush()


def interrupted(case, sock):
    """A dump into which a commit falls ends there, and says so."""
    number = 3000
    with sock.transaction():
        sock.flush()
        sock.set_tunnels(dict(device="n%d" % i, encap_dscp="copy")
                         for i in range(number))
    with genl.Tunqos("rA") as reader:
        reader.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 20000)
        reader.seq += 1
        reader.sock.send(struct.pack(
            "=IHHIIBBH", 20, reader.family, genl.NLM_F_REQUEST |
            genl.NLM_F_DUMP, reader.seq, 0, genl.CMD["get_tunnel"], 1, 0))
        got, kind, flags = 0, None, 0
        while kind != genl.NLMSG_DONE:
            raw = reader.sock.recv(1 << 20)
            if not got:
                with sock.transaction():
                    sock.del_tunnel(device="n0")
            while raw:
                length, kind, flags = struct.unpack_from("=IHH", raw)
                got += kind == reader.family
                raw = raw[(length + 3) & ~3:]
    case.true("a part of it", 0 < got < number // 2, str(got))
    case.true("its end says so", flags & genl.NLM_F_DUMP_INTR,
              "%#x" % flags)
    case.equal("the next one is whole", sock.count(), number - 1)
    with sock.transaction():
        sock.flush()


def noise(case, sock):
    """Random attributes: the module answers, and stays as it is."""
    rng = random.Random(2983)
    commands = sorted(genl.CMD.values()) + [99]
    answers = {}
    for _ in range(4000):
        payload = b"".join(
            genl.attribute(rng.randrange(24), rng.randbytes(
                rng.choice((0, 1, 2, 4, 8, 16, 64, 256, 70))))
            for _ in range(rng.randrange(5)))
        payload += rng.randbytes(rng.choice((0, 0, 0, 3, 7)))
        flags = rng.choice((genl.NLM_F_ACK, genl.NLM_F_ACK, genl.NLM_F_DUMP))
        try:
            sock.talk(sock.family, rng.choice(commands), payload, flags)
            word = "ok"
        except genl.Refused as e:
            word = errno.errorcode.get(e.errno, str(e.errno))
        except struct.error:
            word = "odd"
        answers[word] = answers.get(word, 0) + 1
    case.note("random requests: %s" % answers)
    case.true("mostly refused", answers.get("EINVAL", 0) > 500)
    try:
        sock.abort()
    except genl.Refused:
        pass
    with sock.transaction():
        sock.flush()
    case.equal("and nothing is left", sock.tunnels(), {})


def test(case):
    with tq.module(), topo.Founding() as net, net.tunnel("gre"):
        with genl.Tunqos("rA") as sock, genl.Tunqos("rA") as other:
            settings(case, sock)
            transactions(case, sock, other)
            events(case, sock)
            guests(case, sock)
            interrupted(case, sock)
            noise(case, sock)
        permissions(case)
        info = genl.Tunqos("rB").info()
        case.equal("rB was not touched", info["generation"], 0)


if __name__ == "__main__":
    main(test)
