// SPDX-License-Identifier: GPL-2.0-only
/* Counters over netlink, added up over all CPUs. */

#include <net/genetlink.h>
#include <net/sock.h>

#include "path/count.h"
#include "path/net.h"
#include "config/binding.h"
#include "netlink/counters.h"
#include "netlink/family.h"
#include "netlink/policy.h"

/* The counters of one direction. */
int tunqos_fill_counters(struct sk_buff *skb, int attr,
			 const struct tunqos_binding *binding,
			 enum tunqos_direction direction)
{
	struct tunqos_counters sum = {};
	struct nlattr *nest;
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct tunqos_counters *one =
			&per_cpu_ptr(binding->stats, cpu)->direction[direction];

		sum.packets += READ_ONCE(one->packets);
		sum.written += READ_ONCE(one->written);
		sum.left_alone += READ_ONCE(one->left_alone);
		sum.dropped += READ_ONCE(one->dropped);
	}

	nest = nla_nest_start(skb, attr);
	if (!nest ||
	    nla_put_u64_64bit(skb, TUNQOS_A_COUNTERS_PACKETS, sum.packets,
			      TUNQOS_A_COUNTERS_PAD) ||
	    nla_put_u64_64bit(skb, TUNQOS_A_COUNTERS_WRITTEN, sum.written,
			      TUNQOS_A_COUNTERS_PAD) ||
	    nla_put_u64_64bit(skb, TUNQOS_A_COUNTERS_LEFT_ALONE,
			      sum.left_alone, TUNQOS_A_COUNTERS_PAD) ||
	    nla_put_u64_64bit(skb, TUNQOS_A_COUNTERS_DROPPED, sum.dropped,
			      TUNQOS_A_COUNTERS_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static u64 reason_sum(const struct tunqos_net *tn, int reason)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(tn->reasons,
					     cpu)->packets[reason]);
	return sum;
}

static int put_reason(struct sk_buff *skb, const struct tunqos_net *tn,
		      u32 portid, u32 seq, int flags, int reason)
{
	void *header = genlmsg_put(skb, portid, seq, &tunqos_family, flags,
				   TUNQOS_CMD_GET_REASON);

	if (!header)
		return -EMSGSIZE;
	if (nla_put_u32(skb, TUNQOS_A_REASON_REASON, reason) ||
	    nla_put_u64_64bit(skb, TUNQOS_A_REASON_PACKETS,
			      reason_sum(tn, reason), TUNQOS_A_REASON_PAD)) {
		genlmsg_cancel(skb, header);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, header);
	return 0;
}

int tunqos_nl_get_reason_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *reply;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, TUNQOS_A_REASON_REASON))
		return -EINVAL;
	reply = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	if (!reply)
		return -ENOMEM;
	err = put_reason(reply, tunqos_net(genl_info_net(info)),
			 info->snd_portid, info->snd_seq, 0,
			 nla_get_u32(info->attrs[TUNQOS_A_REASON_REASON]));
	if (err) {
		nlmsg_free(reply);
		return err;
	}
	return genlmsg_reply(reply, info);
}

int tunqos_nl_get_reason_dumpit(struct sk_buff *skb,
				struct netlink_callback *cb)
{
	const struct tunqos_net *tn = tunqos_net(sock_net(skb->sk));

	for (; cb->args[0] < TUNQOS_REASONS; cb->args[0]++) {
		if (put_reason(skb, tn, NETLINK_CB(cb->skb).portid,
			       cb->nlh->nlmsg_seq, NLM_F_MULTI, cb->args[0]))
			break;
	}
	return skb->len;
}
