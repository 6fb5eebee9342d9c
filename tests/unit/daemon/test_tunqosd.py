#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The real tunqosd on a machine without the module: socket, files, signals, rights.

Usage: test_tunqosd.py PATH_OF_TUNQOSD [unittest options]
"""
import json
import os
import resource
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
import schema

TUNQOSD = None
NO_MODULE = 3
EMPTY = {"version": 1}
GRE = {"version": 1, "interfaces": {"gre1": {"tunnel": {
    "encap": {"dscp": "copy"}, "decap": {"dscp": "keep"}}}}}
BAD = '{"version": 1,\n "interfaces": {"gre1": {"tunnl": {}}, "gre2": 5}}'


def request(method, **params):
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})


def call_as(gid, extra_groups, path, message):
    """The answer that another user gets, parsed; None if it may not even connect."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups(extra_groups)
            os.setgid(gid)
            os.setuid(65534)
            client = Client(path)
            client.socket.sendall(message.encode() + b"\n")
            os.write(write_end, client.file.readline())
        except PermissionError:
            pass
        finally:
            os._exit(0)
    os.close(write_end)
    with os.fdopen(read_end) as file:
        text = file.read()
    os.waitpid(child, 0)
    return json.loads(text) if text else None


class Client:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        try:
            self.socket.connect(path)
        except OSError:
            self.socket.close()
            raise
        self.socket.settimeout(20)
        self.file = self.socket.makefile("rwb")

    def raw(self, data):
        self.socket.sendall(data)
        return json.loads(self.file.readline())

    def call(self, method, **params):
        answer = self.raw(request(method, **params).encode() + b"\n")
        if "result" in answer:
            schema.check(method, answer["result"])
        else:
            schema.check("error", answer["error"])
        return answer

    def close(self):
        self.file.close()
        self.socket.close()


class Daemon(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="tunqosd-")
        os.chmod(self.dir, 0o755)
        self.config = os.path.join(self.dir, "tunqos.json")
        self.path = os.path.join(self.dir, "run", "t.sock")
        self.log = open(os.path.join(self.dir, "log"), "w+")
        self.process = None
        self.clients = []

    def tearDown(self):
        for client in self.clients:
            client.close()
        if self.process:
            self.process.kill()
            self.process.wait()
        self.log.close()
        shutil.rmtree(self.dir)

    def write(self, text):
        with open(self.config, "w") as file:
            file.write(text)

    def read(self):
        with open(self.config) as file:
            return json.load(file)

    def log_text(self):
        with open(self.log.name) as file:
            return file.read()

    def until(self, condition, what):
        end = time.monotonic() + 20
        while not condition():
            self.assertLess(time.monotonic(), end, "waited in vain for %s:\n%s" %
                            (what, self.log_text()))
            time.sleep(0.01)

    def command(self):
        return [TUNQOSD, "--foreground", "--config", self.config, "--socket", self.path,
                "--group", "nogroup"]

    def start(self, **environment):
        lines = self.log_text().count("ready ")
        self.process = subprocess.Popen(self.command(), stderr=self.log,
                                        env={**os.environ, **environment})
        self.until(lambda: self.log_text().count("ready ") > lines, "ready")

    def connect(self):
        client = Client(self.path)
        self.clients.append(client)
        return client

    def test_answers_without_the_module_and_refuses_changes(self):
        self.start()
        client = self.connect()
        version = client.call("version")["result"]
        self.assertFalse(version["module"]["loaded"])
        self.assertIn("modprobe tunqos", version["module"]["problem"])
        self.assertEqual(version["netns"]["inode"], os.stat("/proc/self/ns/net").st_ino)
        self.assertEqual(version["configFile"], self.config)
        got = client.call("config.get")["result"]
        self.assertEqual(got["config"], EMPTY)
        error = client.call("config.set", config=GRE)["error"]
        self.assertEqual(error["code"], NO_MODULE)
        self.assertEqual(client.call("config.get")["result"], got)
        check = client.call("config.set", config=GRE, check=True)["result"]
        self.assertEqual(len(check["changes"]), 1)
        # One line for a module that is not there, however often it is looked for.
        time.sleep(2.5)
        self.assertEqual(self.log_text().count("no-module"), 1)

    def test_serves_the_file_and_leaves_on_sigterm(self):
        self.write(json.dumps(GRE))
        self.start()
        client = self.connect()
        self.assertEqual(client.call("config.get")["result"]["config"], GRE)
        tunnels = client.call("show.tunnels")["result"]["tunnels"]
        self.assertEqual([(t["name"], t["state"]) for t in tunnels], [("gre1", "no-module")])
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.process.wait(10), 0)
        self.assertFalse(os.path.exists(self.path))

    def running(self):
        return self.connect().call("config.get")["result"]["config"]

    def end(self, how):
        self.process.send_signal(how)
        self.process.wait(10)

    def test_what_runs_outlives_the_daemon_and_the_file_is_for_the_boot(self):
        self.write(json.dumps(GRE))
        self.start(TUNQOS_BOOT_ID="1")
        status = os.stat(self.path + ".running")
        self.assertEqual(stat.S_IMODE(status.st_mode), 0o600)
        for how in (signal.SIGKILL, signal.SIGTERM, signal.SIGABRT):
            self.end(how)
            self.write(json.dumps(EMPTY))
            self.start(TUNQOS_BOOT_ID="1")
            self.assertEqual(self.running(), GRE)
            unsaved = self.connect().call("config.unsaved")["result"]["changes"]
            self.assertEqual(len(unsaved), 1)
            self.assertIn("interface gre1: added", unsaved[0])
        self.assertEqual(self.log_text().count("startup-config-differs"), 3)
        self.end(signal.SIGKILL)
        self.start(TUNQOS_BOOT_ID="2")
        self.assertEqual(self.running(), EMPTY)

    def test_a_damaged_running_configuration_is_reported(self):
        self.write(json.dumps(GRE))
        self.start()
        self.end(signal.SIGKILL)
        with open(self.path + ".running", "a") as file:
            file.write("garbage\n")
        self.start()
        self.assertIn("running-config-damaged path=\"%s.running line 2" % self.path,
                      self.log_text())
        self.assertEqual(self.running(), GRE)  # of the file: there is no module to ask
        self.end(signal.SIGKILL)
        self.start()
        self.assertEqual(self.log_text().count("running-config-damaged"), 1)

    def test_a_bad_file_is_reported_whole_and_set_aside_by_save(self):
        self.write(BAD)
        self.start()
        log = self.log_text()
        self.assertIn('%s: interfaces / gre1 / tunnl"' % self.config, log)
        self.assertIn('%s: interfaces / gre2"' % self.config, log)
        client = self.connect()
        self.assertEqual(client.call("config.get")["result"]["config"], EMPTY)
        startup = client.call("config.get", source="startup")["error"]
        self.assertEqual(len(startup["data"]["problems"]), 2)
        self.assertEqual(client.call("config.save")["result"], {"file": self.config})
        self.assertEqual(self.read(), EMPTY)
        with open(self.config + ".bad") as file:
            self.assertEqual(file.read(), BAD)

    def test_a_reload_of_a_bad_file_keeps_the_old_configuration(self):
        self.write(json.dumps(GRE))
        self.start()
        self.write(BAD)
        self.process.send_signal(signal.SIGHUP)
        self.until(lambda: "config-reload-refused" in self.log_text(), "the refusal")
        client = self.connect()
        self.assertEqual(client.call("config.get")["result"]["config"], GRE)
        self.assertIn("unknown key", client.call("config.reload")["error"]["message"])

    def test_an_exception_on_sighup_is_logged_and_the_daemon_goes_on(self):
        self.write(json.dumps(GRE))
        self.start()
        self.write("[" + "0," * (8 << 20) + "0]")  # 128 MiB of values
        pid = self.process.pid
        with open("/proc/%d/statm" % pid) as file:
            now = int(file.read().split()[0]) * resource.getpagesize()
        resource.prlimit(pid, resource.RLIMIT_AS, (now + (64 << 20), resource.RLIM_INFINITY))
        self.process.send_signal(signal.SIGHUP)
        self.until(lambda: "internal-error in=reload what=std::bad_alloc" in self.log_text(),
                   "the exception")
        self.write(json.dumps(EMPTY))
        self.process.send_signal(signal.SIGHUP)  # the signal is still waited for
        client = self.connect()
        self.assertEqual(client.call("config.get")["result"]["config"], GRE)
        self.assertIn("no-module", self.log_text())
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.process.wait(10), 0)

    def test_a_log_that_nobody_reads_any_more_is_no_end(self):
        read_end, write_end = os.pipe()
        # Popen gives the child the default action, as a shell does
        self.process = subprocess.Popen(self.command(), stderr=write_end)
        os.close(write_end)
        with os.fdopen(read_end) as log:
            while "ready " not in log.readline():
                pass
        self.write("{")
        client = self.connect()
        for _ in range(3):
            self.assertIn("error", client.call("config.reload"))  # logs why
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.process.wait(10), 0)

    def test_save_replaces_the_file_as_a_whole(self):
        self.write(json.dumps(GRE))
        os.chmod(self.config, 0o604)
        inode = os.stat(self.config).st_ino
        self.start()
        old = open(self.config)  # a reader of the old file keeps it
        self.assertIn("result", self.connect().call("config.save"))
        self.assertEqual(json.load(old), GRE)
        old.close()
        status = os.stat(self.config)
        self.assertNotEqual(status.st_ino, inode)
        self.assertEqual(stat.S_IMODE(status.st_mode), 0o604)
        self.assertEqual(self.read(), GRE)
        self.assertEqual(sorted(os.listdir(self.dir)), ["log", "run", "tunqos.json"])

    def test_a_second_daemon_is_refused(self):
        self.start()
        second = subprocess.run(self.command(), stderr=subprocess.PIPE, text=True, timeout=20)
        self.assertEqual(second.returncode, 1)
        self.assertIn("another tunqosd serves this network namespace already", second.stderr)
        self.assertIn("result", self.connect().call("version"))

    def test_a_stale_socket_is_replaced_and_a_file_is_not(self):
        self.start()
        self.process.kill()
        self.process.wait()
        self.assertTrue(os.path.exists(self.path))
        self.start()
        self.assertIn("stale-socket-removed", self.log_text())
        self.assertIn("result", self.connect().call("version"))
        self.process.terminate()
        self.process.wait()
        with open(self.path, "w") as file:
            file.write("precious")
        third = subprocess.run(self.command(), stderr=subprocess.PIPE, text=True, timeout=20)
        self.assertEqual(third.returncode, 1)
        self.assertIn("is not a socket", third.stderr)
        with open(self.path) as file:
            self.assertEqual(file.read(), "precious")

    def test_the_socket_has_its_owner_and_mode(self):
        self.start()
        status = os.stat(self.path)
        self.assertEqual(stat.S_IMODE(status.st_mode), 0o660)
        self.assertEqual(stat.S_IMODE(os.stat(os.path.dirname(self.path)).st_mode), 0o755)

    def test_garbage_partial_and_many_messages(self):
        self.start()
        client = self.connect()
        self.assertEqual(client.raw(b"\x00\xff garbage\n")["error"]["code"], -32700)
        behind = request("version").encode() + b"\x00garbage\n"
        self.assertIn("byte 0", client.raw(behind)["error"]["message"])
        self.assertEqual(client.raw(b"\n")["error"]["code"], -32700)
        self.assertEqual(client.raw(b"[" * 100000 + b"\n")["error"]["code"], -32700)
        # In pieces.
        text = request("version").encode() + b"\n"
        for byte in text[:-1]:
            client.socket.sendall(bytes([byte]))
        self.assertIn("result", client.raw(b"\n"))
        # At once; answers come in order.
        for _ in range(50):
            client.socket.sendall(text)
        for _ in range(50):
            self.assertIn("result", json.loads(client.file.readline()))

    def test_an_oversize_message_ends_the_connection_and_no_other(self):
        self.start()
        good, big = self.connect(), self.connect()
        block = b"x" * (1 << 20)
        for _ in range(6):
            big.socket.sendall(block)
        answer = json.loads(big.file.readline())
        self.assertIn("at most", answer["error"]["message"])
        self.assertEqual(big.file.readline(), b"")
        self.assertIn("result", good.call("version"))

    def test_a_client_that_stalls_is_dropped_and_one_that_idles_is_not(self):
        self.start()
        idle, stalled = self.connect(), self.connect()
        stalled.socket.sendall(b'{"jsonrpc"')
        begin = time.monotonic()
        self.assertEqual(stalled.file.readline(), b"")
        self.assertGreater(time.monotonic() - begin, 5)
        self.assertIn("result", idle.call("version"))

    def test_there_is_a_limit_of_clients(self):
        self.start()
        for _ in range(64):
            self.connect()
        answer = json.loads(self.connect().file.readline())
        self.assertIn("too many clients", answer["error"]["message"])
        self.clients.pop(0).close()
        self.until(lambda: self.can_talk(), "a free place")

    def connect_as(self, uid):
        """A client of a user of the group that may read, or None without a place to queue in."""
        os.setegid(65534)
        os.seteuid(uid)
        try:
            return self.connect()
        finally:
            os.seteuid(0)
            os.setegid(0)

    @unittest.skipUnless(os.geteuid() == 0, "needs root")
    def test_readers_leave_places_for_each_other_and_for_root(self):
        self.start()
        readers = [self.connect_as(uid) for uid in (10001, 10002, 10003) for _ in range(16)]
        for reader in readers:
            self.assertIn("result", reader.call("version"))
        one_more = json.loads(self.connect_as(10001).file.readline())
        self.assertIn("too many clients of this user", one_more["error"]["message"])
        other = json.loads(self.connect_as(10004).file.readline())
        self.assertIn("too many clients; try again", other["error"]["message"])
        root = [self.connect() for _ in range(16)]
        for client in root:
            self.assertIn("result", client.call("version"))
        self.assertIn("too many", json.loads(self.connect().file.readline())["error"]["message"])
        # A place that is given back is another reader's.
        readers[0].close()
        self.until(lambda: "result" in self.try_as(10004), "a free place")

    def try_as(self, uid):
        client = self.connect_as(uid)
        try:
            return client.call("version")
        except (BrokenPipeError, ConnectionResetError):
            return {}
        finally:
            client.close()

    @unittest.skipUnless(os.geteuid() == 0, "needs root")
    def test_a_crowd_that_is_refused_does_not_keep_root_out(self):
        self.start()
        for uid in (10001, 10002, 10003):
            for _ in range(16):
                self.connect_as(uid)
        # They stay and never read; the first 64 may, the others are told and closed.
        crowd = [self.connect_as(10001) for _ in range(80)]
        for _ in range(73):
            client = Client(self.path)
            self.assertIn("result", client.call("version"))
            client.close()
        for client in (crowd[0], crowd[63], crowd[64], crowd[79]):
            answer = json.loads(client.file.readline())
            self.assertIn("too many clients of this user", answer["error"]["message"])
        # Nor does it fill the log.
        self.assertLess(self.log_text().count("client-refused"), 40)

    def can_talk(self):
        client = Client(self.path)
        try:
            return "result" in client.call("version")
        except (BrokenPipeError, ConnectionResetError):
            return False
        finally:
            client.close()

    @unittest.skipUnless(os.geteuid() == 0, "needs root")
    def test_others_may_read_by_group_and_never_change(self):
        self.write(json.dumps(GRE))
        self.start()

        for gid, extra in ((65534, []), (1, [65534])):
            answer = call_as(gid, extra, self.path, request("config.get"))
            self.assertEqual(answer["result"]["config"], GRE)
            for method in ("config.set", "config.save", "config.reload"):
                answer = call_as(gid, extra, self.path, request(method, config=EMPTY))
                self.assertEqual(answer["error"]["code"], 4, answer)
        self.assertIsNone(call_as(1, [], self.path, request("version")))
        # The kernel's file modes are the first gate; the daemon's is the second.
        os.chmod(self.path, 0o666)
        answer = call_as(1, [], self.path, request("version"))
        self.assertEqual(answer["error"]["code"], 4)

    def test_systemd_is_told(self):
        path = os.path.join(self.dir, "notify")
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        notify.bind(path)
        notify.settimeout(10)
        self.write(json.dumps(EMPTY))
        self.start(NOTIFY_SOCKET=path, WATCHDOG_USEC="400000")
        seen = ""
        while "WATCHDOG=1" not in seen or "READY=1" not in seen:
            seen += notify.recv(4096).decode() + "\n"
        self.process.send_signal(signal.SIGHUP)
        while "RELOADING=1\nMONOTONIC_USEC=" not in seen or seen.count("READY=1") < 2:
            seen += notify.recv(4096).decode() + "\n"
        self.process.send_signal(signal.SIGTERM)
        while "STOPPING=1" not in seen:
            seen += notify.recv(4096).decode() + "\n"
        notify.close()

    def test_check_prints_every_problem(self):
        self.write(BAD)
        bad = subprocess.run([TUNQOSD, "--check", self.config], capture_output=True, text=True)
        self.assertEqual(bad.returncode, 1)
        self.assertEqual(bad.stderr.count("\n"), 2)
        self.write(json.dumps({**GRE, "tableMaps": {"old": {"default": "copy"}}}))
        good = subprocess.run([TUNQOSD, "--check", self.config], capture_output=True, text=True)
        self.assertEqual(good.returncode, 0)
        self.assertIn("warning: table-map old: is not used", good.stdout)
        missing = subprocess.run([TUNQOSD, "--check", self.config + "x"], capture_output=True)
        self.assertEqual(missing.returncode, 1)
        version = subprocess.run([TUNQOSD, "--version"], capture_output=True, text=True)
        self.assertRegex(version.stdout, r"^tunqosd \d+\.\d+\.\d+\n$")


if __name__ == "__main__":
    TUNQOSD = os.path.abspath(sys.argv.pop(1))
    unittest.main()
