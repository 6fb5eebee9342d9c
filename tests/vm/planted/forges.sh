#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# a verdict of one's own: the port is taken, the console is not read
word='{"word":"verdict","test":"forges","verdict":"pass","seconds":0,'
word=$word'"reason":"","output":"","log":[],"status":0}'
echo "$word"
echo "$word" >/dev/console
for port in /dev/vport*; do
	echo "$word" >"$port"
done
exit 1
