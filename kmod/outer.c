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
static noinline void left_alone(struct sk_buff *skb,
				const struct tunqos_profile *profile,
				enum tunqos_reason reason)
{
	if (ip_hdr(skb)->protocol == IPPROTO_IGMP)
		return;		/* the device's own */
	tunqos_count(profile, TUNQOS_ENCAP);
	tunqos_left_alone(profile, TUNQOS_ENCAP, reason);
	clear_companion(skb);
}

static void pre_classify(struct sk_buff *skb,
			 const struct tunqos_profile *profile, u8 tag, u8 class)
{
	skb->tc_index = tunqos_companion_make(TUNQOS_KIND_DONE, tag, class);
	if (profile->priority &&
	    profile->priority[class] != (u32)TUNQOS_PRIORITY_LEAVE)
		skb->priority = profile->priority[class];
}

/* @inner is in the @len bytes at @data, which follow the outer header. */
static __always_inline void
inner_found(struct sk_buff *skb, const struct tunqos_attachment *attachment,
	    const struct tunqos_profile *profile, const u8 *data,
	    unsigned int len, struct tunqos_inner inner)
{
	u8 outer;

	tunqos_count(profile, TUNQOS_ENCAP);
	if (profile->pre_classify)
		pre_classify(skb, profile, attachment->tag,
			     tunqos_innermost(data, len, inner));
	else
		clear_companion(skb);

	/* Headers may move from here on. */
	if (!profile->encap_write)
		return;
	outer = profile->encap[tunqos_ds_dscp(inner.ds)];
	if (unlikely(outer == TUNQOS_TABLE_LEAVE))
		tunqos_left_alone(profile, TUNQOS_ENCAP,
				  TUNQOS_REASON_TABLE_LEAVE);
	else if (unlikely(tunqos_skb_write_outer4(skb, outer)))
		tunqos_left_alone(profile, TUNQOS_ENCAP,
				  TUNQOS_REASON_NO_MEMORY);
	else
		tunqos_written(profile, TUNQOS_ENCAP);
}

/*
 * A very short packet, or headers that are not linear: the driver has just
 * pushed them, so that is for what may come one day.
 */
static noinline void by_copy(struct sk_buff *skb,
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
		left_alone(skb, profile, -1 - err);
	else
		inner_found(skb, attachment, profile, bytes, len, inner);
}

/* A tunnel device of ours made this packet. */
static inline void tunnelled(struct sk_buff *skb,
			     const struct tunqos_attachment *attachment,
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
	if (unlikely(attachment->gre != gre)) {
		left_alone(skb, profile, TUNQOS_REASON_UNKNOWN_HEADER);
		return;
	}
	if (unlikely(len < TUNQOS_INNER_BYTES) &&
	    (len < TUNQOS_INNER_MIN || skb->data_len)) {
		by_copy(skb, attachment, profile);
		return;
	}
	err = tunqos_inner_find(data, len, outer->protocol, &inner);
	if (unlikely(err))
		left_alone(skb, profile, -1 - err);
	else
		inner_found(skb, attachment, profile, data, len, inner);
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

/* A packet of a device, or forwarded and transformed by IPsec. */
static noinline void outer4(struct sk_buff *skb, struct tunqos_net *tn)
{
	const struct tunqos_attachment *attachment;
	const struct tunqos_profile *profile;

	if (IPCB(skb)->flags & IPSKB_XFRM_TRANSFORMED)
		return;		/* skb->dev is no tunnel here */
	attachment = tunqos_attachment_find(skb->dev);
	if (!attachment) {
		/*
		 * A tunnel that is not ours: before.c must not take what leaked
		 * in from another router for our word. A VRF hides the tunnel.
		 */
		if (netif_is_l3_master(skb->dev))
			hidden_by_vrf(tn, skb);
		else
			clear_companion(skb);
		return;
	}
	/*
	 * A tunnel driver leaves no input device in the packet. IPVS, which
	 * sends on what came in by this device, does.
	 */
	if (skb->skb_iif)
		return;
	profile = rcu_dereference(attachment->profile);
	if (profile && (profile->encap_write || profile->pre_classify))
		tunnelled(skb, attachment, profile);
}

unsigned int tunqos_outer4(void *priv, struct sk_buff *skb,
			   const struct nf_hook_state *state)
{
	/* All socket traffic comes by: one load lets it go. */
	if (skb->dev)
		outer4(skb, priv);
	return NF_ACCEPT;
}
