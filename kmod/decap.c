// SPDX-License-Identifier: GPL-2.0-only
/* [6 After] What a decap profile does to the inner packet. */

#include <linux/if_ether.h>
#include <net/checksum.h>

#include "tunqos.h"
#include "count.h"
#include "core/ecn.h"
#include "frame.h"
#include "skb.h"

/*
 * Only its first four bits say that what follows a label is IP (RFC 4928):
 * before anything is written, IPv4's checksum or IPv6's length must agree.
 */
static bool is_whole(const struct sk_buff *skb, unsigned int offset)
{
	u8 bytes[60];
	unsigned int left = skb->len - offset;
	const u8 *header = skb_header_pointer(skb, offset, TUNQOS_IPV4_MIN,
					      bytes);
	unsigned int len;

	if (!header)
		return false;
	if (tunqos_ip_version(header) == 6) {
		len = TUNQOS_IPV6_MIN + (header[4] << 8 | header[5]);
		/* a frame of an Ethernet may be padded */
		return len <= left && left - len < ETH_ZLEN;
	}
	len = (header[0] & 0x0f) * 4;
	header = skb_header_pointer(skb, offset, len, bytes);
	return header && !ip_fast_csum(header, len / 4);
}

/*
 * Bytes from skb->data to the IP header, or -1. It is where skb->protocol says,
 * or behind a tag, a PPPoE session or labels.
 */
static int ip_offset(const struct sk_buff *skb)
{
	int offset = skb_network_offset(skb);
	struct tunqos_inner inner;

	if (likely(tunqos_frame_is_ip(skb->protocol)))
		return offset;
	if (!tunqos_payload_is_hidden(ntohs(skb->protocol)) ||
	    tunqos_frame_find(skb, offset, skb->protocol, &inner) ||
	    !is_whole(skb, inner.offset))
		return -1;
	return inner.offset;
}

static void write_inner(struct sk_buff *skb,
			const struct tunqos_profile *profile, u8 dscp)
{
	u8 inner = profile->decap[dscp];
	int offset = ip_offset(skb);

	if (offset < 0) {
		tunqos_left_alone(profile, TUNQOS_DECAP, TUNQOS_REASON_NOT_IP);
		return;
	}

	if (inner >= TUNQOS_DSCP_COUNT) {
		tunqos_left_alone(profile, TUNQOS_DECAP,
				  inner == TUNQOS_TABLE_LEAVE ?
				  TUNQOS_REASON_TABLE_LEAVE :
				  TUNQOS_REASON_NOT_PERMITTED);
		return;
	}

	switch (tunqos_skb_write_dscp(skb, offset, inner)) {
	case 0:
		tunqos_written(profile, TUNQOS_DECAP);
		break;
	case -EINVAL:
		tunqos_left_alone(profile, TUNQOS_DECAP, TUNQOS_REASON_NOT_IP);
		break;
	default:
		tunqos_left_alone(profile, TUNQOS_DECAP,
				  TUNQOS_REASON_NO_MEMORY);
	}
}

/*
 * RFC 6040 for what the kernel does not do it for.
 * Return: NF_DROP for what must not go on.
 */
static unsigned int decap_ecn(struct sk_buff *skb,
			      const struct tunqos_profile *profile, u8 arrived)
{
	int offset = ip_offset(skb);
	u8 before, after;

	if (offset < 0 || !pskb_may_pull(skb, offset + TUNQOS_IPV4_MIN))
		return NF_ACCEPT;
	before = tunqos_ds_read(skb->data + offset) & TUNQOS_ECN_MASK;
	after = tunqos_ecn_decap(before, arrived & TUNQOS_ECN_MASK);
	if (after == before)
		return NF_ACCEPT;
	if (after != TUNQOS_ECN_DROP) {
		if (tunqos_skb_write_ds(skb, offset, after, TUNQOS_ECN_MASK))
			tunqos_note(profile, TUNQOS_REASON_NO_MEMORY);
		return NF_ACCEPT;
	}
	if (skb_is_gso(skb)) {
		tunqos_note(profile, TUNQOS_REASON_ECN_MERGED);
		return NF_ACCEPT;
	}
	tunqos_dropped(profile, TUNQOS_DECAP, TUNQOS_REASON_ECN_DROPPED);
	return NF_DROP;
}

/**
 * tunqos_decap_keep() - apply all of a decap profile but the DSCP
 * @skb: its network header is the inner one, not validated
 * @profile: of the tunnel
 * @arrived: DS field (0-255) of the outer header as it arrived
 *
 * Context: softirq or task with BH off, RCU read side.
 * Return: NF_ACCEPT, or NF_DROP, which is counted.
 */
unsigned int tunqos_decap_keep(struct sk_buff *skb,
			       const struct tunqos_profile *profile,
			       u8 arrived)
{
	/* Whatever the companion was, it belonged to the outer packet. */
	if (profile->class_outer)
		skb->tc_index = tunqos_companion_make(TUNQOS_KIND_QUEUE,
						      profile->tag,
						      tunqos_ds_dscp(arrived));
	else if (skb->tc_index >= TUNQOS_COMPANION_MIN)
		skb->tc_index = 0;

	return profile->decap_ecn ? decap_ecn(skb, profile, arrived) :
				    NF_ACCEPT;
}

/* tunqos_decap() - apply a decap profile; the same otherwise */
unsigned int tunqos_decap(struct sk_buff *skb,
			  const struct tunqos_profile *profile, u8 arrived)
{
	if (tunqos_decap_keep(skb, profile, arrived) != NF_ACCEPT)
		return NF_DROP;
	if (profile->decap_write)
		write_inner(skb, profile, tunqos_ds_dscp(arrived));
	return NF_ACCEPT;
}
