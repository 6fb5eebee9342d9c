#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
ip netns add x && ip netns del x
