#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The interactive shell on a terminal, against the fake daemon. Usage: test_shell.py TUNQOS"""
import os
import signal
import socket
import sys
import unittest

import pexpect

from fake import TUNQOS, Daemon

HOST = socket.gethostname().split(".")[0]


class Shell(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon().__enter__()
        self.addCleanup(self.daemon.__exit__)
        self.cli = pexpect.spawn(TUNQOS, env=self.daemon.environment(), timeout=10,
                                 encoding="utf-8", dimensions=(40, 100))
        self.cli.delaybeforesend = None
        self.cli.delayafterclose = self.cli.delayafterterminate = 0.01
        self.cli.ptyproc.delayafterclose = self.cli.ptyproc.delayafterterminate = 0.01
        self.addCleanup(self.cli.close)
        self.prompt("#")

    def prompt(self, suffix):
        """Waits for the prompt; what was printed before it."""
        self.cli.expect_exact(HOST + suffix)
        return self.cli.before.replace("\r\n", "\n")

    def type(self, line, suffix):
        """Types a line; what it printed."""
        self.cli.sendline(line)
        text = self.prompt(suffix)
        return text.split("\n", 1)[1] if "\n" in text else text

    def test_modes_and_their_prompts(self):
        self.type("conf t", "(config)#")
        self.type("int gre1", "(config-if)#")
        self.type("crypto map vpn 10", "(config-crypto-map)#")
        self.type("table-map wan", "(config-tablemap)#")
        self.type("exit", "(config)#")
        self.type("int gre1", "(config-if)#")
        self.type("end", "#")
        self.cli.sendline("exit")
        self.cli.expect(pexpect.EOF)
        self.cli.wait()
        self.assertEqual(self.cli.exitstatus, 0)

    def test_abbreviations_configure(self):
        self.type("conf t", "(config)#")
        self.type("table-map wan", "(config-tablemap)#")
        self.type("map f af41 t af21", "(config-tablemap)#")
        self.type("int gre1", "(config-if)#")
        self.assertEqual(self.type("tun enc ds tab wan", "(config-if)#"), "")
        self.type("end", "#")
        text = self.type("sh run int gre1", "#")
        self.assertIn(" tunnel encap dscp table wan\n", text)
        self.assertIn("table wan", self.type("sh tun", "#"))

    def test_the_caret_stands_under_the_wrong_word(self):
        self.cli.sendline("show tunel gre1")
        lines = self.prompt("#").split("\n")
        typed = HOST + "#" + lines[0]
        self.assertEqual(lines[1].index("^"), typed.index("tunel"))
        self.assertEqual(lines[2], "% Invalid input detected at '^' marker.")
        self.assertIn('% Ambiguous command: "sh t"', self.type("sh t", "#"))
        self.assertIn("% Incomplete command.", self.type("configure", "#"))
        self.type("conf t", "(config)#")
        self.type("int gre1", "(config-if)#")
        self.assertIn('% "af99" is not a dscp; use 0-63 or a name such as ef, af41, cs1, default',
                      self.type("tunnel encap dscp set af99", "(config-if)#"))

    def test_question_mark_keeps_what_was_typed(self):
        self.type("conf t", "(config)#")
        self.type("int gre1", "(config-if)#")
        self.cli.send("tunnel ?")
        self.cli.expect_exact("diffserv-mode  Both directions by a model")
        self.cli.expect_exact(HOST + "(config-if)#tunnel ")
        self.cli.send("enc?")
        self.cli.expect_exact("encap\r\n")
        self.cli.expect_exact(HOST + "(config-if)#tunnel enc")
        # The rest of the line goes on from there.
        self.assertEqual(self.type(" dscp set ef", "(config-if)#"), "")
        self.assertIn("set ef", self.type("do show run int gre1", "(config-if)#"))

    def test_tab_completes_keywords_and_live_names(self):
        self.type("conf t", "(config)#")
        self.type("table-map wan", "(config-tablemap)#")
        self.type("int gre1", "(config-if)#")
        self.cli.send("tun\tenc\tds\ttab\tw\t")
        self.cli.expect_exact("tunnel encap dscp table wan")
        self.assertEqual(self.type("", "(config-if)#").strip(), "")
        self.assertIn("table wan", self.type("do sh run int gre1", "(config-if)#"))

    def test_ctrl_z_runs_the_line_and_ends(self):
        self.type("conf t", "(config)#")
        self.type("int gre1", "(config-if)#")
        self.cli.send("tunnel tos 184\x1a")
        self.prompt("#")
        self.assertIn("set ef", self.type("sh run", "#"))

    def test_ctrl_c_drops_the_line_and_ends(self):
        self.cli.send("show nonsense\x03")
        self.assertNotIn("%", self.prompt("#").split("^C")[1])
        self.assertIn("tunqos, version", self.type("show version", "#"))
        self.type("conf t", "(config)#")
        self.type("int gre1", "(config-if)#")
        self.type("description before it", "(config-if)#")
        self.cli.send("tunnel tos 184\x03")
        self.assertNotIn("(config", self.prompt("#").split("^C")[1])
        text = self.type("sh run int gre1", "#")
        self.assertIn(" description before it\n", text)
        self.assertNotIn("tunnel", text)

    def test_the_text_of_a_banner_with_the_key_of_ctrl_c(self):
        self.type("conf t", "(config)#")
        self.type("int gre1", "(config-if)#")
        # As a terminal without bracketed paste sends it, then with it, then as IOS prints it.
        for paste in ("banner motd \x03\ninterface gre2\n description x\n\x03\n",
                      "\x1b[200~banner motd \x03\ninterface gre2\n description x\n\x03\x1b[201~\n",
                      "banner motd ^C\ninterface gre2\n description x\n^C\n"):
            self.cli.send(paste)
            self.cli.expect_exact("% 3 lines skipped.")
            self.prompt("(config)#")
            self.assertNotIn("gre2", self.type("do sh run", "(config)#"))
        # One that was not meant to be one ends with the key.
        self.type("banner login #", "(config-skip)#")
        self.type("a line", "(config-skip)#")
        self.cli.send("\x03")
        self.assertIn("and #, which ends them, did not come", self.prompt("(config)#"))
        self.cli.send("banner motd\x03")
        self.prompt("#")

    def test_the_terminal_is_as_before_when_the_cli_is_killed(self):
        shell = pexpect.spawn("/bin/sh", env={**self.daemon.environment(), "PS1": "outside> "},
                              timeout=20, encoding="utf-8", dimensions=(40, 100))
        self.addCleanup(shell.close)
        shell.delaybeforesend = None
        shell.expect_exact("outside> ")
        shell.sendline(f"sh -c 'echo pid=$$.; exec {TUNQOS}'")
        shell.expect(r"pid=(\d+)\.\r")
        child = int(shell.match.group(1))
        shell.expect_exact(HOST + "#")
        # Neither key is a signal while a command runs, nor is what stands behind it lost.
        shell.send("show version\n\x03\x1ashow version\n")
        for _ in range(2):
            shell.expect_exact("tunqos, version")
        os.kill(child, signal.SIGTERM)
        shell.expect_exact("outside> ")
        shell.sendline("stty -a")
        shell.expect_exact("intr = ^C;")
        shell.expect_exact("susp = ^Z;")

    def test_the_caret_behind_a_skipped_block(self):
        self.type("conf t", "(config)#")
        self.type("crypto isakmp policy 10", "(config-skip)#")
        self.type("encr aes", "(config-skip)#")
        lines = self.type("interface gre1 x", "(config-skip)#").split("\n")
        self.assertEqual(lines[0], "% 1 line skipped.")
        self.assertEqual(lines[2].index("^"), lines[1].index("x"))
        self.cli.send("?")
        self.cli.expect_exact("End the block that is skipped")

    def test_ctrl_d_leaves(self):
        self.cli.sendeof()
        self.cli.expect(pexpect.EOF)

    def test_a_pasted_configuration_works(self):
        self.type("conf t", "(config)#")
        self.cli.send("!\ntable-map wan\n map from ef to af41\n!\ninterface gre1\n"
                      " description a b\n tunnel encap dscp table wan\n!\nend\n")
        self.prompt("(config-if)#")
        while "end" not in self.prompt("#"):
            pass
        self.assertIn(" description a b\n", self.type("sh run", "#"))

    def test_a_bracketed_paste_works(self):
        self.cli.send("\x1b[200~conf t\ninterface gre1\n description what?\nend\x1b[201~\n")
        self.cli.expect_exact(HOST + "(config-if)#end")
        self.prompt("#")
        self.assertIn(" description what?\n", self.type("sh run", "#"))

    def test_notes_and_refusals(self):
        self.type("conf t", "(config)#")
        self.assertIn("% NOTE: This new crypto map will remain disabled until a peer",
                      self.type("crypto map vpn 10", "(config-crypto-map)#"))
        self.type("int gre9", "(config-if)#")
        self.assertIn("% NOTE: interface gre9 does not exist yet; its settings are pending",
                      self.type("tunnel tos 184", "(config-if)#"))
        self.assertIn("% interface gre9 / tunnel encap dscp: there is no table-map nix",
                      self.type("tunnel encap dscp table nix", "(config-if)#"))
        self.assertIn("% only root may change", self.type("description forbidden", "(config-if)#"))
        # Somebody else wrote in between: the CLI tries again by itself.
        self.assertEqual(self.type("description stale", "(config-if)#"), "")

    def test_what_is_typed_ahead_is_not_for_the_shell_behind(self):
        ran = os.path.join(self.daemon.directory.name, "ran")
        shell = pexpect.spawn("/bin/sh", env={**self.daemon.environment(), "PS1": "outside> "},
                              timeout=20, encoding="utf-8", dimensions=(40, 100))
        self.addCleanup(shell.close)
        shell.delaybeforesend = None
        shell.expect_exact("outside> ")
        for paste in (f"exit\ntouch {ran}\n", f"\x1b[200~exit\ntouch {ran}\n\x1b[201~\n",
                      f"conf t\nexit\nexit\n{'description x' * 300}\ntouch {ran}\n"):
            shell.sendline(TUNQOS)
            shell.expect_exact(HOST + "#")
            shell.send(paste)
            shell.expect_exact("typed behind the end of the CLI thrown away.")
            shell.expect_exact("outside> ")
            # The terminal is as before, and what is typed now arrives.
            shell.sendline("echo al''ive")
            shell.expect_exact("alive")
            shell.expect_exact("outside> ")
            self.assertFalse(os.path.exists(ran), paste)

    def test_the_exit_of_a_refused_block_does_not_leave(self):
        self.type("conf t", "(config)#")
        text = self.type("crypto isakmp policy 10", "(config-skip)#")
        self.assertEqual(text, "% Not done by tunqos: keys and IKE policies are the IKE daemon's "
                               "(swanctl.conf). Lines up to the next command of configuration mode "
                               "are skipped.\n")
        self.assertEqual(self.type("encr aes 256", "(config-skip)#"), "")
        self.assertEqual(self.type("exit", "(config)#"), "% 1 line skipped.\n")
        self.type("interface GigabitEthernet0/2", "(config-skip)#")
        self.type("shutdown", "(config-skip)#")
        self.type("interface gre1", "(config-if)#")

    def test_a_slip_behind_an_indented_paste_skips_nothing(self):
        self.type("conf t", "(config)#")
        self.type("interface gre1", "(config-if)#")
        self.type(" description pasted", "(config-if)#")
        self.assertIn("% It is for exec mode: type do before it",
                      self.type("show run", "(config-if)#"))
        self.assertIn("% Invalid input", self.type("tunel tos 184", "(config-if)#"))
        self.assertEqual(self.type("tunnel tos 184", "(config-if)#"), "")
        self.type("end", "#")
        self.assertIn(" tunnel encap dscp set ef\n", self.type("sh run int gre1", "#"))

    def test_an_indented_body_of_what_nobody_knows_is_skipped(self):
        self.type("conf t", "(config)#")
        self.type("interface gre1", "(config-if)#")
        self.type(" description mine", "(config-if)#")
        self.assertIn("% Invalid input", self.type("some-block host", "(config-if)#"))
        self.assertIn("are skipped.", self.type(" description other", "(config-skip)#"))
        self.type("end", "#")
        self.assertIn(" description mine\n", self.type("sh run int gre1", "#"))

    def test_more(self):
        self.type("conf t", "(config)#")
        for number in range(6):
            self.type(f"table-map t{number}", "(config-tablemap)#")
        self.type("end", "#")
        whole = self.type("show running-config", "#")
        self.assertNotIn("More", whole)
        self.type("terminal length 5", "#")
        self.cli.sendline("show running-config | include table-map")
        self.cli.expect_exact("table-map t3\r\n --More-- ")
        self.cli.send("\r")
        self.cli.expect_exact("table-map t4\r\n --More-- ")
        self.cli.send(" ")
        self.cli.expect_exact("table-map t5\r\n")
        self.prompt("#")
        self.cli.sendline("show running-config")
        self.cli.expect_exact(" --More-- ")
        self.cli.send("q")
        self.assertNotIn("table-map", self.prompt("#"))
        self.type("terminal length 0", "#")
        self.assertEqual(self.type("show running-config", "#"), whole)

    def test_history_is_kept(self):
        self.type("show version", "#")
        self.cli.sendline("exit")
        self.cli.expect(pexpect.EOF)
        path = os.path.join(self.daemon.directory.name, ".tunqos_history")
        with open(path, encoding="utf-8") as history:
            self.assertEqual(history.read(), "show version\nexit\n")
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)

    def test_a_restarted_daemon_is_found_again(self):
        self.type("show version", "#")
        self.daemon.process.kill()
        self.daemon.process.wait()
        self.assertIn("% cannot reach tunqosd of this network namespace",
                      self.type("show version", "#"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
