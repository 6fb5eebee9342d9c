// SPDX-License-Identifier: GPL-2.0-only
/*
 * [2 Outer] LOCAL_OUT of the outer packet of a tunnel device: finds the inner
 * header right here, writes the outer DS field and, where that is wanted, the
 * inner one: nothing on the way can bypass this place. IPsec is before.c's
 * affair: the device is not known here, and the inner header cannot be read.
 * WireGuard's cannot either: wireguard.c has left a word about it. Runs in
 * softirq or process context.
 */

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <net/l3mdev.h>
#include <net/ip.h>
#include <net/sock.h>

#include "core/companion.h"
#include "core/ds.h"
#include "core/inner.h"
#include "core/payload.h"
#include "path/attachment.h"
#include "path/class.h"
#include "path/count.h"
#include "path/net.h"
#include "path/places.h"
#include "path/profile.h"
#include "path/skb.h"
#include "path/vrf.h"
#include "path/wireguard.h"

/* Whatever the companion was, it is not of this packet. */
static void clear_companion(struct sk_buff *skb)
{
	if (skb->tc_index >= TUNQOS_COMPANION_MIN)
		skb->tc_index = 0;
}

/* Writes an outer DSCP (0-63) that no inner header says. */
static void mark_fixed(struct sk_buff *skb,
		       const struct tunqos_profile *profile, u8 dscp)
{
	if (tunqos_skb_write_dscp(skb, 0, dscp))
		tunqos_left_alone(profile, TUNQOS_ENCAP,
				  TUNQOS_REASON_NO_MEMORY);
	else
		tunqos_written(profile, TUNQOS_ENCAP);
}

/*
 * No inner header was found. There is no mark to copy or to look up, but 'set'
 * means all that the tunnel carries.
 */
static noinline unsigned int left_alone(struct sk_buff *skb,
					const struct tunqos_profile *profile,
					enum tunqos_reason reason)
{
	u8 dscp = TUNQOS_TABLE_LEAVE;

	if (reason == TUNQOS_REASON_CONTROL)
		dscp = profile->control;
	else if (profile->encap_dscp == TUNQOS_ENCAP_DSCP_SET)
		dscp = profile->encap_value;

	tunqos_count(profile, TUNQOS_ENCAP);
	clear_companion(skb);
	if (dscp == TUNQOS_TABLE_LEAVE) {
		tunqos_left_alone(profile, TUNQOS_ENCAP, reason);
		return NF_ACCEPT;
	}
	mark_fixed(skb, profile, dscp);
	return NF_ACCEPT;
}

/*
 * What mark() does not do at once, for an inner DS field (0-255).
 * @hindrance: why the inner header is not as it should be, enum tunqos_reason,
 *	or -1
 */
static noinline unsigned int mark_slowly(struct sk_buff *skb,
					 const struct tunqos_profile *profile,
					 u8 inner, int hindrance)
{
	u8 outer = profile->encap[tunqos_ds_dscp(inner)];
	u8 mask = 0;
	u8 ds = 0;

	if (outer != TUNQOS_TABLE_LEAVE) {
		mask = TUNQOS_DSCP_MASK;
		ds = outer << 2;
	}
	switch (profile->encap_ecn) {
	case TUNQOS_ENCAP_ECN_RFC6040:
		ds |= inner & TUNQOS_ECN_MASK;
		fallthrough;
	case TUNQOS_ENCAP_ECN_COMPATIBILITY:
		mask |= TUNQOS_ECN_MASK;
		break;
	}

	if (mask && tunqos_skb_write_ds(skb, 0, ds, mask))
		hindrance = TUNQOS_REASON_NO_MEMORY;
	if (hindrance >= 0)
		tunqos_left_alone(profile, TUNQOS_ENCAP, hindrance);
	else if (outer == TUNQOS_TABLE_LEAVE && profile->encap_write)
		tunqos_left_alone(profile, TUNQOS_ENCAP,
				  TUNQOS_REASON_TABLE_LEAVE);
	else
		tunqos_written(profile, TUNQOS_ENCAP);
	return NF_ACCEPT;
}

/* Writes the outer DS field for an inner one (0-255); headers may move. */
static __always_inline unsigned int mark(struct sk_buff *skb,
					 const struct tunqos_profile *profile,
					 u8 inner)
{
	u8 outer = profile->encap[tunqos_ds_dscp(inner)];

	if (unlikely(outer == TUNQOS_TABLE_LEAVE || profile->encap_more ||
		     !tunqos_skb_is_plain(skb)))
		return mark_slowly(skb, profile, inner, -1);
	tunqos_skb_write_plain(skb, outer);
	tunqos_written(profile, TUNQOS_ENCAP);
	return NF_ACCEPT;
}

/* Shows the innermost DSCP (0-63) to egress queueing; @tag of its namespace. */
static void classify(struct sk_buff *skb, const struct tunqos_profile *profile,
		     u8 tag, u8 class)
{
	skb->tc_index = tunqos_companion_make(TUNQOS_KIND_DONE, tag, class);
	if (profile->class_more)
		tunqos_show_class(skb, profile, class);
}

/* The class is shown; a profile may want no more than that. */
static __always_inline unsigned int
mark_if_asked(struct sk_buff *skb, const struct tunqos_profile *profile,
	      u8 inner)
{
	if (profile->encap_write || profile->encap_more)
		return mark(skb, profile, inner);
	tunqos_written(profile, TUNQOS_ENCAP);
	return NF_ACCEPT;
}

/* @inner is in the @len bytes at @data, which follow the outer header. */
static noinline unsigned int
pre_classify(struct sk_buff *skb, const struct tunqos_profile *profile, u8 tag,
	     const u8 *data, unsigned int len, struct tunqos_inner inner)
{
	classify(skb, profile, tag, tunqos_innermost(data, len, inner));
	return mark_if_asked(skb, profile, inner.ds);
}

/*
 * [3 Inner] A checksum of the headers between may cover it.
 * @offset: bytes from skb->data to what follows the outer header
 *
 * Headers may move.
 *
 * Return: -1, or why it is not as it should be, enum tunqos_reason.
 */
static int rewrite_inner(struct sk_buff *skb,
			 const struct tunqos_attachment *attachment,
			 const struct tunqos_profile *profile, int offset,
			 u8 proto, struct tunqos_inner inner)
{
	u8 dscp = profile->inner[tunqos_ds_dscp(inner.ds)];
	bool udp = proto == IPPROTO_UDP;
	int sum = udp ? offset + 6 : 0;
	const u8 *data;
	int gre = 0;

	if (dscp == TUNQOS_TABLE_LEAVE)
		return -1;
	if (tunqos_skb_is_list(skb))
		return TUNQOS_REASON_GRO_LIST;
	if (!pskb_may_pull(skb, offset + inner.offset + TUNQOS_IPV4_MIN))
		return TUNQOS_REASON_TRUNCATED;
	data = skb->data + offset;
	if (attachment->form == TUNQOS_FORM_GRE) {
		if (udp)
			gre = tunqos_fou_len(TUNQOS_FORM_GRE, data,
					     inner.offset, &proto);
		if (gre >= 0 && (data[gre] & TUNQOS_GRE_CSUM)) {
			sum = offset + gre + 4;
			udp = false;
		}
	}
	if (tunqos_skb_write_covered(skb, offset + inner.offset, dscp, sum,
				     udp))
		return TUNQOS_REASON_NO_MEMORY;
	return -1;
}

/* The same, where more than the outer DSCP is ours. */
static noinline unsigned int
inner_found_more(struct sk_buff *skb,
		 const struct tunqos_attachment *attachment,
		 const struct tunqos_profile *profile, u8 tag, const u8 *data,
		 unsigned int len, u8 proto, int offset,
		 struct tunqos_inner inner)
{
	int hindrance;

	if (profile->pre_classify)
		classify(skb, profile, tag, tunqos_innermost(data, len, inner));
	else
		clear_companion(skb);
	hindrance = rewrite_inner(skb, attachment, profile, offset, proto,
				  inner);
	return mark_slowly(skb, profile, inner.ds, hindrance);
}

/*
 * The inner header of an L2TP session: how long the session header is only the
 * session knows, but the frame begins where its device got it.
 */
static int l2tp_inner(const struct sk_buff *skb, const u8 *data,
		      unsigned int len, int offset, u8 proto,
		      struct tunqos_inner *inner)
{
	int least = proto == IPPROTO_UDP ? TUNQOS_UDP_BYTES + 8 : 4;
	int frame;

	if (proto != IPPROTO_UDP && proto != IPPROTO_L2TP)
		return -1 - TUNQOS_REASON_UNKNOWN_HEADER;
	if (!skb_mac_header_was_set(skb))
		return -1 - TUNQOS_REASON_UNKNOWN_HEADER;
	frame = skb_mac_header(skb) - skb->data - offset;
	/* RFC 3931 section 4.1: a cookie of up to 8 bytes, a sublayer of 4 */
	if (frame < least || frame > least + 12 || frame % 4)
		return -1 - TUNQOS_REASON_UNKNOWN_HEADER;
	return tunqos_payload_frame(data, len, frame, inner);
}

/* What wireguard.c knew before encryption. */
static unsigned int wireguard(struct sk_buff *skb,
			      const struct tunqos_profile *profile, u8 tag,
			      const u8 *udp, unsigned int len, u8 ds)
{
	u8 class;
	int err;

	err = tunqos_wireguard_inner(skb, udp, len, &ds, &class);
	if (err)
		return left_alone(skb, profile, -1 - err);
	tunqos_count(profile, TUNQOS_ENCAP);
	clear_companion(skb);
	if (profile->pre_classify)
		classify(skb, profile, tag, class);
	return mark_if_asked(skb, profile, ds);
}

/* Any form, either family, and headers that are not linear. */
static noinline unsigned int
tunnelled_slowly(struct sk_buff *skb,
		 const struct tunqos_attachment *attachment,
		 const struct tunqos_profile *profile, u8 tag)
{
	const u8 *header = skb->data;
	unsigned int len = skb_headlen(skb);
	struct tunqos_inner inner;
	u8 bytes[2 * TUNQOS_INNER_BYTES];
	const u8 *data;
	u8 proto = 0;
	int offset;
	int err;

	if (len < sizeof(bytes) && skb->data_len) {
		len = min_t(unsigned int, skb->len, sizeof(bytes));
		if (skb_copy_bits(skb, 0, bytes, len))
			len = 0;
		header = bytes;
	}
	offset = tunqos_outer_payload(header, len, &proto);
	if (offset < 0)
		return left_alone(skb, profile, -1 - offset);
	data = header + offset;
	len -= offset;

	if (attachment->form == TUNQOS_FORM_WIREGUARD)
		return wireguard(skb, profile, tag, data, len,
				 tunqos_ds_read(header));
	if (attachment->form == TUNQOS_FORM_L2TP) {
		err = l2tp_inner(skb, data, len, offset, proto, &inner);
		if (err == -1 - TUNQOS_REASON_UNKNOWN_HEADER && skb->skb_iif)
			return NF_ACCEPT;	/* forwarded, as IPVS does */
		/* the other drivers do it: it is another packet from now on */
		skb->skb_iif = 0;
	} else {
		err = tunqos_inner_in(attachment->form, data, len, proto,
				      &inner);
	}
	if (err)
		return left_alone(skb, profile, -1 - err);

	tunqos_count(profile, TUNQOS_ENCAP);
	if (profile->encap_more)
		return inner_found_more(skb, attachment, profile, tag, data,
					len, proto, offset, inner);
	if (profile->pre_classify)
		return pre_classify(skb, profile, tag, data, len, inner);
	clear_companion(skb);
	return mark(skb, profile, inner.ds);
}

/* The outer protocol number that a device of this form writes over IPv4. */
static inline bool is_simple(enum tunqos_form form, u8 proto)
{
	if (form == TUNQOS_FORM_GRE)
		return proto == IPPROTO_GRE;
	return form == TUNQOS_FORM_IP &&
	       (proto == IPPROTO_IPIP || proto == IPPROTO_IPV6);
}

/*
 * A tunnel device of ours made this IPv4 packet. No value lives beyond a call
 * here: there is nothing to save.
 */
static inline unsigned int
tunnelled4(struct sk_buff *skb, const struct tunqos_attachment *attachment,
	   const struct tunqos_profile *profile, u8 tag)
{
	const struct iphdr *outer = ip_hdr(skb);
	const u8 *data = (const u8 *)outer + outer->ihl * 4;
	const u8 *end = skb_tail_pointer(skb);
	unsigned int len = end > data ? end - data : 0;
	struct tunqos_inner inner;
	bool found = false;

	if (unlikely((len < TUNQOS_INNER_BYTES &&
		      (len < TUNQOS_INNER_MIN || skb->data_len)) ||
		     profile->encap_more))
		return tunnelled_slowly(skb, attachment, profile, tag);
	if (is_simple(attachment->form, outer->protocol))
		found = tunqos_inner_quick(data, outer->protocol, &inner);
	else if (outer->protocol == IPPROTO_UDP && len >= TUNQOS_FRAME_MIN)
		found = tunqos_inner_quick_udp(attachment->form, data, &inner);
	if (unlikely(!found))
		return tunnelled_slowly(skb, attachment, profile, tag);
	tunqos_count(profile, TUNQOS_ENCAP);
	if (profile->pre_classify)
		return pre_classify(skb, profile, tag, data, len, inner);
	clear_companion(skb);
	return mark(skb, profile, inner.ds);
}

/* It may be a tunnel that is bound; nobody else will say so. */
static void hidden_by_vrf(struct tunqos_net *tn, const struct sk_buff *skb,
			  const struct sock *sk, u8 proto)
{
	switch (proto) {
	case IPPROTO_UDP:
		if (sk && !(sk_fullsock(sk) && sk->sk_kern_sock))
			break;	/* a program's */
		fallthrough;
	case IPPROTO_IPIP:
	case IPPROTO_IPV6:
	case IPPROTO_GRE:
	case IPPROTO_DSTOPTS:
		if (!skb->skb_iif)
			tunqos_reason(tn, TUNQOS_REASON_VRF_UNDERLAY);
	}
}

/*
 * A tunnel driver leaves no input device in the packet; l2tp does. IPVS, which
 * sends on what came in by this device, does too: that is not the device's.
 */
static inline bool is_forwarded(const struct sk_buff *skb,
				const struct tunqos_attachment *attachment)
{
	return skb->skb_iif && attachment->form != TUNQOS_FORM_L2TP;
}

/* The profile to encapsulate by, or NULL. */
static inline const struct tunqos_profile *
encap_profile(const struct tunqos_attachment *attachment)
{
	const struct tunqos_profile *profile;

	profile = rcu_dereference(attachment->profile);
	if (likely(profile && profile->encap_any))
		return profile;
	if (profile && attachment->form == TUNQOS_FORM_WIREGUARD &&
	    profile->control != TUNQOS_TABLE_LEAVE)
		return profile;
	return NULL;
}

/*
 * Whoever owns a device's namespace need not own this one; tunqos_attachment's
 * here says where its profile is good.
 */
static inline bool is_here(const struct tunqos_attachment *attachment,
			   const struct tunqos_net *tn)
{
	return attachment->here == tn || !attachment->here;
}

/* By a VRF's LOCAL_OUT, which may be passed twice: vrf.c knows the device. */
static noinline unsigned int behind_vrf(struct sk_buff *skb,
					struct tunqos_net *tn,
					const struct sock *sk, u8 proto)
{
	const struct tunqos_attachment *attachment;
	const struct tunqos_profile *profile;

	if (skb->tc_index == TUNQOS_HIDDEN_SEEN ||
	    tunqos_companion_is(skb->tc_index, TUNQOS_KIND_DONE, tn->tag))
		return NF_ACCEPT;
	attachment = tunqos_vrf_device(skb, sk, proto);
	if (!attachment || !is_here(attachment, tn)) {
		hidden_by_vrf(tn, skb, sk, proto);
		return NF_ACCEPT;
	}
	profile = encap_profile(attachment);
	if (profile)
		tunnelled_slowly(skb, attachment, profile, tn->tag);
	else
		clear_companion(skb);
	if (!skb->tc_index)
		skb->tc_index = TUNQOS_HIDDEN_SEEN;
	return NF_ACCEPT;
}

/* A device that is not bound, or one that hides which it was. */
static noinline unsigned int not_ours(struct sk_buff *skb,
				      struct tunqos_net *tn,
				      const struct sock *sk, u8 proto)
{
	if (netif_is_l3_master(skb->dev))
		return behind_vrf(skb, tn, sk, proto);
	/*
	 * before.c must not take what leaked in from another router for our
	 * word.
	 */
	clear_companion(skb);
	return NF_ACCEPT;
}

/* A VRF with a queue sends what was seen here by its own LOCAL_OUT again. */
static noinline void seen_before_vrf(struct sk_buff *skb,
				     const struct net_device *out)
{
	if (!skb->tc_index && netif_is_l3_master(out))
		skb->tc_index = TUNQOS_HIDDEN_SEEN;
}

/* What IPVS sends on has passed no FORWARD. */
static noinline unsigned int not_its(struct sk_buff *skb)
{
	if (skb->skb_iif)
		clear_companion(skb);
	return NF_ACCEPT;
}

/*
 * A packet of a device, or forwarded and transformed by IPsec. What leaves by
 * the device itself is on its way into the tunnel: IGMP, MLD, ND, and what nft
 * 'dup' sends there.
 */
static noinline unsigned int outer4(struct sk_buff *skb, struct tunqos_net *tn,
				    const struct nf_hook_state *state)
{
	const struct tunqos_attachment *attachment;
	const struct tunqos_profile *profile;

	if (IPCB(skb)->flags & IPSKB_XFRM_TRANSFORMED)
		return NF_ACCEPT;	/* skb->dev is no tunnel here */
	attachment = tunqos_attachment_find(skb->dev);
	if (!attachment || !is_here(attachment, tn))
		return not_ours(skb, tn, state->sk, ip_hdr(skb)->protocol);
	if (is_forwarded(skb, attachment) || state->out == skb->dev)
		return not_its(skb);
	profile = encap_profile(attachment);
	if (profile)
		tunnelled4(skb, attachment, profile, tn->tag);
	else
		clear_companion(skb);
	if (unlikely(attachment->vrf))
		seen_before_vrf(skb, state->out);
	return NF_ACCEPT;
}

static noinline unsigned int outer6(struct sk_buff *skb, struct tunqos_net *tn,
				    const struct nf_hook_state *state)
{
	const struct tunqos_attachment *attachment;
	const struct tunqos_profile *profile;

	if (IP6CB(skb)->flags & IP6SKB_XFRM_TRANSFORMED)
		return NF_ACCEPT;
	attachment = tunqos_attachment_find(skb->dev);
	if (!attachment || !is_here(attachment, tn))
		return not_ours(skb, tn, state->sk, ipv6_hdr(skb)->nexthdr);
	if (is_forwarded(skb, attachment) || state->out == skb->dev)
		return not_its(skb);
	profile = encap_profile(attachment);
	if (profile)
		tunnelled_slowly(skb, attachment, profile, tn->tag);
	else
		clear_companion(skb);
	if (unlikely(attachment->vrf))
		seen_before_vrf(skb, state->out);
	return NF_ACCEPT;
}

unsigned int tunqos_outer4(void *priv, struct sk_buff *skb,
			   const struct nf_hook_state *state)
{
	/* All socket traffic comes by: one load lets it go. */
	return skb->dev ? outer4(skb, priv, state) : NF_ACCEPT;
}

unsigned int tunqos_outer6(void *priv, struct sk_buff *skb,
			   const struct nf_hook_state *state)
{
	return skb->dev ? outer6(skb, priv, state) : NF_ACCEPT;
}
