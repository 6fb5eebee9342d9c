// SPDX-License-Identifier: GPL-2.0-only
/* What the module is, over netlink: release, capabilities, class tag. */

#include <linux/module.h>
#include <net/genetlink.h>

#include "path/net.h"
#include "netlink/family.h"
#include "netlink/policy.h"

int tunqos_nl_get_info_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct tunqos_net *tn = tunqos_net(genl_info_net(info));
	struct sk_buff *reply;
	void *header;

	reply = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	if (!reply)
		return -ENOMEM;
	header = genlmsg_put_reply(reply, info, &tunqos_family, 0,
				   TUNQOS_CMD_GET_INFO);
	if (!header ||
	    nla_put_string(reply, TUNQOS_A_INFO_RELEASE, TUNQOS_RELEASE) ||
	    nla_put_u64_64bit(reply, TUNQOS_A_INFO_CAPABILITIES,
			      TUNQOS_CAPABILITY_MASK,
			      TUNQOS_A_INFO_PAD) ||
	    nla_put_u32(reply, TUNQOS_A_INFO_GENERATION,
			READ_ONCE(tn->generation)) ||
	    nla_put_u8(reply, TUNQOS_A_INFO_CLASS_TAG, tn->tag) ||
	    nla_put_u32(reply, TUNQOS_A_INFO_STAGED,
			READ_ONCE(tn->txn_count)) ||
	    nla_put_string(reply, TUNQOS_A_INFO_SRCVERSION,
			   THIS_MODULE->srcversion ?: "")) {
		nlmsg_free(reply);
		return -EMSGSIZE;
	}
	genlmsg_end(reply, header);
	return genlmsg_reply(reply, info);
}
