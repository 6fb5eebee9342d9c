// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is the same for bindings of every type: dumps, single answers, events.
 * Setting them is in tunnel.c, port.c and rule.c.
 */

#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "path/net.h"
#include "config/binding.h"
#include "config/key.h"
#include "config/lookup.h"
#include "netlink/binding.h"
#include "netlink/family.h"
#include "netlink/key.h"
#include "netlink/policy.h"
#include "netlink/port.h"
#include "netlink/refusal.h"
#include "netlink/rule.h"
#include "netlink/tunnel.h"

/* What tunnel.c, port.c and rule.c say of one binding. */
static int fill(struct sk_buff *skb, const struct tunqos_binding *binding)
{
	switch (binding->key.type) {
	case TUNQOS_BIND_PORT:
		return tunqos_fill_port(skb, binding);
	case TUNQOS_BIND_RULE:
		return tunqos_fill_rule(skb, binding);
	default:
		return tunqos_fill_tunnel(skb, binding);
	}
}

/* The answer that has a binding of a type. */
static u8 command(enum tunqos_binding_type type)
{
	switch (type) {
	case TUNQOS_BIND_PORT:
		return TUNQOS_CMD_GET_PORT;
	case TUNQOS_BIND_RULE:
		return TUNQOS_CMD_GET_RULE;
	default:
		return TUNQOS_CMD_GET_TUNNEL;
	}
}

static int put_binding(struct sk_buff *skb,
		       const struct tunqos_binding *binding, u32 portid,
		       u32 seq, int flags, u8 cmd, struct netlink_callback *cb)
{
	void *header = genlmsg_put(skb, portid, seq, &tunqos_family, flags,
				   cmd);

	if (!header)
		return -EMSGSIZE;
	if (cb)
		genl_dump_check_consistent(cb, header);
	if (fill(skb, binding)) {
		genlmsg_cancel(skb, header);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, header);
	return 0;
}

static bool wanted(const struct tunqos_binding *binding, u8 cmd)
{
	return command(binding->key.type) == cmd &&
	       rcu_access_pointer(binding->profile);
}

/*
 * args[0] is the next binding that a dump has to say. The pointer holds as long
 * as the generation (args[1]) does: nothing but a commit takes a binding away.
 * What has been said does not fit together with what comes after one, so the
 * dump ends there, and its end tells the reader that it was interrupted.
 */
static int dump(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd)
{
	struct tunqos_net *tn = tunqos_net(sock_net(skb->sk));
	struct tunqos_binding *binding;

	rtnl_lock();
	cb->seq = tn->generation + 1;
	binding = (struct tunqos_binding *)cb->args[0];
	if (!binding)
		binding = list_first_entry(&tn->bindings,
					   struct tunqos_binding, list);
	else if (cb->args[1] != tn->generation)
		goto unlock;
	list_for_each_entry_from(binding, &tn->bindings, list) {
		if (wanted(binding, cmd) &&
		    put_binding(skb, binding, NETLINK_CB(cb->skb).portid,
				cb->nlh->nlmsg_seq, NLM_F_MULTI, cmd, cb))
			break;
	}
	cb->args[0] = (long)binding;
	cb->args[1] = tn->generation;
unlock:
	rtnl_unlock();
	return skb->len;
}

int tunqos_nl_get_tunnel_dumpit(struct sk_buff *skb,
				struct netlink_callback *cb)
{
	return dump(skb, cb, TUNQOS_CMD_GET_TUNNEL);
}

int tunqos_nl_get_port_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	return dump(skb, cb, TUNQOS_CMD_GET_PORT);
}

int tunqos_nl_get_rule_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	return dump(skb, cb, TUNQOS_CMD_GET_RULE);
}

/* One binding in answer to a request that named it by @key. */
static int answer(struct genl_info *info, const struct tunqos_key *key)
{
	struct tunqos_net *tn = tunqos_net(genl_info_net(info));
	const struct tunqos_binding *binding;
	struct sk_buff *reply;
	int err;

	reply = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	if (!reply)
		return -ENOMEM;
	rtnl_lock();
	binding = tunqos_binding_find(tn, key);
	if (binding) {
		err = put_binding(reply, binding, info->snd_portid,
				  info->snd_seq, 0, command(key->type), NULL);
	} else {
		tunqos_refuse_missing(info->extack, key);
		err = -ENOENT;
	}
	rtnl_unlock();
	if (err) {
		nlmsg_free(reply);
		return err;
	}
	return genlmsg_reply(reply, info);
}

int tunqos_nl_get_tunnel_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct tunqos_key key = {};
	int err = tunqos_tunnel_key(info, &key);

	return err ?: answer(info, &key);
}

int tunqos_nl_get_port_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct tunqos_key key;
	int err = tunqos_port_key(info, &key);

	return err ?: answer(info, &key);
}

int tunqos_nl_get_rule_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct tunqos_key key;
	int err = tunqos_rule_key(info, &key);

	return err ?: answer(info, &key);
}

/* As if their socket had overrun: listeners read everything again. */
static void event_lost(struct net *net)
{
	genl_set_err(&tunqos_family, net, 0, TUNQOS_NLGRP_EVENTS, -ENOBUFS);
}

/**
 * tunqos_notify_binding() - tell listeners the state of a binding
 * @binding: it has a profile
 *
 * Context: process, RTNL held. A lost message is no error: listeners see an
 * overrun of their socket and read everything again.
 */
void tunqos_notify_binding(const struct tunqos_binding *binding)
{
	bool port = binding->key.type == TUNQOS_BIND_PORT;
	struct net *net = binding->tn->net;
	struct sk_buff *skb;

	if (!genl_has_listeners(&tunqos_family, net, TUNQOS_NLGRP_EVENTS))
		return;
	skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	if (!skb ||
	    put_binding(skb, binding, 0, 0, 0,
			port ? TUNQOS_CMD_PORT_NTF : TUNQOS_CMD_TUNNEL_NTF,
			NULL)) {
		nlmsg_free(skb);
		event_lost(net);
		return;
	}
	genlmsg_multicast_netns(&tunqos_family, net, skb, 0,
				TUNQOS_NLGRP_EVENTS, GFP_KERNEL);
}

/* Tells listeners that a transaction was committed. Context as above. */
void tunqos_notify_commit(const struct tunqos_net *tn)
{
	struct sk_buff *skb;
	void *header;

	if (!genl_has_listeners(&tunqos_family, tn->net, TUNQOS_NLGRP_EVENTS))
		return;
	skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	header = skb ? genlmsg_put(skb, 0, 0, &tunqos_family, 0,
				   TUNQOS_CMD_CONFIG_NTF) : NULL;
	if (!header ||
	    nla_put_u32(skb, TUNQOS_A_INFO_GENERATION, tn->generation)) {
		nlmsg_free(skb);
		event_lost(tn->net);
		return;
	}
	genlmsg_end(skb, header);
	genlmsg_multicast_netns(&tunqos_family, tn->net, skb, 0,
				TUNQOS_NLGRP_EVENTS, GFP_KERNEL);
}
