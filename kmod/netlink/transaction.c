// SPDX-License-Identifier: GPL-2.0-only
/* Transactions over netlink, and the words for what is refused in them. */

#include <linux/netlink.h>
#include <net/genetlink.h>

#include "path/net.h"
#include "config/binding.h"
#include "config/key.h"
#include "config/refusal.h"
#include "config/selector.h"
#include "config/transaction.h"
#include "netlink/binding.h"
#include "netlink/family.h"
#include "netlink/policy.h"
#include "netlink/transaction.h"

#define DESCRIPTION	192	/* bytes: of a binding, for people */

/* The name of a binding for people: "tunnel gre1", "ipsec peer 192.0.2.1". */
static void describe(const struct tunqos_key *key, char *buf, size_t len)
{
	switch (key->type) {
	case TUNQOS_BIND_DEVICE:
		snprintf(buf, len, "tunnel %s", key->name);
		break;
	case TUNQOS_BIND_PORT:
		snprintf(buf, len, "port %s", key->name);
		break;
	case TUNQOS_BIND_IPSEC:
		tunqos_selector_describe(&key->sa, buf, len);
		break;
	}
}

/* There is no binding with this key. */
void tunqos_refuse_missing(struct netlink_ext_ack *extack,
			   const struct tunqos_key *key)
{
	char name[DESCRIPTION];

	describe(key, name, sizeof(name));
	tunqos_refuse(extack, "%s: no such binding", name);
}

/* What cannot be done about a binding, and why. */
static void refuse_binding(struct netlink_ext_ack *extack,
			   const struct tunqos_refusal *refusal,
			   const char *what)
{
	char name[DESCRIPTION];

	describe(&refusal->key, name, sizeof(name));
	tunqos_refuse(extack, "%s: %s%s", name, what, refusal->problem);
}

static void say(struct netlink_ext_ack *extack,
		const struct tunqos_refusal *refusal)
{
	switch (refusal->what) {
	case TUNQOS_REFUSED_UNSAID:
		break;
	case TUNQOS_REFUSED_BUSY:
		tunqos_refuse(extack, "another transaction is open, try again");
		break;
	case TUNQOS_REFUSED_STALE:
		tunqos_refuse(extack,
			      "the configuration has changed meanwhile, read it again");
		break;
	case TUNQOS_REFUSED_NOT_OPEN:
		tunqos_refuse(extack,
			      "no transaction is open, send begin first");
		break;
	case TUNQOS_REFUSED_CHANGES:
		tunqos_refuse(extack, "too many changes in one transaction");
		break;
	case TUNQOS_REFUSED_STAGED:
		tunqos_refuse(extack,
			      "too many changes are staged: %u are allowed in all namespaces together whose owner does not own the machine; commit fewer at a time",
			      TUNQOS_GUESTS_MAX);
		break;
	case TUNQOS_REFUSED_BINDINGS:
		tunqos_refuse(extack,
			      "too many bindings: %u are allowed in a namespace, %u in all together whose owner does not own the machine; remove some first",
			      TUNQOS_BINDINGS_MAX, TUNQOS_GUESTS_MAX);
		break;
	case TUNQOS_REFUSED_MISSING:
		tunqos_refuse_missing(extack, &refusal->key);
		break;
	case TUNQOS_REFUSED_UNFIT:
		refuse_binding(extack, refusal, "");
		break;
	case TUNQOS_REFUSED_DEVICE:
		refuse_binding(extack, refusal,
			       "cannot hook into the device: ");
		break;
	case TUNQOS_REFUSED_IPSEC:
		refuse_binding(extack, refusal, "cannot hook into ipsec: ");
		break;
	case TUNQOS_REFUSED_PORTS:
		tunqos_refuse(extack,
			      "cannot hook into the ports: out of memory");
		break;
	case TUNQOS_REFUSED_MEMORY:
		tunqos_refuse(extack, "out of memory");
		break;
	}
}

/* Return: @err. */
static int answer(struct genl_info *info, int err,
		  const struct tunqos_refusal *refusal)
{
	if (err)
		say(info->extack, refusal);
	return err;
}

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
	return answer(info, err, &refusal);
}

int tunqos_nl_commit_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct tunqos_refusal refusal = {};
	int err;

	err = tunqos_txn_commit(net_of(info), info->snd_portid,
				tunqos_notify_commit, &refusal);
	return answer(info, err, &refusal);
}

int tunqos_nl_abort_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct tunqos_refusal refusal = {};
	int err;

	err = tunqos_txn_abort(net_of(info), info->snd_portid, &refusal);
	return answer(info, err, &refusal);
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
	return answer(info, err, &refusal);
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

int tunqos_nl_flush_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct tunqos_binding *change = tunqos_binding_alloc(TUNQOS_VERB_FLUSH);

	return change ? tunqos_stage(info, change) : -ENOMEM;
}
