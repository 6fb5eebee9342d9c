/* SPDX-License-Identifier: GPL-2.0-only */
/* The IP header in a frame that nobody has validated, at a device's hooks. */
#ifndef TUNQOS_PATH_FRAME_H
#define TUNQOS_PATH_FRAME_H

#include <linux/if_ether.h>
#include <linux/skbuff.h>

#include "core/ds.h"
#include "core/payload.h"

int tunqos_frame_find(const struct sk_buff *skb, int offset, __be16 type,
		      struct tunqos_inner *inner);
int tunqos_frame_find_tagged(const struct sk_buff *skb,
			     struct tunqos_inner *inner);
bool tunqos_frame_is_whole(const struct sk_buff *skb, unsigned int offset);
enum tunqos_port_protocol tunqos_frame_other(const struct sk_buff *skb);
int tunqos_frame_service(const struct sk_buff *skb, unsigned int offset);

static inline bool tunqos_frame_is_ip(__be16 type)
{
	return type == htons(ETH_P_IP) || type == htons(ETH_P_IPV6);
}

/**
 * tunqos_frame_arrived() - the IP header of what a device has received
 * @skb: at NETDEV_INGRESS: skb->data is behind the EtherType and the first tag
 * @inner: its offset is from skb->data on
 *
 * Return: 0, or -1 - reason.
 */
static inline int tunqos_frame_arrived(const struct sk_buff *skb,
				       struct tunqos_inner *inner)
{
	const u8 *header = skb_network_header(skb);

	if (unlikely(!tunqos_frame_is_ip(skb->protocol) || header < skb->data ||
		     header + 2 > skb_tail_pointer(skb)))
		return tunqos_frame_find(skb, skb_network_offset(skb),
					 skb->protocol, inner);
	if (!tunqos_ip_version(header))
		return -1 - TUNQOS_REASON_NOT_IP;
	inner->offset = header - skb->data;
	inner->ds = tunqos_ds_read(header);
	return 0;
}

/**
 * tunqos_frame_leaving() - the IP header of what an Ethernet device sends
 * @skb: at NETDEV_EGRESS: skb->data is at the addresses
 * @inner: its offset is from skb->data on
 *
 * The frame alone says where what is: a packet socket leaves another protocol
 * and another network header in the skb than it has written.
 *
 * Return: 0, or -1 - reason.
 */
static inline int tunqos_frame_leaving(const struct sk_buff *skb,
				       struct tunqos_inner *inner)
{
	const u8 *header = skb->data + ETH_HLEN;

	if (unlikely(header + 2 > skb_tail_pointer(skb)) ||
	    !tunqos_frame_is_ip(((const struct ethhdr *)skb->data)->h_proto))
		return tunqos_frame_find_tagged(skb, inner);
	if (!tunqos_ip_version(header))
		return -1 - TUNQOS_REASON_NOT_IP;
	inner->offset = ETH_HLEN;
	inner->ds = tunqos_ds_read(header);
	return 0;
}

#endif /* TUNQOS_PATH_FRAME_H */
