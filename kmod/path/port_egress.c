// SPDX-License-Identifier: GPL-2.0-only
/*
 * Egress of the device that carries a port's frames, in front of clsact and the
 * qdisc: the tag of a VLAN device is in the skb's metadata here, whether or not
 * the NIC inserts it, so writing it needs no writable packet. PCP and, if it is
 * asked for, DEI come from the DSCP in the header, PCP also from what the frame
 * is; VID stays. A QUEUE companion (RFC 3270 pipe) decides skb->priority only:
 * ip_forward() would have overwritten it earlier. That is done at egress of the
 * port already, where a VLAN device's own clsact and queue come after; here it
 * is for what a flowtable sends past that. Softirq or process context, RCU read
 * side.
 */

#include <linux/etherdevice.h>
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
#include "path/rule.h"
#include "path/skb.h"

/* skb->priority by a QUEUE companion, if that cannot be another's. */
static inline void queue(struct sk_buff *skb, const struct tunqos_vid *vid,
			 const struct tunqos_profile *profile)
{
	u8 bits;

	if (!tunqos_companion_is(skb->tc_index, TUNQOS_KIND_QUEUE,
				 profile->tag) ||
	    !tunqos_queue_is_ours(tunqos_net(dev_net(vid->dev)), skb,
				  skb->skb_iif))
		return;
	bits = profile->pcp[tunqos_companion_class(skb->tc_index)];
	if (bits != TUNQOS_TABLE_LEAVE)
		skb->priority = bits >> 1;
}

/* Egress of the port itself. */
unsigned int tunqos_port_class(void *priv, struct sk_buff *skb,
			       const struct nf_hook_state *state)
{
	const struct tunqos_vid *vid = priv;
	const struct tunqos_profile *profile = rcu_dereference(vid->profile);

	/* what has a tag here is of another port, or counted further on */
	if (!vid->proto && skb_vlan_tag_present(skb))
		return NF_ACCEPT;
	if (profile && profile->has_pcp)
		queue(skb, vid, profile);
	return NF_ACCEPT;
}

/* Of such a frame nothing was said: it is not counted. */
#define SILENT	S16_MIN

/* Has a port something to say beside what rules have? */
static bool says(const struct tunqos_profile *profile)
{
	return profile->has_pcp || profile->has_protocols;
}

static u8 protocol_bits(const struct tunqos_profile *profile, int protocol)
{
	return protocol < 0 ? TUNQOS_TABLE_LEAVE : profile->protocol[protocol];
}

/* What has no DSCP that could say it. Return: as decide(). */
static noinline int not_ip(const struct sk_buff *skb,
			   const struct tunqos_profile *profile,
			   enum tunqos_reason reason)
{
	u8 bits;

	tunqos_count(profile, TUNQOS_ENCAP);
	if (!profile->has_protocols || reason == TUNQOS_REASON_TRUNCATED)
		return -1 - reason;
	bits = protocol_bits(profile, tunqos_frame_other(skb));
	if (bits == TUNQOS_TABLE_LEAVE)
		bits = profile->protocol[TUNQOS_PORT_PROTOCOL_NON_IP];
	return bits == TUNQOS_TABLE_LEAVE ? -1 - reason : bits;
}

/* The class is that of a DSCP. Return: as decide(). */
static __always_inline int by_dscp(struct sk_buff *skb,
				   const struct tunqos_vid *entry,
				   const struct tunqos_profile *profile, u8 ds)
{
	u8 bits;

	tunqos_count(profile, TUNQOS_ENCAP);
	queue(skb, entry, profile);
	bits = profile->pcp[tunqos_ds_dscp(ds)];
	return bits == TUNQOS_TABLE_LEAVE ?
	       -1 - TUNQOS_REASON_TABLE_LEAVE : bits;
}

/* Bits of what decide() returns, beside those of a tag. */
#define BY_RULE		0x10	/* all four are to be written */
#define INSERT		0x20	/* also where there is no tag */

/*
 * What the rule of the packet's connection says of its tag.
 *
 * @ds: DS field of the packet, or negative if it is none of IP
 *
 * Return: as decide(), or SILENT if it is of none or that has nothing to say.
 */
static int by_rule(const struct sk_buff *skb, const struct tunqos_vid *entry,
		   int ds)
{
	const struct tunqos_net *tn = tunqos_net(dev_net(entry->dev));
	const struct tunqos_profile *rule;
	enum ip_conntrack_info info;
	u8 bits;

	rule = ds >= 0 ? tunqos_rule_find(tn, skb, &info) : NULL;
	if (!rule)
		return SILENT;
	bits = rule->arrival_tag[tunqos_rule_tag(rule, skb)];
	if (bits == TUNQOS_TABLE_LEAVE)
		bits = rule->pcp[tunqos_ds_dscp(ds)];
	if (bits != TUNQOS_TABLE_LEAVE)
		return bits | BY_RULE | (rule->priority_tag ? INSERT : 0);
	return rule->has_tag ? -1 - tunqos_rule_why(rule, skb) : SILENT;
}

/* A frame that a rule has decided on. Return: @bits. */
static int counted(const struct tunqos_profile *profile, int bits)
{
	if (bits != SILENT)
		tunqos_count(profile, TUNQOS_ENCAP);
	return bits;
}

/* Any frame. Return: as decide(). */
static noinline int decide_slowly(struct sk_buff *skb,
				  const struct tunqos_vid *entry,
				  const struct tunqos_profile *profile)
{
	struct tunqos_inner inner;
	int ruled, err;
	u8 bits;

	err = tunqos_frame_leaving(skb, &inner);
	if (profile->rules) {
		ruled = by_rule(skb, entry, err ?: inner.ds);
		if (ruled >= 0 || !says(profile))
			return counted(profile, ruled);
	}
	if (err)
		return not_ip(skb, profile, -1 - err);
	if (profile->has_services) {
		bits = protocol_bits(profile,
				     tunqos_frame_service(skb, inner.offset));
		if (bits != TUNQOS_TABLE_LEAVE) {
			tunqos_count(profile, TUNQOS_ENCAP);
			return bits;
		}
	}
	if (!profile->has_pcp)
		return SILENT;
	return by_dscp(skb, entry, profile, inner.ds);
}

/*
 * What the tag of a frame is to say; the frame is counted.
 *
 * Return: PCP * 2 + DEI, with BY_RULE and INSERT, or -1 - reason, or SILENT.
 */
static __always_inline int decide(struct sk_buff *skb,
				  const struct tunqos_vid *entry,
				  const struct tunqos_profile *profile)
{
	const struct ethhdr *frame = (struct ethhdr *)skb->data;
	const u8 *header = skb->data + ETH_HLEN;

	if (unlikely(header + 2 > skb_tail_pointer(skb) ||
		     !tunqos_frame_is_ip(frame->h_proto) ||
		     !tunqos_ip_version(header) || profile->slowly))
		return decide_slowly(skb, entry, profile);
	return by_dscp(skb, entry, profile, tunqos_ds_read(header));
}

/* @why: what decide() has returned */
static unsigned int left_alone(const struct tunqos_profile *profile, int why)
{
	if (why != SILENT)
		tunqos_left_alone(profile, TUNQOS_ENCAP, -1 - why);
	return NF_ACCEPT;
}

/* @bits: what decide() has returned */
static u16 new_tci(const struct tunqos_profile *profile, u16 tci, int bits)
{
	u16 mask = profile->tag_mask;

	if (unlikely(bits & BY_RULE)) {
		mask = VLAN_PRIO_MASK | VLAN_CFI_MASK;
		bits &= ~(BY_RULE | INSERT);
	}
	return (tci & ~mask) | bits << 12;
}

/* A tag that is in the frame already: its device does not hand it on apart. */
static unsigned int in_frame(struct sk_buff *skb,
			     const struct tunqos_lower *lower, __be16 proto)
{
	const struct tunqos_profile *profile;
	const struct tunqos_vid *entry;
	int bits, err;
	__be16 tci;

	if (skb_copy_bits(skb, ETH_HLEN, &tci, sizeof(tci)))
		return NF_ACCEPT;
	entry = tunqos_vid_find(lower, proto, ntohs(tci) & VLAN_VID_MASK) ?:
		rcu_dereference(lower->own);
	profile = entry ? rcu_dereference(entry->profile) : NULL;
	if (!profile)
		return NF_ACCEPT;
	bits = decide(skb, entry, profile);
	if (bits < 0)
		return left_alone(profile, bits);
	err = tunqos_skb_write_tci(skb, ETH_HLEN,
				   new_tci(profile, ntohs(tci), bits));
	if (err)
		return left_alone(profile, -1 - TUNQOS_REASON_NO_MEMORY);
	tunqos_written(profile, TUNQOS_ENCAP);
	return NF_ACCEPT;
}

/* Only a rule can want a tag here. Return: as decide(). */
static int decide_untagged(struct sk_buff *skb, const struct tunqos_vid *entry,
			   const struct tunqos_profile *profile)
{
	struct tunqos_inner inner;
	int err, bits;

	err = tunqos_frame_leaving(skb, &inner);
	bits = by_rule(skb, entry, err ?: inner.ds);
	return counted(profile, bits >= 0 && bits & INSERT ? bits : SILENT);
}

/* What has no tag apart from the frame. */
static noinline unsigned int untagged(struct sk_buff *skb,
				      const struct tunqos_lower *lower)
{
	const struct tunqos_vid *entry = rcu_dereference(lower->own);
	const struct tunqos_profile *profile;
	__be16 proto;
	int bits;

	if (skb_copy_bits(skb, ETH_HLEN - 2, &proto, sizeof(proto)))
		return NF_ACCEPT;
	if (unlikely(eth_type_vlan(proto)))
		return in_frame(skb, lower, proto);
	profile = entry ? rcu_dereference(entry->profile) : NULL;
	/* LLDP, LACP and spanning trees are for the next device, untagged */
	if (!profile || !(profile->priority_tag || profile->rules) ||
	    skb_headlen(skb) < ETH_HLEN || is_link_local_ether_addr(skb->data))
		return NF_ACCEPT;
	bits = profile->priority_tag ? decide(skb, entry, profile) :
				       decide_untagged(skb, entry, profile);
	if (bits < 0)
		return left_alone(profile, bits);
	__vlan_hwaccel_put_tag(skb, htons(ETH_P_8021Q),
			       new_tci(profile, 0, bits));
	tunqos_written(profile, TUNQOS_ENCAP);
	return NF_ACCEPT;
}

unsigned int tunqos_port_egress(void *priv, struct sk_buff *skb,
				const struct nf_hook_state *state)
{
	const struct tunqos_lower *lower = priv;
	const struct tunqos_profile *profile;
	const struct tunqos_vid *entry;
	int bits;

	if (!skb_vlan_tag_present(skb))
		return untagged(skb, lower);
	entry = tunqos_vid_find(lower, skb->vlan_proto,
				skb_vlan_tag_get(skb) & VLAN_VID_MASK);
	if (unlikely(!entry))
		entry = rcu_dereference(lower->own);
	profile = entry ? rcu_dereference(entry->profile) : NULL;
	if (!profile)
		return NF_ACCEPT;

	bits = decide(skb, entry, profile);
	if (unlikely(bits < 0))
		return left_alone(profile, bits);
	__vlan_hwaccel_put_tag(skb, skb->vlan_proto,
			       new_tci(profile, skb_vlan_tag_get(skb), bits));
	tunqos_written(profile, TUNQOS_ENCAP);
	return NF_ACCEPT;
}
