#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
echo "a reason"
exit 4
