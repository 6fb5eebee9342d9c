/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A port's places at devices: where tagged frames leave by the one below, and
 * where frames come in. Changed under RTNL; packets read what is __rcu.
 */
#ifndef TUNQOS_PATH_PORT_H
#define TUNQOS_PATH_PORT_H

#include <linux/hashtable.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/rculist.h>
#include <linux/rcupdate.h>
#include <linux/skbuff.h>

#include "path/profile.h"

struct tunqos_binding;

/**
 * struct tunqos_vid - a port's place at the device that carries its frames
 * @node: on a chain of @lower, of a VLAN device
 * @profile: by which its frames leave, or NULL
 * @arrival: by which they arrive, or NULL
 * @proto: of the tag of a VLAN device; 0 of another device, which is @lower
 *	itself and has all frames that no VLAN device is a port for
 * @vid: of the tag
 * @linked: frames find it
 * @dev: the port
 * @classes: @class is registered
 * @class: at egress of @dev
 */
struct tunqos_vid {
	struct hlist_node node;
	struct tunqos_profile __rcu *profile;
	struct tunqos_profile __rcu *arrival;
	__be16 proto;
	u16 vid;
	bool linked;
	struct tunqos_lower *lower;
	struct net_device *dev;
	struct tunqos_binding *binding;
	bool classes;
	struct nf_hook_ops class;
	struct rcu_head rcu;
};

#define TUNQOS_VID_BUCKETS	64

/* Registered as long as it has users. */
struct tunqos_lower_hook {
	unsigned int users;
	struct nf_hook_ops ops;
};

/* A device that carries frames of at least one port. */
struct tunqos_lower {
	struct hlist_head vids[TUNQOS_VID_BUCKETS];
	struct tunqos_vid __rcu *own;	/* of the device itself, or NULL */
	struct net_device *dev;
	struct hlist_node node;		/* by @dev */
	unsigned int users;
	struct tunqos_lower_hook egress;
	struct tunqos_lower_hook arrival;
	struct rcu_head rcu;
};

#define TUNQOS_LOWER_BITS	12

extern struct hlist_head tunqos_lowers[1 << TUNQOS_LOWER_BITS];

bool tunqos_port_notes(struct net_device *dev);

/* The VLAN device that a tag belongs to, if it is a port; else NULL. */
static inline const struct tunqos_vid *
tunqos_vid_find(const struct tunqos_lower *lower, __be16 proto, u16 vid)
{
	const struct tunqos_vid *entry;

	hlist_for_each_entry_rcu(entry,
				 &lower->vids[vid % TUNQOS_VID_BUCKETS],
				 node) {
		if (entry->vid == vid && entry->proto == proto)
			return entry;
	}
	return NULL;
}

unsigned int tunqos_port_egress(void *priv, struct sk_buff *skb,
				const struct nf_hook_state *state);
unsigned int tunqos_port_class(void *priv, struct sk_buff *skb,
			       const struct nf_hook_state *state);
unsigned int tunqos_port_arrival(void *priv, struct sk_buff *skb,
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
