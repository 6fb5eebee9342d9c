#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
echo "this one fails"
exit 1
