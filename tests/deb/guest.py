# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs in the virtual machine as a service of Debian's systemd: each step that
the job names, judged, and reported through the port of tests/vm."""

import contextlib
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

SRC = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path.append(SRC + "/tests/vm/guest")
from runner import KernelLog, Port, SPLAT  # noqa: E402

CONFIG = "/etc/tunqos/tunqos.json"


class Wrong(Exception):
    pass


def true(what, value, shown=""):
    """A check, printed; the step ends with the first that does not hold."""
    print("%-5s %s" % ("ok" if value else "WRONG", what), flush=True)
    if not value:
        raise Wrong("%s: %s" % (what, shown))


def run(*argv, check=True, limit=300, text=None, **env):
    done = subprocess.run(
        argv, input=text, stdin=None if text else subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=limit, check=False,
        env=dict(os.environ, DEBIAN_FRONTEND="noninteractive", **env))
    if check and done.returncode:
        raise Wrong("%s: exit status %d\n%s" % (
            " ".join(argv), done.returncode, done.stdout))
    return done


def shell(script, **more):
    return run("sh", "-ec", script, **more).stdout.strip()


def tunqos(*lines):
    return run("tunqos", text="\n".join(lines) + "\n").stdout


def unit(what):
    return shell("systemctl show -P %s tunqosd" % what)


def module_file():
    return shell("modinfo -n tunqos")


def live():
    """Of a module that was loaded anew it is another."""
    try:
        return os.stat("/sys/module/tunqos").st_ino
    except FileNotFoundError:
        return None


def wait(what, value, seconds=60):
    end = time.monotonic() + seconds
    while not value():
        if time.monotonic() > end:
            raise Wrong("no " + what)
        time.sleep(0.3)


def booted(facts):
    """The machine as it comes up: nobody has typed anything."""
    state = run("systemctl", "is-system-running", "--wait", check=False,
                limit=300).stdout.strip()
    failed = shell("systemctl --failed --plain --no-legend")
    true("systemd is up: " + state, state in ("running", "degraded"))
    true("no unit has failed", not failed, failed + shell(
        "journalctl -b --no-pager | tail -n 60"))
    kernel = os.uname().release
    true("kernel " + kernel, kernel == facts["kernel"])
    true("the module is loaded", live())
    path = module_file()
    true("it is that of DKMS: " + path, re.fullmatch(
        r"(/usr)?/lib/modules/%s/updates/dkms/tunqos\.ko(\.xz)?" % re.escape(
            kernel), path), path)
    with open("/sys/module/tunqos/srcversion") as f:
        srcversion = f.read().strip()
    true("and no other", srcversion == shell("modinfo -F srcversion tunqos"))
    with open("/proc/sys/kernel/tainted") as f:
        taint = int(f.read())
    true("the kernel is tainted by nothing but a foreign module: %d" % taint,
         not taint & ~(1 << 12 | 1 << 13))
    true("the service is enabled",
         shell("systemctl is-enabled tunqosd") == "enabled")
    true("the service runs", unit("ActiveState") == "active",
         run("systemctl", "status", "tunqosd", check=False).stdout)
    shown = tunqos("show version")
    true("version " + facts["version"], re.search(
        r"^tunqosd, version %s$" % re.escape(facts["upstream"]), shown, re.M)
        and "tunqos module, release" in shown, shown)
    true("the group", "tunqos:" in shell("getent group tunqos"))
    print(shown)


def marks(_facts):
    """EF through a tunnel: what autopkgtest runs, without it."""
    print(run(SRC + "/packaging/debian/tests/marks").stdout)


def autopkgtest(_facts):
    """The tests of the package, by autopkgtest itself, on this machine
    as it is."""
    tree = tempfile.mkdtemp()
    shutil.copytree(SRC + "/packaging/debian", tree + "/tunqos/debian")
    # Debian 13's does not believe that this is a machine of its own
    done = run("autopkgtest", "--ignore-restrictions=isolation-machine",
               "--no-built-binaries", tree + "/tunqos", "--", "null",
               check=False)
    print(done.stdout)
    true("all tests pass", not done.returncode and
         re.search(r"^marks +PASS$", done.stdout, re.M))


def secure(facts):
    """A kernel that takes only what an enrolled key has signed."""
    run("systemctl", "is-system-running", "--wait", check=False, limit=300)
    true("no module", not live())
    done = run("modprobe", "tunqos", check=False)
    print(done.stdout)
    true("modprobe says why", facts["says"] in done.stdout, done.stdout)
    true("the service runs nevertheless", unit("ActiveState") == "active")
    shown = tunqos("show version")
    print(shown)
    line = next((li for li in shown.splitlines() if "module" in li), "")
    true("what to type: " + line,
         "mokutil --import /var/lib/dkms/mok.pub" in line, shown)
    log = shell("journalctl -b -u tunqosd --no-pager -o cat")
    true("the log says it too", "mokutil --import" in log, log)


def configuration():
    """Some lines, saved; returns what is shown and the file."""
    tunqos("configure terminal", "interface kept", " description before the upgrade",
           " tunnel diffserv-mode uniform", "end", "write memory")
    with open(CONFIG) as f:
        return tunqos("show running-config"), f.read()


@contextlib.contextmanager
def without_headers():
    """DKMS leaves out the build, which takes a quarter of an hour under
    emulation; it is seen in the root, without a machine."""
    build = "/usr/lib/modules/%s/build" % os.uname().release
    os.rename(build, build + ".away")
    try:
        yield
    finally:
        os.rename(build + ".away", build)


def configured(package):
    """What dpkg runs once the files are there; DKMS has done its part before."""
    return run("/var/lib/dpkg/info/%s.postinst" % package, "configure",
               DPKG_MAINTSCRIPT_PACKAGE=package,
               DPKG_MAINTSCRIPT_NAME="postinst").stdout


def loads(_facts):
    """Either package, as the second of the two, loads the module at once; where
    there is none, nobody complains."""
    run("mount", "--bind", "/bin/true", "/usr/lib/dkms/common.postinst")
    path = module_file()
    for package in ("tunqos", "tunqos-dkms"):
        run("rmmod", "tunqos")
        os.rename(path, path + ".away")
        said = configured(package)
        true("no module, and %s is content" % package, not live() and
             not said, said)
        os.rename(path + ".away", path)
        configured(package)
        true("%s loads it" % package, live())
    run("umount", "/usr/lib/dkms/common.postinst")


class Traffic:
    """EF through a tunnel to another namespace, all the time. What the device
    itself sends, IPv6's reports and solicitations, has no EF and is counted
    apart."""

    def __enter__(self):
        shell("""
            ip netns add far
            ip link add tqtest type veth peer name eth0 netns far
            ip link set tqtest up
            ip address add 192.0.2.1/24 dev tqtest
            ip -n far link set lo up
            ip -n far link set eth0 up
            ip -n far address add 192.0.2.2/24 dev eth0
            ip link add live type gre local 192.0.2.1 remote 192.0.2.2
            ip link set live up
            ip address add 198.51.100.1/24 dev live
            ip -n far link add live type gre local 192.0.2.2 remote 192.0.2.1
            ip -n far link set live up
            ip -n far address add 198.51.100.2/24 dev live
            ip netns exec far tc qdisc add dev eth0 clsact
            ip netns exec far tc filter add dev eth0 ingress prio 1 \
                protocol ip u32 match ip protocol 47 0xff \
                match u16 0x0800 0xffff at 22 \
                match ip dsfield 0xb8 0xfc action ok
            ip netns exec far tc filter add dev eth0 ingress prio 2 \
                protocol ip u32 match ip protocol 47 0xff \
                match u16 0x0800 0xffff at 22 action ok
            ip netns exec far tc filter add dev eth0 ingress prio 3 \
                protocol ip u32 match ip protocol 47 0xff action ok
        """)
        tunqos("configure terminal", "interface live", " tunnel diffserv-mode uniform", "end",
               "write memory")
        shell("ping -q -c 3 -i 0.3 -Q 0xb8 198.51.100.2")
        self.before = self.count()
        self.ping = subprocess.Popen(
            ["ping", "-q", "-i", "0.2", "-Q", "0xb8", "198.51.100.2"],
            stdout=subprocess.PIPE, text=True)
        return self

    def count(self):
        """Packets at the far end: with EF outside, without, not of ping."""
        text = shell("ip netns exec far tc -s filter show dev eth0 ingress")
        return [int(n) for n in re.findall(r"bytes (\d+) pkt", text)]

    def judge(self, during=""):
        """Each that ping has sent came out with EF outside."""
        self.ping.send_signal(signal.SIGINT)
        said = self.ping.communicate(timeout=60)[0]
        sent, answered = map(int, re.search(
            r"(\d+) packets transmitted, (\d+) received", said).groups())
        marked, bare, others = [
            b - a for a, b in zip(self.before, self.count())]
        true("EF outside all the time: %d of %d packets%s, %d without, %d "
             "answered; %d others of the device" % (
                 marked, sent, during, bare, answered, others),
             sent > 10 and marked == answered == sent and not bare, said)

    def __exit__(self, *_):
        self.ping.kill()
        self.ping.wait()
        # the other end of a veth goes some time after its namespace
        shell("ip link del live; ip link del tqtest; ip netns del far")


def restart(_facts):
    """The daemon starts anew: the module goes on with its work."""
    with Traffic() as traffic:
        module, pid = live(), unit("MainPID")
        run("systemctl", "restart", "tunqosd")
        true("the daemon is another", unit("MainPID") != pid)
        true("the module is not", live() == module)
        time.sleep(3)
        traffic.judge()


def upgrade(facts):
    """The next version over a module that works: it goes on with its work."""
    with Traffic() as traffic:
        before = configuration()
        module, pid = live(), unit("MainPID")
        start = time.monotonic()
        with without_headers():
            done = run("apt-get", "-q", "-y", "--no-install-recommends",
                       "install", *facts["next"], limit=600, check=False)
        seconds = time.monotonic() - start
        print(done.stdout)
        if done.returncode:
            print(shell("tail -n 60 /var/lib/dkms/tunqos/*/build/make.log"))
        true("apt is content", not done.returncode)
        true("both have the next version", shell(
            "dpkg-query -W -f '${Version} ' tunqos tunqos-dkms").split() ==
            [facts["next_version"]] * 2)
        true("the module was not unloaded", live() == module)
        wait("new daemon", lambda: unit("ActiveState") == "active" and
             unit("MainPID") != pid)
        true("the daemon is another", unit("MainPID") != pid)
        with open(CONFIG) as f:
            after = tunqos("show running-config"), f.read()
        true("the configuration runs", after[0] == before[0], after[0])
        true("and its file is the same", after[1] == before[1], after[1])
        traffic.judge(" in %.0f s" % seconds)


def purge(_facts):
    """The packages go while the module works."""
    tunqos("configure terminal", "interface kept", " tunnel diffserv-mode pipe", "end",
           "write memory")
    module = live()
    print(run("apt-get", "-q", "-y", "purge", "tunqos", "tunqos-dkms",
              limit=600).stdout)
    true("the module works on until modprobe -r", live() == module)
    left = [p for p in ("/etc/tunqos", "/run/tunqos", "/usr/src/tunqos-*",
                        "/var/lib/dkms/tunqos", "/usr/sbin/tunqos*",
                        "/etc/systemd/system/*/tunqosd.service",
                        "/var/lib/systemd/deb-systemd-helper-*/*tunqos*",
                        "/usr/lib/modules/*/updates/dkms/tunqos*")
            if glob.glob(p)]
    true("nothing is left", not left, left)
    true("no process", run("pgrep", "tunqosd", check=False).returncode)
    run("rmmod", "tunqos")
    true("rmmod", not live())


STEPS = {f.__name__: f for f in (booted, marks, autopkgtest, restart,
                                     loads, upgrade, purge, secure)}


def main():
    with open("/run/job/job.json") as f:
        facts = json.load(f)
    port, kmsg = Port("verdict"), KernelLog()
    boot = [li for li in kmsg.fresh() if SPLAT.search(li)]
    port.word(word="up", kernel=os.uname().release, splats=boot)
    status = 0
    for name in facts["steps"]:
        limit = 700
        port.word(word="start", test=name, limit=limit)
        start, reason = time.monotonic(), ""
        reader, writer = os.pipe()
        child = os.fork()
        if not child:
            os.close(reader)
            os.dup2(writer, 1)
            os.dup2(writer, 2)
            code = 0
            try:
                STEPS[name](facts)
            except Wrong as wrong:
                print("WRONG", wrong)
                code = 1
            except BaseException:
                traceback.print_exc()
                code = 1
            sys.stdout.flush()
            os._exit(code)
        os.close(writer)
        with open(reader, errors="replace") as f:
            output = f.read()
        if os.waitpid(child, 0)[1]:
            reason = "see its output"
        splats = [li for li in kmsg.fresh() if SPLAT.search(li)]
        if splats:
            reason = "kernel log: " + splats[0]
        status = status or bool(reason)
        port.word(word="verdict", test=name, reason=reason,
                  verdict="fail" if reason else "pass", status=int(bool(reason)),
                  seconds=round(time.monotonic() - start, 1),
                  output=output, log=splats)
    port.word(word="end")


if __name__ == "__main__":
    main()
