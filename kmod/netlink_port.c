// SPDX-License-Identifier: GPL-2.0-only
/* Port profiles over netlink: attributes to profile and back. */

#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/genetlink.h>

#include "tunqos.h"
#include "netlink_policy.h"

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

int tunqos_nl_set_port_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct tunqos_binding *change;
	int err;

	change = tunqos_binding_alloc(TUNQOS_VERB_SET);
	if (!change)
		return -ENOMEM;
	change->next = tunqos_profile_alloc();
	if (!change->next) {
		err = -ENOMEM;
		goto err_free;
	}
	err = tunqos_port_key(info, &change->key);
	if (err)
		goto err_free;
	if (!info->attrs[TUNQOS_A_PORT_DSCP_PCP]) {
		GENL_SET_ERR_MSG(info, "a port needs dscp-pcp");
		err = -EINVAL;
		goto err_free;
	}
	err = tunqos_read_pcp(info, change->next);
	if (err)
		goto err_free;
	return tunqos_txn_stage(tunqos_net(genl_info_net(info)), change, info);

err_free:
	tunqos_binding_free(change);
	return err;
}

int tunqos_nl_del_port_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct tunqos_key key;
	int err = tunqos_port_key(info, &key);

	return err ?: tunqos_stage_del(info, &key);
}

/* Everything about a port binding. Context: process, RTNL held. */
int tunqos_fill_port(struct sk_buff *skb, const struct tunqos_binding *binding)
{
	const struct tunqos_profile *profile =
		rtnl_dereference(binding->profile);
	const struct tunqos_vid *vid = binding->vid;

	if (nla_put_string(skb, TUNQOS_A_PORT_DEVICE, binding->key.name) ||
	    nla_put(skb, TUNQOS_A_PORT_DSCP_PCP, TUNQOS_TABLE_LEN,
		    profile->pcp) ||
	    nla_put_u32(skb, TUNQOS_A_PORT_STATE, binding->state) ||
	    nla_put_u32(skb, TUNQOS_A_PORT_HOOKS, binding->held))
		return -EMSGSIZE;
	if (vid && (nla_put_string(skb, TUNQOS_A_PORT_LOWER,
				   vid->lower->dev->name) ||
		    nla_put_u16(skb, TUNQOS_A_PORT_VID, vid->vid)))
		return -EMSGSIZE;
	if (binding->problem &&
	    nla_put_string(skb, TUNQOS_A_PORT_PROBLEM, binding->problem))
		return -EMSGSIZE;
	return tunqos_fill_counters(skb, TUNQOS_A_PORT_EGRESS, binding,
				    TUNQOS_ENCAP);
}
