// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic netlink family: the operations on the module as a whole. Policies
 * and the table of operations are generated from
 * include/uapi/linux/tunqos.yaml.
 */

#include <linux/module.h>
#include <linux/rtnetlink.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "core/core.h"
#include "path/count.h"
#include "path/net.h"
#include "netlink/compat.h"
#include "netlink/family.h"
#include "netlink/policy.h"

static const struct genl_multicast_group groups[] = {
	[TUNQOS_NLGRP_EVENTS] = {
		.name = TUNQOS_MCGRP_EVENTS,
		/* they say what only an administrator may ask for */
		.flags = TUNQOS_MCAST_ADMIN,
	},
};

/* Of the generated table, by the functions of each; see answer() below. */
static struct genl_ops ops[ARRAY_SIZE(tunqos_nl_ops)] __ro_after_init;

/*
 * Requests of different namespaces do not wait for each other, nor other
 * families for them: what they share is under txn_lock and RTNL.
 */
struct genl_family tunqos_family __ro_after_init = {
	.name		= TUNQOS_GENL_NAME,
	.version	= TUNQOS_GENL_VERSION,
	.netnsok	= true,
	.parallel_ops	= true,
	.module		= THIS_MODULE,
	.ops		= ops,
	.n_ops		= ARRAY_SIZE(ops),
	.resv_start_op	= TUNQOS_CMD_GET_INFO,
	.mcgrps		= groups,
	.n_mcgrps	= ARRAY_SIZE(groups),
};

/* A request's extack with room for words that are not constant. */
struct refusal {
	struct netlink_ext_ack extack;
	char words[384];
};

/**
 * tunqos_refuse() - give a refusal its reason, with names and values
 * @extack: of a request, as answer() has made it
 * @format: lower case, no full stop
 *
 * Context: process.
 */
void tunqos_refuse(struct netlink_ext_ack *extack, const char *format, ...)
{
	struct refusal *refusal = container_of(extack, struct refusal, extack);
	va_list args;

	va_start(args, format);
	vsnprintf(refusal->words, sizeof(refusal->words), format, args);
	va_end(args);
	extack->_msg = refusal->words;
}

static int handle(struct sk_buff *skb, struct genl_info *info)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tunqos_nl_ops); i++) {
		if (tunqos_nl_ops[i].cmd == info->genlhdr->cmd)
			return tunqos_nl_ops[i].doit(skb, info);
	}
	return -EOPNOTSUPP;
}

/*
 * Each request comes by here. Netlink reads the words of a refusal after the
 * handler has returned, when nothing keeps them: so they are sent from here.
 */
static int answer(struct sk_buff *skb, struct genl_info *info)
{
	struct refusal refusal = { .extack = *info->extack };
	struct netlink_ext_ack *extack = info->extack;
	int err;

	info->extack = &refusal.extack;
	err = handle(skb, info);
	info->extack = extack;
	if (!err)
		return 0;
	netlink_ack(skb, nlmsg_hdr(skb), err, &refusal.extack);
	return -EINTR;	/* for netlink: it has been answered */
}

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

int __init tunqos_netlink_register(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		ops[i] = tunqos_nl_ops[i];
		if (ops[i].doit)
			ops[i].doit = answer;
	}
	return genl_register_family(&tunqos_family);
}

void tunqos_netlink_unregister(void)
{
	genl_unregister_family(&tunqos_family);
}
