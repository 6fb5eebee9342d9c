/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds what a packet is bound to: a tunnel device by its address in memory,
 * for the outer packet of a device may be in another namespace than the
 * device, where an ifindex means something else. For SAs see selector.h.
 *
 * The tables do not grow: half full they hold what a big router has, and a
 * lookup is some 20 instructions. Whoever chooses the keys may configure the
 * router anyway, so that the hashes need not be safe against them.
 */
#ifndef TUNQOS_LOOKUP_H
#define TUNQOS_LOOKUP_H

#include <linux/hash.h>
#include <linux/rculist.h>
#include <linux/rtnetlink.h>
#include <net/ipv6.h>

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

static inline u32 tunqos_hash4(__be32 address)
{
	return (__force u32)address;
}

static inline u32 tunqos_hash6(const struct in6_addr *address)
{
	/* not ipv6_addr_hash(): words that are alike would cancel out */
	return __ipv6_addr_jhash(address, 0);
}

/* One namespace must not lengthen the chains of another: hence the salt. */
static inline struct hlist_head *tunqos_bucket(const struct tunqos_net *tn,
					       u32 hash)
{
	return &tunqos_bindings[hash_32(hash ^ tn->salt,
					TUNQOS_BINDING_BITS)];
}

#endif /* TUNQOS_LOOKUP_H */
