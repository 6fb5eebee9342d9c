#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The committed man page and bash completion are those that the command table gives, and what
schema and tunqos.json(5) say of settings is what their declarations give.

Usage: test_generated.py TUNQOS
To bring them up to date: make regen
"""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

from fake import HERE, TUNQOS, Daemon

ROOT = os.path.join(HERE, "..", "..", "..")
MAN = os.path.join(ROOT, "packaging", "man", "tunqos.8")
COMPLETION = os.path.join(ROOT, "packaging", "completion", "tunqos")


def generated(what):
    return subprocess.run([TUNQOS, "--generate", what], check=True, capture_output=True,
                          text=True).stdout


class Generated(unittest.TestCase):
    def test_the_man_page_is_up_to_date(self):
        with open(MAN, encoding="utf-8") as page:
            self.assertEqual(page.read(), generated("man"))

    def test_bash_completion_is_up_to_date(self):
        with open(COMPLETION, encoding="utf-8") as script:
            self.assertEqual(script.read(), generated("bash-completion"))

    def test_settings_are_up_to_date(self):
        done = subprocess.run([os.path.join(ROOT, "tools", "settings-regen"), "--check", TUNQOS],
                              check=False, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_what_no_declaration_gives_is_found(self):
        for path, before, after in (
                ("packaging/schema/tunqos-1.schema.json", '"merge"', '"merged"'),
                ("packaging/man/tunqos.json.5", ".It Cm gro", ".It Cm gso")):
            with tempfile.TemporaryDirectory() as top:
                for part in ("tools", "packaging/schema", "packaging/man"):
                    shutil.copytree(os.path.join(ROOT, part), os.path.join(top, part))
                with open(os.path.join(top, path), encoding="utf-8") as file:
                    text = file.read()
                self.assertIn(before, text)
                with open(os.path.join(top, path), "w", encoding="utf-8") as file:
                    file.write(text.replace(before, after, 1))
                done = subprocess.run(
                    [os.path.join(top, "tools", "settings-regen"), "--check", TUNQOS],
                    check=False, capture_output=True, text=True)
                self.assertEqual((done.returncode, path in done.stdout), (1, True))

    @unittest.skipUnless(shutil.which("groff"), "no groff")
    def test_the_man_page_is_good_roff(self):
        done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z", MAN], check=True,
                              capture_output=True, text=True)
        self.assertEqual(done.stderr, "")

    def complete(self, daemon, *words):
        """What bash offers for the last of the words."""
        with tempfile.TemporaryDirectory() as directory:
            os.symlink(os.path.abspath(TUNQOS), os.path.join(directory, "tunqos"))
            script = (f'. "{COMPLETION}"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
                      '_tunqos tunqos; printf "%s\\n" "${COMPREPLY[@]}"')
            environment = daemon.environment()
            environment["PATH"] = directory + ":" + environment["PATH"]
            done = subprocess.run(["bash", "-c", script, "bash", *words], check=True, text=True,
                                  capture_output=True, env=environment)
            return done.stdout.split()

    def test_bash_completes(self):
        with Daemon() as daemon:
            daemon.run(stdin="table-map wan\n")
            self.assertEqual(self.complete(daemon, "tunqos", "sh"), ["show"])
            self.assertEqual(self.complete(daemon, "tunqos", "--json", "show", "ta"), ["table-map"])
            self.assertEqual(self.complete(daemon, "tunqos", "--socket", daemon.socket, "sh", "tab",
                                           "w"), ["wan"])
            self.assertEqual(self.complete(daemon, "tunqos", "--js"), ["--json"])
            self.assertEqual(self.complete(daemon, "tunqos", "--generate", "m"), ["man"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
