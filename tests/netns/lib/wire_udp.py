# SPDX-License-Identifier: GPL-2.0-or-later
"""What UDP and L2TP carry: the tunnels among it, by port.

Each function adds layers to a wire.Packet and goes on with what is inside.
"""

import struct

GENEVE, VXLAN, FOU, GUE, L2TP, WIREGUARD = 6081, 4789, 5555, 5556, 1701, 51820
VXLAN_GPE = 4790
GPE = {1: 0x0800, 2: 0x86dd, 3: 0x6558}  # what VXLAN's extension says is next
L2TP_COOKIE = 8  # bytes, in the tests' sessions; the wire does not tell
PROTO = {5555: 47, 5557: 4, 5559: 41}  # what FOU carries on a port


def vxlan(packet, body):
    packet.add("vxlan", body, vni=int.from_bytes(body[4:7], "big"))
    packet.ethernet(body[8:])


def vxlan_gpe(packet, body):
    if body[0] != 0x0c or body[1:3] != b"\0\0" or body[3] not in GPE:
        packet.bad.append("vxlan-gpe header")
    packet.add("vxlan", body, vni=int.from_bytes(body[4:7], "big"))
    packet.ethertype(GPE.get(body[3]), body[8:])


def geneve(packet, body):
    length = (body[0] & 0x3f) * 4
    proto, = struct.unpack_from("!H", body, 2)
    packet.add("geneve", body, options=length)
    packet.ethertype(proto, body[8 + length:])


def gue(packet, body):
    if body[0] >> 6 or body[0] & 0x20:
        packet.bad.append("gue header")
    length = 4 + (body[0] & 0x1f) * 4
    packet.add("gue", body, proto=body[1])
    packet.transport(body[1], body[length:], b"")


def l2tp_data(packet, body):
    """A session of L2TPv3, behind the words that only UDP has."""
    packet.add("l2tp", body, session=int.from_bytes(body[:4], "big"))
    packet.ethernet(body[4 + L2TP_COOKIE:])


def l2tp(packet, body):
    if body[1] & 15 == 2 and not body[0] & 0x80:
        packet.add("l2tpv2", body, session=int.from_bytes(body[4:6], "big"))
        if body[0] or body[6:8] != b"\xff\x03":
            packet.bad.append("l2tpv2 header")
        packet.ppp(body[8:])
    elif body[0] & 0x80:
        packet.add("l2tp", body, session=None)  # control
    else:
        l2tp_data(packet, body[4:])


def wireguard(packet, body):
    session = counter = None
    if body[0] == 4 and len(body) >= 32:
        session, counter = struct.unpack_from("<IQ", body, 4)
    packet.add("wireguard", body, type=body[0], session=session,
               counter=counter, length=len(body) - 32)


def gtp(packet, body):
    packet.add("gtp", body, type=body[1],
               tunnel=int.from_bytes(body[4:8], "big"))
    if body[:2] == b"\x30\xff":
        packet.ethertype(0x0800, body[8:])


def fou(proto):
    def decode(packet, body):
        packet.add("fou", body)
        packet.transport(proto, body, b"")
    return decode


PORTS = {4789: vxlan, 8472: vxlan, VXLAN_GPE: vxlan_gpe,
         GENEVE: geneve, GUE: gue, L2TP: l2tp, WIREGUARD: wireguard,
         WIREGUARD + 1: wireguard, 2152: gtp,
         **{port: fou(p) for port, p in PROTO.items()}}
