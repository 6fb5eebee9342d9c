/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A port's places at devices: where tagged frames leave by the one below, and
 * where frames come in. Changed under RTNL; packets read what is __rcu.
 */
#ifndef TUNQOS_PORT_H
#define TUNQOS_PORT_H

#include "tunqos.h"

/* port_egress.c */

/* Has a port something to do with what leaves? */
static inline bool tunqos_port_writes(const struct tunqos_profile *profile)
{
	return profile->has_pcp || profile->has_protocols;
}

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

/* port_ingress.c */
struct tunqos_ingress {
	struct tunqos_profile __rcu *profile;	/* NULL while inert */
	struct net_device *dev;
	struct nf_hook_ops ops;
	struct rcu_head rcu;
};

unsigned int tunqos_port_ingress(void *priv, struct sk_buff *skb,
				 const struct nf_hook_state *state);

/* port.c */
const char *tunqos_port_problem(const struct net_device *dev,
				const struct tunqos_profile *profile);
int tunqos_port_prepare(struct tunqos_binding *binding, struct net_device *dev,
			u32 hooks);
void tunqos_port_trim(struct tunqos_binding *binding, u32 hooks);
void tunqos_port_publish(struct tunqos_binding *binding,
			 struct tunqos_profile *profile);
void tunqos_port_drop(struct tunqos_binding *binding);
int tunqos_port_classes_get(struct tunqos_net *tn);
void tunqos_port_classes_trim(struct tunqos_net *tn);
void tunqos_port_lower_gone(const struct net_device *dev);

#endif /* TUNQOS_PORT_H */
