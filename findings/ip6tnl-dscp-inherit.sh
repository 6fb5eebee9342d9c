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
. "$(dirname "$0")/lib/machine.sh"

got=$(machine 6.1.0-57-amd64 "veth ip6_tunnel sch_ingress cls_flower act_gact" \
	"iproute2=6.1.0-3 iputils-ping" <<'SCRIPT'
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
inside right /sbin/tc qdisc add dev eth0 clsact
inside left /bin/ping -6 -q -c 1 -w 10 fd01::2 >/dev/null

# EF arrives at a device of the right one
count() {
	inside right /sbin/tc -s filter show dev "$1" ingress |
		sed -n 's/.* bytes \([0-9]*\) pkt.*/\1/p'
}

arrives() {
	what=$1
	shift
	ip -n left link add tun type ip6tnl local fd01::1 remote fd01::2 mode any "$@"
	ip -n right link add tun type ip6tnl local fd01::2 remote fd01::1 mode any "$@"
	inside right /sbin/tc qdisc add dev tun clsact
	for dev in eth0 tun; do
		inside right /sbin/tc filter add dev $dev ingress protocol ipv6 \
			flower ip_tos 0xb8/0xfc action ok
	done
	n=1
	for ns in left right; do
		ip -n $ns link set tun up
		ip -n $ns address add fd02::$n/64 dev tun nodad
		n=2
	done
	inside left /bin/ping -6 -q -Q 0xb8 -c 20 -i 0.05 -w 20 fd02::2 >/dev/null
	found "$what: $(count eth0) $(count tun)"
	inside right /sbin/tc filter del dev eth0 ingress
	ip -n left link del tun
	ip -n right link del tun
}

arrives "no flag"
arrives "tclass inherit" tclass inherit
arrives "dscp inherit" dscp inherit
arrives "tclass inherit, dscp inherit" tclass inherit dscp inherit
SCRIPT
)
seen "$got" <<'END'
no flag: 0 20
tclass inherit: 20 20
dscp inherit: 0 0
tclass inherit, dscp inherit: 20 20
END
