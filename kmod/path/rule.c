// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules: nftables has classified, the mark of the packet's connection says with
 * which result, the same in both directions. At POST_ROUTING, in front of
 * before.c, the DSCP is written, so that tunnels copy it outside; outer packets
 * are of another connection then. What the tag says is decided where it is
 * written, in port_egress.c. With which tag the packet has arrived is in a NOTE
 * companion from port_arrival.c on. Softirq or process context, RCU read side.
 */

#include <linux/build_bug.h>

#include "core/companion.h"
#include "core/ds.h"
#include "path/arrival.h"
#include "path/count.h"
#include "path/net.h"
#include "path/places.h"
#include "path/port.h"
#include "path/profile.h"
#include "path/rule.h"
#include "path/skb.h"

/* Return: the DSCP that it is to have, or -1 - reason. */
static int decide(const struct tunqos_profile *rule, const struct sk_buff *skb,
		  u8 dscp)
{
	int err = tunqos_arrival_decide(rule->arrival,
					tunqos_rule_tag(rule, skb), dscp);

	if (unlikely(err == -1 - TUNQOS_REASON_UNTAGGED))
		return -1 - tunqos_rule_why(rule, skb);
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
	const struct tunqos_profile *rule;
	enum tunqos_direction direction;
	enum ip_conntrack_info info;
	int err;

	rule = tunqos_rule_find(priv, skb, &info);
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

/*
 * Behind what nftables has seen of it, in front of source NAT, which looks for
 * an IPsec policy again, by the mark; tunnels route their outer packet by it.
 */
unsigned int tunqos_rule_cos_end(void *priv, struct sk_buff *skb,
				 const struct nf_hook_state *state)
{
	const struct tunqos_net *tn = priv;
	const struct tunqos_rules *rules = rcu_dereference(tn->rules);

	if (likely(rules))
		skb->mark &= ~rules->cos_mask;
	return NF_ACCEPT;
}

/*
 * PRE_ROUTING: the bits of a note carry no proof. It is believed of what came
 * by a device that leaves notes, or by one above such a one; veth and its like
 * bring those of others.
 */
unsigned int tunqos_rule_note(void *priv, struct sk_buff *skb,
			      const struct nf_hook_state *state)
{
	if (tunqos_companion_kind(skb->tc_index) == TUNQOS_KIND_NOTE &&
	    !tunqos_port_notes(skb->dev))
		skb->tc_index = 0;
	return NF_ACCEPT;
}

/*
 * LOCAL_IN and LOCAL_OUT: what comes out of a tunnel has not arrived with its
 * outer packet's tag, nor the outer packet with that of what it carries.
 */
unsigned int tunqos_rule_note_end(void *priv, struct sk_buff *skb,
				  const struct nf_hook_state *state)
{
	if (tunqos_companion_kind(skb->tc_index) == TUNQOS_KIND_NOTE)
		skb->tc_index = 0;
	return NF_ACCEPT;
}
