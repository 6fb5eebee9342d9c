/* SPDX-License-Identifier: GPL-2.0-only */
/* Writing packets: skb.c, and the part of it that most packets need. */
#ifndef TUNQOS_SKB_H
#define TUNQOS_SKB_H

#include <linux/ip.h>
#include <linux/skbuff.h>

#include "core/ds.h"

int tunqos_skb_write_dscp(struct sk_buff *skb, int offset, u8 dscp);

/*
 * At LOCAL_OUT or POST_ROUTING, where the IPv4 header is at skb->data: is it
 * linear and nobody else's, as tunnel drivers and IPsec leave it?
 */
static inline bool tunqos_skb_is_plain4(const struct sk_buff *skb)
{
	return skb_headlen(skb) >= sizeof(struct iphdr) && !skb_cloned(skb);
}

/* Writes the DSCP (0-63) of such a header. */
static inline void tunqos_skb_write_plain4(struct sk_buff *skb, u8 dscp)
{
	u8 *header = skb->data;

	if (tunqos_ds_dscp(header[1]) != dscp)
		tunqos_ds_write4(header, dscp);
}

#endif /* TUNQOS_SKB_H */
