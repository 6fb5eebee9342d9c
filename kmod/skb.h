/* SPDX-License-Identifier: GPL-2.0-only */
/* Writing packets: skb.c, and the part of it that most packets need. */
#ifndef TUNQOS_SKB_H
#define TUNQOS_SKB_H

#include <linux/ip.h>
#include <linux/skbuff.h>

#include "core/ds.h"

int tunqos_skb_write_dscp(struct sk_buff *skb, int offset, u8 dscp);

/**
 * tunqos_skb_write_outer4() - write the DSCP of an outer IPv4 header
 * @skb: at LOCAL_OUT or POST_ROUTING: the header is at skb->data
 * @dscp: 0-63
 *
 * As tunqos_skb_write_dscp(); without a call for a header that is linear and
 * nobody else's, which is how tunnel drivers and IPsec leave it.
 */
static inline int tunqos_skb_write_outer4(struct sk_buff *skb, u8 dscp)
{
	u8 *header = skb->data;

	if (unlikely(skb_headlen(skb) < sizeof(struct iphdr) ||
		     skb_cloned(skb)))
		return tunqos_skb_write_dscp(skb, 0, dscp);
	if (tunqos_ds_dscp(header[1]) != dscp)
		tunqos_ds_write4(header, dscp);
	return 0;
}

#endif /* TUNQOS_SKB_H */
