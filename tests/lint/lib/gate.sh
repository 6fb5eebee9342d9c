# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2034
#
# What the gates share. A gate prints what is wrong; exit status 0 = passed,
# 1 = failed, 4 = skipped with the reason on the last line.
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
cache=${TUNQOS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tunqos}
build=${TUNQOS_BUILD:-$top/build}
cd "$top"

skip() { echo "$*"; exit 4; }
fail() { echo "$*"; exit 1; }

# need COMMAND...
need() {
	for c in "$@"; do
		command -v "$c" >/dev/null || skip "$c is not installed (make deps)"
	done
}

# files PATTERN...: the project's own, also those not committed yet
files() {
	if [ -e .git ] && command -v git >/dev/null; then
		git ls-files -co --exclude-standard -- "$@"
	else
		for pattern in "$@"; do
			find . -path ./build -prune -o -type f -print |
				sed 's|^\./||' | while read -r f; do
				# shellcheck disable=SC2254
				case $f in $pattern | $pattern/*) echo "$f" ;; esac
			done
		done
	fi | sort -u | while read -r f; do
		[ -f "$f" ] && echo "$f"
	done
}

# scripts INTERPRETER SUFFIX: by name or by first line
scripts() {
	files '*' | while read -r f; do
		case $f in
		*."$2") echo "$f" ;;
		*.*) ;;
		*) if head -n 1 "$f" | grep -aq "^#!.*\b$1"; then echo "$f"; fi ;;
		esac
	done
}

# The headers of the kernel that the virtual machine runs.
headers() {
	v=${TUNQOS_KVER:-$(dpkg-query -W -f '${Depends}' linux-headers-amd64 2>/dev/null |
		sed -n 's/.*linux-headers-\([0-9][^ ,]*\).*/\1/p')}
	if [ -z "$v" ] || [ ! -d "/usr/src/linux-headers-$v" ]; then
		skip "no kernel headers (make deps)" >&2
	fi
	echo "/usr/src/linux-headers-$v"
}
