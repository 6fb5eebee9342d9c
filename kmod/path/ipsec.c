// SPDX-License-Identifier: GPL-2.0-only
/*
 * [6 After] of IPsec: called after decryption, in front of what may end the
 * chain of callbacks. Softirq or process context, RCU read side.
 */

#include <linux/bitops.h>
#include <linux/skbuff.h>
#include <net/xfrm.h>

#include "core/companion.h"
#include "core/ds.h"
#include "path/compat.h"
#include "path/count.h"
#include "path/decap.h"
#include "path/ipsec.h"
#include "path/net.h"
#include "path/profile.h"
#include "path/selector.h"

DECLARE_BITMAP(tunqos_ipsec_protocols, TUNQOS_IPSEC_PROTOCOLS);

/*
 * The profile of the last pass of transformations: of its SAs, the one that
 * had the outer header, and what protected it further out in transport mode,
 * the outermost that is bound counts, as at encapsulation.
 */
static const struct tunqos_profile *sa_profile(const struct sec_path *sp)
{
	const struct tunqos_profile *profile = NULL, *next;
	struct xfrm_state *x;
	int i;

	for (i = sp->len - 1; i >= 0; i--) {
		x = sp->xvec[i];
		if (i < sp->len - 1 && x->props.mode != XFRM_MODE_TRANSPORT)
			break;
		next = tunqos_sa_profile(tunqos_net(xs_net(x)), x,
					 &x->props.saddr, &x->id.daddr);
		if (next)
			profile = next;
	}
	return profile;
}

/*
 * xfrm_input() has what is decrypted merged by GRO, which looks at the inner
 * header and at the hash, not at the companion: packets of one flow that are
 * queued by different classes must not become one. The lowest bits choose
 * GRO's bucket and stay the flow's. Not said to be a hash of layer 4, so that
 * a choice of paths does not go by it.
 */
static void keep_apart(struct sk_buff *skb, u8 dscp)
{
	__skb_set_hash(skb, skb_get_hash(skb) ^ (u32)dscp << 3, true, false);
}

/* Return: NF_ACCEPT or NF_DROP. */
static unsigned int received(struct sk_buff *skb, const struct sec_path *sp)
{
	const struct tunqos_profile *profile = sa_profile(sp);
	const struct xfrm_state *x = sp->xvec[sp->len - 1];
	u8 arrived = XFRM_MODE_SKB_CB(skb)->tos;
	int hindrance = -1;

	/* Whatever the companion was, it belonged to the outer packet. */
	if (skb->tc_index >= TUNQOS_COMPANION_MIN)
		skb->tc_index = 0;
	if (!profile || !(profile->decap_write || profile->class_outer ||
			  profile->decap_ecn))
		return NF_ACCEPT;

	tunqos_count(profile, TUNQOS_DECAP);
	if (x->props.mode != XFRM_MODE_TUNNEL) {
		tunqos_left_alone(profile, TUNQOS_DECAP,
				  tunqos_not_tunnel(x->props.mode));
		return NF_ACCEPT;
	}
	if (profile->decap_write && x->props.flags & XFRM_STATE_DECAP_DSCP)
		hindrance = TUNQOS_REASON_SA_DECAP_DSCP;
	if (profile->class_outer)
		keep_apart(skb, tunqos_ds_dscp(arrived));
	return tunqos_decap(skb, profile, arrived, hindrance);
}

/*
 * Of the handlers that config/ipsec.c registers. Return: 1, and the next
 * callback may have it too; negative to drop it, then all are called again with
 * an error.
 */
int tunqos_ipsec_callback(struct sk_buff *skb, int err)
{
	const struct sec_path *sp;

	if (err)
		return 1;	/* there may be no state at all */
	sp = skb_sec_path(skb);
	if (sp && sp->len && received(skb, sp) != NF_ACCEPT)
		return -EPERM;
	return 1;
}

/**
 * tunqos_ipsec_makes_queue() - is a QUEUE companion behind these SAs ours?
 * @sp: what the packet was decrypted by, or NULL
 *
 * Where the callback is called, it takes others' away and leaves ours with
 * class outer.
 *
 * Context: RCU read side.
 */
bool tunqos_ipsec_makes_queue(const struct sec_path *sp)
{
	const struct tunqos_profile *profile;

	if (!sp || !sp->len)
		return false;
	profile = sa_profile(sp);
	if (!profile || !profile->class_outer)
		return false;
	return test_bit(sp->xvec[sp->len - 1]->id.proto,
			tunqos_ipsec_protocols);
}
