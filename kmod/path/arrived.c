// SPDX-License-Identifier: GPL-2.0-only
/*
 * [5 Outer] LOCAL_IN of the outer packet, IPv4's whole again after reassembly:
 * notes the DS field as it arrived, for after.c. Does not care whose tunnel it
 * is: only a device with a decap profile reads the note. Softirq context.
 */

#include <linux/ip.h>
#include <linux/ipv6.h>

#include "core/companion.h"
#include "core/ds.h"
#include "path/net.h"
#include "path/places.h"

/* Of what no tunnel device takes, ours must not look like another's. */
static __always_inline unsigned int arrived(struct sk_buff *skb, u8 ds,
					    bool tunnel)
{
	if (tunnel)
		skb->tc_index = tunqos_arrived_make(ds, tunqos_arrived_tag);
	else if (skb->tc_index >= TUNQOS_COMPANION_MIN)
		skb->tc_index = 0;
	return NF_ACCEPT;
}

static __always_inline bool carries(u8 protocol)
{
	switch (protocol) {
	case IPPROTO_IPIP:
	case IPPROTO_UDP:
	case IPPROTO_IPV6:
	case IPPROTO_GRE:
	case IPPROTO_L2TP:
	case IPPROTO_MPLS:
		return true;
	}
	return false;
}

/* The protocol is behind these; fragments are not whole yet. */
static __always_inline bool is_extension(u8 protocol)
{
	switch (protocol) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_FRAGMENT:
	case IPPROTO_DSTOPTS:
		return true;
	}
	return false;
}

unsigned int tunqos_arrived4(void *priv, struct sk_buff *skb,
			     const struct nf_hook_state *state)
{
	const struct iphdr *outer = ip_hdr(skb);

	return arrived(skb, outer->tos, carries(outer->protocol));
}

unsigned int tunqos_arrived6(void *priv, struct sk_buff *skb,
			     const struct nf_hook_state *state)
{
	const struct ipv6hdr *outer = ipv6_hdr(skb);

	return arrived(skb, tunqos_ds_read((const u8 *)outer),
		       carries(outer->nexthdr) ||
		       is_extension(outer->nexthdr));
}
