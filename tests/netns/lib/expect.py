# SPDX-License-Identifier: GPL-2.0-or-later
"""What ought to be on the wire: the RFCs' tables, as pure functions.

Written from RFC 2983, RFC 3168, RFC 4301, RFC 6040 and the manuals, never
from what the module does. A DS byte is dscp << 2 | ecn.
"""

from dataclasses import dataclass, field
from typing import Optional

NOT_ECT, ECT1, ECT0, CE = 0, 1, 2, 3
DROP = None

DSCP = {"default": 0, "ef": 46, "va": 44, "le": 1,
        **{"cs%d" % n: n << 3 for n in range(1, 8)},
        **{"af%d%d" % (c, d): c << 3 | d << 1
           for c in range(1, 5) for d in range(1, 4)}}


def ds(dscp, ecn):
    return dscp << 2 | ecn


# ECN, one table for each rule; the index is the inner ECN

ENCAP_ECN = {
    # RFC 6040 4.1 normal mode
    "rfc6040": (NOT_ECT, ECT1, ECT0, CE),
    # RFC 6040 4.1 compatibility mode
    "compatibility": (NOT_ECT, NOT_ECT, NOT_ECT, NOT_ECT),
    # RFC 3168 9.1.1 full functionality, what Linux does on every tunnel
    "native": (NOT_ECT, ECT1, ECT0, ECT0),
}

# RFC 6040 4.2, figure 4: [inner][outer]
RFC6040_DECAP = {
    NOT_ECT: {NOT_ECT: NOT_ECT, ECT0: NOT_ECT, ECT1: NOT_ECT, CE: DROP},
    ECT0: {NOT_ECT: ECT0, ECT0: ECT0, ECT1: ECT1, CE: CE},
    ECT1: {NOT_ECT: ECT1, ECT0: ECT1, ECT1: ECT1, CE: CE},
    CE: {NOT_ECT: CE, ECT0: CE, ECT1: CE, CE: CE},
}


def encap_ecn(mode, inner):
    return ENCAP_ECN[mode][inner]


def decap_ecn(mode, inner, outer, esp=False):
    """ECN after decapsulation, or DROP.

    native: Linux does RFC 6040 on unencrypted tunnels and RFC 4301 5.1.2 on
    IPsec: CE goes in where the inner is ECT, nothing else happens.
    """
    if mode == "native" and esp:
        return CE if outer == CE and inner != NOT_ECT else inner
    return RFC6040_DECAP[inner][outer]


def native_encap(inner, esp=False, tos=0, ip6gre=False):
    """Outer DS byte by the kernel alone.

    esp: DSCP is copied (RFC 4301 5.1.2.1). Others: the device's tos, "inherit"
    for a copy. ECN by RFC 3168; only ip6gre leaves it out.
    """
    dscp = inner >> 2 if esp or tos == "inherit" else tos >> 2
    if ip6gre:
        return ds(dscp, inner & 3 if tos == "inherit" else tos & 3)
    return ds(dscp, encap_ecn("native", inner & 3))


def native_decap(inner, outer, esp=False):
    """DS byte after decapsulation by the kernel alone, or DROP."""
    ecn = decap_ecn("native", inner & 3, outer & 3, esp)
    return DROP if ecn is DROP else ds(inner >> 2, ecn)


# Class to 802.1p

def pcp(dscp, table=None):
    """The default is the class selector part, as in every switch."""
    return table[dscp] if table else dscp >> 3


def dscp_of_pcp(value, table=None):
    return table[value] if table else value << 3


# A tunnel's profile

@dataclass
class Profile:
    """The words of the configuration; a rule is 'copy', 'keep', 'native', a
    number (set N) or a sequence of 64 (table)."""

    encap_dscp: object = "copy"
    encap_inner: object = "keep"
    encap_ecn: str = "native"
    decap_dscp: object = "keep"
    decap_permit: Optional[frozenset] = None
    decap_ecn: str = "native"
    esp: bool = False
    tos: object = 0
    extra: dict = field(default_factory=dict)


def uniform(**kw):
    """RFC 2983 3.1: the same marking before, inside, and after."""
    return Profile(encap_dscp="copy", decap_dscp="copy", **kw)


def pipe(mark, **kw):
    """RFC 2983 3.2: outer marking of its own, inner carried untouched."""
    return Profile(encap_dscp=mark, decap_dscp="keep", **kw)


def apply(rule, dscp, same):
    """'same' is the word of the rule that changes nothing."""
    if rule == same:
        return dscp
    return rule if isinstance(rule, int) else rule[dscp]


def encap(profile, before):
    """(outer DS, inner DS) of a packet with DS byte 'before'."""
    native = native_encap(before, profile.esp, profile.tos)
    if profile.encap_dscp == "native":
        outer = native >> 2
    else:
        # the outer follows the packet as it came, not as it is rewritten
        outer = apply(profile.encap_dscp, before >> 2, "copy")
    ecn = encap_ecn(profile.encap_ecn, before & 3)
    inner = apply(profile.encap_inner, before >> 2, "keep")
    return ds(outer, ecn), ds(inner, before & 3)


def decap(profile, inner, arrived):
    """DS byte after decapsulation, or DROP."""
    ecn = decap_ecn(profile.decap_ecn, inner & 3, arrived & 3, profile.esp)
    if ecn is DROP:
        return DROP
    outer, dscp = arrived >> 2, inner >> 2
    permitted = (profile.decap_permit is None or
                 outer in profile.decap_permit)
    if profile.decap_dscp == "copy":
        dscp = outer if permitted else dscp
    elif profile.decap_dscp != "keep":
        dscp = profile.decap_dscp[outer] if permitted else dscp
    return ds(dscp, ecn)
