// SPDX-License-Identifier: GPL-2.0-only
/* Transactions over netlink; what is staged in them is stage.c's. */

#include <net/genetlink.h>

#include "path/net.h"
#include "config/binding.h"
#include "config/refusal.h"
#include "config/transaction.h"
#include "netlink/binding.h"
#include "netlink/policy.h"
#include "netlink/refusal.h"
#include "netlink/stage.h"

static struct tunqos_net *net_of(struct genl_info *info)
{
	return tunqos_net(genl_info_net(info));
}

int tunqos_nl_begin_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *attr = info->attrs[TUNQOS_A_INFO_GENERATION];
	u32 generation = attr ? nla_get_u32(attr) : 0;
	struct tunqos_refusal refusal = {};
	int err;

	err = tunqos_txn_begin(net_of(info), info->snd_portid,
			       attr ? &generation : NULL, &refusal);
	if (err == -ESTALE)
		NL_SET_BAD_ATTR(info->extack, attr);
	return tunqos_answer_for(info, err, &refusal);
}

int tunqos_nl_commit_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct tunqos_refusal refusal = {};
	int err;

	err = tunqos_txn_commit(net_of(info), info->snd_portid,
				tunqos_notify_commit, &refusal);
	return tunqos_answer_for(info, err, &refusal);
}

int tunqos_nl_abort_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct tunqos_refusal refusal = {};
	int err;

	err = tunqos_txn_abort(net_of(info), info->snd_portid, &refusal);
	return tunqos_answer_for(info, err, &refusal);
}

int tunqos_nl_flush_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct tunqos_binding *change = tunqos_binding_alloc(TUNQOS_VERB_FLUSH);

	return change ? tunqos_stage(info, change) : -ENOMEM;
}
