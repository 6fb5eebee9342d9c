#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
echo "WARNING: CPU: 0 PID: 1 at planted.c:1" >/dev/kmsg
dmesg -C
