#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""One-shot commands and scripts, against the fake daemon. Usage: test_scripts.py TUNQOS"""
import json
import os
import sys
import unittest

from fake import Daemon

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
import schema

CONFIG = """!
table-map wan
 map from af41 to af21
 default ignore
!
interface gre1
 description to branch b
 tunnel encap dscp table wan
!
end
"""


class Scripts(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon().__enter__()
        self.addCleanup(self.daemon.__exit__)
        self.run_cli = self.daemon.run

    def file(self, text):
        path = os.path.join(self.daemon.directory.name, "script")
        with open(path, "w", encoding="utf-8") as script:
            script.write(text)
        return path

    def test_one_shot(self):
        self.assertEqual(self.run_cli("show", "version")[0], 0)
        code, _, errors = self.run_cli("sh", "tunel")
        self.assertEqual(code, 2)
        self.assertEqual(errors,
                         "sh tunel\n   ^\n% Invalid input detected at '^' marker.\n")
        code, _, errors = self.run_cli("show", "tunnel", "gre7")
        self.assertEqual((code, errors), (1, "% there is no tunnel setting for gre7\n"))

    def test_running_config_is_a_script(self):
        self.assertEqual(self.run_cli(stdin=CONFIG), (0, "", ""))
        self.assertEqual(self.run_cli("show", "running-config")[1], CONFIG)
        self.assertEqual(self.run_cli("-f", self.file(CONFIG)), (0, "", ""))
        self.assertEqual(self.run_cli("-f", "-", stdin=CONFIG.replace("\n", "\r\n")), (0, "", ""))
        self.assertEqual(self.run_cli("show", "running-config")[1], CONFIG)

    def test_a_thousand_lines_are_one_change(self):
        lines = "".join(f"interface tun{i}\n tunnel tos 184\n" for i in range(500))
        code, _, errors = self.run_cli(stdin=lines)
        self.assertEqual(code, 0)
        self.assertEqual(errors.count("does not exist yet"), 500)
        self.assertEqual(self.daemon.methods().count("config.change"), 1)

    def test_several_lines_on_the_command_line(self):
        code, output, _ = self.run_cli("-c", "conf t", "-c", "int gre1", "-c", "tunnel tos 184",
                                       "-c", "do show tunnel gre1")
        self.assertEqual(code, 0)
        self.assertIn("the outer DSCP is set to ef (46)", output)
        self.assertEqual(self.run_cli("-c", "conf t", "-c", "nonsense")[0], 2)

    def test_a_wrong_line(self):
        code, _, errors = self.run_cli(stdin="table-map wan\n!\n map from 64 to 1\n")
        self.assertEqual(code, 1)
        self.assertTrue(errors.startswith("line 3:  map from 64 to 1\n"), errors)
        self.assertNotIn("config.change", self.daemon.methods())
        self.assertEqual(self.run_cli("--keep-going", stdin="nonsense\ntable-map wan\n")[0], 1)
        self.assertIn("table-map wan", self.run_cli("show", "running-config")[1])

    def test_the_daemon_refuses(self):
        code, _, errors = self.run_cli(stdin="int gre1\ntunnel encap dscp table nix\nint gre2\n"
                                             "tunnel encap dscp table nix\n")
        self.assertEqual(code, 1)
        self.assertEqual(errors.count("there is no table-map nix"), 2)

    def test_keep_going_behind_changes_that_are_refused(self):
        lines = ("int gre1\ntunnel encap dscp table nix\ndescription x\nend\nshow version\n"
                 "table-map wan\n")
        code, output, errors = self.run_cli("--keep-going", stdin=lines)
        self.assertEqual(code, 1)
        self.assertEqual(errors.count("there is no table-map nix"), 1)
        self.assertIn("% none of the 3 lines collected so far was applied\n", errors)
        self.assertIn("tunqos, version", output)
        self.assertEqual(self.run_cli("show", "running-config")[1].split()[1:3],
                         ["table-map", "wan"])

    def test_what_is_for_another_mode_opens_no_block(self):
        lines = "int gre1\n description x\nshow version\ntunnel tos 184\nend\n"
        code, _, errors = self.run_cli("--keep-going", stdin=lines)
        self.assertEqual(code, 1)
        self.assertIn("% It is for exec mode", errors)
        self.assertNotIn("skipped", errors)
        self.assertIn(" tunnel encap dscp set ef\n",
                      self.run_cli("show", "running-config")[1])

    def test_lines_behind_the_end_are_named(self):
        lines = "int gre1\ndescription x\nexit\nexit\nexit\nint gre2\ndescription y\n"
        code, _, errors = self.run_cli(stdin=lines)
        self.assertEqual(code, 1)
        self.assertIn("line 5: exit ends the session, but 2 lines stand behind it: line 6: ",
                      errors)
        self.assertNotIn("config.change", self.daemon.methods())
        self.assertEqual(self.run_cli("--keep-going", stdin=lines)[0], 1)
        self.assertIn("gre1", self.run_cli("show", "running-config")[1])
        self.assertEqual(self.run_cli("-c", "exit", "-c", "show version")[0], 1)

    def test_check(self):
        code, output, _ = self.run_cli("--check", "-f", self.file(CONFIG))
        self.assertEqual(code, 0)
        self.assertIn("The configuration is valid; nothing was changed.", output)
        self.assertEqual(self.run_cli("show", "running-config")[1], "!\nend\n")

    def test_json(self):
        self.run_cli(stdin=CONFIG + "qos rule 10 VOIP\n match udp\n set dscp ef\ndo write\n")
        for arguments in (["--json", "show", "tunnel"], ["show", "tunnel", "|", "json"],
                          ["show", "tunnel", "gre1", "--json"]):
            answer = json.loads(self.run_cli(*arguments)[1])
            self.assertEqual(answer["tunnels"][0]["name"], "gre1")
        for show, name in (("running-config", "configuration"),
                           ("startup-config", "configuration"), ("table-map", "configuration"),
                           ("running-config interface gre1", "configuration"),
                           ("tunnel", "show.tunnels"), ("interfaces", "show interfaces"),
                           ("crypto map", "show crypto map"), ("cos", "show.ports"),
                           ("crypto session", "show.sas"), ("reasons", "show.reasons"),
                           ("watch", "show.watch"), ("qos rules", "show.rules"),
                           ("qos rules 10", "show.rules"), ("qos mapping", "show qos mapping"),
                           ("archive log config all", "config.log"),
                           ("version", "show version")):
            schema.check(name, json.loads(self.run_cli("--json", "show", *show.split())[1]))

    def test_json_of_crypto_maps_has_their_state(self):
        self.run_cli(stdin="crypto map vpn 10\n set peer 10.0.0.1\ncrypto map vpn 20\n")
        for arguments in (["--json", "show", "crypto", "map", "vpn", "10"],
                          ["show", "crypto", "map", "vpn", "10", "|", "json"]):
            answer = json.loads(self.run_cli(*arguments)[1])
            self.assertEqual(list(answer["cryptoMaps"]), ["vpn 10"])
            self.assertEqual([(t["name"], t["state"]) for t in answer["tunnels"]],
                             [("vpn 10", "active")])
            self.assertEqual([s["bound"] for s in answer["sas"]], ["crypto map vpn 10"])
        answer = json.loads(self.run_cli("--json", "show", "crypto", "map", "vpn")[1])
        self.assertEqual((len(answer["tunnels"]), len(answer["sas"])), (2, 2))
        self.assertIn("vpn 20", self.run_cli("show", "tunnel", "vpn")[1])
        self.assertEqual(self.run_cli("show", "run", "crypto", "map", "vpn")[1].count("crypto"), 2)

    def test_questions(self):
        code, output, errors = self.run_cli("show", "?")
        self.assertEqual((code, errors), (0, ""))
        self.assertIn("  tunnel ", output)
        self.assertEqual(self.run_cli("-c", "interface gre1", "-c", "qos ?")[0], 0)
        self.assertEqual(self.run_cli("shw ?")[::2], (2, "% Unrecognized command\n"))
        self.assertNotIn("config.change", self.daemon.methods())

    def test_clear_counters(self):
        self.assertEqual(self.run_cli("clear", "counters"), (0, "", ""))
        self.assertEqual(self.run_cli("clear", "count", "gre1"), (0, "", ""))
        self.assertEqual(self.daemon.methods().count("counters.clear"), 2)

    def test_modifiers(self):
        self.run_cli(stdin=CONFIG)
        self.assertEqual(self.run_cli("show", "run", "|", "inc", "map")[1],
                         "table-map wan\n map from af41 to af21\n")

    def test_without_a_startup_configuration(self):
        for line in ("show startup-config", "configure replace startup-config",
                     "--json show startup-config"):
            self.assertEqual(self.run_cli(*line.split()), (
                1, "", "% /etc/fake: startup-config is not present\n"))

    def test_write_and_replace(self):
        self.run_cli(stdin=CONFIG)
        self.assertEqual(self.run_cli("write")[1], "Building configuration...\n[OK]\n")
        self.run_cli(stdin="no interface gre1\n")
        self.assertIn("all: replaced", self.run_cli("configure", "replace", "startup-config")[1])
        self.assertEqual(self.run_cli("show", "running-config")[1], CONFIG)
        self.assertEqual(self.run_cli("configure", "replace", "startup-config")[1], "No change.\n")

    def test_without_a_daemon(self):
        code, _, errors = self.run_cli("--socket", "/nonexistent/s", "show", "tunnel")
        self.assertEqual(code, 3)
        self.assertEqual(errors, "% cannot reach tunqosd of this network namespace "
                                 "(/nonexistent/s): No such file or directory; start it with "
                                 "systemctl start tunqosd\n")

    def test_options(self):
        self.assertEqual(self.run_cli("--version")[:2], (0, "tunqos 0.1.0\n"))
        self.assertEqual(self.run_cli("--help")[0], 0)
        self.assertEqual(self.run_cli("--nonsense")[0], 2)
        self.assertEqual(self.run_cli("-c", "exit", "show", "version")[0], 2)
        self.assertEqual(self.run_cli("-f", "/nonexistent")[0], 1)
        self.assertEqual(self.run_cli("--generate", "nonsense")[0], 2)

    def test_completion_knows_live_names(self):
        self.run_cli(stdin=CONFIG)
        self.assertEqual(self.run_cli("--complete", "show table-map w")[1], "wan\n")
        self.assertEqual(self.run_cli("--complete", "sh run i")[1], "interface\n")
        self.assertEqual(self.run_cli("--complete", "show tunnel gre")[1], "gre1\n")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
