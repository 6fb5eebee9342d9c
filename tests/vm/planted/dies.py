#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
import os
import signal

print("PASS  # nothing that is printed counts", flush=True)
os.kill(os.getpid(), signal.SIGKILL)
