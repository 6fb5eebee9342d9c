# SPDX-License-Identifier: GPL-2.0-or-later
"""IPsec tunnel mode between the routers, by policy."""

import contextlib
from functools import partial

import peers
import topo
from rows import Path, Row
from traffic import LOCAL, REMOTE

SPI = 0x1001
CIPHER = {
    "null": 'enc ecb(cipher_null) "" auth digest_null ""',
    "gcm": "aead rfc4106(gcm(aes)) 0x%s 128" % ("ab" * 20),
}
NO_COPY = "extra-flag dont-encap-dscp"
POLICY = "xfrm policy add src 10.1.0.0/24 dst 10.2.0.0/24 dir %s tmpl src %s dst %s" \
    " proto esp reqid 1 mode tunnel"
PERMIT = set(range(64))


def state(cipher, src=LOCAL, dst=REMOTE, spi=SPI, reqid=1, more=""):
    return "xfrm state add src %s dst %s proto esp spi %#x reqid %d mode tunnel" \
        " replay-window 0 %s %s" % (src, dst, spi, reqid, more, CIPHER[cipher])


@contextlib.contextmanager
def esp(cipher, sender="", receiver=""):
    """One SA from r1 to r2; sender, receiver: flags of it there."""
    ends = LOCAL, REMOTE
    try:
        topo.ip("r1", [state(cipher, more=sender), POLICY % ("out", *ends),
                       "route replace 10.2.0.0/24 via " + REMOTE])
        topo.ip("r2", [state(cipher, more=receiver), POLICY % ("in", *ends),
                       POLICY % ("fwd", *ends)])
        yield
    finally:
        for ns in ("r1", "r2"):
            topo.ip(ns, ["xfrm policy flush", "xfrm state flush"])


def tunqos(**what):
    return partial(peers.module, "r1", [dict(peer=REMOTE, **what)])


def encap(cipher):
    plain = partial(esp, cipher, NO_COPY)
    copy = partial(esp, cipher)
    same, fixed, table, zero = peers.same, peers.fixed, peers.table, peers.zero
    return [
        Row("no marking", plain, outer=zero, kind="base"),
        Row("kernel copy", copy, outer=same, kind="kernel"),
        Row("empty hook at output", plain, partial(
            peers.hook, "r1", "output"), outer=zero, kind="floor"),
        Row("empty hook at postrouting", plain, partial(
            peers.hook, "r1", "postrouting"), outer=zero, kind="floor",
            note="met twice, inner and outer"),
        Row("tunqos set", copy, tunqos(
            encap_dscp="set", encap_value=peers.SET), outer=fixed,
            kind="tunqos"),
        Row("tunqos table", copy, tunqos(
            encap_dscp="table", encap_table=peers.TABLE), outer=table,
            kind="tunqos"),
        Row("tunqos copy", copy, tunqos(encap_dscp="copy"), outer=same,
            kind="tunqos", note="the kernel does it"),
        Row("tunqos copy, pre-classify", copy, tunqos(
            encap_dscp="copy", pre_classify=1), outer=same, kind="tunqos"),
        Row("nft static", plain, partial(
            peers.nft_static, "r1", "output", "ip protocol esp"), outer=fixed,
            note="one DSCP for all"),
        Row("nft vmap of 64, kernel copy", copy, partial(
            peers.nft_vmap, "r1", "output"), outer=table),
        Row("iptables-nft DSCP", plain, partial(
            peers.iptables, "nft", "r1", "-A POSTROUTING -p esp -j DSCP"
            " --set-dscp %d" % peers.SET), outer=fixed,
            note="one DSCP for all"),
        Row("tc pedit", plain, partial(peers.tc_pedit, "r1", "wan"),
            outer=fixed, note="one DSCP for all"),
        Row("tc flower 64, kernel copy", copy, partial(
            peers.tc_flower, "r1", "wan"), outer=table),
        Row("tc-bpf table, kernel copy", copy, partial(
            peers.tc_bpf, "r1", "wan", "tc-own"), outer=table,
            note="sees the outer header only"),
        Row("no marking again", plain, outer=zero, kind="again"),
    ]


def decap(cipher):
    """The outer DSCP is made SET on the way, by the sender's qdisc."""
    def decaps(name, *parts, receiver="", **more):
        return Row(name, partial(esp, cipher, NO_COPY, receiver),
                   partial(peers.tc_pedit, "r1", "wan"), *parts,
                   outer=peers.fixed, **more)

    def bound(**what):
        return partial(peers.module, "r2", [dict(
            peer=LOCAL, encap_dscp="native", decap_permit=PERMIT, **what)])

    fixed = peers.fixed
    return [
        decaps("no marking", kind="base"),
        decaps("kernel, decap-dscp", receiver="flag decap-dscp",
               inner=fixed, kind="kernel", note="no permit list"),
        decaps("empty forward hook", partial(peers.hook, "r2", "forward"),
               kind="floor"),
        decaps("tunqos copy", bound(decap_dscp="copy"), inner=fixed,
               kind="tunqos"),
        decaps("tunqos table", bound(
            decap_dscp="table", decap_table=peers.TABLE),
            inner=lambda _: peers.TABLE[peers.SET], kind="tunqos"),
        decaps("nft static", partial(peers.nft_static, "r2", "forward"),
               inner=fixed, note="does not look at the outer DSCP"),
        decaps("no marking again", kind="again"),
    ]


def path(name, title, rows):
    return Path(name, title, contextlib.nullcontext, rows, tolerance=100,
                best=True)


PATHS = (
    path("esp-null-encap", "ESP without encryption, encapsulation",
         partial(encap, "null")),
    path("esp-null-decap", "ESP without encryption, decapsulation",
         partial(decap, "null")),
    path("esp-gcm-encap", "ESP, AES-GCM, encapsulation", partial(encap, "gcm")),
    path("esp-gcm-decap", "ESP, AES-GCM, decapsulation", partial(decap, "gcm")),
)
