/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds what a packet is bound to: a tunnel device by its address in memory
 * (for the outer packet of a device may be in another namespace than the
 * device, where an ifindex means something else), and an IPsec peer by its IP
 * address. Outbound the peer is the destination of the SA, inbound its source.
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

/**
 * tunqos_peer_profile4() - the profile of an IPsec peer with an IPv4 address
 * @tn: namespace of the SA
 * @address: of the peer
 *
 * Context: RCU read side.
 * Return: the profile, or NULL.
 */
static inline struct tunqos_profile *
tunqos_peer_profile4(const struct tunqos_net *tn, __be32 address)
{
	const struct tunqos_binding *binding;

	hlist_for_each_entry_rcu(binding,
				 tunqos_bucket(tn, tunqos_hash4(address)),
				 key_node) {
		if (binding->key.peer.a4 == address && binding->tn == tn &&
		    binding->key.type == TUNQOS_BIND_PEER &&
		    binding->key.peer.family == AF_INET)
			return rcu_dereference(binding->profile);
	}
	return NULL;
}

/* tunqos_peer_profile6() - the same with an IPv6 address */
static inline struct tunqos_profile *
tunqos_peer_profile6(const struct tunqos_net *tn,
		     const struct in6_addr *address)
{
	const struct tunqos_binding *binding;

	hlist_for_each_entry_rcu(binding,
				 tunqos_bucket(tn, tunqos_hash6(address)),
				 key_node) {
		if (binding->tn == tn &&
		    binding->key.type == TUNQOS_BIND_PEER &&
		    binding->key.peer.family == AF_INET6 &&
		    ipv6_addr_equal(&binding->key.peer.a6, address))
			return rcu_dereference(binding->profile);
	}
	return NULL;
}

/* The profile of a peer of either family. Context and result as above. */
static inline struct tunqos_profile *
tunqos_peer_profile(const struct tunqos_net *tn, unsigned int family,
		    const xfrm_address_t *address)
{
	if (likely(family == AF_INET))
		return tunqos_peer_profile4(tn, address->a4);
	return tunqos_peer_profile6(tn, &address->in6);
}

#endif /* TUNQOS_LOOKUP_H */
