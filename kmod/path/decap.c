// SPDX-License-Identifier: GPL-2.0-only
/* [6 After] What a decap profile does to the inner packet. */

#include "core/companion.h"
#include "core/ds.h"
#include "core/ecn.h"
#include "core/payload.h"
#include "path/count.h"
#include "path/decap.h"
#include "path/frame.h"
#include "path/profile.h"
#include "path/skb.h"

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
	    !tunqos_frame_is_whole(skb, inner.offset))
		return -1;
	return inner.offset;
}

/* Return: -1, or why it was not written, enum tunqos_reason. */
static int write_inner(struct sk_buff *skb,
		       const struct tunqos_profile *profile, u8 dscp)
{
	u8 inner = profile->decap[dscp];
	int offset = ip_offset(skb);

	if (offset < 0)
		return TUNQOS_REASON_NOT_IP;
	if (inner == TUNQOS_TABLE_LEAVE)
		return TUNQOS_REASON_TABLE_LEAVE;
	if (inner >= TUNQOS_DSCP_COUNT)
		return TUNQOS_REASON_NOT_PERMITTED;
	if (unlikely(tunqos_skb_is_list(skb)))
		return TUNQOS_REASON_GRO_LIST;

	switch (tunqos_skb_write_dscp(skb, offset, inner)) {
	case 0:
		return -1;
	case -EINVAL:
		return TUNQOS_REASON_NOT_IP;
	}
	return TUNQOS_REASON_NO_MEMORY;
}

/*
 * RFC 6040 for what the kernel does not do it for. Return: the same;
 * TUNQOS_REASON_ECN_DROPPED for what must not go on.
 */
static int decap_ecn(struct sk_buff *skb, u8 arrived)
{
	int offset = ip_offset(skb);
	u8 before, after;

	if (offset < 0)
		return TUNQOS_REASON_NOT_IP;
	if (!pskb_may_pull(skb, offset + TUNQOS_IPV4_MIN))
		return TUNQOS_REASON_TRUNCATED;
	before = tunqos_ds_read(skb->data + offset) & TUNQOS_ECN_MASK;
	after = tunqos_ecn_decap(before, arrived & TUNQOS_ECN_MASK);
	if (after == before)
		return -1;
	if (after == TUNQOS_ECN_DROP)
		return TUNQOS_REASON_ECN_DROPPED;
	if (tunqos_skb_is_list(skb))
		return TUNQOS_REASON_GRO_LIST;
	if (tunqos_skb_write_ds(skb, offset, after, TUNQOS_ECN_MASK))
		return TUNQOS_REASON_NO_MEMORY;
	return -1;
}

/**
 * tunqos_decap() - apply a decap profile to a packet, and count it
 * @skb: its network header is the inner one, not validated
 * @profile: of the tunnel
 * @arrived: DS field (0-255) of the outer header as it arrived
 * @hindrance: why its DSCP cannot be what the profile says, enum
 *	tunqos_reason, or -1
 *
 * Written is a packet that has all of what the profile says, if that is only
 * how it is queued.
 *
 * Context: softirq or task with BH off, RCU read side.
 * Return: NF_ACCEPT, or NF_DROP.
 */
unsigned int tunqos_decap(struct sk_buff *skb,
			  const struct tunqos_profile *profile, u8 arrived,
			  int hindrance)
{
	int reason = -1;

	/* Whatever the companion was, it belonged to the outer packet. */
	if (profile->class_outer)
		skb->tc_index = tunqos_companion_make(TUNQOS_KIND_QUEUE,
						      profile->tag,
						      tunqos_ds_dscp(arrived));
	else if (skb->tc_index >= TUNQOS_COMPANION_MIN)
		skb->tc_index = 0;

	if (profile->decap_ecn) {
		reason = decap_ecn(skb, arrived);
		if (reason == TUNQOS_REASON_ECN_DROPPED) {
			tunqos_dropped(profile, TUNQOS_DECAP, reason);
			return NF_DROP;
		}
	}
	if (profile->decap_write && hindrance < 0)
		hindrance = write_inner(skb, profile, tunqos_ds_dscp(arrived));
	if (hindrance >= 0)
		reason = hindrance;
	if (reason >= 0)
		tunqos_left_alone(profile, TUNQOS_DECAP, reason);
	else
		tunqos_written(profile, TUNQOS_DECAP);
	return NF_ACCEPT;
}
