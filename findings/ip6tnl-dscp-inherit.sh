#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# "dscp inherit" of an IPv6 tunnel keeps no mark: alone, it erases them.
#
# Where: "ip link ... type ip6tnl" (iproute2) on Linux; seen with
# linux-image-6.1.0-57-amd64 and iproute2 6.1.0-3 of Debian 12.
#
# ip-link(8) lists "dscp inherit" beside "tclass inherit" and does not say what
# it does. The kernel acts on it in one direction only, where packets leave the
# tunnel: the outer DSCP replaces the inner one. What writes the outer header is
# "tclass inherit". Who sets "dscp inherit" on both ends to keep marks sends EF
# inside an outer header of DSCP 0, and what arrives is DSCP 0; without any flag
# EF would have arrived.
#
# Seen: of 20 packets with EF, EF in the outer header and behind the tunnel:
#   no flag                        0 20
#   tclass inherit                20 20
#   dscp inherit                   0  0
#   tclass inherit, dscp inherit  20 20
set -eu

kernel=6.1.0-57-amd64
modules="veth ip6_tunnel sch_ingress cls_flower act_gact"
tools="iproute2=6.1.0-3 libc6 libbpf0 libbpf1 libelf1 zlib1g libmnl0 libbsd0 libmd0
	libcap2 libxtables12 libdb5.3 libtirpc3 libgssapi-krb5-2 libkrb5-3
	libk5crypto3 libcom-err2 libkrb5support0 libkeyutils1 libselinux1
	libpcre2-8-0 iputils-ping libidn2-0 libunistring2"

tmp=$(mktemp -d)
chmod 755 "$tmp"
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
for package in linux-image-$kernel busybox-static $tools; do
	# some are there in one release only
	apt-get -qq download "$package" 2>/dev/null || true
done
for deb in ./*.deb; do
	case $deb in
	./linux-image-*) dpkg-deb -x "$deb" kernel ;;
	*) dpkg-deb -x "$deb" root ;;
	esac
done
if [ ! -e kernel/boot/vmlinuz-$kernel ] || [ ! -e root/bin/ip ]; then
	echo "cannot get linux-image-$kernel and iproute2 6.1.0-3" >&2
	exit 2
fi
depmod -b kernel "$kernel" 2>/dev/null
mkdir -p root/proc root/sys root/dev root/modules
n=100
for module in $modules; do
	for ko in $(modprobe -d kernel -S "$kernel" --show-depends "$module" |
		sed -n 's/^insmod \([^ ]*\).*/\1/p'); do
		n=$((n + 1))
		cp "$ko" "root/modules/$n-${ko##*/}"
	done
done

cat >root/init <<'INIT'
#!/bin/busybox sh
mv /bin/ip /sbin/ip.iproute2
mv /bin/ping /sbin/ping.iputils
/bin/busybox --install -s /bin
export PATH=/sbin:/usr/sbin:/bin:/usr/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mkdir -p /run/netns
for ko in /modules/*; do insmod "$ko" 2>/dev/null; done

# not that of busybox, whose shell prefers its own
ip() { /sbin/ip.iproute2 "$@"; }

# left === right, an IPv6 tunnel
ip netns add left
ip netns add right
ip link add eth0 netns left type veth peer name eth0 netns right
n=1
for ns in left right; do
	ip -n $ns link set lo up
	ip -n $ns link set eth0 up
	ip -n $ns address add fd01::$n/64 dev eth0 nodad
	n=2
done
ip netns exec right /sbin/tc qdisc add dev eth0 clsact
ip netns exec left /sbin/ping.iputils -6 -q -c 1 -w 10 fd01::2 >/dev/null

# EF arrives at a device of the right one
count() {
	ip netns exec right /sbin/tc -s filter show dev "$1" ingress |
		sed -n 's/.* bytes \([0-9]*\) pkt.*/\1/p'
}

arrives() {
	what=$1
	shift
	ip -n left link add tun type ip6tnl local fd01::1 remote fd01::2 mode any "$@"
	ip -n right link add tun type ip6tnl local fd01::2 remote fd01::1 mode any "$@"
	ip netns exec right /sbin/tc qdisc add dev tun clsact
	for dev in eth0 tun; do
		ip netns exec right /sbin/tc filter add dev $dev ingress protocol ipv6 \
			flower ip_tos 0xb8/0xfc action ok
	done
	n=1
	for ns in left right; do
		ip -n $ns link set tun up
		ip -n $ns address add fd02::$n/64 dev tun nodad
		n=2
	done
	ip netns exec left /sbin/ping.iputils -6 -q -Q 0xb8 -c 20 -i 0.05 -w 20 fd02::2 >/dev/null
	echo "FOUND $what: $(count eth0) $(count tun)"
	ip netns exec right /sbin/tc filter del dev eth0 ingress
	ip -n left link del tun
	ip -n right link del tun
}

arrives "no flag"
arrives "tclass inherit" tclass inherit
arrives "dscp inherit" dscp inherit
arrives "tclass inherit, dscp inherit" tclass inherit dscp inherit
poweroff -f
INIT
chmod 755 root/init
(cd root && find . | cpio -o -H newc --quiet) | gzip -1 >initrd
timeout 300 qemu-system-x86_64 -accel tcg -cpu max -m 1G -nodefaults -no-reboot \
	-display none -serial file:console -kernel "kernel/boot/vmlinuz-$kernel" \
	-initrd initrd -append "console=ttyS0 quiet panic=-1" </dev/null

tr -d '\r' <console | sed -n 's/.*FOUND //p' >found
echo "linux $kernel, $(dpkg-deb -f ./iproute2_*.deb Package Version | paste -sd ' ')"
cat found
cat >expected <<'END'
no flag: 0 20
tclass inherit: 20 20
dscp inherit: 0 0
tclass inherit, dscp inherit: 20 20
END
cmp -s found expected || { echo "this has changed" >&2; tail -n 20 console >&2; exit 1; }
