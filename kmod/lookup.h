/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds what a packet is bound to: a tunnel device by its address in memory,
 * for the outer packet of a device may be in another namespace than the
 * device, where an ifindex means something else. For SAs see selector.h.
 *
 * The tables do not grow: half full they hold what a big router has, and a
 * lookup is some 20 instructions. All namespaces share them, and anybody may
 * own one: what is hashed of a key that somebody chooses is in core/keyed.h.
 */
#ifndef TUNQOS_LOOKUP_H
#define TUNQOS_LOOKUP_H

#include <linux/hash.h>
#include <linux/rculist.h>
#include <linux/rtnetlink.h>

#include "tunqos.h"

#define TUNQOS_DEVICE_BITS	13
#define TUNQOS_BINDING_BITS	14

/* attachment.c */
extern struct hlist_head tunqos_devices[1 << TUNQOS_DEVICE_BITS];
/* lookup.c */
extern struct hlist_head tunqos_bindings[1 << TUNQOS_BINDING_BITS];

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

#endif /* TUNQOS_LOOKUP_H */
