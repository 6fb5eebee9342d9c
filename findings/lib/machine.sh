# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
#
# A virtual machine with one of Debian's kernels and a few of its packages, from
# the archive that this machine uses. Everything is in a folder that goes.

tmp=$(mktemp -d)
chmod 755 "$tmp"
trap 'rm -rf "$tmp"' EXIT

# What iproute2 and iputils-ping of Debian 12 are linked with.
libraries="libc6 libbpf1 libelf1 zlib1g libmnl0 libbsd0 libmd0 libcap2
	libxtables12 libdb5.3 libtirpc3 libgssapi-krb5-2 libkrb5-3 libk5crypto3
	libcom-err2 libkrb5support0 libkeyutils1 libselinux1 libpcre2-8-0
	libidn2-0 libunistring2 libssl3"

# machine KERNEL MODULES PACKAGES: runs the script from standard input in it,
# where "ip", "tc" and "ping" are not those of busybox, and prints what it says
# by "found". PACKAGES with their versions; the script ends the machine by ending.
# SMP: how many processors it has.
machine() (
	cat >"$tmp/script"
	cd "$tmp" || exit
	# shellcheck disable=SC2086
	apt-get -qq -o APT::Sandbox::User=root download \
		"linux-image-$1" busybox-static $3 $libraries
	for deb in ./*.deb; do
		case $deb in
		./linux-image-*) dpkg-deb -x "$deb" kernel ;;
		*) dpkg-deb -x "$deb" root ;;
		esac
	done
	depmod -b kernel "$1" 2>/dev/null
	mkdir -p root/proc root/sys root/dev root/modules root/applets
	n=100
	for module in $2; do
		for ko in $(modprobe -d kernel -S "$1" --show-depends "$module" |
			sed -n 's/^insmod \([^ ]*\).*/\1/p'); do
			n=$((n + 1))
			cp "$ko" "root/modules/$n-${ko##*/}"
		done
	done
	mv script root/script
	cat >root/init <<'INIT'
#!/bin/busybox sh
# its shell prefers the applets of its own to what is in PATH
ip() { /bin/ip "$@"; }
tc() { /sbin/tc "$@"; }
ping() { /bin/ping "$@"; }
inside() { n=$1; shift; /bin/ip netns exec "$n" "$@"; }
found() { echo "FOUND $*"; }
/bin/busybox --install -s /applets
PATH=/applets
mount -t proc proc /proc
mount -t sysfs sys /sys
mkdir -p /run/netns
for ko in /modules/*; do insmod "$ko" 2>/dev/null; done
. /script
poweroff -f
INIT
	chmod 755 root/init
	(cd root && find . | cpio -o -H newc --quiet) | gzip -1 >initrd
	timeout 300 qemu-system-x86_64 -accel tcg -cpu max -m 1G -nodefaults \
		-smp "${SMP:-1}" \
		-no-reboot -display none -serial file:console \
		-kernel "kernel/boot/vmlinuz-$1" -initrd initrd \
		-append "console=ttyS0 quiet panic=-1" </dev/null
	tr -d '\r' <console | sed -n 's/.*FOUND //p'
)

# seen FOUND: as it was when this was written (standard input)?
seen() {
	cat >"$tmp/expected"
	echo "$1"
	[ "$1" = "$(cat "$tmp/expected")" ] || {
		echo "this has changed" >&2
		tail -n 20 "$tmp/console" >&2
		exit 1
	}
}
