#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# An egress filter that accepts takes away the class that an ingress filter gave.
#
# Where: tc (iproute2) with clsact on Linux; seen with linux-image-6.1.0-57-amd64
# and iproute2 6.1.0-3 of Debian 12.
#
# tc(8) has clsact classify on ingress ("classid 1:2e action ok" leaves 0x2e in
# skb->tc_index), and a filter of the egress qdisc can match that by
# "basic match meta(tc_index eq 46)". It does, until anybody attaches an egress
# filter to the same device that says no more than "action ok", as monitoring
# agents and container networks do: accepting writes the class of that filter,
# which has none, and tc_index is 0 before the qdisc sees the packet. With
# "action continue" in its place the class survives.
#
# Seen: packets in class 1:10 of 20 sent:
#   no egress filter         20
#   matchall action ok        0
#   matchall action continue 20
set -eu

kernel=6.1.0-57-amd64
modules="veth sch_ingress sch_htb cls_matchall cls_basic em_meta act_gact"
tools="iproute2=6.1.0-3 libc6 libbpf0 libbpf1 libelf1 zlib1g libmnl0 libbsd0 libmd0
	libcap2 libxtables12 libdb5.3 libtirpc3 libgssapi-krb5-2 libkrb5-3
	libk5crypto3 libcom-err2 libkrb5support0 libkeyutils1 libselinux1
	libpcre2-8-0"

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
/bin/busybox --install -s /bin
export PATH=/sbin:/usr/sbin:/bin:/usr/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mkdir -p /run/netns
for ko in /modules/*; do insmod "$ko" 2>/dev/null; done

# not those of busybox, whose shell prefers its own
ip() { /sbin/ip.iproute2 "$@"; }
tc() { /sbin/tc "$@"; }

# left --- router --- right
ip link set lo up
for n in left right; do
	ip netns add $n
	ip link add $n type veth peer name eth0 netns $n
	ip link set $n up
done
ip address add 10.1.0.1/24 dev left
ip address add 10.2.0.1/24 dev right
ip -n left address add 10.1.0.2/24 dev eth0
ip -n right address add 10.2.0.2/24 dev eth0
for n in left right; do
	ip -n $n link set lo up
	ip -n $n link set eth0 up
done
ip -n left route add default via 10.1.0.1
ip -n right route add default via 10.2.0.1
echo 1 >/proc/sys/net/ipv4/ip_forward
ip netns exec left ping -q -c 1 -W 5 10.2.0.2 >/dev/null

tc qdisc add dev left clsact
tc filter add dev left ingress matchall classid 1:2e action ok

sent() {
	tc qdisc replace dev right root handle 1: htb default 30
	tc class add dev right parent 1: classid 1:10 htb rate 1gbit quantum 60000
	tc class add dev right parent 1: classid 1:30 htb rate 1gbit quantum 60000
	tc filter add dev right parent 1: protocol ip basic \
		match 'meta(tc_index eq 46)' classid 1:10
	ip netns exec left ping -q -c 20 -i 0.05 -W 5 10.2.0.2 >/dev/null
	count=$(tc -s class show dev right |
		sed -n '/htb 1:10 /,/Sent/s/.* bytes \([0-9]*\) pkt.*/\1/p')
	echo "FOUND $1: $count"
	tc qdisc del dev right root
}

sent "no egress filter"
tc qdisc add dev right clsact
tc filter add dev right egress matchall action ok
sent "matchall action ok"
tc filter del dev right egress
tc filter add dev right egress matchall action continue
sent "matchall action continue"
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
no egress filter: 20
matchall action ok: 0
matchall action continue: 20
END
cmp -s found expected || { echo "this has changed" >&2; tail -n 20 console >&2; exit 1; }
