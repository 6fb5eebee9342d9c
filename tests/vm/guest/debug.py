# SPDX-License-Identifier: GPL-2.0-or-later
"""What the debug kernel knows beyond its log: locks, leaks, coverage."""

import io
import os
import re
import subprocess
import tarfile
import time

KMEMLEAK = "/sys/kernel/debug/kmemleak"
GCOV = "/sys/kernel/debug/gcov"
AGE = 5  # seconds; kmemleak leaves out what is younger
SHOWN = 20  # objects
# what the instruments say of themselves while booting
GREETINGS = r"lockdep checking is enabled|leak detector initialized"


def lockdep_on():
    """After its first report, or a taint, lockdep sees nothing more."""
    with open("/proc/lockdep_stats") as f:
        m = re.search(r"^ debug_locks:\s+(\d+)", f.read(), re.M)
    return bool(m) and m[1] == "1"


def leaks(module):
    """Texts of the objects that nothing points to; the module is gone."""
    for _ in range(2):
        time.sleep(AGE + 1)
        with open(KMEMLEAK, "w") as f:
            f.write("scan")
    with open(KMEMLEAK) as f:
        text = f.read()
    if not text:
        return []
    names = Symbols(module)
    return [names.put(one) for one in
            re.split(r"^(?=unreferenced object)", text, flags=re.M) if one]


class Symbols:
    """Functions of a module that is not loaded any more.

    kmemleak kept addresses. Loaded again, the module is where it was: it is
    the only one, or nearly so, and the kernel takes the first hole.
    """

    def __init__(self, module):
        self.table = []
        name = os.path.basename(module)[:-3]
        if subprocess.run(["insmod", module], check=False).returncode:
            return
        try:
            with open("/proc/kallsyms") as f:
                for line in f:
                    word = line.split()
                    if word[-1] == "[%s]" % name and word[1] in "tT":
                        self.table.append((int(word[0], 16), word[2]))
        finally:
            subprocess.run(["rmmod", name], check=False)
        self.table.sort()

    def put(self, text):
        return re.sub(r"\b0x(ffffffff[0-9a-f]{8})\b", self.name, text)

    def name(self, match):
        address = int(match[1], 16)
        best = None
        for start, name in self.table:
            if start <= address < start + 0x10000:
                best = "%s+%#x" % (name, address - start)
        return best or match[0]


def first_of_ours(text):
    """'tunqos_attachment_prepare' out of a backtrace, or its innermost."""
    # 6.12 leaves out the address
    frames = re.findall(r"^ +(?:\[<[^>]*>\] )?(\S+)",
                        text.partition("backtrace")[2], re.M)
    for frame in frames:
        if "tunqos" in frame:
            return frame
    return frames[0] if frames else "no backtrace"


def judge_leaks(job):
    """The verdict on a whole boot."""
    start = time.monotonic()
    try:
        found = leaks(job["module"])
        reason = "" if not found else "%d unreferenced object(s): %s" % (
            len(found), ", ".join(sorted({first_of_ours(o) for o in found})))
    except OSError as e:
        found, reason = [], "kmemleak: %s" % e.strerror
    return dict(verdict="fail" if reason else "pass", reason=reason,
                seconds=round(time.monotonic() - start, 2), status=0,
                output="".join(found[:SHOWN]), log=[])


def coverage(module):
    """A tar of the module's counters, which outlive its unloading."""
    root = GCOV + os.path.dirname(module)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for folder, _, files in os.walk(root):
            for name in files:
                if not name.endswith(".gcda"):
                    continue
                path = os.path.join(folder, name)
                with open(path, "rb") as f:
                    data = f.read()
                info = tarfile.TarInfo(os.path.relpath(path, root))
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
    return out.getvalue()
