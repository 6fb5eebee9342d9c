// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules: nftables has classified, the mark of the packet's connection says with
 * which result, the same in both directions. At POST_ROUTING, in front of
 * before.c, the DSCP is written, so that tunnels copy it outside; outer packets
 * are of no connection then. What the tag says is decided where it is written,
 * in port_egress.c. With which tag the packet has arrived is in a NOTE
 * companion from port_arrival.c on. Softirq or process context, RCU read side.
 */

#include <linux/build_bug.h>

#include "core/companion.h"
#include "core/ds.h"
#include "path/arrival.h"
#include "path/count.h"
#include "path/net.h"
#include "path/places.h"
#include "path/profile.h"
#include "path/rule.h"
#include "path/skb.h"

/* Return: the DSCP that it is to have, or -1 - reason. */
static int decide(const struct tunqos_profile *rule, const struct sk_buff *skb,
		  u8 dscp)
{
	unsigned int tag;
	bool known;
	int err;

	tag = tunqos_rule_tag(rule, skb, &known);
	err = tunqos_arrival_decide(rule->arrival, tag, dscp);
	if (unlikely(err == -1 - TUNQOS_REASON_UNTAGGED))
		return -1 - tunqos_rule_why(known);
	return err;
}

/* Return: 0, or -1 - reason. */
static int apply(const struct tunqos_profile *rule, struct sk_buff *skb)
{
	int dscp;

	if (!rule->arrival)
		return 0;
	dscp = decide(rule, skb, tunqos_ds_dscp(tunqos_ds_read(skb->data)));
	if (dscp < 0)
		return dscp;
	if (unlikely(tunqos_skb_is_list(skb)))
		return -1 - TUNQOS_REASON_GRO_LIST;
	if (likely(tunqos_skb_is_plain(skb))) {
		tunqos_skb_write_plain(skb, dscp);
		return 0;
	}
	return tunqos_skb_write_dscp(skb, 0, dscp) ?
	       -1 - TUNQOS_REASON_NO_MEMORY : 0;
}

/* Of its counters the first are of the original direction. */
static_assert((int)TUNQOS_ENCAP == (int)IP_CT_DIR_ORIGINAL);
static_assert((int)TUNQOS_DECAP == (int)IP_CT_DIR_REPLY);

unsigned int tunqos_rule(void *priv, struct sk_buff *skb,
			 const struct nf_hook_state *state)
{
	const struct tunqos_net *tn = priv;
	const struct tunqos_rules *rules = rcu_dereference(tn->rules);
	const struct tunqos_profile *rule;
	enum tunqos_direction direction;
	enum ip_conntrack_info info;
	int err;

	if (unlikely(!rules))
		return NF_ACCEPT;
	if (rules->cos_mask)	/* tunnels route their outer packet by it */
		skb->mark &= ~rules->cos_mask;
	rule = tunqos_rule_find(rules, skb, &info);
	if (!rule)
		return NF_ACCEPT;
	direction = (enum tunqos_direction)CTINFO2DIR(info);
	tunqos_count(rule, direction);
	err = apply(rule, skb);
	if (unlikely(err))
		tunqos_left_alone(rule, direction, -1 - err);
	else
		tunqos_written(rule, direction);
	return NF_ACCEPT;
}

/* nftables cannot see the note: in skb->mark it can. */
unsigned int tunqos_rule_cos(void *priv, struct sk_buff *skb,
			     const struct nf_hook_state *state)
{
	const struct tunqos_net *tn = priv;
	const struct tunqos_rules *rules = rcu_dereference(tn->rules);
	u32 cos = 0;

	if (unlikely(!rules || !rules->cos_mask))
		return NF_ACCEPT;
	if (tunqos_companion_is(skb->tc_index, TUNQOS_KIND_NOTE, tn->tag) &&
	    tunqos_note_is_tagged(skb->tc_index))
		cos = 8 | tunqos_note_bits(skb->tc_index) >> 1;
	skb->mark = (skb->mark & ~rules->cos_mask) | cos << rules->cos_shift;
	return NF_ACCEPT;
}

/* What comes out of a tunnel has not arrived with its outer packet's tag. */
unsigned int tunqos_rule_note(void *priv, struct sk_buff *skb,
			      const struct nf_hook_state *state)
{
	if (tunqos_companion_kind(skb->tc_index) == TUNQOS_KIND_NOTE)
		skb->tc_index = 0;
	return NF_ACCEPT;
}
