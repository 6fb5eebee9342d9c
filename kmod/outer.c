// SPDX-License-Identifier: GPL-2.0-only
/*
 * [2 Outer] LOCAL_OUT of the outer packet of a tunnel device: finds the inner
 * header right here and writes the outer DS field. IPsec is before.c's affair:
 * the device is not known here, and the inner header cannot be read. Runs in
 * softirq or process context.
 */

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <net/l3mdev.h>
#include <net/ip.h>

#include "tunqos.h"
#include "lookup.h"
#include "core/inner.h"
#include "skb.h"

/* Whatever the companion was, it is not of this packet. */
static void clear_companion(struct sk_buff *skb)
{
	if (skb->tc_index >= TUNQOS_COMPANION_MIN)
		skb->tc_index = 0;
}

/* No inner header was found. */
static noinline unsigned int left_alone(struct sk_buff *skb,
					const struct tunqos_profile *profile,
					enum tunqos_reason reason)
{
	if (ip_hdr(skb)->protocol == IPPROTO_IGMP)
		return NF_ACCEPT;	/* the device's own */
	tunqos_count(profile, TUNQOS_ENCAP);
	tunqos_left_alone(profile, TUNQOS_ENCAP, reason);
	clear_companion(skb);
	return NF_ACCEPT;
}

/* What mark() does not do at once. */
static noinline unsigned int mark_slowly(struct sk_buff *skb,
					 const struct tunqos_profile *profile,
					 u8 outer)
{
	if (outer == TUNQOS_TABLE_LEAVE)
		tunqos_left_alone(profile, TUNQOS_ENCAP,
				  TUNQOS_REASON_TABLE_LEAVE);
	else if (tunqos_skb_write_dscp(skb, 0, outer))
		tunqos_left_alone(profile, TUNQOS_ENCAP,
				  TUNQOS_REASON_NO_MEMORY);
	else
		tunqos_written(profile, TUNQOS_ENCAP);
	return NF_ACCEPT;
}

/* Writes the outer DSCP for an inner one (0-63); headers may move. */
static __always_inline unsigned int mark(struct sk_buff *skb,
					 const struct tunqos_profile *profile,
					 u8 dscp)
{
	u8 outer = profile->encap[dscp];

	if (unlikely(outer == TUNQOS_TABLE_LEAVE ||
		     !tunqos_skb_is_plain4(skb)))
		return mark_slowly(skb, profile, outer);
	tunqos_skb_write_plain4(skb, outer);
	tunqos_written(profile, TUNQOS_ENCAP);
	return NF_ACCEPT;
}

/* @inner is in the @len bytes at @data, which follow the outer header. */
static noinline unsigned int
pre_classify(struct sk_buff *skb, const struct tunqos_attachment *attachment,
	     const struct tunqos_profile *profile, const u8 *data,
	     unsigned int len, struct tunqos_inner inner)
{
	u8 class = tunqos_innermost(data, len, inner);

	skb->tc_index = tunqos_companion_make(TUNQOS_KIND_DONE,
					      attachment->tag, class);
	if (profile->priority &&
	    profile->priority[class] != (u32)TUNQOS_PRIORITY_LEAVE)
		skb->priority = profile->priority[class];
	if (profile->encap_write)
		return mark(skb, profile, tunqos_ds_dscp(inner.ds));
	return NF_ACCEPT;
}

/* The same. No value lives beyond a call here: there is nothing to save. */
static __always_inline unsigned int
inner_found(struct sk_buff *skb, const struct tunqos_attachment *attachment,
	    const struct tunqos_profile *profile, const u8 *data,
	    unsigned int len, struct tunqos_inner inner)
{
	tunqos_count(profile, TUNQOS_ENCAP);
	if (profile->pre_classify)
		return pre_classify(skb, attachment, profile, data, len,
				    inner);
	clear_companion(skb);
	return mark(skb, profile, tunqos_ds_dscp(inner.ds));
}

/*
 * A very short packet, or headers that are not linear: the driver has just
 * pushed them, so that is for what may come one day.
 */
static noinline unsigned int by_copy(struct sk_buff *skb,
				     const struct tunqos_attachment *attachment,
				     const struct tunqos_profile *profile)
{
	const struct iphdr *outer = ip_hdr(skb);
	unsigned int offset = outer->ihl * 4;
	u8 bytes[TUNQOS_INNER_BYTES];
	struct tunqos_inner inner;
	unsigned int len;
	int err;

	len = min_t(unsigned int, skb->len - min(skb->len, offset),
		    sizeof(bytes));
	if (skb_copy_bits(skb, offset, bytes, len))
		len = 0;
	err = tunqos_inner_find(bytes, len, outer->protocol, &inner);
	if (err)
		return left_alone(skb, profile, -1 - err);
	return inner_found(skb, attachment, profile, bytes, len, inner);
}

/* A tunnel device of ours made this packet. */
static inline unsigned int
tunnelled(struct sk_buff *skb, const struct tunqos_attachment *attachment,
	  const struct tunqos_profile *profile)
{
	const struct iphdr *outer = ip_hdr(skb);
	const u8 *data = (const u8 *)outer + outer->ihl * 4;
	const u8 *end = skb_tail_pointer(skb);
	unsigned int len = end > data ? end - data : 0;
	struct tunqos_inner inner;
	bool gre;
	int err;

	gre = outer->protocol == IPPROTO_GRE;
	if (unlikely(attachment->gre != gre))
		return left_alone(skb, profile, TUNQOS_REASON_UNKNOWN_HEADER);
	if (unlikely(len < TUNQOS_INNER_BYTES) &&
	    (len < TUNQOS_INNER_MIN || skb->data_len))
		return by_copy(skb, attachment, profile);
	err = tunqos_inner_find(data, len, outer->protocol, &inner);
	if (unlikely(err))
		return left_alone(skb, profile, -1 - err);
	return inner_found(skb, attachment, profile, data, len, inner);
}

/* It may be a tunnel that is bound; nobody else will say so. */
static void hidden_by_vrf(struct tunqos_net *tn, const struct sk_buff *skb)
{
	switch (ip_hdr(skb)->protocol) {
	case IPPROTO_IPIP:
	case IPPROTO_IPV6:
	case IPPROTO_GRE:
		if (!skb->skb_iif)
			tunqos_reason(tn, TUNQOS_REASON_VRF_UNDERLAY);
	}
}

/* A device that is not bound, or one that hides which it was. */
static noinline unsigned int not_ours(struct sk_buff *skb,
				      struct tunqos_net *tn)
{
	/*
	 * before.c must not take what leaked in from another router for our
	 * word.
	 */
	if (netif_is_l3_master(skb->dev))
		hidden_by_vrf(tn, skb);
	else
		clear_companion(skb);
	return NF_ACCEPT;
}

/* A packet of a device, or forwarded and transformed by IPsec. */
static noinline unsigned int outer4(struct sk_buff *skb, struct tunqos_net *tn)
{
	const struct tunqos_attachment *attachment;
	const struct tunqos_profile *profile;

	if (IPCB(skb)->flags & IPSKB_XFRM_TRANSFORMED)
		return NF_ACCEPT;	/* skb->dev is no tunnel here */
	attachment = tunqos_attachment_find(skb->dev);
	if (!attachment)
		return not_ours(skb, tn);
	/*
	 * A tunnel driver leaves no input device in the packet. IPVS, which
	 * sends on what came in by this device, does.
	 */
	if (skb->skb_iif)
		return NF_ACCEPT;
	profile = rcu_dereference(attachment->profile);
	if (profile && (profile->encap_write || profile->pre_classify))
		return tunnelled(skb, attachment, profile);
	clear_companion(skb);
	return NF_ACCEPT;
}

unsigned int tunqos_outer4(void *priv, struct sk_buff *skb,
			   const struct nf_hook_state *state)
{
	/* All socket traffic comes by: one load lets it go. */
	return skb->dev ? outer4(skb, priv) : NF_ACCEPT;
}
