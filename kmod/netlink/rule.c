// SPDX-License-Identifier: GPL-2.0-only
/* Rules over netlink: attributes to profile and back. */

#include <linux/bitops.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/genetlink.h>

#include "core/ds.h"
#include "path/count.h"
#include "path/profile.h"
#include "path/rule.h"
#include "config/binding.h"
#include "config/key.h"
#include "netlink/counters.h"
#include "netlink/family.h"
#include "netlink/policy.h"
#include "netlink/rule.h"
#include "netlink/stage.h"
#include "netlink/table.h"

#define TAG_MAX		15	/* PCP * 2 + DEI */
#define COS_BITS	4	/* of cos-mask: was there a tag, and its PCP */

/* The rule that a request names; as tunqos_tunnel_key(). */
int tunqos_rule_key(struct genl_info *info, struct tunqos_key *key)
{
	struct nlattr *number = info->attrs[TUNQOS_A_RULE_NUMBER];

	memset(key, 0, sizeof(*key));
	key->type = TUNQOS_BIND_RULE;
	if (!number) {
		GENL_SET_ERR_MSG(info, "name the rule by number");
		return -EINVAL;
	}
	snprintf(key->name, sizeof(key->name), "%u", nla_get_u8(number));
	return 0;
}

static bool in_a_row(u32 mask)
{
	return mask && is_power_of_2((u64)(mask >> __ffs(mask)) + 1);
}

/* Its bits, with room for the number. */
static int read_mark_mask(struct genl_info *info,
			  struct tunqos_profile *profile)
{
	struct nlattr *attr = info->attrs[TUNQOS_A_RULE_MARK_MASK];
	u32 mask = attr ? nla_get_u32(attr) : 0;
	u32 last;

	if (!attr) {
		GENL_SET_ERR_MSG(info, "a rule needs mark-mask");
		return -EINVAL;
	}
	if (!in_a_row(mask) || hweight32(mask) < 2 || hweight32(mask) > 8) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr,
				    "mark-mask has 2 to 8 bits in a row");
		return -EINVAL;
	}
	/* all ones are kept for "no rule" */
	last = (mask >> __ffs(mask)) - 1;
	if (profile->number > last) {
		tunqos_refuse(info->extack,
			      "mark-mask 0x%x has room for rules 1-%u", mask,
			      last);
		NL_SET_BAD_ATTR(info->extack, attr);
		return -EINVAL;
	}
	profile->mark_mask = mask;
	return 0;
}

static int read_cos_mask(struct genl_info *info,
			 struct tunqos_profile *profile)
{
	struct nlattr *attr = info->attrs[TUNQOS_A_RULE_COS_MASK];
	u32 mask = attr ? nla_get_u32(attr) : 0;

	if (!attr)
		return 0;
	if (!in_a_row(mask) || hweight32(mask) != COS_BITS) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr,
				    "cos-mask has 4 bits in a row");
		return -EINVAL;
	}
	profile->cos_mask = mask;
	return 0;
}

/* What decides on the DSCP. */
static int read_dscp(struct genl_info *info, struct tunqos_profile *profile)
{
	struct nlattr *dscp = info->attrs[TUNQOS_A_RULE_ARRIVAL_DSCP];
	struct nlattr *override = info->attrs[TUNQOS_A_RULE_ARRIVAL_OVERRIDE];
	struct tunqos_arrival *arrival;

	if (override && nla_get_u8(override) && !dscp) {
		NL_SET_ERR_MSG_ATTR(info->extack, override,
				    "arrival-override needs arrival-dscp");
		return -EINVAL;
	}
	if (!dscp)
		return 0;
	arrival = kzalloc(sizeof(*arrival), GFP_KERNEL_ACCOUNT);
	if (!arrival)
		return -ENOMEM;
	profile->arrival = arrival;
	memset(arrival->table, TUNQOS_TABLE_LEAVE, sizeof(arrival->table));
	arrival->has_dscp = true;
	arrival->override = override && nla_get_u8(override);
	return tunqos_read_by_tag(info, dscp, "arrival-dscp", arrival->dscp,
				  TUNQOS_DSCP_COUNT - 1);
}

/* What decides on the tag. */
static int read_tag(struct genl_info *info, struct tunqos_profile *profile)
{
	struct nlattr *tag = info->attrs[TUNQOS_A_RULE_ARRIVAL_TAG];
	struct nlattr *insert = info->attrs[TUNQOS_A_RULE_INSERT_TAG];
	int err = 0;

	memset(profile->arrival_tag, TUNQOS_TABLE_LEAVE,
	       sizeof(profile->arrival_tag));
	memset(profile->pcp, TUNQOS_TABLE_LEAVE, sizeof(profile->pcp));
	if (tag)
		err = tunqos_read_by_tag(info, tag, "arrival-tag",
					 profile->arrival_tag, TAG_MAX);
	if (!err && info->attrs[TUNQOS_A_RULE_DSCP_TAG])
		err = tunqos_read_table(info, TUNQOS_A_RULE_DSCP_TAG,
					profile->pcp, TAG_MAX);
	profile->has_tag = tag;
	profile->has_pcp = info->attrs[TUNQOS_A_RULE_DSCP_TAG];
	profile->priority_tag = insert && nla_get_u8(insert);
	if (err || !profile->priority_tag || tag || profile->has_pcp)
		return err;
	NL_SET_ERR_MSG_ATTR(info->extack, insert,
			    "insert-tag needs arrival-tag or dscp-tag");
	return -EINVAL;
}

/* One that decides on nothing still counts its packets. */
static int read_rule(struct genl_info *info, struct tunqos_binding *change)
{
	struct tunqos_profile *profile = change->next;
	int err = tunqos_rule_key(info, &change->key);

	if (err)
		return err;
	profile->number = nla_get_u8(info->attrs[TUNQOS_A_RULE_NUMBER]);
	err = read_mark_mask(info, profile);
	if (!err)
		err = read_cos_mask(info, profile);
	if (!err)
		err = read_dscp(info, profile);
	return err ?: read_tag(info, profile);
}

int tunqos_nl_set_rule_doit(struct sk_buff *skb, struct genl_info *info)
{
	return tunqos_stage_set(info, read_rule);
}

int tunqos_nl_del_rule_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct tunqos_key key;
	int err = tunqos_rule_key(info, &key);

	return err ?: tunqos_stage_del(info, &key);
}

static int fill_settings(struct sk_buff *skb, const struct tunqos_profile *p)
{
	if (nla_put_u8(skb, TUNQOS_A_RULE_NUMBER, p->number) ||
	    nla_put_u32(skb, TUNQOS_A_RULE_MARK_MASK, p->mark_mask))
		return -EMSGSIZE;
	if (p->cos_mask &&
	    nla_put_u32(skb, TUNQOS_A_RULE_COS_MASK, p->cos_mask))
		return -EMSGSIZE;
	if (p->arrival && nla_put(skb, TUNQOS_A_RULE_ARRIVAL_DSCP,
				  TUNQOS_ARRIVAL_LEN, p->arrival->dscp))
		return -EMSGSIZE;
	if (p->arrival && p->arrival->override &&
	    nla_put_u8(skb, TUNQOS_A_RULE_ARRIVAL_OVERRIDE, 1))
		return -EMSGSIZE;
	if (p->has_tag && nla_put(skb, TUNQOS_A_RULE_ARRIVAL_TAG,
				  TUNQOS_ARRIVAL_LEN, p->arrival_tag))
		return -EMSGSIZE;
	if (p->has_pcp && nla_put(skb, TUNQOS_A_RULE_DSCP_TAG,
				  TUNQOS_TABLE_LEN, p->pcp))
		return -EMSGSIZE;
	if (p->priority_tag && nla_put_u8(skb, TUNQOS_A_RULE_INSERT_TAG, 1))
		return -EMSGSIZE;
	return 0;
}

/* Everything about a rule. Context: process, RTNL held. */
int tunqos_fill_rule(struct sk_buff *skb, const struct tunqos_binding *binding)
{
	if (fill_settings(skb, rtnl_dereference(binding->profile)) ||
	    nla_put_u32(skb, TUNQOS_A_RULE_HOOKS, binding->held) ||
	    tunqos_fill_counters(skb, TUNQOS_A_RULE_ORIGINAL, binding,
				 TUNQOS_ENCAP))
		return -EMSGSIZE;
	return tunqos_fill_counters(skb, TUNQOS_A_RULE_REPLY, binding,
				    TUNQOS_DECAP);
}
