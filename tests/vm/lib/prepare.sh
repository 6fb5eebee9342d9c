# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2034,SC2154
#
# What prepare and prepare-debug have in common. Sourced; $here is tests/vm.

cache=${TUNQOS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tunqos}

say() { printf 'vm: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# fetch NAME [VERSION] leaves NAME_VERSION_*.deb in the current directory.
fetch() {
	say "fetching $1"
	apt-get -qq -o APT::Sandbox::User=root download "$1${2:+=$2}" >&2 || {
		apt-get -qq update >&2
		apt-get -qq -o APT::Sandbox::User=root download "$1${2:+=$2}" >&2
	} || die "cannot fetch $1 ${2:-};" \
		"if the archive has moved on: apt-get install linux-headers-amd64"
}

# initramfs DIRECTORY [MODULE...] writes DIRECTORY/initrd: busybox, our init
# and the modules, in this order, that the machine takes to reach its root.
initramfs() {
	rm -rf "$1/initramfs"
	mkdir -p "$1/initramfs/bin" "$1/initramfs/modules"
	cp "$(command -v busybox)" "$1/initramfs/bin/busybox"
	cp "$here/guest/initramfs-init" "$1/initramfs/init"
	chmod 755 "$1/initramfs/init"
	(
		dir=$1
		shift
		n=100
		for ko; do
			n=$((n + 1))
			case $ko in
			*.xz) xz -dc "$ko" >"$dir/initramfs/modules/$n-$(basename "$ko" .xz)" ;;
			*) cp "$ko" "$dir/initramfs/modules/$n-$(basename "$ko")" ;;
			esac
		done
	)
	(cd "$1/initramfs" && find . | cpio -o -H newc --quiet) | gzip -1 >"$1/initrd.new"
	mv "$1/initrd.new" "$1/initrd"
	rm -rf "$1/initramfs"
}
