#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: programs, limit=120
"""Who changed what: a user's typed line is in the log and in the archive with his name and
his terminal, whoever he has become."""

import fcntl
import os
import pwd
import pty
import signal
import subprocess
import termios

import topo
import tq
from case import main

LOGIN = 1  # a user that every machine has


def log_in(uid):
    """In a child: the terminal that it has is its own, and this user has logged in."""
    def prepare():
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        if uid is not None:
            with open("/proc/self/loginuid", "w") as f:
                f.write(str(uid))
    return prepare


def type_in(daemon, uid, *lines):
    """Types into the CLI at a terminal; the terminal's name and the process."""
    ours, theirs = pty.openpty()
    name = os.ttyname(theirs)[len("/dev/"):]
    process = topo.popen("rA", tq.program("tunqos"), "--socket", daemon.socket,
                         stdin=theirs, stdout=theirs, stderr=theirs,
                         start_new_session=True, preexec_fn=log_in(uid))
    os.close(theirs)
    os.write(ours, "".join(line + "\n" for line in (*lines, "exit")).encode())
    try:
        while os.read(ours, 4096):
            pass
    except OSError:  # the other end is closed
        pass
    process.wait(30 * topo.SLOW)
    os.close(ours)
    return name, process.pid


def changes(daemon):
    return daemon.rpc("config.log")["result"]["changes"]


def typed(case, daemon):
    user = pwd.getpwuid(LOGIN).pw_name
    line, pid = type_in(daemon, LOGIN, "configure terminal", "interface tun",
                        "tunnel encap dscp set ef", "end")
    want = ["+interface tun", "+ tunnel encap dscp set ef"]
    last = changes(daemon)[-1]
    case.equal("who", (last["user"], last["line"], last["uid"], last["pid"], last["program"]),
               (user, line, 0, pid, "tunqos"))
    case.equal("what", last["lines"], want)
    text = daemon.output()
    case.true("in the log: " + text,
              "%%SYS-5-CONFIG_I: Configured from console by %s on %s (tunqos[%d] as root)\n" %
              (user, line, pid) in text)
    for one in want:
        case.true("its line: " + one,
                  "%%PARSER-5-CFGLOG_LOGGEDCMD: User:%s  logged command:%s\n" % (user, one)
                  in text)
    shown = daemon.cli("show archive log config all").stdout
    case.true("in the archive: " + shown,
              "%s@%s  |+ tunnel encap dscp set ef\n" % (user, line) in shown)


def root(case, daemon):
    """The console of a machine, where nobody but root has logged in."""
    line, pid = type_in(daemon, 0, "configure terminal", "interface tun",
                        "tunnel encap dscp set af41", "end")
    case.true("root: " + daemon.output(), "by root on %s (tunqos[%d])\n" % (line, pid)
              in daemon.output())


def program(case, daemon):
    """cron and the like: no terminal."""
    process = topo.popen("rA", tq.program("tunqos"), "--socket", daemon.socket,
                         "-c", "configure terminal", "-c", "interface tun",
                         "-c", "tunnel encap dscp set cs1", stdin=subprocess.DEVNULL,
                         start_new_session=True)
    process.wait(30 * topo.SLOW)
    last = changes(daemon)[-1]
    case.equal("a program", (last["line"], last["pid"]), ("tunqos", process.pid))
    case.equal("its lines", last["lines"],
               ["interface tun", "- tunnel encap dscp set af41", "+ tunnel encap dscp set cs1"])


def files(case, daemon):
    """Those who load the file are named, and so is the file."""
    daemon.cli("write memory", "configure terminal", "no interface tun")
    daemon.cli("configure replace startup-config")
    last = changes(daemon)[-1]
    case.equal("from the file", (last["from"], last["program"]), (daemon.config, "tunqos"))
    daemon.cli("configure terminal", "no interface tun")
    number = len(changes(daemon))
    daemon.process.send_signal(signal.SIGHUP)
    topo.wait(lambda: len(changes(daemon)) > number, 20, "the file")
    last = changes(daemon)[-1]
    case.equal("SIGHUP", (last["from"], last["user"], last["line"], last["lines"]),
               (daemon.config, "tunqosd", "SIGHUP",
                ["+interface tun", "+ tunnel encap dscp set cs1"]))
    daemon.stop()
    os.unlink(daemon.socket + ".running")
    tq.unload()
    tq.load()
    daemon.start()
    case.equal("startup", [(c["from"], c["user"], c["line"], c["number"])
                           for c in changes(daemon)], [(daemon.config, "tunqosd", "startup", 1)])


def test(case):
    with tq.module(), topo.Founding() as net, net.tunnel("gre"), tq.Daemon("rA") as daemon:
        case.equal("nothing yet", changes(daemon), [])
        typed(case, daemon)
        root(case, daemon)
        program(case, daemon)
        files(case, daemon)


if __name__ == "__main__":
    main(test)
