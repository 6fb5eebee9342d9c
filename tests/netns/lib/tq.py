# SPDX-License-Identifier: GPL-2.0-or-later
"""tunqos itself: the module, the daemon, the command line."""

import contextlib
import functools
import importlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

import topo
from case import Skip

KO = os.environ.get("TUNQOS_KO", "")
BIN = os.environ.get("TUNQOS_BIN", "")


def program(name):
    """The built program; Skip when it has not been built."""
    if not BIN:
        raise RuntimeError("the test does not say that it takes programs")
    path = os.path.join(BIN, name)
    if not os.access(path, os.X_OK):
        raise Skip("%s is not built" % name)
    return path


def debug_kernel():
    """Skip in any other."""
    if os.environ.get("TUNQOS_DEBUG") != "1":
        raise Skip("it takes the debug kernel (make check-debug)")


def loaded():
    with open("/proc/modules") as f:
        return any(line.startswith("tunqos ") for line in f)


def load(*parameters):
    """insmod with what it depends on; Skip when it has not been built."""
    if not KO:
        raise Skip("tunqos.ko is not built")
    depends = topo.run(None, "modinfo", "-F", "depends", KO).stdout.strip()
    if depends:
        topo.run(None, "modprobe", "-a", *depends.split(","))
    topo.run(None, "insmod", KO, *parameters)


def unload():
    if loaded():
        topo.run(None, "rmmod", "tunqos")


@contextlib.contextmanager
def module(*parameters):
    load(*parameters)
    try:
        yield
    finally:
        unload()


def dmesg():
    return topo.run(None, "dmesg").stdout


class Daemon:
    """tunqosd in a namespace, until the 'with' block ends.

    config: text of its configuration file, or None.
    """

    def __init__(self, ns, *arguments, config=None):
        self.ns = ns
        self.dir = tempfile.mkdtemp(prefix="tunqosd-")
        self.socket = self.dir + "/tunqos.sock"
        self.config = self.dir + "/tunqos.json"
        self.log = self.dir + "/log"
        self.arguments = arguments
        self.process = None
        if config is not None:
            with open(self.config, "w") as f:
                f.write(config)

    def start(self):
        with open(self.log, "a") as log:
            self.process = topo.popen(
                self.ns, program("tunqosd"), "--socket", self.socket,
                "--config", self.config, *self.arguments,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        topo.wait(self.ready, 30, "tunqosd's socket")
        self.rpc("version")  # answered when the module has what the file says

    def ready(self):
        if self.process.poll() is not None:
            raise RuntimeError("tunqosd ended: %s\n%s" % (
                self.process.returncode, self.output()))
        # one that was killed leaves its socket behind, and nobody in it
        with socket.socket(socket.AF_UNIX) as s:
            return s.connect_ex(self.socket) == 0

    def output(self):
        with open(self.log) as f:
            return f.read()

    def stop(self, how=signal.SIGTERM):
        """Returns the exit status."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(15 * topo.SLOW)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise RuntimeError("tunqosd does not end\n" + self.output())
        return self.process.returncode if self.process else None

    def rpc(self, method, **params):
        return rpc(self.socket, method, **params)

    def cli(self, *lines, check=True):
        return cli(self.ns, *lines, socket=self.socket, check=check)

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            shutil.rmtree(self.dir, ignore_errors=True)
            raise
        return self

    def __exit__(self, *_):
        try:
            self.stop()
        finally:
            shutil.rmtree(self.dir, ignore_errors=True)


# Bytes of an answer that is looked at as a whole; those of thousands of tunnels take a minute.
CHECKED = 100_000


class Gone(Exception):
    """The daemon went away before it had answered."""


@functools.cache
def schema():
    """The module that knows all answers, which takes seconds to load in the
    machine. None: the demo takes less than the checks; test_daemon wants it."""
    sys.path.append(os.path.join(
        os.path.dirname(os.path.abspath(__file__)), "../.."))
    try:
        return importlib.import_module("schema")
    except ImportError:
        return None
    finally:
        sys.path.pop()


def rpc(path, method, **params):
    """One request on the control socket; the parsed answer, or Gone."""
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(60)
    with client:
        try:
            client.connect(path)
            client.sendall(json.dumps({
                "jsonrpc": "2.0", "id": 1, "method": method,
                "params": params}).encode() + b"\n")
            with client.makefile() as answers:
                line = answers.readline()
        except (ConnectionError, FileNotFoundError) as e:
            raise Gone(str(e)) from None
    if not line.endswith("\n"):
        raise Gone("half an answer" if line else "no answer")
    answer = json.loads(line)
    if len(line) < CHECKED and schema():
        if "result" in answer:
            schema().check(method, answer["result"])
        else:
            schema().check("error", answer["error"])
    return answer


def cli(ns, *lines, socket=None, check=True):
    """Run CLI commands in one session; returns the CompletedProcess."""
    argv = [program("tunqos")]
    if socket:
        argv += ["--socket", socket]
    for line in lines:
        argv += ["-c", line]
    return topo.run(ns, *argv, check=check, stdin=subprocess.DEVNULL)
