/* SPDX-License-Identifier: GPL-2.0-only */
/* The DS field of a frame that nobody has validated, at a device's hooks. */
#ifndef TUNQOS_FRAME_H
#define TUNQOS_FRAME_H

#include <linux/if_vlan.h>
#include <linux/skbuff.h>

#include "core/ds.h"

int tunqos_frame_far_ds(const struct sk_buff *skb);
enum tunqos_reason tunqos_frame_reason(const struct sk_buff *skb);

/* Or -1: tunqos_frame_reason() says why there is none. */
static inline int tunqos_frame_ds(const struct sk_buff *skb)
{
	const u8 *header = skb_network_header(skb);

	if (skb->protocol != htons(ETH_P_IP) &&
	    skb->protocol != htons(ETH_P_IPV6))
		return -1;
	if (unlikely(header < skb->data ||
		     header + 2 > skb_tail_pointer(skb)))
		return tunqos_frame_far_ds(skb);
	return tunqos_ip_version(header) ? tunqos_ds_read(header) : -1;
}

#endif /* TUNQOS_FRAME_H */
