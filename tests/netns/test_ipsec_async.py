#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: limit=600
"""Ciphers that answer later: with pcrypt the kernel takes a packet up again in
a work queue, with its marks; and when the module comes and goes meanwhile.

The tables and the judgement are those of test_ipsec_matrix.
"""

import contextlib
import errno
import re
import socket
import struct
import time

import genl
import stream
import topo
import tq
from bulk import bulk
from case import main
from test_ipsec_matrix import one_kind
from test_ipsec_paths import EF, bind, modules, peer, sockets
from test_matrix import BACK, FEWER, MIXED

NETLINK_CRYPTO, NEWALG, PRIORITY = 21, 0x10, 1  # linux/cryptouser.h
AEAD, TYPE_MASK = 3, 15
PCRYPT = "pcrypt(seqiv(rfc4106(gcm(aes))))"


@contextlib.contextmanager
def pcrypt():
    """What SAs use from now on; their seqiv would else be an old one.

    It is made, and then looked for by another name than it has got; or it is
    still being tested when the kernel does not want to wait any more; or it is
    looked for until one is made of the last one, and so on, and the name of
    that is too long (Linux 6.12).
    """
    with modules("pcrypt", "algif_aead"):
        with socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET) as s:
            try:
                s.bind(("aead", PCRYPT))
            except OSError as e:
                if e.errno not in (errno.ENOENT, errno.ETIMEDOUT,
                                   errno.ENAMETOOLONG):
                    raise
        if not users():  # AF_ALG of Linux 7.3 gives out none of these
            made_by_netlink()
        yield


def made_by_netlink():
    """The same by NETLINK_CRYPTO, as crconf(8) does, by the driver's name."""
    with open("/proc/crypto") as f:
        driver = re.search(r"^name +: rfc4106\(gcm\(aes\)\)\ndriver +: (\S+)",
                           f.read(), re.M)[1]
    topo.run(None, "modprobe", "crypto_user")
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW,
                       NETLINK_CRYPTO) as s:
        body = struct.pack("=64s64s64sIIII", b"seqiv(rfc4106(gcm(aes)))",
                           b"pcrypt(seqiv(%s))" % driver.encode(), b"",
                           AEAD, TYPE_MASK, 0, 0)
        body += genl.attribute(PRIORITY, struct.pack("=I", 1000))
        s.send(struct.pack("=IHHII", 16 + len(body), NEWALG,
                           genl.NLM_F_REQUEST | genl.NLM_F_ACK, 1, 0) + body)
        number, = struct.unpack_from("=i", s.recv(4096), 16)
        if number:
            raise OSError(-number, "pcrypt by NETLINK_CRYPTO")


def users():
    """Of the parallel cipher."""
    with open("/proc/crypto") as f:
        for entry in f.read().split("\n\n"):
            if re.search(r"^driver\s+: pcrypt\(", entry, re.M):
                return int(re.search(r"^refcnt\s+: (\d+)", entry, re.M)[1])
    return 0


def bind_both():
    with sockets() as sock:
        bind(sock)


def reload(case, net, tun):
    """The module comes and goes under traffic: nothing is lost."""
    with stream.Marked(net, tun, pause=0.001) as marked:
        for _ in range(5):
            for change in (tq.unload, tq.load, bind_both):
                change()
                end = marked.traffic.sent + 30
                topo.wait(lambda end=end: marked.traffic.sent >= end, 30,
                          "traffic")
                time.sleep(0.1 * topo.SLOW)
                marked.look()
        case.true("reload: all arrive", marked.finish(), "%d of %d" % (
            marked.arrived, marked.traffic.sent))
    case.equal("reload: each once", marked.arrived, marked.traffic.sent)
    case.equal("reload: outer", set(marked.outer), {EF, MIXED[EF]})
    case.equal("reload: at hostB", set(marked.inner),
               {EF, BACK[EF], BACK[MIXED[EF]]} & set(marked.inner))
    case.true("reload: with marks", BACK[MIXED[EF]] in marked.inner)
    case.note("reload: %d packets" % marked.traffic.sent)


def test(case):
    with tq.module(), topo.Founding(vlan_b=None) as net, pcrypt():
        with sockets() as sock:
            alone = users()
            with net.tunnel("ipsec"):
                case.equal("SAs with pcrypt", users() - alone, 4)
            case.note("xfrm interfaces are left out: Linux 6.1 lets go of"
                      " them once more than it held them")
            for kind in ("ipsec", "ipsec6", "ipsec-natt", "ah-esp",
                         "gre-transport"):
                one_kind(case, net, kind, sock, FEWER)
            for kind, key in (("ipsec", peer),
                              ("gre-transport", lambda r: dict(device="tun"))):
                bulk(case, net, kind, key)
        with net.tunnel("ipsec") as tun:
            bind_both()
            reload(case, net, tun)


if __name__ == "__main__":
    main(test)
