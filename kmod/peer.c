// SPDX-License-Identifier: GPL-2.0-only
/*
 * IPsec peers: a profile for the address of the other end, one hash lookup a
 * packet. Outbound the peer is the destination of the SA, inbound its source.
 */

#include <linux/rhashtable.h>
#include <linux/rtnetlink.h>

#include "tunqos.h"

static const struct rhashtable_params params = {
	.key_len		= sizeof(struct tunqos_peer_key),
	.key_offset		= offsetof(struct tunqos_binding, key.peer),
	.head_offset		= offsetof(struct tunqos_binding, peer_node),
	.automatic_shrinking	= true,
};

int tunqos_peers_init(struct tunqos_net *tn)
{
	return rhashtable_init(&tn->peers, &params);
}

void tunqos_peers_exit(struct tunqos_net *tn)
{
	rhashtable_destroy(&tn->peers);
}

/* Context: process, RTNL held. Return: 0 or a negative error number. */
int tunqos_peer_add(struct tunqos_binding *binding)
{
	return rhashtable_insert_fast(&binding->tn->peers,
				      &binding->peer_node, params);
}

/* Context: process, RTNL held. */
void tunqos_peer_remove(struct tunqos_binding *binding)
{
	rhashtable_remove_fast(&binding->tn->peers, &binding->peer_node,
			       params);
}

/* Context: RTNL held. Return: the binding of a peer, or NULL. */
struct tunqos_binding *tunqos_peer_find(struct tunqos_net *tn,
					const struct tunqos_peer_key *key)
{
	return rhashtable_lookup_fast(&tn->peers, key, params);
}

/**
 * tunqos_peer_profile() - the profile of an IPsec peer
 * @tn: namespace of the SA
 * @family: AF_INET or AF_INET6, of the SA's addresses
 * @address: 4 or 16 bytes
 *
 * Context: RCU read side.
 * Return: the profile, or NULL.
 */
struct tunqos_profile *tunqos_peer_profile(struct tunqos_net *tn,
					   unsigned int family,
					   const void *address)
{
	const struct tunqos_binding *binding;
	struct tunqos_peer_key key = { .family = family };

	if (family == AF_INET)
		memcpy(&key.a4, address, sizeof(key.a4));
	else
		memcpy(&key.a6, address, sizeof(key.a6));
	binding = rhashtable_lookup(&tn->peers, &key, params);
	return binding ? rcu_dereference(binding->profile) : NULL;
}
