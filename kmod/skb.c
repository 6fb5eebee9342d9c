// SPDX-License-Identifier: GPL-2.0-only
/* The only file that writes packets. */

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/checksum.h>

#include "tunqos.h"
#include "skb.h"

/**
 * tunqos_skb_write_dscp() - write the DSCP of an IP header; ECN stays
 * @skb: any packet: cloned, nonlinear, GSO, any checksum state
 * @offset: bytes from skb->data to the IP header, not negative
 * @dscp: 0-63
 *
 * Headers may move: pointers into the packet are stale afterwards.
 *
 * No checksum of a higher layer covers the DS field. CHECKSUM_COMPLETE covers
 * the header: for IPv4 the adjusted header checksum makes up for the change,
 * for IPv6 skb->csum is adjusted. A header in front of skb->data would not be
 * covered, but there is none: all callers stand at or before the header.
 *
 * Context: softirq or process, RCU read side.
 * Return: 0, -EINVAL if there is no IP header, -ENOMEM.
 */
int tunqos_skb_write_dscp(struct sk_buff *skb, int offset, u8 dscp)
{
	u8 *header;
	int version;

	if (!pskb_may_pull(skb, offset + sizeof(struct iphdr)))
		return -EINVAL;
	header = skb->data + offset;
	version = tunqos_ip_version(header);
	if (!version)
		return -EINVAL;
	if (tunqos_ds_dscp(tunqos_ds_read(header)) == dscp)
		return 0;

	if (version == 4) {
		if (skb_ensure_writable(skb, offset + sizeof(struct iphdr)))
			return -ENOMEM;
		tunqos_ds_write4(skb->data + offset, dscp);
	} else {
		__be16 before, after;

		if (!pskb_may_pull(skb, offset + sizeof(struct ipv6hdr)))
			return -EINVAL;
		if (skb_ensure_writable(skb, offset + sizeof(struct ipv6hdr)))
			return -ENOMEM;
		header = skb->data + offset;
		before = *(__be16 *)header;
		tunqos_ds_write6(header, dscp);
		after = *(__be16 *)header;
		if (skb->ip_summed == CHECKSUM_COMPLETE)
			skb->csum = csum_add(csum_sub(skb->csum,
						      (__force __wsum)before),
					     (__force __wsum)after);
	}
	return 0;
}
