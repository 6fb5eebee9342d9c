// SPDX-License-Identifier: GPL-2.0-only
/* Selectors of SAs: putting them in force. */

#include <linux/bitops.h>
#include <linux/slab.h>

#include "core/keyed.h"
#include "path/net.h"
#include "path/selector.h"
#include "config/selector.h"

#define EQUALS_MAX	8	/* selectors that say the same, of devices */

static u32 selector_hash(const struct tunqos_net *tn,
			 const struct tunqos_selector *selector)
{
	return tunqos_selector_hash(tn, selector->fields, selector->family,
				    &selector->peer, &selector->local,
				    selector->mark, selector->reqid,
				    selector->if_id, selector->spi);
}

/* For bindings by their key; lookup.c. */
u32 tunqos_selector_key_hash(const struct tunqos_net *tn,
			     const struct tunqos_selector *selector)
{
	return jhash_1word(selector->mark_mask, selector_hash(tn, selector));
}

/* Both are filled up with zeros where they say nothing. */
bool tunqos_selector_equal(const struct tunqos_selector *a,
			   const struct tunqos_selector *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static void describe_address(char *buf, size_t len, const char *what,
			     u8 family, const xfrm_address_t *address)
{
	if (family == AF_INET)
		snprintf(buf, len, " %s %pI4", what, &address->a4);
	else
		snprintf(buf, len, " %s %pI6c", what, &address->in6);
}

/* As a person would say it: "ipsec peer 192.0.2.1 reqid 7". */
void tunqos_selector_describe(const struct tunqos_selector *selector,
			      char *buf, size_t len)
{
	u8 fields = selector->fields;
	size_t n;

	n = scnprintf(buf, len, "ipsec");
	if (fields & TUNQOS_SELECT_PEER) {
		describe_address(buf + n, len - n, "peer", selector->family,
				 &selector->peer);
		n = strlen(buf);
	}
	if (fields & TUNQOS_SELECT_LOCAL) {
		describe_address(buf + n, len - n, "local", selector->family,
				 &selector->local);
		n = strlen(buf);
	}
	if (fields & TUNQOS_SELECT_REQID)
		n += scnprintf(buf + n, len - n, " reqid %u", selector->reqid);
	if (fields & TUNQOS_SELECT_IF_ID)
		n += scnprintf(buf + n, len - n, " if-id %u", selector->if_id);
	if (fields & TUNQOS_SELECT_MARK)
		n += scnprintf(buf + n, len - n, " mark %#x/%#x",
			       selector->mark, selector->mark_mask);
	if (fields & TUNQOS_SELECT_SPI)
		scnprintf(buf + n, len - n, " spi %#x", ntohl(selector->spi));
}

static bool same_shape(const struct tunqos_shape *shape,
		       const struct tunqos_selector *selector)
{
	return shape->fields == selector->fields &&
	       shape->mark_mask == selector->mark_mask;
}

/* Is @selector more specific than what is of this shape? */
static bool goes_before(const struct tunqos_selector *selector,
			const struct tunqos_shape *shape)
{
	unsigned int bits = hweight32(selector->mark_mask);
	unsigned int other = hweight32(shape->mark_mask);

	if (selector->fields != shape->fields)
		return selector->fields > shape->fields;
	return bits != other ? bits > other :
			       selector->mark_mask > shape->mark_mask;
}

static void swap_shapes(struct tunqos_net *tn, struct tunqos_shapes *shapes)
{
	struct tunqos_shapes *old = rtnl_dereference(tn->shapes);

	if (shapes)
		shapes->only_peers =
			shapes->count == 1 &&
			shapes->shape[0].fields == TUNQOS_SELECT_PEER;
	rcu_assign_pointer(tn->shapes, shapes);
	if (old)
		kfree_rcu(old, rcu);
}

/**
 * tunqos_match_doomed() - a commit is to take selectors away, or is not
 * @match: one of them
 * @more: 1, 0 or -1
 *
 * Context: process, RTNL held.
 */
void tunqos_match_doomed(const struct tunqos_match *match, int more)
{
	struct tunqos_shapes *shapes = rtnl_dereference(match->tn->shapes);
	unsigned int i;

	for (i = 0; i < shapes->count; i++) {
		if (same_shape(&shapes->shape[i], &match->selector))
			shapes->shape[i].doomed += more;
	}
}

/* How many shapes go with the bindings that this commit takes away. */
static unsigned int leaving(const struct tunqos_shapes *shapes)
{
	unsigned int n = 0;
	unsigned int i;

	for (i = 0; i < shapes->count; i++)
		n += shapes->shape[i].users &&
		     shapes->shape[i].users == shapes->shape[i].doomed;
	return n;
}

/* Return: 0, -ENOSPC, -ENOMEM. */
static int shape_get(struct tunqos_net *tn,
		     const struct tunqos_selector *selector)
{
	struct tunqos_shapes *old = rtnl_dereference(tn->shapes);
	const struct tunqos_shape new = {
		.fields = selector->fields,
		.mark_mask = selector->mark_mask,
		.users = 1,
	};
	struct tunqos_shapes *shapes;
	unsigned int used = 0;
	bool placed = false;
	unsigned int i;

	for (i = 0; old && i < old->count; i++) {
		if (same_shape(&old->shape[i], selector)) {
			old->shape[i].users++;
			return 0;
		}
		used += !!old->shape[i].users;
	}
	if (used >= TUNQOS_SHAPES_MAX &&
	    used - leaving(old) >= TUNQOS_SHAPES_MAX)
		return -ENOSPC;

	shapes = kzalloc(struct_size(shapes, shape, used + 1),
			 GFP_KERNEL_ACCOUNT);
	if (!shapes)
		return -ENOMEM;
	for (i = 0; old && i < old->count; i++) {
		if (!old->shape[i].users)
			continue;
		if (!placed && goes_before(selector, &old->shape[i])) {
			shapes->shape[shapes->count++] = new;
			placed = true;
		}
		shapes->shape[shapes->count++] = old->shape[i];
	}
	if (!placed)
		shapes->shape[shapes->count++] = new;
	swap_shapes(tn, shapes);
	return 0;
}

/*
 * The last of a shape takes it away. If there is no memory for that it stays,
 * unused, until the next one does: it costs packets a look.
 */
static void shape_put(struct tunqos_net *tn,
		      const struct tunqos_selector *selector)
{
	struct tunqos_shapes *old = rtnl_dereference(tn->shapes);
	struct tunqos_shapes *shapes = NULL;
	unsigned int left = 0;
	unsigned int i;

	for (i = 0; i < old->count; i++) {
		if (same_shape(&old->shape[i], selector))
			old->shape[i].users--;
		left += !!old->shape[i].users;
	}
	if (left == old->count)
		return;
	if (left) {
		shapes = kzalloc(struct_size(shapes, shape, left),
				 GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
		if (!shapes)
			return;
		for (i = 0; i < old->count; i++) {
			if (old->shape[i].users)
				shapes->shape[shapes->count++] = old->shape[i];
		}
	}
	swap_shapes(tn, shapes);
}

/*
 * Devices say the same when they differ in what packets are not found by, as
 * vti devices in what they are tied to. All but one are idle, and anybody can
 * make them.
 */
static unsigned int equals(const struct hlist_head *bucket,
			   const struct tunqos_net *tn,
			   const struct tunqos_selector *selector)
{
	const struct tunqos_match *match;
	unsigned int n = 0;

	hlist_for_each_entry(match, bucket, node)
		n += match->tn == tn &&
		     tunqos_selector_equal(&match->selector, selector);
	return n;
}

/**
 * tunqos_match_add() - put a selector in force, inert
 * @tn: namespace of the SAs
 * @selector: says something; others may be equal
 * @last: of equal ones this one counts last
 *
 * Context: process, RTNL held.
 * Return: the match, or an error pointer: -ENOSPC if there are too many shapes,
 * -EMLINK if there are too many equal ones, -ENOMEM.
 */
struct tunqos_match *tunqos_match_add(struct tunqos_net *tn,
				      const struct tunqos_selector *selector,
				      bool last)
{
	struct tunqos_match *match;
	struct hlist_head *bucket;
	int err;

	ASSERT_RTNL();
	bucket = tunqos_selector_bucket(selector_hash(tn, selector));
	if (last && equals(bucket, tn, selector) >= EQUALS_MAX)
		return ERR_PTR(-EMLINK);
	match = kzalloc(sizeof(*match), GFP_KERNEL_ACCOUNT);
	if (!match)
		return ERR_PTR(-ENOMEM);
	match->tn = tn;
	match->selector = *selector;
	err = shape_get(tn, selector);
	if (err) {
		kfree(match);
		return ERR_PTR(err);
	}
	if (last)
		hlist_add_tail_rcu(&match->node, bucket);
	else
		hlist_add_head_rcu(&match->node, bucket);
	return match;
}

/* Takes it out of force; NULL is fine. Context: process, RTNL held. */
void tunqos_match_remove(struct tunqos_match *match)
{
	if (!match)
		return;
	ASSERT_RTNL();
	RCU_INIT_POINTER(match->profile, NULL);
	hlist_del_rcu(&match->node);
	shape_put(match->tn, &match->selector);
	kfree_rcu(match, rcu);
}
