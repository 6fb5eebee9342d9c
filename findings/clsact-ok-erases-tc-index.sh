#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# An egress filter that accepts takes away the class that an ingress filter gave.
#
# Where: tc (iproute2) with clsact on Linux; seen with linux-image-6.1.0-57-amd64
# and iproute2 6.1.0-3 of Debian 12.
#
# A clsact filter on ingress with "classid 1:2e action ok" leaves 0x2e in
# skb->tc_index, and a filter of the egress qdisc can match that by
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
. "$(dirname "$0")/lib/machine.sh"

got=$(machine 6.1.0-57-amd64 \
	"veth sch_ingress sch_htb cls_matchall cls_basic em_meta act_gact" \
	"iproute2=6.1.0-3 iputils-ping" <<'SCRIPT'
# left --- router --- right
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
inside left /bin/ping -q -c 1 -w 10 10.2.0.2 >/dev/null

tc qdisc add dev left clsact
tc filter add dev left ingress matchall classid 1:2e action ok

count() {
	tc qdisc replace dev right root handle 1: htb default 30
	tc class add dev right parent 1: classid 1:10 htb rate 1gbit quantum 60000
	tc class add dev right parent 1: classid 1:30 htb rate 1gbit quantum 60000
	tc filter add dev right parent 1: protocol ip basic \
		match 'meta(tc_index eq 46)' classid 1:10
	inside left /bin/ping -q -c 20 -i 0.05 -w 20 10.2.0.2 >/dev/null
	found "$1: $(tc -s class show dev right |
		sed -n '/htb 1:10 /,/Sent/s/.* bytes \([0-9]*\) pkt.*/\1/p')"
	tc qdisc del dev right root
}

count "no egress filter"
tc qdisc add dev right clsact
tc filter add dev right egress matchall action ok
count "matchall action ok"
tc filter del dev right egress
tc filter add dev right egress matchall action continue
count "matchall action continue"
SCRIPT
)
seen "$got" <<'END'
no egress filter: 20
matchall action ok: 0
matchall action continue: 20
END
