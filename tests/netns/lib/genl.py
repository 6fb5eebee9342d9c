# SPDX-License-Identifier: GPL-2.0-or-later
"""The module's netlink contract, spoken without daemon or libraries.

  with genl.Tunqos("rA") as tq:
      with tq.transaction():
          tq.set_tunnel(device="tun", encap_dscp="set", encap_value=46)
      print(tq.tunnels()["tun"]["encap"]["written"])

Numbers come from include/uapi/linux/tunqos.h, so a test can also send what no
library would: see Tunqos.request().
"""

import contextlib
import errno
import itertools
import os
import re
import socket
import struct
import time

import topo

NETLINK_GENERIC = 16
SOL_NETLINK = 270
NETLINK_ADD_MEMBERSHIP, NETLINK_CAP_ACK, NETLINK_EXT_ACK = 1, 10, 11
NLM_F_REQUEST, NLM_F_ACK, NLM_F_DUMP = 1, 4, 0x300
NLM_F_DUMP_INTR, NLM_F_CAPPED, NLM_F_ACK_TLVS = 0x10, 0x100, 0x200
NLMSG_ERROR, NLMSG_DONE = 2, 3
GENL_ID_CTRL, CTRL_CMD_GETFAMILY = 16, 3
CTRL_ATTR_FAMILY_ID, CTRL_ATTR_FAMILY_NAME, CTRL_ATTR_MCAST_GROUPS = 1, 2, 7
NESTED = 0x8000
LEAVE = 255
PRIORITY_LEAVE = 0xffffffff


# what a port may have beside its PCPs
PORT_MORE = dict(arrival=[d for d in range(0, 64, 8) for _ in range(2)] + [0],
                 override=1, mutation=list(range(64)), dei={12, 38},
                 mark=list(range(64)), mask=0x3f00, rules=1)
# all that a rule may have
RULE_ALL = dict(number=1, cos_mask=0xf000000, arrival_dscp=[46] * 17,
                override=1, arrival_tag=[LEAVE] * 17, dscp_tag=[9] * 64,
                insert_tag=1)


def constants(path):
    """All enumerators of a C header, by name."""
    with open(path) as f:
        text = re.sub(r"/\*.*?\*/", "", f.read(), flags=re.S)
    found = {}
    for body in re.findall(r"enum\s*\w*\s*\{(.*?)\}", text, re.S):
        value = -1
        for item in filter(None, (x.strip() for x in body.split(","))):
            name, _, given = (x.strip() for x in item.partition("="))
            if given.startswith("("):
                continue  # the last one by another name
            value = int(given, 0) if given else value + 1
            found[name] = value
    return found


UAPI = constants(os.path.join(
    os.environ.get("TUNQOS_SRC") or
    os.path.join(os.path.dirname(__file__), "../../.."),
    "include/uapi/linux/tunqos.h"))


def named(prefix):
    """{'device': 1, ...} of TUNQOS_A_TUNNEL_..., and back."""
    prefix = "TUNQOS_" + prefix
    return {k[len(prefix):].lower(): v for k, v in UAPI.items()
            if k.startswith(prefix)}


CMD = named("CMD_")
INFO, TUNNEL, PORT = named("A_INFO_"), named("A_TUNNEL_"), named("A_PORT_")
COUNTERS, REASON_ATTR = named("A_COUNTERS_"), named("A_REASON_")
RULE = named("A_RULE_")
REASON = {v: k for k, v in named("REASON_").items()}
STATE = {v: k for k, v in named("STATE_").items()}
HOOK = named("HOOK_")
PORT_PROTOCOL = ("non_ip", "arp", "dhcp", "nd", "pppoe_discovery",
                 "ppp_control")
WAYS = ("encap", "decap", "egress", "ingress", "original", "reply")
WORDS = {key: named(key.upper() + "_") for key in (
    "encap_dscp", "encap_inner", "encap_ecn",
    "decap_dscp", "decap_ecn", "decap_gro", "decap_class", "class_via")}


class Refused(Exception):
    """errno, the module's words, and the offset of the bad attribute."""

    def __init__(self, number, message, offset=None):
        super().__init__("%s: %s" % (errno.errorcode.get(number, number),
                                     message))
        self.errno = number
        self.message = message
        self.offset = offset


class Inexact(Exception):
    """Counters that do not add up."""


def judge_counters(ns):
    """Of all bindings in a namespace, if there is a module."""
    try:
        sock = Tunqos(ns)
    except (Refused, FileNotFoundError):
        return  # or no namespace any more
    with sock:
        sock.judge_counters()


topo.Net.judges.append(judge_counters)


def attribute(kind, data):
    raw = struct.pack("=HH", 4 + len(data), kind) + data
    return raw + b"\0" * (-len(raw) % 4)


def attributes(raw):
    at = 0
    while at + 4 <= len(raw):
        length, kind = struct.unpack_from("=HH", raw, at)
        if length < 4:
            return
        yield kind & 0x3fff, raw[at + 4:at + length]
        at += (length + 3) & ~3


class Tunqos:
    """A generic netlink socket in a namespace."""

    def __init__(self, ns):
        with topo.inside(ns):
            self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW,
                                      NETLINK_GENERIC)
        self.sock.setsockopt(SOL_NETLINK, NETLINK_CAP_ACK, 1)
        self.sock.setsockopt(SOL_NETLINK, NETLINK_EXT_ACK, 1)
        self.sock.bind((0, 0))
        self.sock.settimeout(30 * topo.SLOW)
        self.seq = 0
        self.family = None
        self.groups = {}
        family = self.talk(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, attribute(
            CTRL_ATTR_FAMILY_NAME, b"tunqos\0"))[0]
        for kind, data in attributes(family):
            if kind == CTRL_ATTR_FAMILY_ID:
                self.family, = struct.unpack("=H", data)
            if kind == CTRL_ATTR_MCAST_GROUPS:
                for _, group in attributes(data):
                    one = dict(attributes(group))
                    self.groups[one[1].rstrip(b"\0").decode()] = \
                        struct.unpack("=I", one[2])[0]

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def talk(self, family, cmd, payload=b"", flags=NLM_F_ACK, version=1):
        """Send one request; the answers' attributes, or Refused."""
        self.seq += 1
        body = struct.pack("=BBH", cmd, version, 0) + payload
        self.sock.send(struct.pack("=IHHII", 16 + len(body), family,
                                   NLM_F_REQUEST | flags, self.seq, 0) + body)
        found = []
        while True:
            raw = self.sock.recv(1 << 20)
            while len(raw) >= 16:
                length, kind, mflags, seq, _ = struct.unpack_from("=IHHII", raw)
                message, raw = raw[16:length], raw[(length + 3) & ~3:]
                if seq != self.seq:
                    continue
                if kind == NLMSG_ERROR:
                    self.judge(message, mflags)
                    return found
                if kind == NLMSG_DONE:
                    return found
                found.append(message[4:])

    BATCH = 64  # requests sent at once; as many refusals have room

    def many(self, cmd, payloads):
        """Requests by the dozen, of which only the last one of a batch and
        what is refused is answered. Refused: the first that was; those behind
        it in its batch have been tried."""
        payloads = iter(payloads)
        while batch := list(itertools.islice(payloads, self.BATCH)):
            raw = b""
            for left, payload in zip(range(len(batch) - 1, -1, -1), batch):
                self.seq += 1
                body = struct.pack("=BBH", CMD[cmd], 1, 0) + payload
                body += bytes(-len(body) % 4)
                raw += struct.pack(
                    "=IHHII", 16 + len(body), self.family, NLM_F_REQUEST |
                    (0 if left else NLM_F_ACK), self.seq, 0) + body
            self.sock.send(raw)
            self.answers(self.seq)

    def answers(self, last):
        """Until that of the last request; raises the first refusal."""
        refused = seq = None
        while seq != last:
            raw = self.sock.recv(1 << 20)
            length, kind, flags, seq, _ = struct.unpack_from("=IHHII", raw)
            try:
                if kind == NLMSG_ERROR:
                    self.judge(raw[16:length], flags)
            except Refused as e:
                refused = refused or e
        if refused:
            raise refused

    @staticmethod
    def judge(message, flags):
        number, length = struct.unpack_from("=iI", message)
        if not number:
            return
        words, offset = "", None
        if flags & NLM_F_ACK_TLVS:
            at = 20 if flags & NLM_F_CAPPED else 4 + ((length + 3) & ~3)
            for kind, data in attributes(message[at:]):
                if kind == 1:
                    words = data.rstrip(b"\0").decode()
                if kind == 2:
                    offset, = struct.unpack("=I", data)
        raise Refused(-number, words, offset)

    def request(self, cmd, payload=b"", flags=NLM_F_ACK):
        return self.talk(self.family, CMD[cmd], payload, flags)

    # events

    def listen(self):
        self.sock.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
                             self.groups["events"])

    def heard(self):
        """Those that have come until now: (command, attributes)."""
        found = []
        patience = self.sock.gettimeout()
        self.sock.settimeout(0)
        with contextlib.suppress(BlockingIOError):
            while True:
                raw = self.sock.recv(1 << 16)
                found.append((raw[16], raw[20:]))
        self.sock.settimeout(patience)
        return found

    # transactions

    def begin(self, generation=None):
        self.request("begin", b"" if generation is None else attribute(
            INFO["generation"], struct.pack("=I", generation)))

    def commit(self):
        self.request("commit")

    def abort(self):
        self.request("abort")

    def flush(self):
        if self.exact:
            self.judge_counters()
        self.request("flush")

    @contextlib.contextmanager
    def transaction(self):
        self.begin()
        try:
            yield
        except BaseException:
            with contextlib.suppress(Refused):
                self.abort()
            raise
        self.commit()

    # settings

    @staticmethod
    def tunnel(**what):
        """Attributes of set_tunnel and del_tunnel.

        device, peer, local (text), reqid, if_id, mark, mark_mask, spi; words
        for encap_dscp, encap_inner, encap_ecn, decap_dscp, decap_ecn,
        decap_gro, decap_class, class_via; class_mask; numbers for encap_value,
        encap_inner_value, control_dscp, pre_classify; tables as 64 numbers,
        as is priority; decap_permit as a set; label.
        """
        raw = b""
        for key, value in what.items():
            if key in ("peer", "local"):
                v6 = ":" in value
                key += "6" if v6 else "4"
                value = socket.inet_pton(
                    socket.AF_INET6 if v6 else socket.AF_INET, value)
            elif key in ("reqid", "if_id", "mark", "mark_mask", "class_mask"):
                value = struct.pack("=I", value)
            elif key == "spi":
                value = struct.pack("!I", value)
            elif key in ("device", "label"):
                value = value.encode() + b"\0"
            elif key in WORDS:
                value = bytes([WORDS[key][value]])
            elif key == "decap_permit":
                value = struct.pack("=Q", sum(1 << d for d in value))
            elif key in ("encap_value", "encap_inner_value", "control_dscp",
                         "pre_classify"):
                value = bytes([value])
            elif key == "priority":
                key = "priority_table"
                value = struct.pack("=64I", *value)
            else:
                value = bytes(value)
            raw += attribute(TUNNEL[key], value)
        return raw

    def set_tunnel(self, **what):
        self.request("set_tunnel", self.tunnel(**what))

    def del_tunnel(self, **what):
        self.request("del_tunnel", self.tunnel(**what))

    def set_tunnels(self, many):
        self.many("set_tunnel", (self.tunnel(**what) for what in many))

    def set_port(self, device, table=None, mark=None, mask=None, arrival=None,
                 override=None, mutation=None, dei=None, priority_tag=None,
                 rules=None, **protocols):
        """table: of PCPs; mark: of what goes into the mark under mask;
        arrival: DSCPs by PCP * 2 + DEI, and without a tag; mutation: by DSCP;
        dei: the DSCPs that have it; rules: of the tag, too;
        protocols: PCPs by the words of PORT_PROTOCOL."""
        raw = attribute(PORT["device"], device.encode() + b"\0")
        if table is not None:
            raw += attribute(PORT["dscp_pcp"], bytes(table))
        if mark is not None:
            raw += attribute(PORT["dscp_mark"], bytes(mark))
        if mask is not None:
            raw += attribute(PORT["mark_mask"], struct.pack("=I", mask))
        if arrival is not None:
            raw += attribute(PORT["arrival_dscp"], bytes(arrival))
        if override is not None:
            raw += attribute(PORT["arrival_override"], bytes([override]))
        if mutation is not None:
            raw += attribute(PORT["arrival_table"], bytes(mutation))
        if dei is not None:
            raw += attribute(PORT["dscp_dei"], struct.pack(
                "=Q", sum(1 << d for d in dei)))
        if priority_tag is not None:
            raw += attribute(PORT["priority_tag"], bytes([priority_tag]))
        if rules is not None:
            raw += attribute(PORT["rules"], bytes([rules]))
        if protocols:
            raw += attribute(PORT["protocol_pcp"], bytes(
                protocols.get(word, LEAVE) for word in PORT_PROTOCOL))
        self.request("set_port", raw)

    def del_port(self, device):
        self.request("del_port", attribute(
            PORT["device"], device.encode() + b"\0"))

    def set_rule(self, number, mark_mask=0xff0000, cos_mask=None,
                 arrival_dscp=None, override=None, arrival_tag=None,
                 dscp_tag=None, insert_tag=None):
        raw = attribute(RULE["number"], bytes([number]))
        for key, value in (("mark_mask", mark_mask), ("cos_mask", cos_mask)):
            if value is not None:
                raw += attribute(RULE[key], struct.pack("=I", value))
        for key, value in (("arrival_dscp", arrival_dscp),
                           ("arrival_tag", arrival_tag),
                           ("dscp_tag", dscp_tag)):
            if value is not None:
                raw += attribute(RULE[key], bytes(value))
        for key, value in (("arrival_override", override),
                           ("insert_tag", insert_tag)):
            if value is not None:
                raw += attribute(RULE[key], bytes([value]))
        self.request("set_rule", raw)

    def del_rule(self, number):
        self.request("del_rule", attribute(RULE["number"], bytes([number])))

    # counters

    # flush() judges them; where an allocation fails on purpose it must not
    exact = os.environ.get("TUNQOS_DEBUG") != "1"

    def inexact(self):
        """Bindings some of whose packets are neither written nor left alone
        nor dropped, or more than one of these."""
        return {"%s %s" % (key, way): one[way]
                for found in (self.tunnels(), self.ports(), self.rules())
                for key, one in found.items()
                for way in WAYS
                if way in one and one[way]["packets"] != sum(
                    one[way][k] for k in ("written", "left_alone", "dropped"))}

    def judge_counters(self):
        """Inexact if they do not add up; a packet may be half counted yet."""
        end = time.monotonic() + 2 * topo.SLOW
        while wrong := self.inexact():
            if time.monotonic() > end:
                raise Inexact("packets are not written + left alone + dropped:"
                              " %r" % wrong)
            time.sleep(0.02)

    # reading back

    @staticmethod
    def counters(raw):
        names = {v: k for k, v in COUNTERS.items()}
        return {names[k]: struct.unpack("=Q", v)[0]
                for k, v in attributes(raw) if len(v) == 8}

    @classmethod
    def binding(cls, raw, names):
        back = {v: k for k, v in names.items()}
        one = {"hooks": set()}
        for kind, data in attributes(raw):
            key = back[kind]
            if key in WAYS:
                one[key] = cls.counters(data)
            elif key in ("device", "label", "problem", "kind", "lower"):
                one[key] = data.rstrip(b"\0").decode()
            elif key in ("peer4", "peer6", "local4", "local6"):
                one[key[:-1]] = socket.inet_ntop(
                    socket.AF_INET if key[-1] == "4" else socket.AF_INET6,
                    data)
            elif key in ("reqid", "if_id", "mark", "mark_mask", "class_mask",
                         "cos_mask"):
                one[key], = struct.unpack("=I", data)
            elif key == "spi":
                one[key], = struct.unpack("!I", data)
            elif key == "state":
                one[key] = STATE[struct.unpack("=I", data)[0]]
            elif key == "hooks":
                bits, = struct.unpack("=I", data)
                one[key] = {n for n, b in HOOK.items() if bits & b}
            elif key in WORDS:
                one[key] = {v: k for k, v in WORDS[key].items()}[data[0]]
            elif key in ("decap_permit", "dscp_dei"):
                bits, = struct.unpack("=Q", data)
                one[key] = {d for d in range(64) if bits >> d & 1}
            elif key == "priority_table":
                one["priority"] = list(struct.unpack("=64I", data))
            elif key in ("encap_table", "encap_inner_table", "decap_table",
                         "dscp_pcp", "dscp_mark", "protocol_pcp",
                         "arrival_dscp", "arrival_table", "arrival_tag",
                         "dscp_tag"):
                one[key] = list(data)
            elif key == "vid":
                one[key], = struct.unpack("=H", data)
            elif key != "pad":
                one[key] = data[0]
        return one

    def tunnels(self):
        """{device, peer or first of the rest: what the module says of it}"""
        found = (self.binding(raw, TUNNEL) for raw in self.request(
            "get_tunnel", flags=NLM_F_DUMP))
        return {next(b[k] for k in ("device", "peer", "local", "reqid",
                                    "if_id", "mark", "spi") if k in b): b
                for b in found}

    def count(self):
        """How many tunnels there are, without a look at them."""
        return len(self.request("get_tunnel", flags=NLM_F_DUMP))

    def ports(self):
        found = (self.binding(raw, PORT) for raw in self.request(
            "get_port", flags=NLM_F_DUMP))
        return {b["device"]: b for b in found}

    def rules(self):
        """{number: what the module says of it}"""
        found = (self.binding(raw, RULE) for raw in self.request(
            "get_rule", flags=NLM_F_DUMP))
        return {b["number"]: b for b in found}

    def reasons(self):
        """{'table_leave': 64, ...} without the zeros."""
        found = {}
        for raw in self.request("get_reason", flags=NLM_F_DUMP):
            one = dict(attributes(raw))
            number, = struct.unpack("=I", one[REASON_ATTR["reason"]])
            packets, = struct.unpack("=Q", one[REASON_ATTR["packets"]])
            if packets:
                found[REASON[number]] = packets
        return found

    def info(self):
        names = {v: k for k, v in INFO.items()}
        one = {}
        for kind, data in attributes(self.request("get_info")[0]):
            key = names[kind]
            if key in ("release", "srcversion"):
                one[key] = data.rstrip(b"\0").decode()
            elif key in ("generation", "staged"):
                one[key], = struct.unpack("=I", data)
            elif key == "capabilities":
                one[key], = struct.unpack("=Q", data)
            elif key == "class_tag":
                one[key] = data[0]
        return one
