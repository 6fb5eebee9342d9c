/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which SAs a profile is for. A selector says some things of an SA; those that
 * say the same things are of one shape. A packet's SA is looked for in one
 * hash table by each shape in use, the most specific first: that costs a few
 * instructions for each shape, however many SAs and selectors there are, and
 * nothing has to be kept of an SA, so that a rekeyed one is bound at once.
 *
 * Guests choose selectors too: see core/keyed.h.
 */
#ifndef TUNQOS_PATH_SELECTOR_H
#define TUNQOS_PATH_SELECTOR_H

#include <linux/rculist.h>
#include <linux/rtnetlink.h>
#include <net/xfrm.h>

#include "core/keyed.h"
#include "path/net.h"
#include "path/profile.h"

#define TUNQOS_SELECTOR_BITS	13

/**
 * struct tunqos_selector - which SAs: those that have all that it says
 * @peer: the other end: outbound the destination, inbound the source
 * @local: the end here
 * @mark: of the SA under @mark_mask
 * @family: of the addresses, 0 if there is none
 * @fields: what it says (TUNQOS_SELECT_*); the rest is 0
 */
struct tunqos_selector {
	xfrm_address_t peer;
	xfrm_address_t local;
	u32 mark;
	u32 mark_mask;
	u32 reqid;
	u32 if_id;
	__be32 spi;
	u16 family;
	u16 fields;
};

/**
 * struct tunqos_match - a selector in force
 * @profile: NULL while inert; the packet path reads it
 * @tn: namespace of the SAs
 */
struct tunqos_match {
	struct tunqos_profile __rcu *profile;
	struct tunqos_net *tn;
	struct hlist_node node;
	struct tunqos_selector selector;
	struct rcu_head rcu;
};

/*
 * What selectors of one shape say; how many there are, and how many of these
 * the running commit takes away.
 */
struct tunqos_shape {
	u32 mark_mask;
	u32 users;
	u32 doomed;
	u8 fields;
};

/**
 * struct tunqos_shapes - those of a namespace, the most specific first
 * @only_peers: there is but the one that says the peer
 *
 * What packets read of it never changes.
 */
struct tunqos_shapes {
	struct rcu_head rcu;
	unsigned int count;
	bool only_peers;
	struct tunqos_shape shape[];
};

/* Changed under RTNL, read under RCU. */
extern struct hlist_head tunqos_matches[1 << TUNQOS_SELECTOR_BITS];

/* Of the fields in @fields; the mark is masked. */
static inline u32 tunqos_selector_hash(const struct tunqos_net *tn, u8 fields,
				       unsigned int family,
				       const xfrm_address_t *peer,
				       const xfrm_address_t *local, u32 mark,
				       u32 reqid, u32 if_id, __be32 spi)
{
	return tunqos_keyed_sa(fields, family == AF_INET6,
			       (__force const u32 *)peer->a6,
			       (__force const u32 *)local->a6, mark, reqid,
			       if_id, (__force u32)spi, tn->salt);
}

static inline struct hlist_head *tunqos_selector_bucket(u32 hash)
{
	return &tunqos_matches[hash & (ARRAY_SIZE(tunqos_matches) - 1)];
}

struct tunqos_profile *
tunqos_sa_profile_any(const struct tunqos_net *tn,
		      const struct tunqos_shapes *shapes,
		      const struct xfrm_state *x, const xfrm_address_t *peer,
		      const xfrm_address_t *local);

/* Where nothing but peers is said, as usual: one look by an IPv4 address. */
static inline struct tunqos_profile *
tunqos_sa_profile4(const struct tunqos_net *tn, __be32 peer)
{
	const struct hlist_head *bucket;
	struct tunqos_profile *profile;
	struct tunqos_match *match;

	bucket = tunqos_selector_bucket(tunqos_keyed4((__force u32)peer,
						      tn->salt));
	hlist_for_each_entry_rcu(match, bucket, node) {
		/* a shape that is new need not be known here yet */
		if (match->selector.peer.a4 != peer || match->tn != tn ||
		    match->selector.family != AF_INET ||
		    match->selector.fields != TUNQOS_SELECT_PEER)
			continue;
		profile = rcu_dereference(match->profile);
		if (likely(profile))
			return profile;
	}
	return NULL;
}

/**
 * tunqos_sa_profile() - the profile of an SA
 * @tn: namespace of the SA
 * @x: the SA
 * @peer: its other end: outbound the destination, inbound the source
 * @local: its end here
 *
 * Context: RCU read side.
 * Return: the profile, or NULL.
 */
static inline struct tunqos_profile *
tunqos_sa_profile(const struct tunqos_net *tn, const struct xfrm_state *x,
		  const xfrm_address_t *peer, const xfrm_address_t *local)
{
	const struct tunqos_shapes *shapes = rcu_dereference(tn->shapes);

	if (!shapes)
		return NULL;
	if (likely(shapes->only_peers && x->props.family == AF_INET))
		return tunqos_sa_profile4(tn, peer->a4);
	return tunqos_sa_profile_any(tn, shapes, x, peer, local);
}

#endif /* TUNQOS_PATH_SELECTOR_H */
