// SPDX-License-Identifier: GPL-2.0-only
/* Port profiles over netlink: attributes to profile and back. */

#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/genetlink.h>

#include "core/ds.h"
#include "path/count.h"
#include "path/port.h"
#include "path/profile.h"
#include "config/binding.h"
#include "config/key.h"
#include "config/port.h"
#include "netlink/counters.h"
#include "netlink/family.h"
#include "netlink/policy.h"
#include "netlink/port.h"
#include "netlink/stage.h"
#include "netlink/table.h"

/* The port that a request names; as tunqos_tunnel_key(). */
int tunqos_port_key(struct genl_info *info, struct tunqos_key *key)
{
	struct nlattr *device = info->attrs[TUNQOS_A_PORT_DEVICE];

	memset(key, 0, sizeof(*key));
	key->type = TUNQOS_BIND_PORT;
	if (!device) {
		GENL_SET_ERR_MSG(info, "name the port by device");
		return -EINVAL;
	}
	nla_strscpy(key->name, device, sizeof(key->name));
	if (!dev_valid_name(key->name)) {
		NL_SET_ERR_MSG_ATTR(info->extack, device,
				    "not a name that a device can have");
		return -EINVAL;
	}
	return 0;
}

/* PCP * 2 + DEI, as a tag has them in its upper four bits. */
static u8 tag_bits(u8 pcp, bool dei)
{
	return pcp == TUNQOS_TABLE_LEAVE ? pcp : pcp << 1 | dei;
}

static u8 tag_pcp(u8 bits)
{
	return bits == TUNQOS_TABLE_LEAVE ? bits : bits >> 1;
}

static int read_pcp(struct genl_info *info, struct tunqos_profile *profile)
{
	struct nlattr *attr = info->attrs[TUNQOS_A_PORT_DSCP_DEI];
	u64 dei = attr ? nla_get_u64(attr) : 0;
	int err, i;

	profile->tag_mask = VLAN_PRIO_MASK;
	if (!info->attrs[TUNQOS_A_PORT_DSCP_PCP]) {
		memset(profile->pcp, TUNQOS_TABLE_LEAVE, sizeof(profile->pcp));
		if (!attr)
			return 0;
		NL_SET_ERR_MSG_ATTR(info->extack, attr,
				    "dscp-dei needs dscp-pcp");
		return -EINVAL;
	}
	if (attr)
		profile->tag_mask |= VLAN_CFI_MASK;
	profile->has_pcp = true;
	err = tunqos_read_table(info, TUNQOS_A_PORT_DSCP_PCP, profile->pcp, 7);
	for (i = 0; i < TUNQOS_TABLE_LEN && !err; i++)
		profile->pcp[i] = tag_bits(profile->pcp[i], dei >> i & 1);
	return err;
}

static int read_priority_tag(struct genl_info *info,
			     struct tunqos_profile *profile)
{
	struct nlattr *attr = info->attrs[TUNQOS_A_PORT_PRIORITY_TAG];

	profile->priority_tag = attr && nla_get_u8(attr);
	if (!profile->priority_tag || profile->has_pcp ||
	    profile->has_protocols)
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, attr,
			    "priority-tag needs dscp-pcp or protocol-pcp");
	return -EINVAL;
}

/* What is not given is decided as without. */
static int read_protocols(struct genl_info *info,
			  struct tunqos_profile *profile)
{
	struct nlattr *attr = info->attrs[TUNQOS_A_PORT_PROTOCOL_PCP];
	const u8 *pcp;
	int i;

	memset(profile->protocol, TUNQOS_TABLE_LEAVE,
	       sizeof(profile->protocol));
	if (!attr)
		return 0;
	pcp = nla_data(attr);
	for (i = 0; i < nla_len(attr); i++) {
		if (pcp[i] == TUNQOS_TABLE_LEAVE)
			continue;
		if (pcp[i] > 7 || i >= TUNQOS_PORT_PROTOCOLS) {
			NL_SET_ERR_MSG_ATTR(info->extack, attr,
					    "protocol-pcp has 0-7 or 255 for each protocol that is known");
			return -EINVAL;
		}
		profile->protocol[i] = tag_bits(pcp[i], false);
		profile->has_protocols = true;
		if (i == TUNQOS_PORT_PROTOCOL_DHCP ||
		    i == TUNQOS_PORT_PROTOCOL_ND)
			profile->has_services = true;
	}
	return 0;
}

/* Each number at its place must be inside the mask. */
static int check_room(struct genl_info *info,
		      const struct tunqos_profile *profile)
{
	int i;

	for (i = 0; i < TUNQOS_TABLE_LEN; i++) {
		u64 bits = profile->mark[i];

		if (bits == TUNQOS_TABLE_LEAVE ||
		    !(bits << profile->mark_shift & ~(u64)profile->mark_mask))
			continue;
		tunqos_refuse(info->extack,
			      "mark-mask 0x%x has no room for %u, the entry for dscp %d",
			      profile->mark_mask, profile->mark[i], i);
		NL_SET_BAD_ATTR(info->extack,
				info->attrs[TUNQOS_A_PORT_MARK_MASK]);
		return -EINVAL;
	}
	return 0;
}

static int read_mark(struct genl_info *info, struct tunqos_profile *profile)
{
	struct nlattr *table = info->attrs[TUNQOS_A_PORT_DSCP_MARK];
	struct nlattr *mask = info->attrs[TUNQOS_A_PORT_MARK_MASK];
	int err;

	if (!table && !mask)
		return 0;
	if (!table || !mask || !nla_get_u32(mask)) {
		NL_SET_ERR_MSG_ATTR(info->extack, mask ?: table,
				    "dscp-mark and a mark-mask that is not 0 go together");
		return -EINVAL;
	}
	profile->mark_mask = nla_get_u32(mask);
	profile->mark_shift = __ffs(profile->mark_mask);
	err = tunqos_read_table(info, TUNQOS_A_PORT_DSCP_MARK, profile->mark,
				TUNQOS_DSCP_COUNT - 1);
	return err ?: check_room(info, profile);
}

static int read_arrival(struct genl_info *info, struct tunqos_profile *profile)
{
	struct nlattr *dscp = info->attrs[TUNQOS_A_PORT_ARRIVAL_DSCP];
	struct nlattr *override = info->attrs[TUNQOS_A_PORT_ARRIVAL_OVERRIDE];
	struct nlattr *table = info->attrs[TUNQOS_A_PORT_ARRIVAL_TABLE];
	struct tunqos_arrival *arrival;

	if (override && nla_get_u8(override) && !dscp) {
		NL_SET_ERR_MSG_ATTR(info->extack, override,
				    "arrival-override needs arrival-dscp");
		return -EINVAL;
	}
	if (!dscp && !table && !profile->rules)
		return 0;
	arrival = kzalloc(sizeof(*arrival), GFP_KERNEL_ACCOUNT);
	if (!arrival)
		return -ENOMEM;
	profile->arrival = arrival;
	memset(arrival->dscp, TUNQOS_TABLE_LEAVE, sizeof(arrival->dscp));
	memset(arrival->table, TUNQOS_TABLE_LEAVE, sizeof(arrival->table));
	arrival->override = override && nla_get_u8(override);
	arrival->has_dscp = dscp;
	arrival->has_table = table;
	arrival->note = profile->rules;
	return (dscp ? tunqos_read_by_tag(info, dscp, "arrival-dscp",
					  arrival->dscp,
					  TUNQOS_DSCP_COUNT - 1) : 0) ?:
	       (table ? tunqos_read_table(info, TUNQOS_A_PORT_ARRIVAL_TABLE,
					  arrival->table,
					  TUNQOS_DSCP_COUNT - 1) : 0);
}

static bool says(const struct genl_info *info, int attr)
{
	return info->attrs[attr] && nla_get_u8(info->attrs[attr]);
}

static int read_port(struct genl_info *info, struct tunqos_binding *change)
{
	struct tunqos_profile *profile = change->next;
	int err = tunqos_port_key(info, &change->key);

	if (!err)
		err = read_pcp(info, profile);
	profile->rules = says(info, TUNQOS_A_PORT_RULES);
	if (!err)
		err = read_protocols(info, profile);
	if (!err)
		err = read_priority_tag(info, profile);
	if (!err)
		err = read_mark(info, profile);
	if (!err)
		err = read_arrival(info, profile);
	profile->slowly = profile->has_services || profile->rules ||
			  !profile->has_pcp;
	if (err || tunqos_port_writes(profile) || profile->mark_mask ||
	    profile->arrival)
		return err;
	GENL_SET_ERR_MSG(info,
			 "a port needs dscp-pcp, protocol-pcp, dscp-mark, arrival-dscp, arrival-table or rules");
	return -EINVAL;
}

int tunqos_nl_set_port_doit(struct sk_buff *skb, struct genl_info *info)
{
	return tunqos_stage_set(info, read_port);
}

int tunqos_nl_del_port_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct tunqos_key key;
	int err = tunqos_port_key(info, &key);

	return err ?: tunqos_stage_del(info, &key);
}

static int fill_arrival(struct sk_buff *skb, const struct tunqos_arrival *a)
{
	if (a->has_dscp &&
	    nla_put(skb, TUNQOS_A_PORT_ARRIVAL_DSCP, sizeof(a->dscp), a->dscp))
		return -EMSGSIZE;
	if (a->override && nla_put_u8(skb, TUNQOS_A_PORT_ARRIVAL_OVERRIDE, 1))
		return -EMSGSIZE;
	if (a->has_table && nla_put(skb, TUNQOS_A_PORT_ARRIVAL_TABLE,
				    sizeof(a->table), a->table))
		return -EMSGSIZE;
	return 0;
}

/* What says which tag a frame leaves with. */
static int fill_tag(struct sk_buff *skb, const struct tunqos_profile *p)
{
	u8 bytes[TUNQOS_TABLE_LEN];
	u64 dei = 0;
	int i;

	for (i = 0; i < TUNQOS_TABLE_LEN; i++) {
		bytes[i] = tag_pcp(p->pcp[i]);
		if (p->pcp[i] != TUNQOS_TABLE_LEAVE && p->pcp[i] & 1)
			dei |= BIT_ULL(i);
	}
	if (p->has_pcp &&
	    nla_put(skb, TUNQOS_A_PORT_DSCP_PCP, sizeof(bytes), bytes))
		return -EMSGSIZE;
	if (p->tag_mask & VLAN_CFI_MASK &&
	    nla_put_u64_64bit(skb, TUNQOS_A_PORT_DSCP_DEI, dei,
			      TUNQOS_A_PORT_PAD))
		return -EMSGSIZE;
	for (i = 0; i < TUNQOS_PORT_PROTOCOLS; i++)
		bytes[i] = tag_pcp(p->protocol[i]);
	if (p->has_protocols &&
	    nla_put(skb, TUNQOS_A_PORT_PROTOCOL_PCP, TUNQOS_PORT_PROTOCOLS,
		    bytes))
		return -EMSGSIZE;
	if (p->priority_tag && nla_put_u8(skb, TUNQOS_A_PORT_PRIORITY_TAG, 1))
		return -EMSGSIZE;
	return 0;
}

static int fill_settings(struct sk_buff *skb, const struct tunqos_profile *p)
{
	if (fill_tag(skb, p))
		return -EMSGSIZE;
	if (p->mark_mask &&
	    (nla_put(skb, TUNQOS_A_PORT_DSCP_MARK, TUNQOS_TABLE_LEN,
		     p->mark) ||
	     nla_put_u32(skb, TUNQOS_A_PORT_MARK_MASK, p->mark_mask)))
		return -EMSGSIZE;
	if (p->rules && nla_put_u8(skb, TUNQOS_A_PORT_RULES, 1))
		return -EMSGSIZE;
	return p->arrival ? fill_arrival(skb, p->arrival) : 0;
}

/* Everything about a port binding. Context: process, RTNL held. */
int tunqos_fill_port(struct sk_buff *skb, const struct tunqos_binding *binding)
{
	const struct tunqos_profile *profile =
		rtnl_dereference(binding->profile);
	const struct tunqos_vid *vid = binding->vid;
	u32 hooks = binding->held;

	if (vid && vid->classes)
		hooks |= TUNQOS_HOOK_PORT_CLASS;
	if (nla_put_string(skb, TUNQOS_A_PORT_DEVICE, binding->key.name) ||
	    fill_settings(skb, profile) ||
	    nla_put_u32(skb, TUNQOS_A_PORT_STATE, binding->state) ||
	    nla_put_u32(skb, TUNQOS_A_PORT_HOOKS, hooks))
		return -EMSGSIZE;
	if (vid && vid->proto &&
	    (nla_put_string(skb, TUNQOS_A_PORT_LOWER, vid->lower->dev->name) ||
	     nla_put_u16(skb, TUNQOS_A_PORT_VID, vid->vid)))
		return -EMSGSIZE;
	if (binding->problem &&
	    nla_put_string(skb, TUNQOS_A_PORT_PROBLEM, binding->problem))
		return -EMSGSIZE;
	if (tunqos_fill_counters(skb, TUNQOS_A_PORT_EGRESS, binding,
				 TUNQOS_ENCAP))
		return -EMSGSIZE;
	return tunqos_fill_counters(skb, TUNQOS_A_PORT_INGRESS, binding,
				    TUNQOS_DECAP);
}
