// SPDX-License-Identifier: GPL-2.0-only
/* [6 After] What a decap profile does to the inner packet. */

#include <linux/if_ether.h>

#include "tunqos.h"
#include "skb.h"

static void write_inner(struct sk_buff *skb,
			const struct tunqos_profile *profile, u8 dscp)
{
	u8 inner = profile->decap[dscp];
	int offset = skb_network_offset(skb);

	/* MPLS, for one, may begin like IPv4 or IPv6. */
	if (offset < 0 || (skb->protocol != htons(ETH_P_IP) &&
			   skb->protocol != htons(ETH_P_IPV6))) {
		tunqos_left_alone(profile, TUNQOS_DECAP, TUNQOS_REASON_NOT_IP);
		return;
	}

	switch (inner) {
	case TUNQOS_NOT_PERMITTED:
		tunqos_left_alone(profile, TUNQOS_DECAP,
				  TUNQOS_REASON_NOT_PERMITTED);
		return;
	case TUNQOS_TABLE_LEAVE:
		tunqos_left_alone(profile, TUNQOS_DECAP,
				  TUNQOS_REASON_TABLE_LEAVE);
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

/**
 * tunqos_decap() - apply a decap profile to a decapsulated packet
 * @skb: its network header is the inner one, not validated
 * @profile: of the tunnel
 * @arrived: DS field (0-255) of the outer header as it arrived
 *
 * Context: softirq or task with BH off, RCU read side.
 */
void tunqos_decap(struct sk_buff *skb, const struct tunqos_profile *profile,
		  u8 arrived)
{
	u8 dscp = tunqos_ds_dscp(arrived);

	/* Whatever the companion was, it belonged to the outer packet. */
	if (profile->class_outer)
		skb->tc_index = tunqos_companion_make(TUNQOS_KIND_QUEUE,
						      profile->tag, dscp);
	else if (skb->tc_index >= TUNQOS_COMPANION_MIN)
		skb->tc_index = 0;

	if (profile->decap_write)
		write_inner(skb, profile, dscp);
}
