# SPDX-License-Identifier: GPL-2.0-or-later
"""nftables' half of a rule: the number in the mark of a connection."""

import contextlib

import topo

# match, number; in the first packet's direction, if nobody has said it yet
CLASSIFY = ("ct direction original ct mark & 0x00ff0000 == 0 %s"
            " ct mark set ct mark & 0xff00ffff | 0x00%02x0000")
UDP = CLASSIFY % ("meta l4proto udp", 1)


@contextlib.contextmanager
def classified(ns, *lines):
    """What nftables says of what is forwarded."""
    topo.run(ns, "nft", "-f", "-", input=(
        "table inet rules { chain f {\n"
        "type filter hook forward priority mangle + 40;\n%s\n}\n}\n" %
        "\n".join(lines)))
    try:
        yield
    finally:
        topo.run(ns, "nft", "delete", "table", "inet", "rules")
