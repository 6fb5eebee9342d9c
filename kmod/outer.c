// SPDX-License-Identifier: GPL-2.0-only
/*
 * [2 Outer] LOCAL_OUT of the outer packet: the one place that writes the outer
 * DS field. On a tunnel device it reads the inner header right here; for IPsec
 * it obeys what before.c left in the companion. Runs in softirq or process
 * context.
 */

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <net/l3mdev.h>
#include <net/ip.h>

#include "tunqos.h"
#include "core/inner.h"

/* IPsec: before.c decided, and nothing else can have made this companion. */
static void obey(struct tunqos_net *tn, struct sk_buff *skb, u16 companion)
{
	u8 class = tunqos_companion_class(companion);

	if (tunqos_skb_write_dscp(skb, 0, tunqos_companion_x(companion)))
		tunqos_reason(tn, TUNQOS_REASON_NO_MEMORY);
	skb->tc_index = tunqos_companion_make(TUNQOS_KIND_DONE, tn->tag, class);
}

static void write_outer(struct sk_buff *skb,
			const struct tunqos_profile *profile, u8 dscp)
{
	u8 outer = profile->encap[dscp];

	if (outer == TUNQOS_TABLE_LEAVE)
		tunqos_left_alone(profile, TUNQOS_ENCAP,
				  TUNQOS_REASON_TABLE_LEAVE);
	else if (tunqos_skb_write_dscp(skb, 0, outer))
		tunqos_left_alone(profile, TUNQOS_ENCAP,
				  TUNQOS_REASON_NO_MEMORY);
	else
		tunqos_written(profile, TUNQOS_ENCAP);
}

static void pre_classify(struct sk_buff *skb,
			 const struct tunqos_profile *profile, u8 tag, u8 class)
{
	skb->tc_index = tunqos_companion_make(TUNQOS_KIND_DONE, tag, class);
	if (profile->priority &&
	    profile->priority[class] != (u32)TUNQOS_PRIORITY_LEAVE)
		skb->priority = profile->priority[class];
}

/* A tunnel device of ours made this packet. */
static void tunnelled(struct sk_buff *skb,
		      const struct tunqos_attachment *attachment,
		      const struct tunqos_profile *profile)
{
	const struct iphdr *outer = ip_hdr(skb);
	unsigned int offset = skb_network_offset(skb) + outer->ihl * 4;
	u8 proto = outer->protocol;
	u8 bytes[TUNQOS_INNER_BYTES];
	struct tunqos_inner inner;
	unsigned int len;
	const u8 *data;
	int err;

	tunqos_count(profile, TUNQOS_ENCAP);

	/*
	 * The driver has just pushed these headers, so they are linear; the
	 * copy is for what may come one day.
	 */
	len = skb_headlen(skb) - min(skb_headlen(skb), offset);
	data = skb->data + offset;
	if (unlikely(len < TUNQOS_INNER_BYTES && skb->data_len)) {
		len = min_t(unsigned int, skb->len - min(skb->len, offset),
			    sizeof(bytes));
		if (skb_copy_bits(skb, offset, bytes, len))
			len = 0;
		data = bytes;
	}

	err = attachment->gre == (proto == IPPROTO_GRE) ?
		tunqos_inner_find(data, len, proto, &inner) :
		-1 - TUNQOS_REASON_UNKNOWN_HEADER;
	if (err) {
		tunqos_left_alone(profile, TUNQOS_ENCAP, -1 - err);
		if (skb->tc_index >= TUNQOS_COMPANION_MIN)
			skb->tc_index = 0;
		return;
	}

	if (profile->pre_classify)
		pre_classify(skb, profile, attachment->tag,
			     tunqos_innermost(data, len, &inner));
	else if (skb->tc_index >= TUNQOS_COMPANION_MIN)
		skb->tc_index = 0;

	/* Headers may move from here on. */
	if (profile->encap_write)
		write_outer(skb, profile, tunqos_ds_dscp(inner.ds));
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

unsigned int tunqos_outer4(void *priv, struct sk_buff *skb,
			   const struct nf_hook_state *state)
{
	const u16 companion = skb->tc_index;
	const struct tunqos_attachment *attachment;
	const struct tunqos_profile *profile;

	/* All socket traffic: the two loads that decide it come first. */
	if (companion < TUNQOS_PENDING_MIN && !skb->dev)
		return NF_ACCEPT;

	if (IPCB(skb)->flags & IPSKB_XFRM_TRANSFORMED) {
		struct tunqos_net *tn = tunqos_net(state->net);

		if (companion >= TUNQOS_PENDING_MIN &&
		    READ_ONCE(tn->users[TUNQOS_INET_BEFORE4]))
			obey(tn, skb, companion);
		return NF_ACCEPT;
	}
	if (!skb->dev)
		return NF_ACCEPT;

	attachment = tunqos_attachment_find(skb->dev);
	if (!attachment) {
		/*
		 * A tunnel that is not ours: before.c must not take what leaked
		 * in from another router for our word. A VRF hides the tunnel.
		 */
		if (netif_is_l3_master(skb->dev))
			hidden_by_vrf(tunqos_net(state->net), skb);
		else if (companion >= TUNQOS_COMPANION_MIN)
			skb->tc_index = 0;
		return NF_ACCEPT;
	}
	/*
	 * A tunnel driver leaves no input device in the packet. IPVS, which
	 * sends on what came in by this device, does.
	 */
	if (skb->skb_iif || ip_hdr(skb)->protocol == IPPROTO_IGMP)
		return NF_ACCEPT;
	profile = rcu_dereference(attachment->profile);
	if (profile && (profile->encap_write || profile->pre_classify))
		tunnelled(skb, attachment, profile);
	return NF_ACCEPT;
}

/* Only IPsec has an outer IPv6 header here so far. */
unsigned int tunqos_outer6(void *priv, struct sk_buff *skb,
			   const struct nf_hook_state *state)
{
	if (skb->tc_index < TUNQOS_PENDING_MIN)
		return NF_ACCEPT;
	if (IP6CB(skb)->flags & IP6SKB_XFRM_TRANSFORMED)
		obey(tunqos_net(state->net), skb, skb->tc_index);
	return NF_ACCEPT;
}
