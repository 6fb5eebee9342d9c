#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""20,000 tunnels and 128 clients: the real tunqosd and the real CLI, without the module.

Usage: test_scale.py PATH_OF_TUNQOSD PATH_OF_TUNQOS [unittest options]
"""
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

TUNQOSD = TUNQOS = None
TUNNELS = 20000
CLIENTS = 128


def request(method, **params):
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method,
                       "params": params}).encode() + b"\n"


class Scale(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dir = tempfile.mkdtemp(prefix="tunqos-scale-")
        os.chmod(cls.dir, 0o755)
        cls.path = os.path.join(cls.dir, "t.sock")
        config = os.path.join(cls.dir, "tunqos.json")
        with open(config, "w") as file:
            json.dump({"version": 1, "interfaces": {
                "gre%d" % i: {"tunnel": {}} for i in range(TUNNELS)}}, file)
        cls.log = open(os.path.join(cls.dir, "log"), "w+")
        cls.process = subprocess.Popen(
            [TUNQOSD, "--foreground", "--config", config, "--socket", cls.path,
             "--group", "nogroup"], stderr=cls.log)
        end = time.monotonic() + 60
        while "ready " not in cls.log_text():
            assert time.monotonic() < end and cls.process.poll() is None
            time.sleep(0.05)

    @classmethod
    def log_text(cls):
        with open(cls.log.name) as file:
            return file.read()

    @classmethod
    def tearDownClass(cls):
        cls.process.kill()
        cls.process.wait()
        cls.log.close()
        shutil.rmtree(cls.dir)

    def tunqos(self, *words):
        return subprocess.run([TUNQOS, "--socket", self.path, *words], capture_output=True,
                              text=True, timeout=100)

    def connect(self, uid=0):
        client = socket.socket(socket.AF_UNIX)
        self.addCleanup(client.close)
        if uid:
            os.setegid(65534)
            os.seteuid(uid)
        try:
            client.connect(self.path)
        finally:
            os.seteuid(0)
            os.setegid(0)
        client.settimeout(60)
        return client

    def test_all_tunnels_are_shown(self):
        shown = self.tunqos("show", "tunnel")
        self.assertEqual(shown.returncode, 0, shown.stderr)
        self.assertEqual(len(shown.stdout.splitlines()), TUNNELS + 1)
        every = self.tunqos("--json", "show", "interfaces")
        self.assertEqual(every.returncode, 0, every.stderr)
        named = {one["name"]: one for one in json.loads(every.stdout)["interfaces"]}
        self.assertEqual(sum(one["tunnel"] is not None for one in named.values()), TUNNELS)
        self.assertEqual(named["gre19999"]["tunnel"]["name"], "gre19999")

    def test_one_interface_asks_for_one_interface(self):
        shown = self.tunqos("--json", "show", "interfaces", "gre17")
        self.assertEqual(shown.returncode, 0, shown.stderr)
        one, = json.loads(shown.stdout)["interfaces"]
        self.assertEqual((one["name"], one["configured"], one["tunnel"]["name"]),
                         ("gre17", True, "gre17"))
        none = self.tunqos("show", "interfaces", "gre20000")
        self.assertEqual(none.returncode, 1)
        self.assertIn("gre20000 does not exist and has no configuration", none.stderr)

    def test_a_reader_that_goes_away_ends_the_cli_quietly(self):
        for ignored in ("", "trap '' PIPE; "):
            shown = subprocess.run(
                ["bash", "-c", ignored + '"$0" --socket "$1" show tunnel | head -1; '
                 'echo "${PIPESTATUS[0]}"', TUNQOS, self.path],
                capture_output=True, text=True, timeout=100)
            self.assertEqual(shown.stderr, "")
            self.assertEqual(shown.stdout.split()[0], "Tunnel")
            self.assertEqual(shown.stdout.split()[-1], "141")

    def test_output_that_cannot_be_written_is_an_error(self):
        with open("/dev/full", "w") as full:
            shown = subprocess.run([TUNQOS, "--socket", self.path, "show", "tunnel"], stdout=full,
                                   stderr=subprocess.PIPE, text=True, timeout=100)
        self.assertEqual(shown.returncode, 1)
        self.assertIn("could not be written", shown.stderr)

    @unittest.skipUnless(os.geteuid() == 0, "needs root")
    def test_root_is_answered_among_128_clients(self):
        crowd = [self.connect(10001 + i // 16) for i in range(CLIENTS)]
        # 48 have a place; the others know that they have none.
        for client in crowd[48:]:
            line = json.loads(client.makefile("rb").readline())
            self.assertIn("too many clients", line["error"]["message"])
        for client in crowd[:8]:
            client.sendall(request("show.tunnels"))  # and reads nothing
        root = self.connect()
        root.sendall(request("show.tunnels"))
        answer = json.loads(root.makefile("rb").readline())
        self.assertEqual(len(answer["result"]["tunnels"]), TUNNELS)
        crowd[47].sendall(request("version"))
        self.assertIn("result", json.loads(crowd[47].makefile("rb").readline()))

    def test_a_configuration_of_bad_objects_is_refused(self):
        bad = {"version": 1, "interfaces": {"gre%d" % i: {"tunnl": 1} for i in range(TUNNELS)}}
        root = self.connect()
        root.sendall(request("config.set", config=bad))
        error = json.loads(root.makefile("rb").readline())["error"]
        problems = error["data"]["problems"]
        self.assertEqual(len(problems), 101)
        self.assertEqual(problems[-1]["message"], "and 19900 more problems; mend these first")


if __name__ == "__main__":
    TUNQOSD, TUNQOS = os.path.abspath(sys.argv.pop(1)), os.path.abspath(sys.argv.pop(1))
    unittest.main()
