// SPDX-License-Identifier: GPL-2.0-only
/*
 * [5 Outer] LOCAL_IN of the outer packet, IPv4's whole again after reassembly:
 * notes the DS field as it arrived, for after.c. Does not ask what the packet
 * is: only a device with a decap profile reads the note, and a socket never
 * sees it. Softirq context.
 */

#include <linux/ip.h>
#include <linux/ipv6.h>

#include "tunqos.h"

unsigned int tunqos_arrived4(void *priv, struct sk_buff *skb,
			     const struct nf_hook_state *state)
{
	skb->tc_index = tunqos_arrived_make(ip_hdr(skb)->tos,
					    tunqos_arrived_tag);
	return NF_ACCEPT;
}

unsigned int tunqos_arrived6(void *priv, struct sk_buff *skb,
			     const struct nf_hook_state *state)
{
	u8 ds = tunqos_ds_read((const u8 *)ipv6_hdr(skb));

	skb->tc_index = tunqos_arrived_make(ds, tunqos_arrived_tag);
	return NF_ACCEPT;
}
