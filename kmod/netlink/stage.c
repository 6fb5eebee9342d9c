// SPDX-License-Identifier: GPL-2.0-only
/* What requests add to the transaction of their socket. */

#include <net/genetlink.h>

#include "path/net.h"
#include "config/binding.h"
#include "config/key.h"
#include "config/profile.h"
#include "config/refusal.h"
#include "config/transaction.h"
#include "netlink/refusal.h"
#include "netlink/stage.h"

static struct tunqos_net *net_of(struct genl_info *info)
{
	return tunqos_net(genl_info_net(info));
}

/**
 * tunqos_stage() - add a change to the transaction of a request's socket
 * @info: the request
 * @change: belongs to the transaction from now on, also on failure
 *
 * Context: process.
 * Return: 0, or a negative error number, and the request has the reason.
 */
int tunqos_stage(struct genl_info *info, struct tunqos_binding *change)
{
	struct tunqos_refusal refusal = {};
	int err;

	err = tunqos_txn_stage(net_of(info), change, info->snd_portid,
			       &refusal);
	return tunqos_answer_for(info, err, &refusal);
}

/**
 * tunqos_stage_set() - stage a binding as a request describes it
 * @info: the request
 * @read: reads the attributes of this type of binding: its key and its
 *	profile, which is all zero; refuses by itself
 *
 * Context: process.
 * Return: 0, or a negative error number, and the request has the reason.
 */
int tunqos_stage_set(struct genl_info *info,
		     int (*read)(struct genl_info *info,
				 struct tunqos_binding *change))
{
	struct tunqos_binding *change = tunqos_binding_alloc(TUNQOS_VERB_SET);
	int err = -ENOMEM;

	if (!change)
		return err;
	change->next = tunqos_profile_alloc();
	if (change->next)
		err = read(info, change);
	if (!err)
		return tunqos_stage(info, change);
	tunqos_binding_free(change);
	return err;
}

/* Stages the removal of the binding with this key. Context: process. */
int tunqos_stage_del(struct genl_info *info, const struct tunqos_key *key)
{
	struct tunqos_binding *change = tunqos_binding_alloc(TUNQOS_VERB_DEL);

	if (!change)
		return -ENOMEM;
	change->key = *key;
	return tunqos_stage(info, change);
}
