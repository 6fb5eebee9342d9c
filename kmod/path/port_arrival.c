// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ingress of the device that carries a port's frames: the only place where the
 * tag of every frame is in sight, for a VLAN device receives them without. The
 * tag, or the DSCP itself, decides on the DSCP, in front of bridges, flowtables
 * and routing. The headers are not validated yet. Softirq context.
 */

#include <linux/if_vlan.h>
#include <linux/netdevice.h>

#include "core/companion.h"
#include "core/ds.h"
#include "core/payload.h"
#include "path/arrival.h"
#include "path/count.h"
#include "path/frame.h"
#include "path/port.h"
#include "path/profile.h"
#include "path/skb.h"

/* Of all namespaces, by the device; changed under RTNL. */
struct hlist_head tunqos_lowers[1 << TUNQOS_LOWER_BITS];

static int has_arrival(struct net_device *dev, struct netdev_nested_priv *priv)
{
	const struct tunqos_lower *lower;

	hash_for_each_possible_rcu(tunqos_lowers, lower, node,
				   (unsigned long)dev) {
		if (lower->dev == dev)
			return READ_ONCE(lower->arrival.users) > 0;
	}
	return 0;
}

/**
 * tunqos_port_notes() - can a note be of this device's frames?
 * @dev: by which a packet has come in
 *
 * Context: RCU read side.
 * Return: is it, or one under it, a device whose frames come by here?
 */
bool tunqos_port_notes(struct net_device *dev)
{
	struct netdev_nested_priv priv = {};

	return has_arrival(dev, &priv) ||
	       netdev_walk_all_lower_dev_rcu(dev, has_arrival, &priv);
}

/* By its tag; whose else, by the port that the device itself is. */
static inline const struct tunqos_profile *
find(const struct tunqos_lower *lower, const struct sk_buff *skb)
{
	const struct tunqos_vid *vid = NULL;

	if (skb_vlan_tag_present(skb))
		vid = tunqos_vid_find(lower, skb->vlan_proto,
				      skb_vlan_tag_get(skb) & VLAN_VID_MASK);
	if (!vid)
		vid = rcu_dereference(lower->own);
	return vid ? rcu_dereference(vid->arrival) : NULL;
}

/* PCP and DEI are the upper four bits. */
static u8 tag_bits(const struct sk_buff *skb)
{
	return skb_vlan_tag_get(skb) >> 12;
}

/* Where the tag of a frame is in tunqos_arrival.dscp. */
static unsigned int tag_index(const struct sk_buff *skb)
{
	return skb_vlan_tag_present(skb) ? tag_bits(skb) :
					   TUNQOS_ARRIVAL_UNTAGGED;
}

/* What comes out of a tunnel here has a class to queue by instead. */
static void note(struct sk_buff *skb, const struct tunqos_profile *profile)
{
	if (unlikely(tunqos_companion_is(skb->tc_index, TUNQOS_KIND_QUEUE,
					 profile->tag)))
		return;
	skb->tc_index = tunqos_note_make(profile->tag,
					 skb_vlan_tag_present(skb),
					 tag_bits(skb));
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

/* Any frame. Return: 0, or -1 - reason. */
static noinline int apply_slowly(struct sk_buff *skb,
				 const struct tunqos_arrival *arrival)
{
	struct tunqos_inner inner;
	int dscp, err;

	err = tunqos_frame_arrived(skb, &inner);
	if (err)
		return err;
	dscp = tunqos_arrival_decide(arrival, tag_index(skb),
				     tunqos_ds_dscp(inner.ds));
	return dscp < 0 ? dscp : write(skb, inner, dscp);
}

/* Is it a packet of IP that can be written where it is? */
static __always_inline bool is_plain(const struct sk_buff *skb)
{
	if (skb->protocol == htons(ETH_P_IPV6)) {
		/* which covers its header, and IPv4's not: that has its own */
		if (unlikely(skb->ip_summed == CHECKSUM_COMPLETE))
			return false;
	} else if (skb->protocol != htons(ETH_P_IP)) {
		return false;
	}
	return skb_network_header(skb) == skb->data &&
	       tunqos_skb_is_plain(skb) && tunqos_ip_version(skb->data) &&
	       !tunqos_skb_is_list(skb);
}

/* Return: 0, or -1 - reason. */
static __always_inline int apply(struct sk_buff *skb,
				 const struct tunqos_arrival *arrival)
{
	int dscp;

	if (unlikely(!is_plain(skb)))
		return apply_slowly(skb, arrival);
	dscp = tunqos_arrival_decide(arrival, tag_index(skb),
				     tunqos_ds_dscp(tunqos_ds_read(skb->data)));
	if (unlikely(dscp < 0))
		return dscp;
	tunqos_skb_write_plain(skb, dscp);
	return 0;
}

unsigned int tunqos_port_arrival(void *priv, struct sk_buff *skb,
				 const struct nf_hook_state *state)
{
	const struct tunqos_profile *profile;
	const struct tunqos_arrival *arrival;
	int err;

	/* who left it was not here: see tunqos_rule_note() */
	if (unlikely(tunqos_companion_kind(skb->tc_index) == TUNQOS_KIND_NOTE))
		skb->tc_index = 0;
	/*
	 * A copy of the router's own multicast does not arrive, nor does what
	 * IPsec has decrypted, which comes by with its outer frame's tag.
	 */
	profile = find(priv, skb);
	if (!profile || unlikely(skb->pkt_type == PACKET_LOOPBACK ||
				 secpath_exists(skb)))
		return NF_ACCEPT;

	arrival = profile->arrival;
	if (arrival->note) {
		note(skb, profile);
		if (!tunqos_arrival_decides(arrival))
			return NF_ACCEPT;
	}
	tunqos_count(profile, TUNQOS_DECAP);
	err = apply(skb, arrival);
	if (unlikely(err))
		tunqos_left_alone(profile, TUNQOS_DECAP, -1 - err);
	else
		tunqos_written(profile, TUNQOS_DECAP);
	return NF_ACCEPT;
}
