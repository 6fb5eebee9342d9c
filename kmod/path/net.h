/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A network namespace: what packets read of it, and what is configured there.
 *
 * Locking: everything that is configuration changes under RTNL only. The packet
 * path takes no lock; it reads profiles under RCU (each netfilter hook runs
 * inside rcu_read_lock()).
 */
#ifndef TUNQOS_PATH_NET_H
#define TUNQOS_PATH_NET_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/netfilter.h>
#include <linux/percpu.h>
#include <linux/types.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

struct tunqos_binding;
struct tunqos_reasons;
struct tunqos_rules;
struct tunqos_shapes;

/* Hooks in the families of IP, counted per namespace. */
enum tunqos_inet_hook {
	TUNQOS_INET_BEFORE4,
	TUNQOS_INET_BEFORE6,
	TUNQOS_INET_OUTER4,
	TUNQOS_INET_OUTER6,
	TUNQOS_INET_ARRIVED4,
	TUNQOS_INET_ARRIVED6,
	TUNQOS_INET_FORWARD4,
	TUNQOS_INET_FORWARD6,
	TUNQOS_INET_BRIDGE,
	TUNQOS_INET_RULE4,
	TUNQOS_INET_RULE6,
	TUNQOS_INET_RULE_COS4,
	TUNQOS_INET_RULE_COS6,
	TUNQOS_INET_RULE_COS_END4,
	TUNQOS_INET_RULE_COS_END6,
	TUNQOS_INET_NOTE4,
	TUNQOS_INET_NOTE6,
	TUNQOS_INET_NOTE_BRIDGE,
	TUNQOS_INET_NOTE_IN4,
	TUNQOS_INET_NOTE_IN6,
	TUNQOS_INET_NOTE_OUT4,
	TUNQOS_INET_NOTE_OUT6,
	TUNQOS_INET_HOOKS,
};

/* Bindings in the order in which they came; each is on one chain at most. */
struct tunqos_chain {
	struct tunqos_binding *first;
	struct tunqos_binding **end;
};

struct tunqos_net {
	struct net *net;
	struct list_head bindings;
	struct list_head attachments;	/* whose outer packets are here */
	struct tunqos_reasons __percpu *reasons;
	u32 generation;
	unsigned int count;		/* of bindings */
	unsigned int doomed;		/* of them, in a commit */
	unsigned int outer_classes;	/* of bindings with class_outer */
	bool port_classes;		/* its ports have a hook for them */
	struct tunqos_shapes __rcu *shapes;	/* of its selectors */
	struct tunqos_rules __rcu *rules;	/* NULL if it has none */
	struct tunqos_rules *rules_held;	/* the same, to come as well */
	u32 salt;			/* of its bindings' hash */
	u8 tag;				/* 0-63 */
	struct list_head everybody;	/* of all namespaces */
	bool gone;			/* it ends */
	bool has_vrf;
	unsigned int users[TUNQOS_INET_HOOKS];
	struct nf_hook_ops inet_ops[TUNQOS_INET_HOOKS];	/* priv: this */

	struct mutex txn_lock;		/* protects the next 6 fields */
	bool txn_open;
	u32 txn_owner;			/* netlink port */
	unsigned int txn_count;
	unsigned int txn_charged;	/* of them, to all guests together */
	struct tunqos_chain txn_ops;
};

extern unsigned int tunqos_net_id;
extern u8 tunqos_arrived_tag;		/* 0-15, drawn at load */

static inline struct tunqos_net *tunqos_net(const struct net *net)
{
	return net_generic(net, tunqos_net_id);
}

/* A guest's: anybody may own such a namespace. */
static inline bool tunqos_is_guest(const struct tunqos_net *tn)
{
	return tn->net->user_ns != &init_user_ns;
}

#endif /* TUNQOS_PATH_NET_H */
