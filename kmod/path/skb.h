/* SPDX-License-Identifier: GPL-2.0-only */
/* Writing packets: skb.c, and the part of it that most packets need. */
#ifndef TUNQOS_PATH_SKB_H
#define TUNQOS_PATH_SKB_H

#include <linux/ip.h>
#include <linux/skbuff.h>

#include "core/ds.h"

int tunqos_skb_write_ds(struct sk_buff *skb, int offset, u8 ds, u8 mask);
int tunqos_skb_write_tci(struct sk_buff *skb, int offset, u16 tci);
int tunqos_skb_write_covered(struct sk_buff *skb, int offset, u8 dscp,
			     int sum, bool udp);

/*
 * rx-gro-list merges packets without making one of them: each keeps headers of
 * its own, and only those of the first are in sight. What a tunnel puts in
 * front is one for all.
 */
static inline bool tunqos_skb_is_list(const struct sk_buff *skb)
{
	return skb_shinfo(skb)->gso_type & SKB_GSO_FRAGLIST;
}

/* Writes the DSCP (0-63); ECN stays. As tunqos_skb_write_ds(). */
static inline int tunqos_skb_write_dscp(struct sk_buff *skb, int offset,
					u8 dscp)
{
	return tunqos_skb_write_ds(skb, offset, dscp << 2, TUNQOS_DSCP_MASK);
}

/*
 * At LOCAL_OUT, POST_ROUTING or a device's ingress, with an IP header at
 * skb->data: is it linear and nobody else's, as tunnel drivers, IPsec and most
 * NICs leave it?
 */
static inline bool tunqos_skb_is_plain(const struct sk_buff *skb)
{
	return skb_headlen(skb) >= TUNQOS_IPV6_MIN &&
	       (!skb_cloned(skb) ||
		skb_clone_writable(skb, TUNQOS_IPV6_MIN));
}

/* Writes the DSCP (0-63) of such a header of IPv4. */
static inline void tunqos_skb_write_plain4(struct sk_buff *skb, u8 dscp)
{
	u8 *header = skb->data;

	if (tunqos_ds_dscp(header[1]) != dscp)
		tunqos_ds_write4(header, dscp);
}

/* The same of either family. */
static inline void tunqos_skb_write_plain(struct sk_buff *skb, u8 dscp)
{
	if (unlikely(skb->data[0] >> 4 == 6))
		tunqos_ds_write6(skb->data, dscp);
	else
		tunqos_skb_write_plain4(skb, dscp);
}

#endif /* TUNQOS_PATH_SKB_H */
