// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ingress of the device that carries a port's frames: the only place where the
 * tag of every frame is in sight, for a VLAN device receives them without. The
 * tag, or the DSCP itself, decides on the DSCP, in front of bridges, flowtables
 * and routing. The headers are not validated yet. Softirq context.
 */

#include <linux/if_vlan.h>

#include "core/ds.h"
#include "core/payload.h"
#include "path/count.h"
#include "path/frame.h"
#include "path/port.h"
#include "path/profile.h"
#include "path/skb.h"

/* By its tag; whose else, by the port that the device itself is. */
static const struct tunqos_profile *find(const struct tunqos_lower *lower,
					 const struct sk_buff *skb)
{
	const struct tunqos_vid *vid = NULL;

	if (skb_vlan_tag_present(skb))
		vid = tunqos_vid_find(lower, skb->vlan_proto,
				      skb_vlan_tag_get(skb) & VLAN_VID_MASK);
	if (!vid)
		vid = rcu_dereference(lower->own);
	return vid ? rcu_dereference(vid->arrival) : NULL;
}

/* Where the tag of a frame is in tunqos_arrival.dscp. */
static unsigned int tag_index(const struct sk_buff *skb)
{
	/* PCP and DEI are the upper four bits */
	return skb_vlan_tag_present(skb) ? skb_vlan_tag_get(skb) >> 12 :
					   TUNQOS_ARRIVAL_UNTAGGED;
}

/* Return: the DSCP that it is to have, or -1 - reason. */
static int decide(const struct tunqos_arrival *arrival, unsigned int tag,
		  u8 dscp)
{
	u8 by_tag = arrival->dscp[tag];

	if (by_tag != TUNQOS_TABLE_LEAVE && (arrival->override || !dscp))
		return by_tag;
	if (arrival->table[dscp] != TUNQOS_TABLE_LEAVE)
		return arrival->table[dscp];
	if (by_tag != TUNQOS_TABLE_LEAVE)
		return -1 - TUNQOS_REASON_HAS_DSCP;
	if (arrival->has_dscp && tag == TUNQOS_ARRIVAL_UNTAGGED)
		return -1 - TUNQOS_REASON_UNTAGGED;
	return -1 - TUNQOS_REASON_TABLE_LEAVE;
}

/* Return: 0, or -1 - reason. */
static int write(struct sk_buff *skb, struct tunqos_inner inner, u8 dscp)
{
	if (unlikely(tunqos_skb_is_list(skb)))
		return -1 - TUNQOS_REASON_GRO_LIST;
	if (!tunqos_frame_is_ip(skb->protocol) &&
	    !tunqos_frame_is_whole(skb, inner.offset))
		return -1 - TUNQOS_REASON_NOT_IP;
	switch (tunqos_skb_write_dscp(skb, inner.offset, dscp)) {
	case 0:
		return 0;
	case -EINVAL:
		return -1 - TUNQOS_REASON_NOT_IP;
	}
	return -1 - TUNQOS_REASON_NO_MEMORY;
}

unsigned int tunqos_port_arrival(void *priv, struct sk_buff *skb,
				 const struct nf_hook_state *state)
{
	const struct tunqos_profile *profile = find(priv, skb);
	struct tunqos_inner inner;
	int dscp;
	int err;

	if (!profile)
		return NF_ACCEPT;

	tunqos_count(profile, TUNQOS_DECAP);
	err = tunqos_frame_arrived(skb, &inner);
	if (!err) {
		dscp = decide(profile->arrival, tag_index(skb),
			      tunqos_ds_dscp(inner.ds));
		err = dscp < 0 ? dscp : write(skb, inner, dscp);
	}
	if (err)
		tunqos_left_alone(profile, TUNQOS_DECAP, -1 - err);
	else
		tunqos_written(profile, TUNQOS_DECAP);
	return NF_ACCEPT;
}
