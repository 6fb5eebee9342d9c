# SPDX-License-Identifier: GPL-2.0-or-later
"""A virtual machine: one boot in which tests run, one after another."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SRC = os.path.dirname(os.path.dirname(HERE))
TESTS = os.path.join(SRC, "tests/netns")
DEBUG_TESTS = os.path.join(SRC, "tests/debug")  # these take the debug kernel
CACHE = os.environ.get("TUNQOS_CACHE") or os.path.join(
    os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"),
    "tunqos")
BUILD = os.path.abspath(os.environ.get("TUNQOS_BUILD", SRC + "/build"))
LIMIT = 180
BOOT_LIMIT = 180
GRACE = 60  # for the guest to kill, to clean up and to report

# With a thread for each virtual CPU, one of them can go on executing an int3 of
# the kernel's code patching that is long gone: an endless loop at a static
# branch, for example of a netfilter hook (QEMU 7.2). Seen in one of three runs
# of test_lifecycle, which registers hooks under traffic; never with one thread.
ACCEL = "tcg,thread=single"

# With two virtual CPUs this one has ended in "Oops: int3" where it patches a
# static branch, once before any module was loaded (QEMU 7.2).
SMP = {"7.3": "1"}

EXPEDITED = "rcupdate.rcu_expedited=1"

# One byte at a time is how QEMU does "rep movsb", which the kernel takes for
# copies when the processor says that it is fast; SMAP ends a translated block
# at each access to the memory of a process.
CPU = "max,-erms,-smap,-smep"

CMDLINE = [
    "console=ttyS0", "loglevel=4", "log_buf_len=16M", "oops=panic", "panic=-1",
    # under emulation on a busy host the guest may stand still for seconds,
    # also while it counts the ticks that a timer must give at boot
    "watchdog_thresh=60", "rcupdate.rcu_cpu_stall_timeout=120",
    "no_timer_check",
    "mitigations=off", "random.trust_cpu=on", "tsc=reliable",
    "printk.devkmsg=on",
    # What is emulated is translated anew for each address that it runs at:
    # four fifths of what a short process costs. Page tables of four levels
    # are walked sooner, and programs begin and end most of the time.
    "norandmaps", "no5lvl",
    # Zeroing what is about to be written is work for nothing; and what is not
    # written is seen sooner.
    "init_on_alloc=0",
    # A packet socket is closed, and its ring made, behind a grace period of
    # 10 to 30 ms: half of what a short test is. What is freed too early is
    # gone sooner, too. The debug kernel takes the long ones.
    EXPEDITED,
]


def find_test(name):
    """A path, or the name of a test in either folder, with or without test_."""
    places = [name] + [
        os.path.join(folder, form % name)
        for folder in (TESTS, DEBUG_TESTS) for form in (
            "%s", "test_%s", "%s.py", "%s.sh", "test_%s.py", "test_%s.sh")]
    for path in places:
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return os.path.abspath(path)
    sys.exit("vm: no such test: " + name)


def all_tests(*folders):
    return [path for folder in folders if os.path.isdir(folder)
            for path in (os.path.join(folder, f)
                         for f in sorted(os.listdir(folder))
                         if re.fullmatch(r"test_\w+\.(py|sh)", f))
            if os.access(path, os.X_OK)]


def test_name(path):
    return os.path.splitext(os.path.basename(path))[0]


def said(path):
    """What a test says of itself: {"limit": "300", "programs": ""}."""
    with open(path, errors="replace") as f:
        words = re.findall(r"^# tunqos-test: (.+)", f.read(4096), re.M)
    return dict(re.findall(r"(\w+)=?(\S*)", " ".join(words)))


def test_limit(path):
    return int(said(path).get("limit", LIMIT))


def takes_programs(path):
    """A test that does not say so can run before they are built."""
    return "programs" in said(path)


def come_first(pid):
    """Before what is built beside it.

    Where the kernel shares processors between sessions (sched_autogroup), the
    priority of a thread counts inside its session only, and the machine has one
    of its own. The session's takes a privilege.
    """
    try:
        with open("/proc/%d/autogroup" % pid, "w") as f:
            f.write("-10")
    except OSError:
        pass


def add_judgement(w, found):
    """To a verdict of the guest that of the host."""
    def total(last):
        return "%d checks, %d differ" % (int(last[1]) + found["checks"],
                                         int(last[2]) + found["failures"])
    w["output"] = found["output"] + re.sub(
        r"^(\d+) checks, (\d+) differ", total, w["output"], flags=re.M)
    wrong = []
    if found["failures"]:
        wrong.append("what it caught differs")
    if found["tables"] != found["sent"]:
        wrong.append("%d tables of %d came out of the machine" % (
            found["tables"], found["sent"]))
    if wrong:
        w["verdict"] = "fail"
        w["reason"] = "; ".join([w["reason"]] * bool(w["reason"]) + wrong)


class Machine:
    """One boot. Verdicts are read from a file behind the second channel."""

    prepare = "prepare"
    boot_limit = BOOT_LIMIT
    grace = GRACE
    memory = "2G"
    cmdline = CMDLINE
    ports = ("verdict", "live", "judge")

    def __init__(self, tests, live, limit=None, kernel=None, here=False):
        """kernel: its name, None for that of the installed headers.

        here: this machine's root and programs are to do for it, too
        """
        self.dir = None
        self.judged = 0  # bytes of what was caught
        self.tests = tests
        self.live = live
        self.limit = limit
        self.smp = os.environ.get("TUNQOS_SMP", SMP.get(kernel, "2"))
        self.ready = subprocess.run(
            [os.path.join(HERE, self.prepare)] + [kernel] * bool(kernel)
            + ["here"] * here,
            stdout=subprocess.PIPE, check=True, text=True).stdout.strip()
        # what is built for this kernel and for its root
        self.build_dir = BUILD + "/kernel-" + kernel if kernel else BUILD
        other = kernel and not here
        self.programs = self.build_dir + "/bin" if other else BUILD + "/bin"
        self.root = os.path.realpath(self.ready + "/root") if other else "/"

    def module(self):
        return os.environ.get("TUNQOS_KO",
                              self.build_dir + "/module/kmod/tunqos.ko")

    def limit_of(self, test):
        return self.limit or test_limit(test)

    def environment(self, test):
        env = {
            "TUNQOS_SRC": SRC,
            "TUNQOS_VM": "1",
            "TUNQOS_TEST": test_name(test),
            "PYTHONPATH": TESTS + "/lib",
            "PYTHONUNBUFFERED": "1",
            "LC_ALL": "C.UTF-8",
        }
        # what a run may be told: which random numbers, how long
        env.update((key, os.environ[key])
                   for key in ("TUNQOS_SEED", "TUNQOS_SECONDS")
                   if key in os.environ)
        if takes_programs(test):
            env["TUNQOS_BIN"] = os.environ.get("TUNQOS_BIN", self.programs)
        if os.path.exists(self.module()):
            env["TUNQOS_KO"] = self.module()
        return env

    def job(self):
        return {"live": self.live, "tests": [
            {"name": test_name(t), "argv": [t], "env": self.environment(t),
             "limit": self.limit_of(t)} for t in self.tests]}

    def write_job(self):
        with open(self.dir + "/in/env", "w") as f:
            # /tmp and /run are fresh in the guest but for these
            keep = {SRC: 1, BUILD: 1}
            keep.update((os.path.dirname(t), 1) for t in self.tests
                        if not t.startswith(SRC + "/"))
            for key, value in (
                    ("SRC", SRC), ("KEEP", "\n".join(keep)),
                    ("ROOT", self.root),
                    ("KMODS", self.kernel_modules())):
                f.write("%s=%s\n" % (key, shlex.quote(value)))
        with open(self.dir + "/in/job.json", "w") as f:
            json.dump(self.job(), f)

    def kernel_modules(self):
        with open(self.ready + "/version") as f:
            return self.ready + "/lib/modules/" + f.read().strip()

    def command(self):
        share = "local,security_model=none,readonly=on,multidevs=remap,"
        args = [
            "qemu-system-x86_64", "-machine", "q35",
            "-accel", os.environ.get("TUNQOS_ACCEL", ACCEL), "-cpu", CPU,
            "-smp", self.smp, "-m", self.memory,
            "-nodefaults", "-no-reboot", "-display", "none",
            "-serial", "file:%s/console" % self.dir,
            "-virtfs", share + "path=/,mount_tag=host",
            "-virtfs", share + "path=%s/in,mount_tag=job" % self.dir,
            "-device", "virtio-serial-pci"]
        for port in self.ports:
            args += [
                "-chardev", "file,id=%s,path=%s/%s" % (port, self.dir, port),
                "-device", "virtserialport,chardev=%s,name=%s" % (port, port)]
        extra = os.environ.get("TUNQOS_CMDLINE", "").split()
        return args + [
            "-kernel", self.ready + "/vmlinuz",
            "-initrd", self.ready + "/initrd",
            "-append", " ".join(self.cmdline + extra)]

    def run(self, word):
        """Boot; call word() for each word of the guest. True = proper end."""
        os.makedirs(CACHE + "/run", exist_ok=True)
        os.makedirs(BUILD, exist_ok=True)
        self.dir = tempfile.mkdtemp(dir=CACHE + "/run")
        try:
            os.mkdir(self.dir + "/in")
            self.write_job()
            for name in self.ports + ("console",):
                open(self.dir + "/" + name, "w").close()
            qemu = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL,
                start_new_session=True)
            come_first(qemu.pid)
            try:
                return self.follow(qemu, word)
            finally:
                if qemu.poll() is None:
                    qemu.kill()
                qemu.wait()
        finally:
            self.keep()
            shutil.rmtree(self.dir, ignore_errors=True)

    def follow(self, qemu, word):
        deadline = time.monotonic() + self.boot_limit
        ended = False
        rest = ""
        with open(self.dir + "/verdict") as verdicts, \
                open(self.dir + "/live", "rb") as live:
            while True:
                dead = qemu.poll() is not None
                self.show(live.read())
                rest += verdicts.read()
                *lines, rest = rest.split("\n")
                for line in lines:
                    w = json.loads(line)
                    if w["word"] == "verdict":
                        self.judge(w)
                    word(w)
                    ended = ended or w["word"] == "end"
                    deadline = time.monotonic() + self.grace + w.get("limit", 0)
                if dead:
                    return ended
                if time.monotonic() > deadline:
                    print("vm: no word from the guest in time")
                    return ended
                time.sleep(0.05)

    def judge(self, w):
        """Adds to a verdict what the test has left to be judged here
        (tests/netns/lib/outside.py). What got lost on the way out is a failure.
        """
        path = self.dir + "/judge"
        test = next((t for t in self.tests if test_name(t) == w["test"]), None)
        if not test or os.path.getsize(path) == self.judged:
            return
        try:
            r = subprocess.run(
                [sys.executable, HERE + "/judge", test, path, str(self.judged)],
                env=dict(os.environ, **self.environment(test)), text=True,
                capture_output=True, check=False, timeout=self.limit_of(test))
            said = r.stdout, r.stderr
        except subprocess.TimeoutExpired as e:
            said = "", str(e)
        try:
            found = json.loads(said[0])
        except json.JSONDecodeError:
            found = {"tables": 0, "sent": 0, "checks": 0, "failures": 1,
                     "end": self.judged, "output": "".join(said)}
        if found["end"] > self.judged and shutil.which("fallocate"):
            # the file ends where it did, and takes no room
            subprocess.run(["fallocate", "--punch-hole", "--length",
                            str(found["end"]), path],
                           stderr=subprocess.DEVNULL, check=False)
        self.judged = found["end"]
        add_judgement(w, found)

    def show(self, output):
        """What the tests print, as it comes."""
        sys.stdout.buffer.write(output)
        sys.stdout.buffer.flush()

    def keep(self):
        """Before the directory of this boot goes."""
        try:
            shutil.copy(self.dir + "/console", BUILD + "/vm-console.log")
        except OSError:
            pass

    def console_tail(self):
        try:
            with open(BUILD + "/vm-console.log", errors="replace") as f:
                return "".join(f.readlines()[-40:])
        except OSError:
            return ""
