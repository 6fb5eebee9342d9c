// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ingress of a port: the DSCP decides bits of skb->mark, by which routing and
 * IPsec policies then select one of several tunnels (RFC 2983 section 4.2,
 * RFC 4301 section 4.1). The headers are not validated yet. Softirq context.
 */

#include "core/ds.h"
#include "core/payload.h"
#include "path/arrival.h"
#include "path/count.h"
#include "path/frame.h"
#include "path/port.h"
#include "path/profile.h"

/* A packet that port_arrival.c has counted is not counted again. */
static unsigned int left_alone(const struct tunqos_profile *profile,
			       bool counts, enum tunqos_reason reason)
{
	if (counts)
		tunqos_left_alone(profile, TUNQOS_DECAP, reason);
	else
		tunqos_note(profile, reason);
	return NF_ACCEPT;
}

unsigned int tunqos_port_ingress(void *priv, struct sk_buff *skb,
				 const struct nf_hook_state *state)
{
	const struct tunqos_ingress *ingress = priv;
	const struct tunqos_profile *profile;
	struct tunqos_inner inner;
	bool counts;
	u8 mark;
	int err;

	profile = rcu_dereference(ingress->profile);
	if (!profile)
		return NF_ACCEPT;

	counts = !tunqos_arrival_decides(profile->arrival);
	if (counts)
		tunqos_count(profile, TUNQOS_DECAP);
	err = tunqos_frame_arrived(skb, &inner);
	if (err)
		return left_alone(profile, counts, -1 - err);
	mark = profile->mark[tunqos_ds_dscp(inner.ds)];
	if (mark == TUNQOS_TABLE_LEAVE)
		return left_alone(profile, counts, TUNQOS_REASON_TABLE_LEAVE);
	/* the table has nothing that the mask has no room for */
	skb->mark = (skb->mark & ~profile->mark_mask) |
		    (u32)mark << profile->mark_shift;
	if (counts)
		tunqos_written(profile, TUNQOS_DECAP);
	return NF_ACCEPT;
}
