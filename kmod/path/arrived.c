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

static inline void note(struct sk_buff *skb, u8 ds)
{
	skb->tc_index = tunqos_arrived_make(ds, tunqos_arrived_tag);
}

/* What no tunnel device takes: ours must not look like another's. */
static inline void forget(struct sk_buff *skb)
{
	if (skb->tc_index >= TUNQOS_COMPANION_MIN)
		skb->tc_index = 0;
}

unsigned int tunqos_arrived4(void *priv, struct sk_buff *skb,
			     const struct nf_hook_state *state)
{
	const struct iphdr *outer = ip_hdr(skb);

	switch (outer->protocol) {
	case IPPROTO_IPIP:
	case IPPROTO_UDP:
	case IPPROTO_IPV6:
	case IPPROTO_GRE:
	case IPPROTO_L2TP:
	case IPPROTO_MPLS:
		note(skb, outer->tos);
		break;
	default:
		forget(skb);
	}
	return NF_ACCEPT;
}

unsigned int tunqos_arrived6(void *priv, struct sk_buff *skb,
			     const struct nf_hook_state *state)
{
	const struct ipv6hdr *outer = ipv6_hdr(skb);

	switch (outer->nexthdr) {
	case IPPROTO_IPIP:
	case IPPROTO_UDP:
	case IPPROTO_IPV6:
	case IPPROTO_GRE:
	case IPPROTO_L2TP:
	case IPPROTO_MPLS:
	/* the protocol is behind these; fragments are not whole yet */
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_FRAGMENT:
	case IPPROTO_DSTOPTS:
		note(skb, tunqos_ds_read((const u8 *)outer));
		break;
	default:
		forget(skb);
	}
	return NF_ACCEPT;
}
