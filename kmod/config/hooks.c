// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hooks in the families of IP: registered in a namespace with the first
 * profile that needs them there, unregistered with the last.
 */

#include <linux/netfilter_bridge.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/rtnetlink.h>

#include "path/net.h"
#include "path/places.h"
#include "config/hooks.h"
#include "config/kind.h"
#include "config/rtnl.h"

/*
 * Before: after SRCNAT (100) and mangle, so that a policy chosen after source
 * NAT is seen. IPsec's outer mark is written there, too, so that a rule of
 * POSTROUTING sees what the kernel wrote, and tc and the wire see ours. Outer:
 * after everything that may mark or re-route. Forward: no rule sees what it
 * clears, and what br_netfilter makes of a frame comes later. Rule: in front of
 * before, which copies the DSCP outside. Rule_cos: where rules of nftables at
 * mangle and behind it see it, until source NAT. Note: in front of everything.
 */
#define BEFORE_PRIORITY		300
#define OUTER_PRIORITY		300
#define ARRIVED_PRIORITY	(-300)
#define FORWARD_PRIORITY	(-300)
#define RULE_PRIORITY		290
#define RULE_COS_PRIORITY	(NF_IP_PRI_MANGLE + 38)
#define RULE_COS_END_PRIORITY	(NF_IP_PRI_NAT_SRC - 1)
#define NOTE_PRIORITY		(-300)

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
	[TUNQOS_INET_OUTER6] = {
		.hook		= tunqos_outer6,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_LOCAL_OUT,
		.priority	= OUTER_PRIORITY,
	},
	[TUNQOS_INET_ARRIVED4] = {
		.hook		= tunqos_arrived4,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_LOCAL_IN,
		.priority	= ARRIVED_PRIORITY,
	},
	[TUNQOS_INET_ARRIVED6] = {
		.hook		= tunqos_arrived6,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_LOCAL_IN,
		.priority	= ARRIVED_PRIORITY,
	},
	[TUNQOS_INET_FORWARD4] = {
		.hook		= tunqos_forward4,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_FORWARD,
		.priority	= FORWARD_PRIORITY,
	},
	[TUNQOS_INET_FORWARD6] = {
		.hook		= tunqos_forward6,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_FORWARD,
		.priority	= FORWARD_PRIORITY,
	},
	[TUNQOS_INET_BRIDGE] = {
		.hook		= tunqos_forward_bridge,
		.pf		= NFPROTO_BRIDGE,
		.hooknum	= NF_BR_PRE_ROUTING,
		.priority	= FORWARD_PRIORITY,
	},
	[TUNQOS_INET_RULE4] = {
		.hook		= tunqos_rule,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_POST_ROUTING,
		.priority	= RULE_PRIORITY,
	},
	[TUNQOS_INET_RULE6] = {
		.hook		= tunqos_rule,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_POST_ROUTING,
		.priority	= RULE_PRIORITY,
	},
	[TUNQOS_INET_RULE_COS4] = {
		.hook		= tunqos_rule_cos,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_FORWARD,
		.priority	= RULE_COS_PRIORITY,
	},
	[TUNQOS_INET_RULE_COS6] = {
		.hook		= tunqos_rule_cos,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_FORWARD,
		.priority	= RULE_COS_PRIORITY,
	},
	[TUNQOS_INET_RULE_COS_END4] = {
		.hook		= tunqos_rule_cos_end,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_POST_ROUTING,
		.priority	= RULE_COS_END_PRIORITY,
	},
	[TUNQOS_INET_RULE_COS_END6] = {
		.hook		= tunqos_rule_cos_end,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_POST_ROUTING,
		.priority	= RULE_COS_END_PRIORITY,
	},
	[TUNQOS_INET_NOTE4] = {
		.hook		= tunqos_rule_note,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_PRE_ROUTING,
		.priority	= NOTE_PRIORITY,
	},
	[TUNQOS_INET_NOTE6] = {
		.hook		= tunqos_rule_note,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_PRE_ROUTING,
		.priority	= NOTE_PRIORITY,
	},
	[TUNQOS_INET_NOTE_BRIDGE] = {
		.hook		= tunqos_rule_note,
		.pf		= NFPROTO_BRIDGE,
		.hooknum	= NF_BR_PRE_ROUTING,
		.priority	= NOTE_PRIORITY,
	},
	[TUNQOS_INET_NOTE_IN4] = {
		.hook		= tunqos_rule_note_end,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_LOCAL_IN,
		.priority	= NOTE_PRIORITY,
	},
	[TUNQOS_INET_NOTE_IN6] = {
		.hook		= tunqos_rule_note_end,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_LOCAL_IN,
		.priority	= NOTE_PRIORITY,
	},
	[TUNQOS_INET_NOTE_OUT4] = {
		.hook		= tunqos_rule_note_end,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_LOCAL_OUT,
		.priority	= NOTE_PRIORITY,
	},
	[TUNQOS_INET_NOTE_OUT6] = {
		.hook		= tunqos_rule_note_end,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_LOCAL_OUT,
		.priority	= NOTE_PRIORITY,
	},
};

/* What comes in from elsewhere; without bridges there is no such hook. */
#define OF_BRIDGES(bit)	(IS_ENABLED(CONFIG_NETFILTER_FAMILY_BRIDGE) ? (bit) : 0)
#define FORWARD_MASK	(BIT(TUNQOS_INET_FORWARD4) |		\
			 BIT(TUNQOS_INET_FORWARD6) |		\
			 OF_BRIDGES(BIT(TUNQOS_INET_BRIDGE)))

#define RULE_COS_MASK	(BIT(TUNQOS_INET_RULE_COS4) |		\
			 BIT(TUNQOS_INET_RULE_COS6) |		\
			 BIT(TUNQOS_INET_RULE_COS_END4) |	\
			 BIT(TUNQOS_INET_RULE_COS_END6))
#define NOTE_MASK	(BIT(TUNQOS_INET_NOTE4) |		\
			 BIT(TUNQOS_INET_NOTE6) |		\
			 OF_BRIDGES(BIT(TUNQOS_INET_NOTE_BRIDGE)) |	\
			 BIT(TUNQOS_INET_NOTE_IN4) |		\
			 BIT(TUNQOS_INET_NOTE_IN6) |		\
			 BIT(TUNQOS_INET_NOTE_OUT4) |		\
			 BIT(TUNQOS_INET_NOTE_OUT6))

/*
 * Where the outer packets of some devices are is not known: as long as one of
 * those is bound, all namespaces have its hooks. Both under RTNL.
 */
static LIST_HEAD(everybody);
static unsigned int everywhere[TUNQOS_INET_HOOKS];

/*
 * Which of them a place of the packet path means. Without a kind it is IPsec,
 * else the families are those of its outer packets: others pay nothing.
 */
static u32 inet_mask(u32 hooks, const struct tunqos_kind *kind)
{
	u32 mask = 0;

	if (hooks & TUNQOS_HOOK_BEFORE)
		mask |= BIT(TUNQOS_INET_BEFORE4) | BIT(TUNQOS_INET_BEFORE6);
	if (hooks & TUNQOS_HOOK_FORWARD)
		mask |= FORWARD_MASK;
	if (hooks & TUNQOS_HOOK_RULE)
		mask |= BIT(TUNQOS_INET_RULE4) | BIT(TUNQOS_INET_RULE6);
	if (hooks & TUNQOS_HOOK_RULE_COS)
		mask |= RULE_COS_MASK;
	if (hooks & TUNQOS_HOOK_NOTE)
		mask |= NOTE_MASK;
	if (!kind)
		return mask;
	if (hooks & TUNQOS_HOOK_OUTER)
		mask |= (kind->inet4 ? BIT(TUNQOS_INET_OUTER4) : 0) |
			(kind->inet6 ? BIT(TUNQOS_INET_OUTER6) : 0);
	if (hooks & TUNQOS_HOOK_ARRIVED)
		mask |= (kind->inet4 ? BIT(TUNQOS_INET_ARRIVED4) : 0) |
			(kind->inet6 ? BIT(TUNQOS_INET_ARRIVED6) : 0);
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
 * @kind: of the tunnel device, NULL for IPsec
 *
 * Context: process, RTNL held.
 * Return: 0, or a negative error number, then none was taken.
 */
int tunqos_hooks_get(struct net *net, u32 hooks,
		     const struct tunqos_kind *kind)
{
	struct tunqos_net *tn = tunqos_net(net);
	u32 mask = inet_mask(hooks, kind);
	int hook, err;

	tunqos_assert_rtnl();
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
void tunqos_hooks_put(struct net *net, u32 hooks,
		      const struct tunqos_kind *kind)
{
	struct tunqos_net *tn = tunqos_net(net);
	u32 mask = inet_mask(hooks, kind);
	int hook;

	tunqos_assert_rtnl();
	for (hook = 0; hook < TUNQOS_INET_HOOKS; hook++) {
		if (mask & BIT(hook))
			put(tn, hook);
	}
}

/* One reference in each namespace, up to one that is not to be touched. */
static void put_all(int hook, const struct tunqos_net *end)
{
	struct tunqos_net *tn;

	list_for_each_entry(tn, &everybody, everybody) {
		if (tn == end)
			return;
		put(tn, hook);
	}
}

static int get_all(int hook)
{
	struct tunqos_net *tn;
	int err;

	list_for_each_entry(tn, &everybody, everybody) {
		err = get(tn, hook);
		if (err) {
			put_all(hook, tn);
			return err;
		}
	}
	return 0;
}

static void put_everywhere(int hook)
{
	if (!--everywhere[hook])
		put_all(hook, NULL);
}

/**
 * tunqos_hooks_get_everywhere() - the same in each namespace, also later ones
 * @hooks: as for tunqos_hooks_get()
 * @kind: as for tunqos_hooks_get()
 *
 * Context: process, RTNL held.
 * Return: 0, or a negative error number, then none was taken.
 */
int tunqos_hooks_get_everywhere(u32 hooks, const struct tunqos_kind *kind)
{
	u32 mask = inet_mask(hooks, kind);
	int hook, err = 0;

	tunqos_assert_rtnl();
	for (hook = 0; hook < TUNQOS_INET_HOOKS; hook++) {
		if (!(mask & BIT(hook)))
			continue;
		if (!everywhere[hook])
			err = get_all(hook);
		if (err)
			goto err_put;
		everywhere[hook]++;
	}
	return 0;

err_put:
	while (hook--) {
		if (mask & BIT(hook))
			put_everywhere(hook);
	}
	return err;
}

/* Gives back what tunqos_hooks_get_everywhere() took. Context: the same. */
void tunqos_hooks_put_everywhere(u32 hooks, const struct tunqos_kind *kind)
{
	u32 mask = inet_mask(hooks, kind);
	int hook;

	tunqos_assert_rtnl();
	for (hook = 0; hook < TUNQOS_INET_HOOKS; hook++) {
		if (mask & BIT(hook))
			put_everywhere(hook);
	}
}

/* Ends what a namespace has. Context: process, RTNL held. */
static void drop(struct tunqos_net *tn)
{
	int hook;

	for (hook = 0; hook < TUNQOS_INET_HOOKS; hook++) {
		if (!tn->users[hook])
			continue;
		WRITE_ONCE(tn->users[hook], 0);
		nf_unregister_net_hook(tn->net, &tn->inet_ops[hook]);
	}
}

/**
 * tunqos_hooks_init() - give a new namespace the hooks that all have
 * @tn: has none yet
 *
 * Context: process; takes RTNL.
 * Return: 0, or a negative error number and nothing was taken.
 */
int tunqos_hooks_init(struct tunqos_net *tn)
{
	int hook, err = 0;

	for (hook = 0; hook < TUNQOS_INET_HOOKS; hook++) {
		tn->inet_ops[hook] = inet_ops[hook];
		tn->inet_ops[hook].priv = tn;
	}

	rtnl_lock();
	for (hook = 0; hook < TUNQOS_INET_HOOKS && !err; hook++) {
		if (!everywhere[hook])
			continue;
		err = get(tn, hook);
	}
	if (err)
		drop(tn);
	else
		list_add_tail(&tn->everybody, &everybody);
	rtnl_unlock();
	return err;
}

/* A namespace ends; nothing is attached to it. Context: process, RTNL held. */
void tunqos_hooks_exit(struct tunqos_net *tn)
{
	tunqos_assert_rtnl();
	list_del(&tn->everybody);
	drop(tn);
}
