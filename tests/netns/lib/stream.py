# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets that go on while something else happens, and what became of them."""

import threading

import expect
import wire

EF = expect.DSCP["ef"]


def outer_mark(case, net, tun, name, want):
    """The outer DSCP of an EF packet now; its length tells it from Traffic."""
    shot = wire.Shot(net, 4, [EF << 2])
    with wire.Captures(near=("wan", "rA"), end=("hostB", "lan")) as caps:
        shot.send(fence=False)
        case.true(name + ": arrives", caps.until(
            lambda: any(shot.index(p) is not None for p in caps["end"])))
        got = [p.ips[0].dscp for p in caps["near"]
               if shot.index(p, tun) == EF << 2]
    case.equal(name + ": outer DSCP", got, [want])


class Traffic:
    """EF packets from hostA to hostB for as long as the block lasts."""

    def __init__(self, net, pause=0.001):
        self.shot = wire.Shot(net, 4)
        self.pause = pause
        self.stop = threading.Event()
        self.sent = 0
        self.thread = threading.Thread(target=self.run)

    def run(self):
        frame = self.shot.frame(EF << 2, 0)
        with wire.Raw("hostA", "lan") as raw:
            while not self.stop.is_set():
                try:
                    raw.send(frame)
                    self.sent += 1
                except OSError:  # the device's queue is full
                    pass
                self.stop.wait(self.pause)

    def end(self):
        self.stop.set()
        self.thread.join()

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.end()


class Marked:
    """Traffic through a tunnel of rA, with every outer DSCP that it had, every
    inner one at hostB, and the SPIs of ESP in the order of their appearance.

    Look often: a capture holds some thousand frames.
    """

    def __init__(self, net, tun, pause=0.004):
        self.tun = tun
        self.traffic = Traffic(net, pause)
        self.captures = wire.Captures(near=("wan", "rA"),
                                      end=("hostB", "lan"))
        self.outer = {}  # DSCP: packets
        self.inner = {}
        self.spis = []
        self.arrived = 0

    def look(self):
        for place in ("near", "end"):
            capture = self.captures[place]
            capture.drain()
            for packet in capture.packets:
                tun = self.tun if place == "near" else None
                if self.traffic.shot.index(packet, tun) != 0:
                    continue
                self.count(place, packet)
            capture.frames.clear()
            capture.decoded.clear()

    def count(self, place, packet):
        marks = self.outer if place == "near" else self.inner
        dscp = packet.ips[0].dscp
        marks[dscp] = marks.get(dscp, 0) + 1
        self.arrived += place == "end"
        esp = packet.first("esp")
        if esp and esp.spi not in self.spis:
            self.spis.append(esp.spi)

    def finish(self, lost=lambda: 0):
        """No more packets; True once all but the lost() ones have arrived."""
        def all_here():
            self.look()
            return self.arrived + lost() >= self.traffic.sent

        self.traffic.end()
        return self.captures.until(all_here)

    def __enter__(self):
        self.captures.__enter__()
        self.traffic.__enter__()
        return self

    def __exit__(self, *_):
        self.traffic.end()
        self.captures.__exit__()
