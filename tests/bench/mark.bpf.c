// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a careful person would write for tc's direct action: the packet is read
 * and written in place, the checksum corrected by the difference, no helper
 * called. It knows one encapsulation and one device, and counts nothing.
 */

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>

#define SEC(name) __attribute__((section(name), used))
#define inline inline __attribute__((always_inline))
#define htons __builtin_bswap16

enum { ACCEPT, GRE_LENGTH = 4, GRE_PROTOCOL = 47,
       UDP_LENGTH = 8, UDP_PROTOCOL = 17, VXLAN_PORT = 4789,
       VXLAN_LENGTH = UDP_LENGTH + 8 + sizeof(struct ethhdr) };

/* peers.TABLE: DSCP + 8; filled in by the compiler's command line */
static const volatile __u8 map[64] = { MAP };

static inline void write_dscp(struct iphdr *ip, __u8 dscp)
{
	__u16 old = *(__u16 *)ip;
	__u32 sum;

	ip->tos = dscp << 2 | (ip->tos & 3);
	sum = (__u16)~ip->check + (__u16)~old + *(__u16 *)ip;
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	ip->check = ~sum;
}

static inline struct iphdr *outer(struct __sk_buff *skb, int more)
{
	struct ethhdr *eth = (void *)(long)skb->data;
	struct iphdr *ip = (void *)(eth + 1);

	if ((void *)(ip + 1) + more > (void *)(long)skb->data_end ||
	    eth->h_proto != htons(ETH_P_IP) || ip->version != 4 || ip->ihl != 5)
		return 0;
	return ip;
}

static inline struct iphdr *inside_gre(struct iphdr *ip)
{
	__u16 *gre = (void *)(ip + 1);

	if (ip->protocol != GRE_PROTOCOL || gre[0] || gre[1] != htons(ETH_P_IP))
		return 0;
	return (void *)gre + GRE_LENGTH;
}

static inline struct iphdr *inside_vxlan(struct iphdr *ip)
{
	__u16 *udp = (void *)(ip + 1);
	struct ethhdr *frame = (void *)udp + VXLAN_LENGTH - sizeof(*frame);

	if (ip->protocol != UDP_PROTOCOL || udp[1] != htons(VXLAN_PORT) ||
	    frame->h_proto != htons(ETH_P_IP))
		return 0;
	return (void *)(frame + 1);
}

SEC("tc-own") int map_own(struct __sk_buff *skb)
{
	struct iphdr *ip = outer(skb, 0);

	if (ip)
		write_dscp(ip, map[ip->tos >> 2]);
	return ACCEPT;
}

SEC("tc-gre-copy") int gre_copy(struct __sk_buff *skb)
{
	struct iphdr *ip = outer(skb, GRE_LENGTH + sizeof(*ip));
	struct iphdr *inner = ip ? inside_gre(ip) : 0;

	if (inner)
		write_dscp(ip, inner->tos >> 2);
	return ACCEPT;
}

SEC("tc-gre-map") int gre_map(struct __sk_buff *skb)
{
	struct iphdr *ip = outer(skb, GRE_LENGTH + sizeof(*ip));
	struct iphdr *inner = ip ? inside_gre(ip) : 0;

	if (inner)
		write_dscp(ip, map[inner->tos >> 2]);
	return ACCEPT;
}

SEC("tc-vxlan-copy") int vxlan_copy(struct __sk_buff *skb)
{
	struct iphdr *ip = outer(skb, VXLAN_LENGTH + sizeof(*ip));
	struct iphdr *inner = ip ? inside_vxlan(ip) : 0;

	if (inner)
		write_dscp(ip, inner->tos >> 2);
	return ACCEPT;
}

SEC("tc-vxlan-map") int vxlan_map(struct __sk_buff *skb)
{
	struct iphdr *ip = outer(skb, VXLAN_LENGTH + sizeof(*ip));
	struct iphdr *inner = ip ? inside_vxlan(ip) : 0;

	if (inner)
		write_dscp(ip, map[inner->tos >> 2]);
	return ACCEPT;
}

SEC("tc-priority") int priority(struct __sk_buff *skb)
{
	struct iphdr *ip = outer(skb, 0);

	if (ip)
		skb->priority = ip->tos >> 5;
	return ACCEPT;
}

SEC("license") const char licence[] = "GPL";
