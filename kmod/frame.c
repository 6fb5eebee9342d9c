// SPDX-License-Identifier: GPL-2.0-only
/* Frames whose DS field is not in sight, or not there; see frame.h. */

#include <linux/if_vlan.h>
#include <linux/skbuff.h>

#include "tunqos.h"
#include "frame.h"

/* The DS field of what is not in the linear part, or -1. */
int tunqos_frame_far_ds(const struct sk_buff *skb)
{
	int offset = skb_network_offset(skb);
	u8 header[2];

	if (offset < 0 || skb_copy_bits(skb, offset, header, sizeof(header)) ||
	    !tunqos_ip_version(header))
		return -1;
	return tunqos_ds_read(header);
}

/* Why tunqos_frame_ds() has found nothing. */
enum tunqos_reason tunqos_frame_reason(const struct sk_buff *skb)
{
	if (eth_type_vlan(skb->protocol))
		return TUNQOS_REASON_IN_BAND_TAG;
	if ((skb->protocol == htons(ETH_P_IP) ||
	     skb->protocol == htons(ETH_P_IPV6)) &&
	    (int)skb->len < skb_network_offset(skb) + 2)
		return TUNQOS_REASON_TRUNCATED;
	return TUNQOS_REASON_NOT_IP;
}
