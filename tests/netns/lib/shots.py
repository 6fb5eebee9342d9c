# SPDX-License-Identifier: GPL-2.0-or-later
"""A shot through a tunnel, seen at the provider and at the far host."""

import expect
import wire


def both_ends(case, name, shot, here="rA"):
    """Sends it; what was caught outside of router 'here' and at its end."""
    with wire.Captures(near=("wan", here), end=(shot.dst, "lan")) as caps:
        shot.send()
        case.true(name + ": the fence arrives", caps.until_fence(shot, "end"))
        return caps.taken()


def sorted_out(shot, caught, tun):
    """The same by DS byte, for a judge."""
    return shot.sort(caught["near"], tun), shot.sort(caught["end"])


def at_the_end(case, name, packet, after, where):
    """What arrives has this DS byte, or was dropped."""
    if after is expect.DROP:
        case.true(name + " end: dropped", packet is None, where)
    elif case.true(name + " end: there", packet, where):
        case.equal(name + " end: DS", packet.ips[0].ds, after, where)
        case.equal(name + " end: bad", packet.bad, [], where)


def outer(case, net, tun, name, want, dscp=expect.DSCP["ef"]):
    """The outer DSCP of one packet, which has this one inside."""
    shot = wire.Shot(net, 4, [dscp << 2])
    with wire.Captures(near=("wan", "rA"), end=("hostB", "lan")) as caps:
        shot.send(fence=False)
        case.true(name + ": arrives", caps.until_all(shot, "end", 1))
        got = [p.ips[0].dscp for p in shot.sort(caps["near"], tun).values()]
    case.equal(name, got, [want])
