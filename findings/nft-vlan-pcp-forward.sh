#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# nft takes "vlan pcp" in a chain of forward, where it never matches.
#
# Where: nft (nftables) with VLAN devices of Linux; seen with
# linux-image-6.1.0-57-amd64 and nftables 1.0.6-2+deb12u2 of Debian 12.
#
# "vlan pcp 6" is accepted without a word in each family that has frames, inet
# among them, and listed again as it was typed. But a VLAN device hands a packet
# on without its tag, and what nft looks at in an inet chain is the frame as it
# is then: the rule counts nothing, also with the device named. At netdev ingress
# of the device that carries the VLAN the same words match. Who classifies routed
# voice by its 802.1p priority has a rule that loads and does nothing.
#
# Seen: of 20 packets that came with PCP 6, those that are counted by vlan pcp 6:
#   inet forward      0
#   inet prerouting   0
#   netdev ingress   20
set -eu
. "$(dirname "$0")/lib/machine.sh"
libraries="$libraries libnftnl11 libjansson4 libgmp10 libedit2 libtinfo6"

got=$(machine 6.1.0-57-amd64 "veth 8021q nf_tables" \
	"iproute2=6.1.0-3 iputils-ping nftables=1.0.6-2+deb12u2
	libnftables1=1.0.6-2+deb12u2" <<'SCRIPT'
# left --- router --- right, the first by VLAN 10
nft() { /usr/sbin/nft "$@"; }
n=1
for ns in left right; do
	ip netns add $ns
	ip link add $ns type veth peer name eth0 netns $ns
	ip link set $ns up
	ip -n $ns link set lo up
	ip -n $ns link set eth0 up
done
ip link add link left name left.10 type vlan id 10
ip link set left.10 up
ip address add 10.1.0.1/24 dev left.10
ip -n left link add link eth0 name v type vlan id 10 egress-qos-map 0:6
ip -n left link set v up
ip -n left address add 10.1.0.2/24 dev v
ip -n left route add default via 10.1.0.1
ip address add 10.2.0.1/24 dev right
ip -n right address add 10.2.0.2/24 dev eth0
ip -n right route add default via 10.2.0.1
echo 1 >/proc/sys/net/ipv4/ip_forward
inside left /bin/ping -q -c 1 -w 10 10.2.0.2 >/dev/null

nft -f - <<'RULES'
table inet t {
	chain prerouting {
		type filter hook prerouting priority 0
		vlan pcp 6 counter
	}
	chain forward {
		type filter hook forward priority 0
		iifname "left.10" vlan pcp 6 counter
	}
}
table netdev t {
	chain ingress {
		type filter hook ingress device "left" priority 0
		vlan pcp 6 vlan type ip counter
	}
}
RULES
inside left /bin/ping -q -c 20 -i 0.2 -w 40 10.2.0.2 >/dev/null
for chain in "inet t forward" "inet t prerouting" "netdev t ingress"; do
	found "$(echo $chain | sed 's/ t / /'): $(nft list chain $chain |
		sed -n 's/.*vlan pcp 6.* packets \([0-9]*\) .*/\1/p')"
done
SCRIPT
)
seen "$got" <<'END'
inet forward: 0
inet prerouting: 0
netdev ingress: 20
END
