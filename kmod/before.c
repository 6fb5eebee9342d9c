// SPDX-License-Identifier: GPL-2.0-only
/*
 * [1 Before] POST_ROUTING, the last place where the packet is in clear before
 * an IPsec transformation. Decides the outer DSCP and leaves it in the
 * companion; outer.c writes it. Runs in softirq or process context.
 */

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/dst.h>
#include <net/dst_metadata.h>
#include <net/xfrm.h>

#include "tunqos.h"
#include "lookup.h"

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

static noinline void before(struct tunqos_net *tn, struct sk_buff *skb,
			    bool transformed, unsigned int family, u8 ds)
{
	/*
	 * A packet that came in by an interface and is not transformed yet
	 * cannot have a companion of ours.
	 */
	const bool own = !skb->skb_iif || transformed;
	const struct dst_entry *dst = skb_dst(skb);
	const struct xfrm_state *x = dst_xfrm(dst);
	const struct tunqos_profile *profile;
	u8 dscp = tunqos_ds_dscp(ds);
	u8 class = dscp;
	u8 outer = dscp;
	bool done;

	x = outermost(dst, x);
	profile = tunqos_peer_profile(tn, x->props.family,
				      &x->id.daddr);
	if (!profile) {
		/*
		 * outer.c obeys a PENDING companion of a transformed packet,
		 * so none that is not of this file may get that far.
		 */
		if (skb->tc_index >= TUNQOS_COMPANION_MIN &&
		    !(own && skb->tc_index < TUNQOS_PENDING_MIN))
			skb->tc_index = 0;
		return;
	}

	if (!profile->encap_write && !profile->pre_classify)
		return;
	tunqos_count(profile, TUNQOS_ENCAP);
	done = own && tunqos_companion_is(skb->tc_index, TUNQOS_KIND_DONE,
					  profile->tag);
	if (done)
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
	} else if (profile->encap_write && transformed &&
		   x->props.family != family) {
		/*
		 * The mark of a transformed packet is where the family of the
		 * first pass has it; outer.c would not find it.
		 */
		tunqos_left_alone(profile, TUNQOS_ENCAP,
				  TUNQOS_REASON_NESTED_FAMILY);
	} else if (profile->encap_write) {
		skb->tc_index = tunqos_companion_make(TUNQOS_KIND_PENDING,
						      outer, class);
		tunqos_written(profile, TUNQOS_ENCAP);
		return;
	}
	if (profile->pre_classify)
		skb->tc_index = tunqos_companion_make(TUNQOS_KIND_DONE,
						      profile->tag, class);
	else if (skb->tc_index >= TUNQOS_COMPANION_MIN)
		skb->tc_index = 0;
}

unsigned int tunqos_before4(void *priv, struct sk_buff *skb,
			    const struct nf_hook_state *state)
{
	if (!in_clear(skb))
		before(priv, skb,
		       IPCB(skb)->flags & IPSKB_XFRM_TRANSFORMED, AF_INET,
		       ip_hdr(skb)->tos);
	return NF_ACCEPT;
}

unsigned int tunqos_before6(void *priv, struct sk_buff *skb,
			    const struct nf_hook_state *state)
{
	if (!in_clear(skb))
		before(priv, skb,
		       IP6CB(skb)->flags & IP6SKB_XFRM_TRANSFORMED, AF_INET6,
		       tunqos_ds_read((const u8 *)ipv6_hdr(skb)));
	return NF_ACCEPT;
}
