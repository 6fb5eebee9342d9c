// SPDX-License-Identifier: GPL-2.0-only
/*
 * [5 Outer] LOCAL_IN of the outer packet, whole again after reassembly: notes
 * the DS field as it arrived, for after.c. Does not care whose tunnel it is:
 * only a device with a decap profile reads the note. Softirq context.
 */

#include <linux/ip.h>
#include <net/ip.h>

#include "tunqos.h"

unsigned int tunqos_arrived4(void *priv, struct sk_buff *skb,
			     const struct nf_hook_state *state)
{
	const struct iphdr *outer = ip_hdr(skb);

	switch (outer->protocol) {
	case IPPROTO_IPIP:
	case IPPROTO_IPV6:
	case IPPROTO_GRE:
		skb->tc_index = tunqos_arrived_make(outer->tos,
						    tunqos_arrived_tag);
		break;
	default:
		if (skb->tc_index >= TUNQOS_COMPANION_MIN)
			skb->tc_index = 0;
	}
	return NF_ACCEPT;
}
