// SPDX-License-Identifier: GPL-2.0-only
/* Tunnel profiles over netlink: attributes to profile and back. */

#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/genetlink.h>
#include <net/rtnetlink.h>

#include "path/attachment.h"
#include "path/class.h"
#include "path/count.h"
#include "path/profile.h"
#include "config/binding.h"
#include "config/key.h"
#include "config/kind.h"
#include "netlink/counters.h"
#include "netlink/family.h"
#include "netlink/key.h"
#include "netlink/policy.h"
#include "netlink/stage.h"
#include "netlink/table.h"
#include "netlink/tunnel.h"

static int missing(struct genl_info *info, int attr, const char *message)
{
	struct netlink_ext_ack *extack = info->extack;

	if (info->attrs[attr])
		return 0;
	if (extack)
		extack->_msg = message;
	return -EINVAL;
}

/* What 'copy' is as a table. */
static const u8 identity[TUNQOS_TABLE_LEN] = {
	0, 1, 2, 3, 4, 5, 6, 7,
	8, 9, 10, 11, 12, 13, 14, 15,
	16, 17, 18, 19, 20, 21, 22, 23,
	24, 25, 26, 27, 28, 29, 30, 31,
	32, 33, 34, 35, 36, 37, 38, 39,
	40, 41, 42, 43, 44, 45, 46, 47,
	48, 49, 50, 51, 52, 53, 54, 55,
	56, 57, 58, 59, 60, 61, 62, 63,
};

/* A choice that is not said is made by the table that comes with it. */
static u8 choice(struct nlattr **attrs, int attr, int table_attr, u8 table,
		 u8 otherwise)
{
	if (attrs[attr])
		return nla_get_u8(attrs[attr]);
	return attrs[table_attr] ? table : otherwise;
}

static int read_encap(struct genl_info *info, struct tunqos_profile *profile)
{
	struct nlattr **attrs = info->attrs;

	profile->encap_dscp = choice(attrs, TUNQOS_A_TUNNEL_ENCAP_DSCP,
				     TUNQOS_A_TUNNEL_ENCAP_TABLE,
				     TUNQOS_ENCAP_DSCP_TABLE,
				     attrs[TUNQOS_A_TUNNEL_ENCAP_VALUE] ?
				     TUNQOS_ENCAP_DSCP_SET :
				     TUNQOS_ENCAP_DSCP_COPY);
	profile->encap_write = profile->encap_dscp != TUNQOS_ENCAP_DSCP_NATIVE;

	switch (profile->encap_dscp) {
	case TUNQOS_ENCAP_DSCP_SET:
		if (missing(info, TUNQOS_A_TUNNEL_ENCAP_VALUE,
			    "encap-dscp set needs encap-value"))
			return -EINVAL;
		profile->encap_value =
			nla_get_u8(attrs[TUNQOS_A_TUNNEL_ENCAP_VALUE]);
		memset(profile->encap, profile->encap_value,
		       sizeof(profile->encap));
		return 0;
	case TUNQOS_ENCAP_DSCP_TABLE:
		if (missing(info, TUNQOS_A_TUNNEL_ENCAP_TABLE,
			    "encap-dscp table needs encap-table"))
			return -EINVAL;
		return tunqos_read_table(info, TUNQOS_A_TUNNEL_ENCAP_TABLE,
					 profile->encap, 63);
	}
	if (profile->encap_write)
		memcpy(profile->encap, identity, sizeof(identity));
	else
		memset(profile->encap, TUNQOS_TABLE_LEAVE,
		       sizeof(profile->encap));
	return 0;
}

static int read_inner(struct genl_info *info, struct tunqos_profile *profile)
{
	struct nlattr **attrs = info->attrs;

	profile->encap_inner = choice(attrs, TUNQOS_A_TUNNEL_ENCAP_INNER,
				      TUNQOS_A_TUNNEL_ENCAP_INNER_TABLE,
				      TUNQOS_ENCAP_INNER_TABLE,
				      attrs[TUNQOS_A_TUNNEL_ENCAP_INNER_VALUE] ?
				      TUNQOS_ENCAP_INNER_SET :
				      TUNQOS_ENCAP_INNER_KEEP);
	memset(profile->inner, TUNQOS_TABLE_LEAVE, sizeof(profile->inner));
	if (profile->encap_inner == TUNQOS_ENCAP_INNER_KEEP)
		return 0;
	if (!profile->encap_write) {
		NL_SET_ERR_MSG_ATTR(info->extack,
				    attrs[TUNQOS_A_TUNNEL_ENCAP_INNER],
				    "encap-inner needs an encap-dscp other than native");
		return -EINVAL;
	}
	if (profile->encap_inner == TUNQOS_ENCAP_INNER_TABLE) {
		if (missing(info, TUNQOS_A_TUNNEL_ENCAP_INNER_TABLE,
			    "encap-inner table needs encap-inner-table"))
			return -EINVAL;
		return tunqos_read_table(info,
					 TUNQOS_A_TUNNEL_ENCAP_INNER_TABLE,
					 profile->inner, 63);
	}
	if (missing(info, TUNQOS_A_TUNNEL_ENCAP_INNER_VALUE,
		    "encap-inner set needs encap-inner-value"))
		return -EINVAL;
	profile->inner_value =
		nla_get_u8(attrs[TUNQOS_A_TUNNEL_ENCAP_INNER_VALUE]);
	memset(profile->inner, profile->inner_value, sizeof(profile->inner));
	return 0;
}

/* Inner DSCP, ECN, WireGuard's own packets. */
static int read_more(struct genl_info *info, const struct tunqos_key *key,
		     struct tunqos_profile *profile)
{
	struct nlattr **attrs = info->attrs;
	int err = read_inner(info, profile);

	if (err)
		return err;
	if (attrs[TUNQOS_A_TUNNEL_ENCAP_ECN])
		profile->encap_ecn =
			nla_get_u8(attrs[TUNQOS_A_TUNNEL_ENCAP_ECN]);
	if (attrs[TUNQOS_A_TUNNEL_DECAP_ECN])
		profile->decap_ecn =
			nla_get_u8(attrs[TUNQOS_A_TUNNEL_DECAP_ECN]);
	if (attrs[TUNQOS_A_TUNNEL_DECAP_GRO])
		profile->decap_merge =
			nla_get_u8(attrs[TUNQOS_A_TUNNEL_DECAP_GRO]) ==
			TUNQOS_DECAP_GRO_MERGE;
	profile->control = TUNQOS_TABLE_LEAVE;
	if (attrs[TUNQOS_A_TUNNEL_CONTROL_DSCP])
		profile->control =
			nla_get_u8(attrs[TUNQOS_A_TUNNEL_CONTROL_DSCP]);

	if (key->type == TUNQOS_BIND_IPSEC &&
	    profile->control != TUNQOS_TABLE_LEAVE) {
		NL_SET_ERR_MSG_ATTR(info->extack,
				    attrs[TUNQOS_A_TUNNEL_CONTROL_DSCP],
				    "control-dscp is for wireguard devices, not for ipsec");
		return -EINVAL;
	}
	if (key->type == TUNQOS_BIND_IPSEC && profile->decap_merge) {
		NL_SET_ERR_MSG_ATTR(info->extack,
				    attrs[TUNQOS_A_TUNNEL_DECAP_GRO],
				    "decap-gro is for devices, not for ipsec");
		return -EINVAL;
	}
	profile->encap_more = profile->encap_inner || profile->encap_ecn;
	return 0;
}

static int read_decap(struct genl_info *info, const struct tunqos_key *key,
		      struct tunqos_profile *profile)
{
	struct nlattr **attrs = info->attrs;
	u64 denied;
	int err;

	if (attrs[TUNQOS_A_TUNNEL_DECAP_CLASS])
		profile->class_outer =
			nla_get_u8(attrs[TUNQOS_A_TUNNEL_DECAP_CLASS]) ==
			TUNQOS_DECAP_CLASS_OUTER;
	profile->decap_dscp = choice(attrs, TUNQOS_A_TUNNEL_DECAP_DSCP,
				     TUNQOS_A_TUNNEL_DECAP_TABLE,
				     TUNQOS_DECAP_DSCP_TABLE,
				     TUNQOS_DECAP_DSCP_KEEP);
	if (attrs[TUNQOS_A_TUNNEL_DECAP_PERMIT]) {
		profile->has_permit = true;
		profile->permit =
			nla_get_u64(attrs[TUNQOS_A_TUNNEL_DECAP_PERMIT]);
	}

	if (profile->decap_dscp == TUNQOS_DECAP_DSCP_KEEP)
		return 0;
	profile->decap_write = true;
	if (key->type == TUNQOS_BIND_IPSEC &&
	    missing(info, TUNQOS_A_TUNNEL_DECAP_PERMIT,
		    "decap from ipsec needs a permit list"))
		return -EINVAL;

	if (profile->decap_dscp == TUNQOS_DECAP_DSCP_TABLE) {
		if (missing(info, TUNQOS_A_TUNNEL_DECAP_TABLE,
			    "decap-dscp table needs decap-table"))
			return -EINVAL;
		err = tunqos_read_table(info, TUNQOS_A_TUNNEL_DECAP_TABLE,
					profile->decap, 63);
		if (err)
			return err;
	} else {
		memcpy(profile->decap, identity, sizeof(identity));
	}
	if (!profile->has_permit)
		return 0;
	for (denied = ~profile->permit; denied; denied &= denied - 1) {
		u8 *entry = &profile->decap[__ffs64(denied)];

		*entry = *entry == TUNQOS_TABLE_LEAVE ?
			 TUNQOS_NOT_PERMITTED_LEAVE :
			 *entry | TUNQOS_NOT_PERMITTED;
	}
	return 0;
}

static int read_pre_classify(struct genl_info *info,
			     struct tunqos_profile *profile)
{
	struct nlattr *table = info->attrs[TUNQOS_A_TUNNEL_PRIORITY_TABLE];
	struct nlattr *on = info->attrs[TUNQOS_A_TUNNEL_PRE_CLASSIFY];

	profile->pre_classify = on && nla_get_u8(on);
	if (!table)
		return 0;
	if (!profile->pre_classify) {
		NL_SET_ERR_MSG_ATTR(info->extack, table,
				    "priority-table needs pre-classify");
		return -EINVAL;
	}
	profile->class_more = true;
	profile->priority = kmemdup(nla_data(table), nla_len(table),
				    GFP_KERNEL_ACCOUNT);
	return profile->priority ? 0 : -ENOMEM;
}

static int refuse_class(struct genl_info *info, int attr, const char *message)
{
	if (info->extack)
		info->extack->_msg = message;
	NL_SET_BAD_ATTR(info->extack, info->attrs[attr]);
	return -EINVAL;
}

/* The bits for the class, which are in a row. */
static int read_class_mask(struct genl_info *info,
			   struct tunqos_profile *profile)
{
	u32 mask = nla_get_u32(info->attrs[TUNQOS_A_TUNNEL_CLASS_MASK]);
	unsigned int shift = mask ? __ffs(mask) : 0;
	unsigned int bits = hweight32(mask);

	if (bits >= TUNQOS_CLASS_BITS &&
	    mask >> shift == ~0U >> (32 - bits)) {
		profile->class_shift = shift;
		profile->class_bits = bits;
		return 0;
	}
	tunqos_refuse(info->extack,
		      "class-mask 0x%x is not %u or more bits in a row, as a dscp needs; 0x3f00 is, for one",
		      mask, TUNQOS_CLASS_BITS);
	NL_SET_BAD_ATTR(info->extack,
			info->attrs[TUNQOS_A_TUNNEL_CLASS_MASK]);
	return -EINVAL;
}

/* Where the class is shown beside the companion. */
static int read_class(struct genl_info *info, struct tunqos_profile *profile)
{
	struct nlattr **attrs = info->attrs;

	if (!attrs[TUNQOS_A_TUNNEL_CLASS_VIA] &&
	    !attrs[TUNQOS_A_TUNNEL_CLASS_MASK])
		return 0;
	profile->class_via = choice(attrs, TUNQOS_A_TUNNEL_CLASS_VIA,
				    TUNQOS_A_TUNNEL_CLASS_MASK,
				    TUNQOS_CLASS_VIA_MARK,
				    TUNQOS_CLASS_VIA_COMPANION);
	if (attrs[TUNQOS_A_TUNNEL_CLASS_MASK] &&
	    profile->class_via != TUNQOS_CLASS_VIA_MARK)
		return refuse_class(info, TUNQOS_A_TUNNEL_CLASS_MASK,
				    "class-mask needs class-via mark");
	if (profile->class_via == TUNQOS_CLASS_VIA_COMPANION)
		return 0;
	if (!profile->pre_classify)
		return refuse_class(info, TUNQOS_A_TUNNEL_CLASS_VIA,
				    "class-via needs pre-classify");
	profile->class_more = true;
	if (profile->class_via == TUNQOS_CLASS_VIA_MARK) {
		if (missing(info, TUNQOS_A_TUNNEL_CLASS_MASK,
			    "class-via mark needs class-mask"))
			return -EINVAL;
		return read_class_mask(info, profile);
	}
	if (profile->priority)
		return refuse_class(info, TUNQOS_A_TUNNEL_CLASS_VIA,
				    "class-via priority does not go with priority-table: both write skb->priority");
	return 0;
}

/* Few have one. */
static int read_label(struct genl_info *info, struct tunqos_binding *change)
{
	struct nlattr *label = info->attrs[TUNQOS_A_TUNNEL_LABEL];

	if (!label)
		return 0;
	change->label = nla_strdup(label, GFP_KERNEL_ACCOUNT);
	return change->label ? 0 : -ENOMEM;
}

static int read_tunnel(struct genl_info *info, struct tunqos_binding *change)
{
	struct tunqos_profile *profile = change->next;
	int err = tunqos_tunnel_key(info, &change->key);

	if (!err)
		err = read_encap(info, profile);
	if (!err)
		err = read_decap(info, &change->key, profile);
	if (!err)
		err = read_pre_classify(info, profile);
	if (!err)
		err = read_class(info, profile);
	if (!err)
		err = read_more(info, &change->key, profile);
	profile->encap_any = profile->encap_write || profile->encap_more ||
			     profile->pre_classify;
	return err ?: read_label(info, change);
}

int tunqos_nl_set_tunnel_doit(struct sk_buff *skb, struct genl_info *info)
{
	return tunqos_stage_set(info, read_tunnel);
}

int tunqos_nl_del_tunnel_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct tunqos_key key = {};
	int err = tunqos_tunnel_key(info, &key);

	return err ?: tunqos_stage_del(info, &key);
}

/* As it was given: without what the permit list has made of it. */
static int fill_decap_table(struct sk_buff *skb, const struct tunqos_profile *p)
{
	struct nlattr *nla = nla_reserve(skb, TUNQOS_A_TUNNEL_DECAP_TABLE,
					 TUNQOS_TABLE_LEN);
	u8 *table;
	int i;

	if (!nla)
		return -EMSGSIZE;
	table = nla_data(nla);
	for (i = 0; i < TUNQOS_TABLE_LEN; i++)
		table[i] = p->decap[i] >= TUNQOS_NOT_PERMITTED_LEAVE ?
			   TUNQOS_TABLE_LEAVE :
			   p->decap[i] & (TUNQOS_NOT_PERMITTED - 1);
	return 0;
}

static int fill_settings(struct sk_buff *skb, const struct tunqos_profile *p)
{
	if (nla_put_u8(skb, TUNQOS_A_TUNNEL_ENCAP_DSCP, p->encap_dscp) ||
	    nla_put_u8(skb, TUNQOS_A_TUNNEL_DECAP_DSCP, p->decap_dscp) ||
	    nla_put_u8(skb, TUNQOS_A_TUNNEL_DECAP_CLASS,
		       p->class_outer ? TUNQOS_DECAP_CLASS_OUTER :
					TUNQOS_DECAP_CLASS_INNER) ||
	    nla_put_u8(skb, TUNQOS_A_TUNNEL_PRE_CLASSIFY, p->pre_classify))
		return -EMSGSIZE;
	if (p->encap_dscp == TUNQOS_ENCAP_DSCP_SET &&
	    nla_put_u8(skb, TUNQOS_A_TUNNEL_ENCAP_VALUE, p->encap_value))
		return -EMSGSIZE;
	if (p->encap_dscp == TUNQOS_ENCAP_DSCP_TABLE &&
	    nla_put(skb, TUNQOS_A_TUNNEL_ENCAP_TABLE, TUNQOS_TABLE_LEN,
		    p->encap))
		return -EMSGSIZE;
	if (p->decap_dscp == TUNQOS_DECAP_DSCP_TABLE &&
	    fill_decap_table(skb, p))
		return -EMSGSIZE;
	if (p->has_permit &&
	    nla_put_u64_64bit(skb, TUNQOS_A_TUNNEL_DECAP_PERMIT, p->permit,
			      TUNQOS_A_TUNNEL_PAD))
		return -EMSGSIZE;
	if (p->priority &&
	    nla_put(skb, TUNQOS_A_TUNNEL_PRIORITY_TABLE,
		    TUNQOS_TABLE_LEN * sizeof(*p->priority), p->priority))
		return -EMSGSIZE;
	return 0;
}

static int fill_more(struct sk_buff *skb, const struct tunqos_profile *p)
{
	if (p->class_via != TUNQOS_CLASS_VIA_COMPANION &&
	    nla_put_u8(skb, TUNQOS_A_TUNNEL_CLASS_VIA, p->class_via))
		return -EMSGSIZE;
	if (p->class_via == TUNQOS_CLASS_VIA_MARK &&
	    nla_put_u32(skb, TUNQOS_A_TUNNEL_CLASS_MASK, tunqos_class_mask(p)))
		return -EMSGSIZE;
	if (nla_put_u8(skb, TUNQOS_A_TUNNEL_ENCAP_INNER, p->encap_inner) ||
	    nla_put_u8(skb, TUNQOS_A_TUNNEL_ENCAP_ECN, p->encap_ecn) ||
	    nla_put_u8(skb, TUNQOS_A_TUNNEL_DECAP_ECN, p->decap_ecn) ||
	    (p->decap_merge && nla_put_u8(skb, TUNQOS_A_TUNNEL_DECAP_GRO,
					  TUNQOS_DECAP_GRO_MERGE)))
		return -EMSGSIZE;
	if (p->encap_inner == TUNQOS_ENCAP_INNER_SET &&
	    nla_put_u8(skb, TUNQOS_A_TUNNEL_ENCAP_INNER_VALUE, p->inner_value))
		return -EMSGSIZE;
	if (p->encap_inner == TUNQOS_ENCAP_INNER_TABLE &&
	    nla_put(skb, TUNQOS_A_TUNNEL_ENCAP_INNER_TABLE, TUNQOS_TABLE_LEN,
		    p->inner))
		return -EMSGSIZE;
	if (p->control != TUNQOS_TABLE_LEAVE &&
	    nla_put_u8(skb, TUNQOS_A_TUNNEL_CONTROL_DSCP, p->control))
		return -EMSGSIZE;
	return 0;
}

/* Everything about a tunnel binding. Context: process, RTNL held. */
int tunqos_fill_tunnel(struct sk_buff *skb,
		       const struct tunqos_binding *binding)
{
	const struct tunqos_profile *profile =
		rtnl_dereference(binding->profile);
	const struct tunqos_attachment *attachment = binding->attachment;
	u32 hooks = binding->held;

	if (tunqos_fill_key(skb, &binding->key) ||
	    fill_settings(skb, profile) || fill_more(skb, profile))
		return -EMSGSIZE;
	if (binding->label && binding->label[0] &&
	    nla_put_string(skb, TUNQOS_A_TUNNEL_LABEL, binding->label))
		return -EMSGSIZE;
	if (attachment) {
		hooks |= attachment->held;
		if (attachment->gro_cleared)
			hooks |= TUNQOS_HOOK_GRO_OFF;
		if (nla_put_string(skb, TUNQOS_A_TUNNEL_KIND,
				   attachment->kind->name))
			return -EMSGSIZE;
	}
	if (binding->problem &&
	    nla_put_string(skb, TUNQOS_A_TUNNEL_PROBLEM, binding->problem))
		return -EMSGSIZE;
	if (nla_put_u32(skb, TUNQOS_A_TUNNEL_STATE, binding->state) ||
	    nla_put_u32(skb, TUNQOS_A_TUNNEL_HOOKS, hooks))
		return -EMSGSIZE;
	if (tunqos_fill_counters(skb, TUNQOS_A_TUNNEL_ENCAP, binding,
				 TUNQOS_ENCAP))
		return -EMSGSIZE;
	return tunqos_fill_counters(skb, TUNQOS_A_TUNNEL_DECAP, binding,
				    TUNQOS_DECAP);
}
