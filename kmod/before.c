// SPDX-License-Identifier: GPL-2.0-only
/*
 * IPsec, at POST_ROUTING: [1 Before], the last place where the packet is in
 * clear, and [2 Outer], where it comes by again when it is transformed. The
 * first time the outer DSCP is decided and left in the companion; the second
 * time it is written. Runs in softirq or process context.
 */

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/dst.h>
#include <net/dst_metadata.h>
#include <net/xfrm.h>

#include "tunqos.h"
#include "lookup.h"
#include "skb.h"

/*
 * The SA whose header the wire will see after this pass: a pass transforms
 * until the next SA that makes a header, which begins a pass of its own.
 */
static const struct xfrm_state *outermost(const struct dst_entry *dst,
					  const struct xfrm_state *x)
{
	while ((dst = xfrm_dst_child(dst)) != NULL) {
		const struct xfrm_state *next = dst_xfrm(dst);

		if (!next || next->props.mode != XFRM_MODE_TRANSPORT)
			break;
		x = next;
	}
	return x;
}

/* Nothing transforms it: most of what is forwarded. */
static bool in_clear(const struct sk_buff *skb)
{
	return !skb_valid_dst(skb) || !dst_xfrm(skb_dst(skb));
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

static void pending(struct sk_buff *skb, const struct tunqos_profile *profile,
		    u8 outer, u8 class)
{
	skb->tc_index = tunqos_companion_make(TUNQOS_KIND_PENDING, outer,
					      class);
	tunqos_written(profile, TUNQOS_ENCAP);
}

/*
 * What before() does not do at once.
 * @own: the companion can be one of ours
 * @elsewhere: it would not be known as transformed then: that mark is where
 *	the family of the first pass has it
 */
static noinline void decide(struct sk_buff *skb,
			    const struct tunqos_profile *profile, u8 dscp,
			    bool own, bool elsewhere)
{
	u8 class = dscp;
	u8 outer = dscp;

	if (own && tunqos_companion_is(skb->tc_index, TUNQOS_KIND_DONE,
				       profile->tag))
		class = tunqos_companion_class(skb->tc_index);

	if (profile->encap_write)
		outer = profile->encap[dscp];
	if (profile->pre_classify) {
		/* Encryption hides the flow: compute its hash while we can. */
		skb_get_hash(skb);
		if (profile->priority &&
		    profile->priority[class] != (u32)TUNQOS_PRIORITY_LEAVE)
			skb->priority = profile->priority[class];
	} else {
		class = outer;
	}

	if (outer == TUNQOS_TABLE_LEAVE) {
		tunqos_left_alone(profile, TUNQOS_ENCAP,
				  TUNQOS_REASON_TABLE_LEAVE);
	} else if (profile->encap_write && elsewhere) {
		tunqos_left_alone(profile, TUNQOS_ENCAP,
				  TUNQOS_REASON_NESTED_FAMILY);
	} else if (profile->encap_write) {
		pending(skb, profile, outer, class);
		return;
	}
	if (profile->pre_classify)
		skb->tc_index = tunqos_companion_make(TUNQOS_KIND_DONE,
						      profile->tag, class);
	else if (skb->tc_index >= TUNQOS_COMPANION_MIN)
		skb->tc_index = 0;
}

static noinline void before(struct tunqos_net *tn, struct sk_buff *skb,
			    bool transformed, unsigned int family, u8 ds)
{
	const struct dst_entry *dst = skb_dst(skb);
	const struct xfrm_state *x = outermost(dst, dst_xfrm(dst));
	const struct tunqos_profile *profile;
	u8 dscp = tunqos_ds_dscp(ds);
	u8 outer;
	bool own;

	profile = tunqos_peer_profile(tn, x->props.family, &x->id.daddr);
	if (profile && profile->encap_write && !profile->pre_classify &&
	    !transformed) {
		outer = profile->encap[dscp];
		if (likely(outer != TUNQOS_TABLE_LEAVE)) {
			tunqos_count(profile, TUNQOS_ENCAP);
			pending(skb, profile, outer, outer);
			return;
		}
	}

	/* Only outer.c makes one in a packet that is not transformed yet. */
	own = transformed || !skb->skb_iif;
	if (profile && (profile->encap_write || profile->pre_classify)) {
		tunqos_count(profile, TUNQOS_ENCAP);
		decide(skb, profile, dscp, own,
		       transformed && x->props.family != family);
	} else if (skb->tc_index >= TUNQOS_COMPANION_MIN &&
		   !(own && skb->tc_index < TUNQOS_PENDING_MIN)) {
		/*
		 * A PENDING companion of a transformed packet is obeyed, so
		 * none that is not of this file may get that far.
		 */
		skb->tc_index = 0;
	}
}

/*
 * What came in by an interface has no companion of ours but QUEUE: another
 * router's leaked in, and a tunnel that it enters would hide where it is from.
 */
static void clear_foreign(struct sk_buff *skb)
{
	if (skb->skb_iif &&
	    tunqos_companion_kind(skb->tc_index) != TUNQOS_KIND_QUEUE)
		skb->tc_index = 0;
}

/*
 * A transformed packet that was decided on. Nothing can have made its PENDING
 * companion but decide() or before(): they clear all others.
 * @err: of writing its outer DSCP
 */
static void obeyed(const struct tunqos_net *tn, struct sk_buff *skb, int err)
{
	u8 class = tunqos_companion_class(skb->tc_index);

	if (unlikely(err))
		tunqos_reason(tn, TUNQOS_REASON_NO_MEMORY);
	skb->tc_index = tunqos_companion_make(TUNQOS_KIND_DONE, tn->tag, class);
}

static void obey(const struct tunqos_net *tn, struct sk_buff *skb)
{
	u8 dscp = tunqos_companion_x(skb->tc_index);
	int err = 0;

	if (likely(tunqos_skb_is_plain(skb)))
		tunqos_skb_write_plain(skb, dscp);
	else
		err = tunqos_skb_write_dscp(skb, 0, dscp);
	obeyed(tn, skb, err);
}

unsigned int tunqos_before4(void *priv, struct sk_buff *skb,
			    const struct nf_hook_state *state)
{
	bool transformed = IPCB(skb)->flags & IPSKB_XFRM_TRANSFORMED;

	if (skb->tc_index >= TUNQOS_COMPANION_MIN) {
		if (!transformed)
			clear_foreign(skb);
		else if (skb->tc_index >= TUNQOS_PENDING_MIN)
			obey(priv, skb);
	}
	if (!in_clear(skb))
		before(priv, skb, transformed, AF_INET, ip_hdr(skb)->tos);
	else if (skips_egress(skb) && state->out)
		tunqos_wireguard_skipped(skb, state->out);
	return NF_ACCEPT;
}

unsigned int tunqos_before6(void *priv, struct sk_buff *skb,
			    const struct nf_hook_state *state)
{
	bool transformed = IP6CB(skb)->flags & IP6SKB_XFRM_TRANSFORMED;

	if (skb->tc_index >= TUNQOS_COMPANION_MIN) {
		if (!transformed)
			clear_foreign(skb);
		else if (skb->tc_index >= TUNQOS_PENDING_MIN)
			obey(priv, skb);
	}
	if (!in_clear(skb))
		before(priv, skb, transformed, AF_INET6,
		       tunqos_ds_read((const u8 *)ipv6_hdr(skb)));
	else if (skips_egress(skb) && state->out)
		tunqos_wireguard_skipped(skb, state->out);
	return NF_ACCEPT;
}
