// SPDX-License-Identifier: GPL-2.0-only
/*
 * IPsec, at POST_ROUTING: [1 Before], the last place where the packet is in
 * clear, and [2 Outer], where it comes by again when it is transformed. The
 * first time the outer DSCP is decided and left in the companion; the second
 * time it is written. Before that, companions that others have left are taken
 * away, and what an IFB brings to a wireguard device is shown to wireguard.c.
 * Runs in softirq or process context.
 */

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/dst.h>
#include <net/dst_metadata.h>
#include <net/xfrm.h>

#include "core/companion.h"
#include "core/ds.h"
#include "core/ecn.h"
#include "path/class.h"
#include "path/compat.h"
#include "path/count.h"
#include "path/net.h"
#include "path/places.h"
#include "path/profile.h"
#include "path/selector.h"
#include "path/skb.h"
#include "path/wireguard.h"

/* Does a pass of its own begin with this SA? It writes a header around. */
static bool makes_header(const struct xfrm_state *x)
{
	return x->props.mode != XFRM_MODE_TRANSPORT;
}

/*
 * The profile of this pass, which transforms up to the next SA that makes a
 * header. Of several in a bundle the outermost that is bound counts.
 */
static const struct tunqos_profile *
sa_profile(const struct tunqos_net *tn, const struct dst_entry *dst,
	   const struct xfrm_state *x)
{
	const struct tunqos_profile *profile = NULL, *next;

	do {
		next = tunqos_sa_profile(tn, x, &x->id.daddr, &x->props.saddr);
		if (next)
			profile = next;
		dst = xfrm_dst_child(dst);
		x = dst ? dst_xfrm(dst) : NULL;
	} while (unlikely(x && !makes_header(x)));
	return profile;
}

/* Nothing transforms it: most of what is forwarded. */
static bool in_clear(const struct sk_buff *skb)
{
	return !skb_valid_dst(skb) || !dst_xfrm(skb_dst(skb));
}

/* A VRF shows what it sends to POST_ROUTING, then the device in it does. */
static bool comes_again(const struct net_device *out)
{
	return out && netif_is_l3_master(out);
}

/* Will it pass no egress hook? */
static bool skips_egress(const struct sk_buff *skb)
{
#ifdef CONFIG_NETFILTER_SKIP_EGRESS
	return skb->nf_skip_egress;
#else
	return false;
#endif
}

static void pending(struct sk_buff *skb, u8 outer, u8 class)
{
	skb->tc_index = tunqos_companion_make(TUNQOS_KIND_PENDING, outer,
					      class);
}

/*
 * [3 Inner], still in clear. Return: 1 if it is another one now, 0 if it is
 * right as it is, -1 - reason if it is not.
 */
static int rewrite_inner(struct sk_buff *skb,
			 const struct tunqos_profile *profile, u8 dscp)
{
	u8 inner = profile->inner[dscp];

	if (inner == TUNQOS_TABLE_LEAVE || inner == dscp)
		return 0;
	if (tunqos_skb_is_list(skb))
		return -1 - TUNQOS_REASON_GRO_LIST;
	if (tunqos_skb_write_dscp(skb, 0, inner))
		return -1 - TUNQOS_REASON_NO_MEMORY;
	return 1;
}

/* The outer ECN that the kernel writes; RFC 3168 section 9.2. */
static u8 native_ecn(const struct xfrm_state *x, u8 ds)
{
	u8 ecn = ds & TUNQOS_ECN_MASK;

	if (x->props.flags & XFRM_STATE_NOECN)
		return TUNQOS_ECN_NOT_ECT;
	return ecn == TUNQOS_ECN_CE ? TUNQOS_ECN_ECT0 : ecn;
}

/* The outer header stays as the kernel makes it. */
static void nothing_pending(struct sk_buff *skb,
			    const struct tunqos_profile *profile, u8 tag,
			    u8 class)
{
	if (profile->pre_classify)
		skb->tc_index = tunqos_companion_make(TUNQOS_KIND_DONE, tag,
						      class);
	else if (skb->tc_index >= TUNQOS_COMPANION_MIN)
		skb->tc_index = 0;
}

/* @rewritten: as rewrite_inner() has it */
static void count_more(const struct tunqos_profile *profile, int rewritten)
{
	if (rewritten >= 0)
		tunqos_written(profile, TUNQOS_ENCAP);
	else
		tunqos_left_alone(profile, TUNQOS_ENCAP, -1 - rewritten);
}

/*
 * Inner DSCP and outer ECN, where the SA @x makes an outer header.
 * @outer: DSCP to write, or TUNQOS_TABLE_LEAVE
 *
 * Return: true if the companion says now what to write, and the packet is
 * counted; false if there is nothing beyond @outer.
 */
static bool more(struct sk_buff *skb, const struct tunqos_profile *profile,
		 const struct xfrm_state *x, u8 tag, u8 ds, u8 outer, u8 class)
{
	u8 ecn = profile->encap_ecn == TUNQOS_ENCAP_ECN_RFC6040 ?
		 ds & TUNQOS_ECN_MASK : TUNQOS_ECN_NOT_ECT;
	u8 dscp = tunqos_ds_dscp(ds);
	int rewritten;

	if (x->props.mode != XFRM_MODE_TUNNEL)
		return false;
	rewritten = rewrite_inner(skb, profile, dscp);
	if (outer == TUNQOS_TABLE_LEAVE) {
		if (!rewritten && !profile->encap_ecn)
			return false;
		if (rewritten <= 0 && ecn == native_ecn(x, ds)) {
			nothing_pending(skb, profile, tag, class);
			count_more(profile, rewritten);
			return true;
		}
		/* what the kernel would have written of the one before */
		outer = x->props.extra_flags & XFRM_SA_XFLAG_DONT_ENCAP_DSCP ?
			0 : dscp;
	}
	if (profile->encap_ecn)
		skb->tc_index = tunqos_pending_make_ecn(outer, class, ecn);
	else
		pending(skb, outer, class);
	count_more(profile, rewritten);
	return true;
}

/* A copy of the only header there is, onto itself: nothing is written. */
static bool copies_itself(const struct tunqos_profile *profile,
			  const struct xfrm_state *x)
{
	return x->props.mode != XFRM_MODE_TUNNEL &&
	       profile->encap_dscp == TUNQOS_ENCAP_DSCP_COPY;
}

/*
 * The class beside the companion. An SA's output mark is written later, over
 * the whole mark unless it has a mask.
 */
static noinline void show_class(struct sk_buff *skb,
				const struct tunqos_profile *profile,
				const struct xfrm_state *x, u8 class)
{
	if (profile->class_via == TUNQOS_CLASS_VIA_MARK &&
	    x->props.smark.m & tunqos_class_mask(profile))
		tunqos_note(profile, TUNQOS_REASON_SA_OUTPUT_MARK);
	tunqos_show_class(skb, profile, class);
}

/*
 * What decide_quickly() does not do.
 * @tag: of the namespace of the SA
 * @own: the companion can be one of ours
 * @hindrance: enum tunqos_reason why no outer DSCP can be written, or -1
 */
static noinline void decide(struct sk_buff *skb,
			    const struct tunqos_profile *profile,
			    const struct xfrm_state *x, u8 tag, u8 ds, bool own,
			    int hindrance)
{
	bool writes = profile->encap_write || profile->encap_more;
	u8 outer = TUNQOS_TABLE_LEAVE;
	u8 class = tunqos_ds_dscp(ds);

	if (profile->encap_write)
		outer = profile->encap[class];
	if (own && tunqos_companion_is(skb->tc_index, TUNQOS_KIND_DONE, tag))
		class = tunqos_companion_class(skb->tc_index);
	if (profile->pre_classify) {
		/* Encryption hides the flow: compute its hash while we can. */
		skb_get_hash(skb);
		if (profile->class_more)
			show_class(skb, profile, x, class);
	} else if (outer != TUNQOS_TABLE_LEAVE) {
		class = outer;
	}

	if (hindrance < 0 && copies_itself(profile, x)) {
		/* the class is that of the header, as if it were written */
		skb->tc_index = tunqos_companion_make(TUNQOS_KIND_DONE, tag,
						      class);
		tunqos_left_alone(profile, TUNQOS_ENCAP,
				  tunqos_not_tunnel(x->props.mode));
		return;
	}
	if (writes && hindrance < 0) {
		if (profile->encap_more &&
		    more(skb, profile, x, tag, ds, outer, class))
			return;
		if (outer != TUNQOS_TABLE_LEAVE) {
			pending(skb, outer, class);
			tunqos_written(profile, TUNQOS_ENCAP);
			return;
		}
		hindrance = profile->encap_write ?
			    TUNQOS_REASON_TABLE_LEAVE :
			    tunqos_not_tunnel(x->props.mode);
	}
	if (writes)
		tunqos_left_alone(profile, TUNQOS_ENCAP, hindrance);
	else
		tunqos_written(profile, TUNQOS_ENCAP);
	nothing_pending(skb, profile, tag, class);
}

/* Nothing but the outer DSCP is asked for. Return: the table has one. */
static __always_inline bool decide_quickly(struct sk_buff *skb,
					   const struct tunqos_profile *profile,
					   u8 ds)
{
	u8 outer;

	if (!profile->encap_write || profile->encap_more ||
	    profile->pre_classify)
		return false;
	outer = profile->encap[tunqos_ds_dscp(ds)];
	if (unlikely(outer == TUNQOS_TABLE_LEAVE))
		return false;
	tunqos_count(profile, TUNQOS_ENCAP);
	pending(skb, outer, outer);
	tunqos_written(profile, TUNQOS_ENCAP);
	return true;
}

/*
 * Why it would not be known as transformed when it comes by again, or as a
 * packet with an outer header: enum tunqos_reason, or -1.
 */
static int hindrance(const struct xfrm_state *x, bool transformed,
		     unsigned int family)
{
	if (tunqos_in_hardware(x))
		return TUNQOS_REASON_PACKET_OFFLOAD;
	/* that mark is where the family of the first pass has it */
	if (transformed && x->props.family != family)
		return TUNQOS_REASON_NESTED_FAMILY;
	return -1;
}

/* @profile: of this pass, or NULL */
static noinline unsigned int before_by(struct tunqos_net *tn,
				       struct sk_buff *skb, bool transformed,
				       unsigned int family, u8 ds,
				       const struct tunqos_profile *profile)
{
	const struct xfrm_state *x = dst_xfrm(skb_dst(skb));
	/* Only outer.c makes one in a packet that is not transformed yet. */
	bool own = transformed || !skb->skb_iif;

	if (profile && profile->encap_any) {
		tunqos_count(profile, TUNQOS_ENCAP);
		decide(skb, profile, x, tn->tag, ds, own,
		       hindrance(x, transformed, family));
	} else if (skb->tc_index >= TUNQOS_COMPANION_MIN &&
		   !(own && skb->tc_index < TUNQOS_HIDDEN_SEEN)) {
		/*
		 * A PENDING companion of a transformed packet is obeyed, so
		 * none that is not of this file may get that far.
		 */
		skb->tc_index = 0;
	}
	return NF_ACCEPT;
}

/* An outer header in front of the inner one, that is made here. */
static bool is_tunnel(const struct xfrm_state *x)
{
	return x->props.mode == XFRM_MODE_TUNNEL && !tunqos_in_hardware(x);
}

/* @quickly: the outer DSCP can be all that there is to decide */
static __always_inline unsigned int
by_profile(struct tunqos_net *tn, struct sk_buff *skb, bool transformed,
	   unsigned int family, u8 ds, const struct tunqos_profile *profile,
	   bool quickly)
{
	if (likely(profile && quickly && !transformed &&
		   decide_quickly(skb, profile, ds)))
		return NF_ACCEPT;
	return before_by(tn, skb, transformed, family, ds, profile);
}

/* What is not usual: see before(). */
static noinline unsigned int before_any(struct tunqos_net *tn,
					struct sk_buff *skb, bool transformed,
					unsigned int family, u8 ds)
{
	const struct dst_entry *dst = skb_dst(skb);
	const struct xfrm_state *x = dst_xfrm(dst);

	return by_profile(tn, skb, transformed, family, ds,
			  sa_profile(tn, dst, x), is_tunnel(x));
}

/* Does this SA of the bundle transform it for the last time? */
static inline bool is_last(const struct dst_entry *dst)
{
	const struct dst_entry *child = xfrm_dst_child(dst);

	return !child || !dst_xfrm(child);
}

/*
 * A packet that IPsec will transform. One SA with ends of IPv4, known by its
 * peer, is what is usual: no value lives beyond a call here, there is nothing
 * to save.
 */
static noinline unsigned int before(struct tunqos_net *tn, struct sk_buff *skb,
				    bool transformed, unsigned int family,
				    u8 ds)
{
	const struct tunqos_shapes *shapes = rcu_dereference(tn->shapes);
	const struct dst_entry *dst = skb_dst(skb);
	const struct xfrm_state *x = dst_xfrm(dst);

	if (unlikely(!shapes || !shapes->only_peers ||
		     x->props.family != AF_INET || !is_last(dst) ||
		     !is_tunnel(x)))
		return before_any(tn, skb, transformed, family, ds);
	return by_profile(tn, skb, transformed, family, ds,
			  tunqos_sa_profile4(tn, x->id.daddr.a4), true);
}

/*
 * What came in by an interface has no companion of ours but QUEUE, of which
 * forward.c has left only ours: another router's leaked in, and a tunnel that
 * it enters would hide where it is from.
 */
static void clear_foreign(const struct tunqos_net *tn, struct sk_buff *skb)
{
	if (skb->skb_iif &&
	    (tunqos_companion_kind(skb->tc_index) != TUNQOS_KIND_QUEUE ||
	     !READ_ONCE(tn->users[TUNQOS_INET_FORWARD4])))
		skb->tc_index = 0;
}

/* Its companion is in order: what is still to come? */
static __always_inline unsigned int
look_ahead(struct tunqos_net *tn, struct sk_buff *skb,
	   const struct nf_hook_state *state, bool transformed,
	   unsigned int family)
{
	if (in_clear(skb)) {
		if (unlikely(skips_egress(skb) && state->out))
			tunqos_wireguard_skipped(skb, state->out);
		return NF_ACCEPT;
	}
	if (comes_again(state->out))
		return NF_ACCEPT;
	return before(tn, skb, transformed, family,
		      family == AF_INET ?
		      ip_hdr(skb)->tos :
		      tunqos_ds_read((const u8 *)ipv6_hdr(skb)));
}

/* Its PENDING companion is used up, even where the header stayed as it was. */
static inline void obeyed(const struct tunqos_net *tn, struct sk_buff *skb)
{
	u8 class = tunqos_companion_class(skb->tc_index);

	skb->tc_index = tunqos_companion_make(TUNQOS_KIND_DONE, tn->tag, class);
}

/* The outer ECN as well, or a header that is not plain. */
static noinline unsigned int outer_slowly(struct tunqos_net *tn,
					  struct sk_buff *skb,
					  const struct nf_hook_state *state)
{
	u16 companion = skb->tc_index;

	if (tunqos_skb_write_ds(skb, 0, tunqos_pending_ds(companion),
				tunqos_pending_mask(companion)))
		tunqos_reason(tn, TUNQOS_REASON_NO_MEMORY);
	obeyed(tn, skb);
	return state->pf == NFPROTO_IPV4 ?
	       look_ahead(tn, skb, state, true, AF_INET) :
	       look_ahead(tn, skb, state, true, AF_INET6);
}

/*
 * A transformed packet that was decided on. Nothing can have made its PENDING
 * companion but decide() or before(): they clear all others.
 */
static __always_inline unsigned int outer(struct tunqos_net *tn,
					  struct sk_buff *skb,
					  const struct nf_hook_state *state,
					  unsigned int family)
{
	u8 dscp = tunqos_companion_x(skb->tc_index);

	if (unlikely(!tunqos_skb_is_plain(skb) ||
		     tunqos_companion_kind(skb->tc_index) !=
		     TUNQOS_KIND_PENDING))
		return outer_slowly(tn, skb, state);
	if (family == AF_INET)
		tunqos_skb_write_plain4(skb, dscp);
	else
		tunqos_ds_write6(skb->data, dscp);
	obeyed(tn, skb);
	return look_ahead(tn, skb, state, true, family);
}

unsigned int tunqos_before4(void *priv, struct sk_buff *skb,
			    const struct nf_hook_state *state)
{
	bool transformed = IPCB(skb)->flags & IPSKB_XFRM_TRANSFORMED;

	if (skb->tc_index >= TUNQOS_COMPANION_MIN) {
		if (!transformed)
			clear_foreign(priv, skb);
		else if (skb->tc_index >= TUNQOS_PENDING_MIN)
			return outer(priv, skb, state, AF_INET);
	}
	return look_ahead(priv, skb, state, transformed, AF_INET);
}

unsigned int tunqos_before6(void *priv, struct sk_buff *skb,
			    const struct nf_hook_state *state)
{
	bool transformed = IP6CB(skb)->flags & IP6SKB_XFRM_TRANSFORMED;

	if (skb->tc_index >= TUNQOS_COMPANION_MIN) {
		if (!transformed)
			clear_foreign(priv, skb);
		else if (skb->tc_index >= TUNQOS_PENDING_MIN)
			return outer(priv, skb, state, AF_INET6);
	}
	return look_ahead(priv, skb, state, transformed, AF_INET6);
}
