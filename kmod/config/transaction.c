// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changes are staged and committed as a whole. A transaction belongs to the
 * socket that began it; there is one at a time in a namespace.
 *
 * Commit holds RTNL throughout, so that no device appears or leaves: it gives
 * each binding its next profile, prepares all of them, which can fail and be
 * undone while packets see no difference, then publishes by pointer swaps that
 * cannot fail. Packets see one whole profile each; two bindings are not
 * swapped in the same instant.
 *
 * Lock order: txn_lock, RTNL.
 */

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "path/net.h"
#include "path/profile.h"
#include "config/binding.h"
#include "config/lookup.h"
#include "config/port.h"
#include "config/profile.h"
#include "config/refusal.h"
#include "config/selector.h"
#include "config/transaction.h"

/* More than any router has, less than would hurt. */
#define OPS_MAX		65536

static void chain_init(struct tunqos_chain *chain)
{
	chain->first = NULL;
	chain->end = &chain->first;
}

static void push(struct tunqos_chain *chain, struct tunqos_binding *binding)
{
	binding->chained = NULL;
	*chain->end = binding;
	chain->end = &binding->chained;
}

static struct tunqos_binding *pop(struct tunqos_chain *chain)
{
	struct tunqos_binding *binding = chain->first;

	if (binding) {
		chain->first = binding->chained;
		if (!chain->first)
			chain->end = &chain->first;
	}
	return binding;
}

static void move_all(struct tunqos_chain *to, struct tunqos_chain *from)
{
	if (!from->first)
		return;
	*to->end = from->first;
	to->end = from->end;
	chain_init(from);
}

/* Context: nobody knows of the namespace yet. */
void tunqos_txn_init(struct tunqos_net *tn)
{
	mutex_init(&tn->txn_lock);
	chain_init(&tn->txn_ops);
}

/*
 * What namespaces have staged that anybody may make: not more than they may
 * bind, for a commit holds RTNL for all that is staged.
 */
static atomic_t staged_by_guests = ATOMIC_INIT(0);

/* A flush is one, whatever it removes. Return: is there room for it? */
static bool charge(struct tunqos_net *tn, const struct tunqos_binding *change)
{
	if (!tunqos_is_guest(tn) || change->verb == TUNQOS_VERB_FLUSH)
		return true;
	if (!atomic_add_unless(&staged_by_guests, 1, TUNQOS_GUESTS_MAX))
		return false;
	tn->txn_charged++;
	return true;
}

static void drop_changes(struct tunqos_net *tn)
{
	struct tunqos_binding *change;

	while ((change = pop(&tn->txn_ops)))
		tunqos_binding_free(change);
	tn->txn_count = 0;
	atomic_sub(tn->txn_charged, &staged_by_guests);
	tn->txn_charged = 0;
}

static void close_txn(struct tunqos_net *tn)
{
	drop_changes(tn);
	tn->txn_open = false;
}

/* Return: @err, for which @refusal has the reason. */
static int refuse(struct tunqos_refusal *refusal, enum tunqos_refused what,
		  int err)
{
	refusal->what = what;
	return err;
}

/**
 * tunqos_txn_begin() - open a transaction
 * @tn: the namespace
 * @owner: netlink port of the socket that becomes the owner
 * @generation: the one that it must be, or NULL
 * @refusal: filled in on failure
 *
 * Context: process.
 * Return: 0, -EBUSY if there is one already, -ESTALE if the generation has
 * passed.
 */
int tunqos_txn_begin(struct tunqos_net *tn, u32 owner, const u32 *generation,
		     struct tunqos_refusal *refusal)
{
	int err = 0;

	mutex_lock(&tn->txn_lock);
	if (tn->txn_open) {
		err = refuse(refusal, TUNQOS_REFUSED_BUSY, -EBUSY);
	} else if (generation && *generation != tn->generation) {
		err = refuse(refusal, TUNQOS_REFUSED_STALE, -ESTALE);
	} else {
		tn->txn_open = true;
		WRITE_ONCE(tn->txn_owner, owner);
	}
	mutex_unlock(&tn->txn_lock);
	return err;
}

static int check_owner(const struct tunqos_net *tn, u32 owner,
		       struct tunqos_refusal *refusal)
{
	if (tn->txn_open && tn->txn_owner == owner)
		return 0;
	return refuse(refusal, TUNQOS_REFUSED_NOT_OPEN, -EINVAL);
}

/**
 * tunqos_txn_stage() - add a change to the open transaction
 * @tn: the namespace
 * @change: belongs to the transaction from now on, also on failure
 * @owner: netlink port of the socket
 * @refusal: filled in on failure
 *
 * Context: process.
 * Return: 0 or a negative error number.
 */
int tunqos_txn_stage(struct tunqos_net *tn, struct tunqos_binding *change,
		     u32 owner, struct tunqos_refusal *refusal)
{
	int err;

	mutex_lock(&tn->txn_lock);
	err = check_owner(tn, owner, refusal);
	if (!err && tn->txn_count >= OPS_MAX)
		err = refuse(refusal, TUNQOS_REFUSED_CHANGES, -E2BIG);
	if (!err && !charge(tn, change))
		err = refuse(refusal, TUNQOS_REFUSED_STAGED, -E2BIG);
	if (err) {
		tunqos_binding_free(change);
	} else {
		if (change->verb == TUNQOS_VERB_FLUSH)
			drop_changes(tn);	/* what came before is moot */
		push(&tn->txn_ops, change);
		tn->txn_count++;
	}
	mutex_unlock(&tn->txn_lock);
	return err;
}

static void touch(struct tunqos_binding *binding, struct tunqos_chain *touched)
{
	if (binding->touched)
		return;
	binding->touched = true;
	push(touched, binding);
}

static void set_doomed(struct tunqos_binding *binding, bool doomed)
{
	int more = doomed - binding->doomed;

	binding->tn->doomed += more;
	binding->doomed = doomed;
	if (binding->match)
		tunqos_match_doomed(binding->match, more);
}

static void doom(struct tunqos_binding *binding, struct tunqos_chain *touched)
{
	tunqos_profile_free(binding->next);
	binding->next = NULL;
	set_doomed(binding, true);
	touch(binding, touched);
}

/* The change becomes the binding if there is none with its key. */
static int apply_set(struct tunqos_net *tn, struct tunqos_binding *change,
		     struct tunqos_chain *touched,
		     struct tunqos_refusal *refusal)
{
	struct tunqos_binding *binding = tunqos_binding_find(tn, &change->key);
	int err;

	if (!binding) {
		err = tunqos_binding_insert(tn, change);
		if (err)
			return refuse(refusal,
				      err == -E2BIG ? TUNQOS_REFUSED_BINDINGS :
						      TUNQOS_REFUSED_MEMORY,
				      err);
		touch(change, touched);
		return 0;
	}
	tunqos_profile_free(binding->next);
	binding->next = change->next;
	binding->successor = change;
	change->next = NULL;
	set_doomed(binding, false);
	touch(binding, touched);
	return 0;
}

static int apply(struct tunqos_net *tn, struct tunqos_binding *change,
		 struct tunqos_chain *touched, struct tunqos_refusal *refusal)
{
	struct tunqos_binding *binding;

	switch (change->verb) {
	case TUNQOS_VERB_SET:
		return apply_set(tn, change, touched, refusal);
	case TUNQOS_VERB_DEL:
		binding = tunqos_binding_find(tn, &change->key);
		if (!binding || binding->doomed) {
			refusal->key = change->key;
			return refuse(refusal, TUNQOS_REFUSED_MISSING,
				      -ENOENT);
		}
		doom(binding, touched);
		return 0;
	case TUNQOS_VERB_FLUSH:
		list_for_each_entry(binding, &tn->bindings, list)
			doom(binding, touched);
		return 0;
	}
	return -EINVAL;
}

static int apply_all(struct tunqos_net *tn, struct tunqos_chain *touched,
		     struct tunqos_refusal *refusal)
{
	struct tunqos_binding *change;
	struct tunqos_chain ops;
	int err = 0;

	chain_init(&ops);
	move_all(&ops, &tn->txn_ops);
	while (!err && (change = pop(&ops))) {
		err = apply(tn, change, touched, refusal);
		/* a binding by now, or its label is needed until publish() */
		if (!change->touched)
			push(&tn->txn_ops, change);
		cond_resched();
	}
	move_all(&tn->txn_ops, &ops);
	return err;
}

static int prepare(struct tunqos_net *tn, const struct tunqos_chain *touched,
		   struct tunqos_refusal *refusal)
{
	struct tunqos_binding *binding;
	int err;

	for (binding = touched->first; binding; binding = binding->chained) {
		if (binding->doomed)
			continue;
		err = tunqos_binding_prepare(binding, binding->next, refusal);
		if (err)
			return err;
		if (!binding->next->class_outer)
			continue;
		err = tunqos_port_classes_get(tn);
		if (err)
			return refuse(refusal, TUNQOS_REFUSED_PORTS, err);
	}
	return 0;
}

static void settle(struct tunqos_binding *binding)
{
	binding->touched = false;
	set_doomed(binding, false);
	binding->next = NULL;
	binding->successor = NULL;	/* it is its own, if it is new */
}

static void publish(struct tunqos_chain *touched)
{
	struct tunqos_binding *binding;

	while ((binding = pop(touched))) {
		struct tunqos_profile *next = binding->next;
		struct tunqos_binding *successor = binding->successor;
		bool doomed = binding->doomed;

		cond_resched();
		settle(binding);
		if (doomed) {
			tunqos_binding_destroy(binding);
			continue;
		}
		if (successor)
			swap(binding->label, successor->label);
		tunqos_binding_publish(binding, next);
	}
}

static void undo(struct tunqos_chain *touched)
{
	struct tunqos_binding *binding;

	while ((binding = pop(touched))) {
		tunqos_profile_free(binding->next);
		settle(binding);
		if (!rcu_access_pointer(binding->profile))
			tunqos_binding_destroy(binding);
		else
			tunqos_binding_unprepare(binding);
	}
}

static int commit(struct tunqos_net *tn,
		  void (*committed)(const struct tunqos_net *tn),
		  struct tunqos_refusal *refusal)
{
	struct tunqos_chain touched;
	int err;

	ASSERT_RTNL();
	chain_init(&touched);
	err = apply_all(tn, &touched, refusal);
	if (!err)
		err = prepare(tn, &touched, refusal);
	if (err) {
		undo(&touched);
		tunqos_port_classes_trim(tn);
		return err;
	}
	publish(&touched);
	tunqos_port_classes_trim(tn);
	tn->generation++;
	committed(tn);
	return 0;
}

/**
 * tunqos_txn_commit() - apply the open transaction, or nothing of it
 * @tn: the namespace
 * @owner: netlink port of the socket
 * @committed: tells listeners of it; called with RTNL held
 * @refusal: filled in on failure
 *
 * The transaction is over in either case.
 *
 * Context: process, sleeps, takes RTNL.
 * Return: 0 or a negative error number.
 */
int tunqos_txn_commit(struct tunqos_net *tn, u32 owner,
		      void (*committed)(const struct tunqos_net *tn),
		      struct tunqos_refusal *refusal)
{
	int err;

	mutex_lock(&tn->txn_lock);
	err = check_owner(tn, owner, refusal);
	if (!err) {
		rtnl_lock();
		err = commit(tn, committed, refusal);
		rtnl_unlock();
		close_txn(tn);
	}
	mutex_unlock(&tn->txn_lock);
	return err;
}

/* Drops the open transaction of a socket. */
int tunqos_txn_abort(struct tunqos_net *tn, u32 owner,
		     struct tunqos_refusal *refusal)
{
	int err;

	mutex_lock(&tn->txn_lock);
	err = check_owner(tn, owner, refusal);
	if (!err)
		close_txn(tn);
	mutex_unlock(&tn->txn_lock);
	return err;
}

/* Drops whatever is staged; the namespace goes. */
void tunqos_txn_drop(struct tunqos_net *tn)
{
	mutex_lock(&tn->txn_lock);
	close_txn(tn);
	mutex_unlock(&tn->txn_lock);
}

/* The socket of the owner was closed without commit. */
static int socket_closed(struct notifier_block *block, unsigned long event,
			 void *ptr)
{
	const struct netlink_notify *notify = ptr;
	struct tunqos_net *tn;

	if (event != NETLINK_URELEASE || notify->protocol != NETLINK_GENERIC)
		return NOTIFY_DONE;
	tn = tunqos_net(notify->net);
	/* only its own begin can have made it the owner: no need to wait */
	if (READ_ONCE(tn->txn_owner) != notify->portid)
		return NOTIFY_DONE;
	mutex_lock(&tn->txn_lock);
	if (tn->txn_open && tn->txn_owner == notify->portid)
		close_txn(tn);
	mutex_unlock(&tn->txn_lock);
	return NOTIFY_DONE;
}

static struct notifier_block block = {
	.notifier_call = socket_closed,
};

int tunqos_txn_notifier_register(void)
{
	return netlink_register_notifier(&block);
}

void tunqos_txn_notifier_unregister(void)
{
	netlink_unregister_notifier(&block);
}
