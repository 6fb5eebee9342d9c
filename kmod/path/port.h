/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A port's places at devices: where tagged frames leave by the one below, and
 * where frames come in. Changed under RTNL; packets read what is __rcu.
 */
#ifndef TUNQOS_PATH_PORT_H
#define TUNQOS_PATH_PORT_H

#include <linux/netfilter.h>
#include <linux/rcupdate.h>
#include <linux/skbuff.h>

#include "path/profile.h"

struct tunqos_binding;

struct tunqos_vid {
	struct hlist_node node;
	struct tunqos_profile __rcu *profile;
	__be16 proto;
	u16 vid;
	struct tunqos_lower *lower;
	struct net_device *dev;		/* the VLAN device */
	struct tunqos_binding *binding;
	bool classes;			/* @class is registered */
	struct nf_hook_ops class;	/* at egress of @dev */
	struct rcu_head rcu;
};

#define TUNQOS_VID_BUCKETS	64

/* A device that carries tagged frames of at least one port. */
struct tunqos_lower {
	struct hlist_head vids[TUNQOS_VID_BUCKETS];
	struct net_device *dev;
	struct hlist_node node;		/* by @dev */
	unsigned int users;
	struct nf_hook_ops egress;
	struct rcu_head rcu;
};

unsigned int tunqos_port_egress(void *priv, struct sk_buff *skb,
				const struct nf_hook_state *state);
unsigned int tunqos_port_class(void *priv, struct sk_buff *skb,
			       const struct nf_hook_state *state);

struct tunqos_ingress {
	struct tunqos_profile __rcu *profile;	/* NULL while inert */
	struct net_device *dev;
	struct nf_hook_ops ops;
	struct rcu_head rcu;
};

unsigned int tunqos_port_ingress(void *priv, struct sk_buff *skb,
				 const struct nf_hook_state *state);

#endif /* TUNQOS_PATH_PORT_H */
