#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A router with qos-maps on both VLANs keeps the 802.1p priority of IPv6 and loses
# that of IPv4.
#
# Where: VLAN devices (8021q) and IPv4 forwarding of Linux; seen with
# linux-image-6.1.0-57-amd64 and iproute2 6.1.0-3 of Debian 12.
#
# "ingress-qos-map 6:6" puts the PCP of what arrives into skb->priority,
# "egress-qos-map 6:6" writes it into the tag of what leaves. Between the two
# IPv4 forwarding sets the priority anew, from the bits of the TOS field as they
# were before DiffServ; IPv6 forwarding does not. So the two maps together are
# right for one family only, and nothing counts the packets of the other. With
# the sysctl net.ipv4.ip_forward_update_priority=0 both families keep it.
#
# Seen: of 20 packets that came with PCP 6, those that leave with it:
#   IPv6                            20
#   IPv4                             0
#   IPv4, no update of the priority 20
set -eu
. "$(dirname "$0")/lib/machine.sh"

got=$(machine 6.1.0-57-amd64 "veth 8021q sch_ingress cls_flower act_gact" \
	"iproute2=6.1.0-3 iputils-ping" <<'SCRIPT'
# left --- router --- right, by VLAN 10 and VLAN 20
vid=10
n=1
for ns in left right; do
	ip netns add $ns
	ip link add $ns type veth peer name eth0 netns $ns
	ip link set $ns up
	ip link add link $ns name $ns.$vid type vlan id $vid \
		ingress-qos-map 6:6 egress-qos-map 6:6
	ip link set $ns.$vid up
	ip address add 10.$n.0.1/24 dev $ns.$vid
	ip address add fd0$n::1/64 dev $ns.$vid nodad
	ip -n $ns link set lo up
	ip -n $ns link set eth0 up
	ip -n $ns link add link eth0 name v type vlan id $vid egress-qos-map 0:6
	ip -n $ns link set v up
	ip -n $ns address add 10.$n.0.2/24 dev v
	ip -n $ns address add fd0$n::2/64 dev v nodad
	ip -n $ns route add default via 10.$n.0.1
	ip -n $ns route add default via fd0$n::1
	vid=20
	n=2
done
echo 1 >/proc/sys/net/ipv4/ip_forward
echo 1 >/proc/sys/net/ipv6/conf/all/forwarding

count() {
	inside left /bin/ping -q -c 1 -w 10 $2 >/dev/null
	ip netns exec right /sbin/tc qdisc add dev eth0 ingress
	ip netns exec right /sbin/tc filter add dev eth0 ingress protocol 802.1q \
		flower vlan_prio 6 vlan_ethtype $3 action continue
	inside left /bin/ping -q -c 20 -i 0.2 -w 40 $2 >/dev/null
	found "$1: $(ip netns exec right /sbin/tc -s filter show dev eth0 ingress |
		sed -n 's/.*Sent .* bytes \([0-9]*\) pkt.*/\1/p')"
	ip netns exec right /sbin/tc qdisc del dev eth0 ingress
}

count IPv6 fd02::2 ipv6
count IPv4 10.2.0.2 ipv4
echo 0 >/proc/sys/net/ipv4/ip_forward_update_priority
count "IPv4, no update of the priority" 10.2.0.2 ipv4
SCRIPT
)
seen "$got" <<'END'
IPv6: 20
IPv4: 0
IPv4, no update of the priority: 20
END
