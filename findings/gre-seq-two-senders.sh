#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# GRE with sequence numbers loses packets when two processors send.
#
# Where: Linux, ip_gre; seen with linux-image-6.1.0-57-amd64 and iproute2
# 6.1.0-3 of Debian 12.
#
# "seq" of ip-link(8) numbers what a GRE device sends (oseq) and drops what
# arrives with a number below the last one (iseq). The number is taken before
# the packet is on its way to the queue, and nothing keeps two processors from
# overtaking each other in between. So a router whose own packets, or whose
# second receive queue, share the tunnel with a flow drops parts of both at the
# far end, counted as fifo errors and nowhere else, although no packet was
# reordered on the wire. With oseq alone, which looks the same on the wire,
# nothing is lost.
#
# Seen: 3000 pings, or twice as many from two processors:
#   seq, one processor    none lost
#   seq, two processors   some lost
#   oseq, two processors  none lost
set -eu
. "$(dirname "$0")/lib/machine.sh"

got=$(SMP=2 machine 6.1.0-57-amd64 "veth ip_gre" \
	"iproute2=6.1.0-3 iputils-ping" <<'SCRIPT'
for n in a b; do
	ip netns add $n
	ip -n $n link set lo up
done
ip link add eth0 netns a type veth peer name eth0 netns b
ip -n a address add 192.0.2.1/24 dev eth0
ip -n b address add 192.0.2.2/24 dev eth0
for n in a b; do ip -n $n link set eth0 up; done

tunnel() {
	ip -n a link add g type gre local 192.0.2.1 remote 192.0.2.2 $1
	ip -n b link add g type gre local 192.0.2.2 remote 192.0.2.1 $1
	ip -n a address add 10.0.0.1/24 dev g
	ip -n b address add 10.0.0.2/24 dev g
	for n in a b; do ip -n $n link set g up; done
}

send() {
	taskset "$1" /bin/ip netns exec a /bin/ping -q -f -c 3000 -w 30 10.0.0.2
}

# how: what was found of the packets that b should have got
lost() {
	errors=$(inside b /applets/cat /sys/class/net/g/statistics/rx_fifo_errors)
	if [ "$errors" = 0 ]; then found "$1: none lost"; else found "$1: some lost"; fi
	for n in a b; do ip -n $n link del g; done
}

tunnel seq
send 1 >/dev/null
lost "seq, one processor"
tunnel seq
send 1 >/dev/null &
send 2 >/dev/null
wait
lost "seq, two processors"
tunnel oseq
send 1 >/dev/null &
send 2 >/dev/null
wait
lost "oseq, two processors"
SCRIPT
)
seen "$got" <<'END'
seq, one processor: none lost
seq, two processors: some lost
oseq, two processors: none lost
END
