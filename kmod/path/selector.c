// SPDX-License-Identifier: GPL-2.0-only
/* Which SAs a profile is for, whatever its selector says. */

#include "core/keyed.h"
#include "path/net.h"
#include "path/profile.h"
#include "path/selector.h"

/* Of all namespaces. */
struct hlist_head tunqos_matches[1 << TUNQOS_SELECTOR_BITS];

static bool selects(const struct tunqos_selector *selector,
		    const struct xfrm_state *x, const xfrm_address_t *peer,
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

/* tunqos_sa_profile() for whatever selectors say. */
struct tunqos_profile *
tunqos_sa_profile_any(const struct tunqos_net *tn,
		      const struct tunqos_shapes *shapes,
		      const struct xfrm_state *x, const xfrm_address_t *peer,
		      const xfrm_address_t *local)
{
	const struct tunqos_shape *shape, *end;
	struct tunqos_profile *profile;
	struct tunqos_match *match;
	u32 hash;

	end = shapes->shape + shapes->count;
	for (shape = shapes->shape; shape < end; shape++) {
		hash = tunqos_selector_hash(tn, shape->fields,
					    x->props.family, peer, local,
					    x->mark.v & shape->mark_mask,
					    x->props.reqid, x->if_id,
					    x->id.spi);
		hlist_for_each_entry_rcu(match, tunqos_selector_bucket(hash),
					 node) {
			if (match->tn != tn ||
			    match->selector.fields != shape->fields ||
			    match->selector.mark_mask != shape->mark_mask ||
			    !selects(&match->selector, x, peer, local))
				continue;
			profile = rcu_dereference(match->profile);
			if (likely(profile))
				return profile;
		}
	}
	return NULL;
}
