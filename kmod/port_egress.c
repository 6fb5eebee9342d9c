// SPDX-License-Identifier: GPL-2.0-only
/*
 * Egress of the device under a VLAN device, in front of clsact and the qdisc:
 * the tag is in the skb's metadata here, whether or not the NIC inserts it, so
 * writing it needs no writable packet. PCP comes from the DSCP in the header;
 * DEI and VID stay. A QUEUE companion (RFC 3270 pipe) decides skb->priority
 * only: ip_forward() would have overwritten it earlier. That is done at egress
 * of the VLAN device already, where its own clsact and queue come after; here
 * it is for what a flowtable sends past that. Softirq or process context, RCU
 * read side.
 */

#include <linux/if_vlan.h>

#include "tunqos.h"
#include "count.h"
#include "frame.h"

static struct tunqos_profile *find(const struct tunqos_lower *lower,
				   __be16 proto, u16 vid)
{
	const struct tunqos_vid *entry;

	hlist_for_each_entry_rcu(entry,
				 &lower->vids[vid % TUNQOS_VID_BUCKETS],
				 node) {
		if (entry->vid == vid && entry->proto == proto)
			return rcu_dereference(entry->profile);
	}
	return NULL;
}

/* skb->priority by a QUEUE companion. */
static inline void queue(struct sk_buff *skb,
			 const struct tunqos_profile *profile)
{
	u8 pcp;

	if (!tunqos_companion_is(skb->tc_index, TUNQOS_KIND_QUEUE,
				 profile->tag))
		return;
	pcp = profile->pcp[tunqos_companion_class(skb->tc_index)];
	if (pcp != TUNQOS_TABLE_LEAVE)
		skb->priority = pcp;
}

/* Egress of the VLAN device itself. */
unsigned int tunqos_port_class(void *priv, struct sk_buff *skb,
			       const struct nf_hook_state *state)
{
	const struct tunqos_vid *vid = priv;
	const struct tunqos_profile *profile = rcu_dereference(vid->profile);

	if (profile)
		queue(skb, profile);
	return NF_ACCEPT;
}

unsigned int tunqos_port_egress(void *priv, struct sk_buff *skb,
				const struct nf_hook_state *state)
{
	const struct tunqos_profile *profile;
	u8 pcp;
	u16 tci;
	int ds;

	if (!skb_vlan_tag_present(skb))
		return NF_ACCEPT;
	tci = skb_vlan_tag_get(skb);
	profile = find(priv, skb->vlan_proto, tci & VLAN_VID_MASK);
	if (!profile)
		return NF_ACCEPT;

	tunqos_count(profile, TUNQOS_ENCAP);
	ds = tunqos_frame_ds(skb);
	if (ds < 0) {
		tunqos_left_alone(profile, TUNQOS_ENCAP,
				  tunqos_frame_reason(skb));
		return NF_ACCEPT;
	}

	queue(skb, profile);
	pcp = profile->pcp[tunqos_ds_dscp(ds)];
	if (pcp == TUNQOS_TABLE_LEAVE) {
		tunqos_left_alone(profile, TUNQOS_ENCAP,
				  TUNQOS_REASON_TABLE_LEAVE);
		return NF_ACCEPT;
	}
	tci = (tci & ~VLAN_PRIO_MASK) | pcp << VLAN_PRIO_SHIFT;
	__vlan_hwaccel_put_tag(skb, skb->vlan_proto, tci);
	tunqos_written(profile, TUNQOS_ENCAP);
	return NF_ACCEPT;
}
