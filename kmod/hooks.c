// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hooks in the families of IP: registered in a namespace with the first
 * profile that needs them there, unregistered with the last.
 */

#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/rtnetlink.h>

#include "tunqos.h"

/*
 * Before: after SRCNAT (100) and mangle, so that a policy chosen after source
 * NAT is seen. IPsec's outer mark is written there, too, so that a rule of
 * POSTROUTING sees what the kernel wrote, and tc and the wire see ours. Outer:
 * after everything that may mark or re-route.
 */
#define BEFORE_PRIORITY		300
#define OUTER_PRIORITY		300
#define ARRIVED_PRIORITY	(-300)

static const struct nf_hook_ops inet_ops[TUNQOS_INET_HOOKS] = {
	[TUNQOS_INET_BEFORE4] = {
		.hook		= tunqos_before4,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_POST_ROUTING,
		.priority	= BEFORE_PRIORITY,
	},
	[TUNQOS_INET_BEFORE6] = {
		.hook		= tunqos_before6,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_POST_ROUTING,
		.priority	= BEFORE_PRIORITY,
	},
	[TUNQOS_INET_OUTER4] = {
		.hook		= tunqos_outer4,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_LOCAL_OUT,
		.priority	= OUTER_PRIORITY,
	},
	[TUNQOS_INET_ARRIVED4] = {
		.hook		= tunqos_arrived4,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_LOCAL_IN,
		.priority	= ARRIVED_PRIORITY,
	},
};

/* Context: none of the namespace's hooks is registered. */
void tunqos_hooks_init(struct tunqos_net *tn)
{
	int hook;

	for (hook = 0; hook < TUNQOS_INET_HOOKS; hook++) {
		tn->inet_ops[hook] = inet_ops[hook];
		tn->inet_ops[hook].priv = tn;
	}
}

/* Which of them a place of the packet path means, for IPsec and without. */
static u32 inet_mask(u32 hooks)
{
	u32 mask = 0;

	if (hooks & TUNQOS_HOOK_BEFORE)
		mask |= BIT(TUNQOS_INET_BEFORE4) | BIT(TUNQOS_INET_BEFORE6);
	if (hooks & TUNQOS_HOOK_OUTER)
		mask |= BIT(TUNQOS_INET_OUTER4);
	if (hooks & TUNQOS_HOOK_ARRIVED)
		mask |= BIT(TUNQOS_INET_ARRIVED4);
	return mask;
}

static void put(struct tunqos_net *tn, int hook)
{
	if (WARN_ON_ONCE(!tn->users[hook]))
		return;
	WRITE_ONCE(tn->users[hook], tn->users[hook] - 1);
	if (!tn->users[hook])
		nf_unregister_net_hook(tn->net, &tn->inet_ops[hook]);
}

static int get(struct tunqos_net *tn, int hook)
{
	int err;

	if (!tn->users[hook]) {
		err = nf_register_net_hook(tn->net, &tn->inet_ops[hook]);
		if (err)
			return err;
	}
	WRITE_ONCE(tn->users[hook], tn->users[hook] + 1);
	return 0;
}

/**
 * tunqos_hooks_get() - take references to the hooks of a namespace
 * @net: where the packets are
 * @hooks: a set of enum tunqos_hook; only those of IP are looked at
 *
 * Context: process, RTNL held.
 * Return: 0, or a negative error number, then none was taken.
 */
int tunqos_hooks_get(struct net *net, u32 hooks)
{
	struct tunqos_net *tn = tunqos_net(net);
	u32 mask = inet_mask(hooks);
	int hook, err;

	ASSERT_RTNL();
	for (hook = 0; hook < TUNQOS_INET_HOOKS; hook++) {
		if (!(mask & BIT(hook)))
			continue;
		err = get(tn, hook);
		if (err)
			goto err_put;
	}
	return 0;

err_put:
	while (hook--) {
		if (mask & BIT(hook))
			put(tn, hook);
	}
	return err;
}

/* Gives back what tunqos_hooks_get() took. Context: process, RTNL held. */
void tunqos_hooks_put(struct net *net, u32 hooks)
{
	struct tunqos_net *tn = tunqos_net(net);
	u32 mask = inet_mask(hooks);
	int hook;

	ASSERT_RTNL();
	for (hook = 0; hook < TUNQOS_INET_HOOKS; hook++) {
		if (mask & BIT(hook))
			put(tn, hook);
	}
}
