#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# tunqos-test: limit=3
exec >/dev/null 2>&1
setsid sleep 1000 &
wait
