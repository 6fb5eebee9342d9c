/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which SAs a profile is for. A selector says some things of an SA; those that
 * say the same things are of one shape. A packet's SA is looked for in one
 * hash table by each shape in use, the most specific first: that costs a few
 * instructions for each shape, however many SAs and selectors there are, and
 * nothing has to be kept of an SA, so that a rekeyed one is bound at once.
 *
 * Whoever chooses the keys may configure the router anyway, so that the hashes
 * need not be safe against them.
 */
#ifndef TUNQOS_SELECTOR_H
#define TUNQOS_SELECTOR_H

#include <linux/hash.h>
#include <linux/rculist.h>
#include <linux/rtnetlink.h>
#include <net/xfrm.h>

#include "tunqos.h"
#include "lookup.h"

#define TUNQOS_SELECTOR_BITS	13

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

/* What selectors of one shape say, and how many there are. */
struct tunqos_shape {
	u32 mark_mask;
	u32 users;
	u8 fields;
};

/* Those of a namespace, the most specific first; never changed. */
struct tunqos_shapes {
	struct rcu_head rcu;
	unsigned int count;
	struct tunqos_shape shape[];
};

/* selector.c; changed under RTNL, read under RCU */
extern struct hlist_head tunqos_matches[1 << TUNQOS_SELECTOR_BITS];

static inline u32 tunqos_hash_address(unsigned int family,
				      const xfrm_address_t *address)
{
	return likely(family == AF_INET) ? tunqos_hash4(address->a4) :
					   tunqos_hash6(&address->in6);
}

/* Of the fields in @fields; the mark is masked. */
static inline u32 tunqos_selector_hash(u8 fields, unsigned int family,
				       const xfrm_address_t *peer,
				       const xfrm_address_t *local, u32 mark,
				       u32 reqid, u32 if_id, __be32 spi)
{
	u32 hash = 0;

	if (fields & TUNQOS_SELECT_PEER)
		hash = tunqos_hash_address(family, peer);
	if (likely(!(fields & ~TUNQOS_SELECT_PEER)))
		return hash;
	if (fields & TUNQOS_SELECT_LOCAL)
		hash = hash * 31 + tunqos_hash_address(family, local);
	if (fields & TUNQOS_SELECT_MARK)
		hash = hash * 31 + mark;
	if (fields & TUNQOS_SELECT_REQID)
		hash = hash * 31 + reqid;
	if (fields & TUNQOS_SELECT_IF_ID)
		hash = hash * 31 + if_id;
	if (fields & TUNQOS_SELECT_SPI)
		hash = hash * 31 + (__force u32)spi;
	return hash;
}

static inline struct hlist_head *
tunqos_selector_bucket(const struct tunqos_net *tn, u32 hash)
{
	return &tunqos_matches[hash_32(hash ^ tn->salt, TUNQOS_SELECTOR_BITS)];
}

static inline bool tunqos_selects(const struct tunqos_selector *selector,
				  const struct xfrm_state *x,
				  const xfrm_address_t *peer,
				  const xfrm_address_t *local)
{
	u8 fields = selector->fields;

	if (fields & (TUNQOS_SELECT_PEER | TUNQOS_SELECT_LOCAL)) {
		unsigned short family = x->props.family;

		if (selector->family != family)
			return false;
		if (fields & TUNQOS_SELECT_PEER &&
		    !xfrm_addr_equal(&selector->peer, peer, family))
			return false;
		if (fields & TUNQOS_SELECT_LOCAL &&
		    !xfrm_addr_equal(&selector->local, local, family))
			return false;
	}
	if (likely(!(fields & ~(TUNQOS_SELECT_PEER | TUNQOS_SELECT_LOCAL))))
		return true;
	if (fields & TUNQOS_SELECT_MARK &&
	    (x->mark.v & selector->mark_mask) != selector->mark)
		return false;
	if (fields & TUNQOS_SELECT_REQID && x->props.reqid != selector->reqid)
		return false;
	if (fields & TUNQOS_SELECT_IF_ID && x->if_id != selector->if_id)
		return false;
	return !(fields & TUNQOS_SELECT_SPI) || x->id.spi == selector->spi;
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
	const struct tunqos_shape *shape, *end;
	struct tunqos_profile *profile;
	struct tunqos_match *match;
	u32 hash;

	if (!shapes)
		return NULL;
	end = shapes->shape + shapes->count;
	for (shape = shapes->shape; shape < end; shape++) {
		hash = tunqos_selector_hash(shape->fields, x->props.family,
					    peer, local,
					    x->mark.v & shape->mark_mask,
					    x->props.reqid, x->if_id,
					    x->id.spi);
		hlist_for_each_entry_rcu(match,
					 tunqos_selector_bucket(tn, hash),
					 node) {
			if (match->tn != tn ||
			    match->selector.fields != shape->fields ||
			    match->selector.mark_mask != shape->mark_mask ||
			    !tunqos_selects(&match->selector, x, peer, local))
				continue;
			profile = rcu_dereference(match->profile);
			if (likely(profile))
				return profile;
		}
	}
	return NULL;
}

#endif /* TUNQOS_SELECTOR_H */
