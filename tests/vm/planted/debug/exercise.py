#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A little of everything that the planted bugs take to show."""

import genl
import topo
import tq
from case import main


def test(case):
    with tq.module():
        with topo.Net() as net:
            net.namespaces("box")
            topo.ip("box", "link add tun type gre local 192.0.2.1 remote"
                           " 192.0.2.2 key 7")
            with genl.Tunqos("box") as sock:
                for value in (8, 46):
                    with sock.transaction():
                        sock.set_tunnel(device="tun", encap_dscp="set",
                                        encap_value=value, decap_dscp="copy",
                                        pre_classify=1, priority=[5] * 64)
                    case.equal("state", sock.tunnels()["tun"]["state"],
                               "active")
                topo.ip("box", "link del tun")
                with sock.transaction():
                    sock.flush()
            topo.ip(None, "netns del box")
            net.names.remove("box")
    case.true("unloaded", not tq.loaded())


if __name__ == "__main__":
    main(test)
