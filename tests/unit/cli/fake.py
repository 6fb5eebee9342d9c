# SPDX-License-Identifier: GPL-2.0-or-later
"""Starts the fake daemon and a CLI against it."""
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TUNQOS = sys.argv[1]


class Daemon:
    def __enter__(self):
        self.directory = tempfile.TemporaryDirectory()
        self.socket = os.path.join(self.directory.name, "s")
        self.log = os.path.join(self.directory.name, "log")
        self.process = subprocess.Popen(
            [sys.executable, os.path.join(HERE, "fake_daemon.py"), self.socket, self.log],
            stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.directory.cleanup()

    def methods(self):
        """What was asked since the last time."""
        try:
            with open(self.log, encoding="utf-8") as log:
                lines = log.read().split()
        except FileNotFoundError:
            return []
        os.unlink(self.log)
        return lines

    def environment(self):
        return {**os.environ, "TUNQOS_SOCKET": self.socket, "HOME": self.directory.name,
                "TERM": "dumb", "INPUTRC": "/dev/null"}

    def run(self, *arguments, stdin=None):
        """Runs the CLI once: (exit code, standard output, standard error)."""
        done = subprocess.run([TUNQOS, *arguments], input=stdin or "", text=True, timeout=20,
                              capture_output=True, env=self.environment(), check=False)
        return done.returncode, done.stdout, done.stderr
