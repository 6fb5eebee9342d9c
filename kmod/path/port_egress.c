// SPDX-License-Identifier: GPL-2.0-only
/*
 * Egress of the device under a VLAN device, in front of clsact and the qdisc:
 * the tag is in the skb's metadata here, whether or not the NIC inserts it, so
 * writing it needs no writable packet. PCP comes from the DSCP in the header,
 * or from what the frame is; DEI and VID stay. A QUEUE companion (RFC 3270
 * pipe) decides skb->priority only: ip_forward() would have overwritten it
 * earlier. That is done at egress of the VLAN device already, where its own
 * clsact and queue come after; here it is for what a flowtable sends past
 * that. Softirq or process context, RCU read side.
 */

#include <linux/if_vlan.h>

#include "core/companion.h"
#include "core/ds.h"
#include "core/payload.h"
#include "path/count.h"
#include "path/forward.h"
#include "path/frame.h"
#include "path/net.h"
#include "path/port.h"
#include "path/profile.h"

/* skb->priority by a QUEUE companion, if that cannot be another's. */
static inline void queue(struct sk_buff *skb, const struct tunqos_vid *vid,
			 const struct tunqos_profile *profile)
{
	u8 pcp;

	if (!tunqos_companion_is(skb->tc_index, TUNQOS_KIND_QUEUE,
				 profile->tag) ||
	    !tunqos_queue_is_ours(tunqos_net(dev_net(vid->dev)), skb,
				  skb->skb_iif))
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

	if (profile && profile->has_pcp)
		queue(skb, vid, profile);
	return NF_ACCEPT;
}

static u8 protocol_pcp(const struct tunqos_profile *profile, int protocol)
{
	return protocol < 0 ? TUNQOS_TABLE_LEAVE : profile->protocol[protocol];
}

/* The PCP of a frame without an IP header in sight, or TUNQOS_TABLE_LEAVE. */
static noinline u8 other_pcp(const struct sk_buff *skb,
			     const struct tunqos_profile *profile)
{
	u8 pcp = protocol_pcp(profile, tunqos_frame_other(skb));

	return pcp == TUNQOS_TABLE_LEAVE ?
	       profile->protocol[TUNQOS_PORT_PROTOCOL_NON_IP] : pcp;
}

static unsigned int write(struct sk_buff *skb,
			  const struct tunqos_profile *profile, u8 pcp)
{
	u16 tci = skb_vlan_tag_get(skb) & ~VLAN_PRIO_MASK;

	__vlan_hwaccel_put_tag(skb, skb->vlan_proto,
			       tci | pcp << VLAN_PRIO_SHIFT);
	tunqos_written(profile, TUNQOS_ENCAP);
	return NF_ACCEPT;
}

/* What has no DSCP that could say it. */
static noinline unsigned int not_ip(struct sk_buff *skb,
				    const struct tunqos_profile *profile,
				    enum tunqos_reason reason)
{
	u8 pcp = TUNQOS_TABLE_LEAVE;

	tunqos_count(profile, TUNQOS_ENCAP);
	if (profile->has_protocols && reason != TUNQOS_REASON_TRUNCATED)
		pcp = other_pcp(skb, profile);
	if (pcp != TUNQOS_TABLE_LEAVE)
		return write(skb, profile, pcp);
	tunqos_left_alone(profile, TUNQOS_ENCAP, reason);
	return NF_ACCEPT;
}

unsigned int tunqos_port_egress(void *priv, struct sk_buff *skb,
				const struct nf_hook_state *state)
{
	const struct tunqos_profile *profile;
	const struct tunqos_vid *entry;
	struct tunqos_inner inner;
	u8 pcp;
	int err;

	if (!skb_vlan_tag_present(skb))
		return NF_ACCEPT;
	entry = tunqos_vid_find(priv, skb->vlan_proto,
				skb_vlan_tag_get(skb) & VLAN_VID_MASK);
	profile = entry ? rcu_dereference(entry->profile) : NULL;
	if (!profile)
		return NF_ACCEPT;

	err = tunqos_frame_leaving(skb, &inner);
	if (err)
		return not_ip(skb, profile, -1 - err);
	if (unlikely(profile->has_services)) {
		pcp = protocol_pcp(profile,
				   tunqos_frame_service(skb, inner.offset));
		if (pcp != TUNQOS_TABLE_LEAVE) {
			tunqos_count(profile, TUNQOS_ENCAP);
			return write(skb, profile, pcp);
		}
	}
	if (!profile->has_pcp)
		return NF_ACCEPT;	/* of IP nothing was said */

	tunqos_count(profile, TUNQOS_ENCAP);
	queue(skb, entry, profile);
	pcp = profile->pcp[tunqos_ds_dscp(inner.ds)];
	if (pcp != TUNQOS_TABLE_LEAVE)
		return write(skb, profile, pcp);
	tunqos_left_alone(profile, TUNQOS_ENCAP, TUNQOS_REASON_TABLE_LEAVE);
	return NF_ACCEPT;
}
