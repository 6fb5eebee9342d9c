#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
ip link add left type veth peer name behind
