# SPDX-License-Identifier: GPL-2.0-or-later
"""The virtual machine on a root in which the packages are installed.

Debian's systemd is process 1; what is asked for runs in a service.
"""

import json
import os
import shlex
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SRC = os.path.dirname(os.path.dirname(HERE))
sys.path.append(SRC + "/tests/vm/lib")
import machine  # noqa: E402
from machine import BUILD, CACHE  # noqa: E402,F401

UNIT = """[Unit]
Description=tests of the packages
After=tunqosd.service systemd-modules-load.service
[Service]
ExecStart=/usr/bin/python3 -B %s/guest.py
ExecStopPost=/bin/systemctl --force --force poweroff
StandardOutput=journal+console
""" % HERE


class InstalledMachine(machine.Machine):
    """One boot; steps are names of functions in guest.py."""

    boot_limit = 400  # systemd and udev, under emulation
    grace = 120

    def __init__(self, root, ready, place, steps, facts, words=()):
        """ready: a directory that ./ready has made; place: one that the guest
        sees; facts: what the steps are told; words: more of the command line.
        """
        self.dir = None
        self.ready = ready
        self.root_dir = root
        self.place = place
        self.facts = dict(facts, steps=steps)
        self.smp = os.environ.get("TUNQOS_SMP") or next(
            (n for k, n in machine.SMP.items()
             if facts["kernel"].startswith(k + ".")), "2")
        self.cmdline = machine.CMDLINE + ["systemd.show_status=0", *words]

    def write_job(self):
        with open(self.dir + "/in/env", "w") as f:
            for key, value in (
                    ("SRC", SRC),
                    ("KEEP", "\n".join([SRC, self.place])),
                    ("ROOT", self.root_dir), ("KMODS", ""),
                    ("INIT", "/sbin/init")):
                f.write("%s=%s\n" % (key, shlex.quote(value)))
        with open(self.dir + "/in/job.json", "w") as f:
            json.dump(self.facts, f)
        wanted = self.dir + "/in/run/systemd/system/multi-user.target.wants"
        os.makedirs(wanted)
        unit = os.path.dirname(wanted) + "/tunqos-packages.service"
        with open(unit, "w") as f:
            f.write(UNIT)
        os.symlink("../tunqos-packages.service",
                   wanted + "/tunqos-packages.service")
