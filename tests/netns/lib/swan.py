# SPDX-License-Identifier: GPL-2.0-or-later
"""strongSwan in rA and rB: the IKE daemon and swanctl as Debian has them.

  with swan.Pair() as pair, swan.Child(net, pair, copy_dscp="no") as tun:
      pair.rekey("rB")

Nothing of the machine's own strongSwan is used but its programs and plugins:
each daemon has a directory with its configuration and its socket.
"""

import os
import shutil
import subprocess
import tempfile

import topo
from topo import LAN, OTHER, WAN

DAEMON = "/usr/sbin/charon-systemd"
# Debian's, but where it speaks to swanctl, and without what writes to /etc
STRONGSWAN_CONF = """\
charon {
  load_modular = yes
  plugins {
    include /etc/strongswan.d/charon/*.conf
    resolve { load = no }
    vici { socket = unix://%(dir)s/vici }
  }
  filelog { log { path = %(dir)s/log
                  default = 1 } }
}
swanctl { load = random }
"""
# What is not said here is strongSwan's default.
SWANCTL_CONF = """\
connections { site {
  version = 2
  local_addrs = %(here)s
  remote_addrs = %(there)s
  proposals = aes128-sha256-modp2048
  %(connection)s
  local { auth = psk
          id = %(r)s.example }
  remote { auth = psk
           id = %(other)s.example }
  children { net {
    esp_proposals = aes128gcm16
    %(child)s
  } }
} }
secrets { ike-site { secret = "of both" } }
"""


def lines(settings):
    return "\n    ".join("%s = %s" % one for one in settings.items())


class Charon:
    """The daemon in one router."""

    def __init__(self, r):
        self.r = r
        self.dir = tempfile.mkdtemp(prefix="charon-")
        self.process = None
        self.environment = dict(
            os.environ, STRONGSWAN_CONF=self.dir + "/strongswan.conf")
        with open(self.environment["STRONGSWAN_CONF"], "w") as f:
            f.write(STRONGSWAN_CONF % {"dir": self.dir})

    def start(self):
        self.process = topo.popen(
            self.r, DAEMON, env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def ready(self):
        if self.process.poll() is not None:
            raise RuntimeError("charon of %s ended: %s\n%s" % (
                self.r, self.process.returncode, self.log()))
        return os.path.exists(self.dir + "/vici")

    def log(self):
        """Its last words."""
        try:
            with open(self.dir + "/log") as f:
                return "".join(f.readlines()[-30:])
        except OSError:
            return ""

    def ctl(self, *argv, check=True):
        """swanctl; its output."""
        result = topo.run(self.r, "swanctl", *argv, "--uri", "unix://%s/vici"
                          % self.dir, env=self.environment, check=False)
        if check and result.returncode:
            raise RuntimeError("%s: swanctl %s: %s%s\n%s" % (
                self.r, " ".join(argv), result.stdout, result.stderr,
                self.log()))
        return result.stdout

    def load(self, connection, child):
        with open(self.dir + "/swanctl.conf", "w") as f:
            f.write(SWANCTL_CONF % dict(
                r=self.r, other=OTHER[self.r], here=WAN[self.r][4],
                there=WAN[OTHER[self.r]][4], connection=lines(connection),
                child=lines(child)))
        self.ctl("--load-all", "--file", self.dir + "/swanctl.conf")

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15 * topo.SLOW)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)


class Pair:
    """One in each router, until the 'with' block ends."""

    def __init__(self):
        self.charon = {r: Charon(r) for r in ("rA", "rB")}

    def __getitem__(self, r):
        return self.charon[r]

    def __enter__(self):
        try:
            for charon in self.charon.values():
                charon.start()
            for charon in self.charon.values():
                topo.wait(charon.ready, 30, "charon's socket")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for charon in self.charon.values():
            charon.stop()

    def rekey(self, r, what="--child", name="net"):
        """Asked for by this router; returns before it is done."""
        self[r].ctl("--rekey", what, name)


class Child(topo.Tunnel):
    """A child SA between the routers for the hosts' networks.

    if_id       carried by an xfrm interface 'tun' with this number
    connection  settings of the connection
    child       settings of the child
    """

    layers = ("ipv4", "esp")
    esp_extra = 0
    dev = None

    def __init__(self, net, pair, if_id=None, connection=(), **child):
        super().__init__(net, "strongswan")
        self.pair = pair
        self.if_id = if_id
        self.connection = dict(connection)
        self.child = child
        if self.connection.get("encap") == "yes":
            self.layers = ("ipv4", "udp", "natt", "esp")

    def settings(self, r):
        if not self.if_id:
            local, remote = (",".join(LAN[x].values()) for x in (r, OTHER[r]))
            return dict(local_ts=local, remote_ts=remote, **self.child)
        everything = "0.0.0.0/0,::/0"
        return dict(local_ts=everything, remote_ts=everything,
                    if_id_in=self.if_id, if_id_out=self.if_id, **self.child)

    def __enter__(self):
        for r in ("rA", "rB"):
            if self.if_id:
                topo.ip(r, ["link add tun type xfrm dev wan if_id %d" %
                            self.if_id, "link set tun up"] + [
                    "route add %s dev tun" % LAN[OTHER[r]][f] for f in (4, 6)])
            self.pair[r].load(self.connection, self.settings(r))
        if self.child.get("start_action") != "trap":
            self.pair["rA"].ctl("--initiate", "--child", "net")
        return self

    def __exit__(self, *_):
        for r in ("rA", "rB"):
            self.pair[r].ctl("--terminate", "--ike", "site", check=False)
            # what a trap has left
            self.pair[r].ctl("--terminate", "--child", "net", check=False)
            if self.if_id:
                topo.run(r, "ip", "link", "del", "tun", check=False)
