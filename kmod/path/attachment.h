/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A tunnel device that packets are handled on. They find it by the device's
 * address in memory, for the outer packet of a device may be in another
 * namespace than the device, where an ifindex means something else.
 *
 * The table does not grow: half full it holds what a big router has, and a
 * lookup is some 20 instructions.
 */
#ifndef TUNQOS_PATH_ATTACHMENT_H
#define TUNQOS_PATH_ATTACHMENT_H

#include <linux/hash.h>
#include <linux/list.h>
#include <linux/netfilter.h>
#include <linux/rculist.h>
#include <linux/rtnetlink.h>

#include "path/profile.h"

struct tunqos_binding;
struct tunqos_kind;
struct tunqos_match;
struct tunqos_net;

#define TUNQOS_DEVICE_BITS	13

/* Are the outer packets of a tunnel device in a VRF? */
enum tunqos_vrf {
	TUNQOS_VRF_NONE,
	TUNQOS_VRF_PERHAPS,	/* its routes tell */
	TUNQOS_VRF_TIED,
};

/* A hook that outlives its attachment's need of it by a grace period. */
struct tunqos_egress {
	struct nf_hook_ops ops;
	struct rcu_head rcu;
};

/**
 * struct tunqos_attachment - a tunnel device that packets are handled on
 * @profile: of the binding, NULL while inert; first, the packet path reads it
 * @dev: the device; it cannot go away, UNREGISTER detaches it
 * @list: of those with this underlay, or of those everywhere
 * @underlay: the namespace its outer packets are in, if it is known
 * @everywhere: that is not known: hooks are in every namespace
 * @here: data of that namespace, NULL for every
 * @form: of the kind
 * @kind: of the device
 * @gro_exact: receive aggregation is to be off
 * @gro_cleared: receive aggregation was on, and comes back if it is wanted
 * @copies_dscp: its driver copies the outer DSCP before after.c
 * @vrf: its underlay is a VRF (enum tunqos_vrf)
 * @number: by which outer.c knows it then, 0 if it has none
 * @match: of an xfrm or vti device: the SAs that are its
 * @egress: with TUNQOS_HOOK_TUNNEL_EGRESS, which few need
 */
struct tunqos_attachment {
	struct tunqos_profile __rcu *profile;
	struct net_device *dev;
	struct hlist_node node;
	struct list_head list;
	u8 form;
	bool everywhere;
	bool gro_exact;
	bool gro_cleared;
	bool copies_dscp;
	u8 vrf;
	u16 number;
	u32 held;
	const struct tunqos_net *here;
	const struct tunqos_kind *kind;
	struct net *underlay;
	struct tunqos_binding *binding;
	struct tunqos_match *match;
	struct nf_hook_ops ingress;
	struct tunqos_egress *egress;
	struct rcu_head rcu;
};

/* Changed under RTNL, read under RCU. */
extern struct hlist_head tunqos_devices[1 << TUNQOS_DEVICE_BITS];

static inline struct hlist_head *
tunqos_device_bucket(const struct net_device *dev)
{
	return &tunqos_devices[hash_ptr(dev, TUNQOS_DEVICE_BITS)];
}

/* Context: RCU read side or RTNL. Return: the attachment of @dev or NULL. */
static inline struct tunqos_attachment *
tunqos_attachment_find(const struct net_device *dev)
{
	struct tunqos_attachment *attachment;

	hlist_for_each_entry_rcu(attachment, tunqos_device_bucket(dev), node,
				 lockdep_rtnl_is_held()) {
		if (attachment->dev == dev)
			return attachment;
	}
	return NULL;
}

#endif /* TUNQOS_PATH_ATTACHMENT_H */
