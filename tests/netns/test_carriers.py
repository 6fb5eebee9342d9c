#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: limit=900
"""The settings and tables of test_matrix.py over the kinds of carriers.py:
ERSPAN, GTP, PPP in L2TPv2, and labels in GRE."""

import sys

import carriers  # noqa: F401  adds its kinds of tunnels
import genl
import test_matrix
import topo
import tq
from case import main

KINDS = ("gre-mpls", "ip6gre-mpls", "erspan", "erspan3", "ip6erspan",
         "gtp", "ppp", "ppp6")


def test(case):
    kinds = [k for k in sys.argv[1:] if k in KINDS] or KINDS
    with tq.module(), topo.Founding(vlan_b=None, real_csum=True) as net:
        sock = {r: genl.Tunqos(r) for r in ("rA", "rB")}
        for kind in kinds:
            test_matrix.one_kind(case, net, kind, sock)


if __name__ == "__main__":
    main(test)
