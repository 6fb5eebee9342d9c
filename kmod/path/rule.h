/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules, as packets find them. */
#ifndef TUNQOS_PATH_RULE_H
#define TUNQOS_PATH_RULE_H

#include <linux/rcupdate.h>
#include <linux/skbuff.h>
#include <linux/types.h>
#include <net/netfilter/nf_conntrack.h>

#include "core/companion.h"
#include "path/net.h"
#include "path/profile.h"

#define TUNQOS_RULE_NUMBERS	256	/* 0 and 255 are never a rule's */

/**
 * struct tunqos_rules - those of a namespace
 * @mark_mask: bits of conntrack's mark, @mark_shift zeros below them
 * @cos_mask: bits of skb->mark, @cos_shift zeros below them; or 0
 * @users: bindings, under RTNL
 * @rule: by number
 *
 * Masks never change; the last rule takes it away.
 */
struct tunqos_rules {
	u32 mark_mask;
	u32 cos_mask;
	u8 mark_shift;
	u8 cos_shift;
	unsigned int users;
	struct rcu_head rcu;
	struct tunqos_profile __rcu *rule[TUNQOS_RULE_NUMBERS];
};

/*
 * The rule of a packet's connection in this namespace, or NULL: what devices
 * above ours in another one send has a mark of that one's owner. Only what is
 * inline of conntrack is used: the module does not need it to be there. RCU
 * read side.
 */
static inline const struct tunqos_profile *
tunqos_rule_find(const struct tunqos_net *tn, const struct sk_buff *skb,
		 enum ip_conntrack_info *info)
{
#if IS_ENABLED(CONFIG_NF_CONNTRACK_MARK)
	const struct tunqos_rules *rules = rcu_dereference(tn->rules);
	const struct nf_conn *ct = nf_ct_get(skb, info);

	if (rules && ct && net_eq(nf_ct_net(ct), tn->net))
		return rcu_dereference(rules->rule[(READ_ONCE(ct->mark) &
						    rules->mark_mask) >>
						   rules->mark_shift]);
#endif
	return NULL;
}

/* Is the tag that a packet arrived with known? */
static inline bool tunqos_rule_knows(const struct tunqos_profile *rule,
				     const struct sk_buff *skb)
{
	return tunqos_companion_is(skb->tc_index, TUNQOS_KIND_NOTE, rule->tag);
}

/* Where that is in tables by it. */
static inline unsigned int tunqos_rule_tag(const struct tunqos_profile *rule,
					   const struct sk_buff *skb)
{
	if (!tunqos_rule_knows(rule, skb) ||
	    !tunqos_note_is_tagged(skb->tc_index))
		return TUNQOS_ARRIVAL_UNTAGGED;
	return tunqos_note_bits(skb->tc_index);
}

/* Why a table by the tag of arrival has said nothing. */
static inline enum tunqos_reason
tunqos_rule_why(const struct tunqos_profile *rule, const struct sk_buff *skb)
{
	if (!tunqos_rule_knows(rule, skb))
		return TUNQOS_REASON_TAG_UNKNOWN;
	return tunqos_note_is_tagged(skb->tc_index) ?
	       TUNQOS_REASON_TABLE_LEAVE : TUNQOS_REASON_UNTAGGED;
}

#endif /* TUNQOS_PATH_RULE_H */
