// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bindings: what a profile is attached to. A binding by name outlives its
 * device: configuration belongs to the name, and the notifier attaches it
 * before the device's first packet. All under RTNL.
 */

#include <linux/hashtable.h>
#include <linux/inet.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>

#include "core/inner.h"
#include "path/attachment.h"
#include "path/net.h"
#include "path/profile.h"
#include "path/selector.h"
#include "config/attachment.h"
#include "config/binding.h"
#include "config/device.h"
#include "config/hooks.h"
#include "config/ipsec.h"
#include "config/key.h"
#include "config/kind.h"
#include "config/lookup.h"
#include "config/port.h"
#include "config/profile.h"
#include "config/refusal.h"
#include "config/rtnl.h"
#include "config/rule.h"
#include "config/selector.h"
#include "config/stats.h"

#define TOO_MANY_SHAPES \
	"bindings match sas in too many different ways, 8 are possible"

#define OTHER_USER_NS \
	"its packets are in a namespace of another owner"
#define COPIES_DSCP \
	"the device copies the outer dscp by itself, past any permit list, make it again without dscp inherit"
#define SAME_SAS \
	"eight devices with the same addresses are bound, remove one of them first"
#define NO_SAS \
	"does not say which sas are its, bind them by a crypto map entry"

#define OTHER_MASKS \
	"rules of another mark-mask or cos-mask are in force, remove them in a commit of its own first"

#define GUEST_IPSEC \
	"decapsulation from ipsec needs callbacks that are the machine's, so its owner must have a binding with it first"
#define GUEST_TRANSFORMS \
	"what ah and ipcomp decapsulate is left alone, unless the owner of the machine binds sas of these, too"

/* Why a device cannot be attached to, for people. */
static const char *device_problem(int err)
{
	switch (err) {
	case -ENOMEM:
		return "out of memory";
	case -E2BIG:
		return "too many hooks on it";
	case -EPERM:
		return OTHER_USER_NS;
	case -EACCES:
		return GUEST_IPSEC;
	case -EINVAL:
		return NO_SAS;
	case -EEXIST:
		return "another module holds all priorities of ipsec";
	case -ENODATA:
		return "decap from ipsec needs a permit list";
	case -ENOSPC:
		return TOO_MANY_SHAPES;
	case -EMLINK:
		return SAME_SAS;
	case -EBUSY:
		return "too many tunnels over vrfs";
	}
	return "the device is not ready";
}

/* A binding that nobody knows of. Return: NULL if there is no memory. */
struct tunqos_binding *tunqos_binding_alloc(enum tunqos_verb verb)
{
	struct tunqos_binding *binding = kzalloc(sizeof(*binding),
						 GFP_KERNEL_ACCOUNT);

	if (binding)
		binding->verb = verb;
	return binding;
}

/* Frees one that nobody has ever seen, with its next profile. */
void tunqos_binding_free(struct tunqos_binding *binding)
{
	tunqos_profile_free(binding->next);
	kfree(binding->label);
	kfree(binding);
}

static void free_rcu_callback(struct rcu_head *head)
{
	struct tunqos_binding *binding =
		container_of(head, struct tunqos_binding, rcu);

	tunqos_stats_put(binding);
	kfree(binding->label);
	kfree(binding);
}

/*
 * Bindings of namespaces that anybody may make, under RTNL. All share the
 * tables of packets and of RTNL: with more of them than chains, whoever owns a
 * namespace could make those of the machine as long as it likes.
 */
static unsigned int guests;

/* Those that the running transaction removes count no more. */
static bool is_full(const struct tunqos_net *tn)
{
	return tn->count - tn->doomed >= TUNQOS_BINDINGS_MAX ||
	       (tunqos_is_guest(tn) &&
		guests - tn->doomed >= TUNQOS_GUESTS_MAX);
}

/**
 * tunqos_binding_insert() - make a binding known, inert
 * @tn: the namespace
 * @binding: on no chain; no other has its key
 *
 * Context: process, RTNL held.
 * Return: 0, -E2BIG or -ENOMEM, and nothing was done.
 */
int tunqos_binding_insert(struct tunqos_net *tn,
			  struct tunqos_binding *binding)
{
	tunqos_assert_rtnl();
	if (is_full(tn))
		return -E2BIG;
	if (tunqos_stats_get(binding))
		return -ENOMEM;
	binding->tn = tn;
	tunqos_lookup_add(binding);
	list_add_tail(&binding->list, &tn->bindings);
	tn->count++;
	guests += tunqos_is_guest(tn);
	return 0;
}

static void set_state(struct tunqos_binding *binding, enum tunqos_state state,
		      const char *problem)
{
	binding->state = state;
	binding->problem = problem;
}

/*
 * Bindings by the device that has their name, those included that could not be
 * attached to it: an event finds its own, however many others there are.
 */
static DEFINE_HASHTABLE(by_device, 13);

/* @dev: NULL if there is none */
static void set_device(struct tunqos_binding *binding,
		       const struct net_device *dev)
{
	if (binding->dev == dev)
		return;
	if (binding->dev)
		hash_del(&binding->dev_node);
	binding->dev = dev;
	if (dev)
		hash_add(by_device, &binding->dev_node, (unsigned long)dev);
}

/* Lets go of device, hooks and peers; packets pass untouched. */
static void detach(struct tunqos_binding *binding)
{
	switch (binding->key.type) {
	case TUNQOS_BIND_DEVICE:
		tunqos_attachment_drop(binding);
		break;
	case TUNQOS_BIND_PORT:
		tunqos_port_drop(binding);
		break;
	case TUNQOS_BIND_IPSEC:
		tunqos_match_remove(binding->match);
		binding->match = NULL;
		tunqos_hooks_put(binding->tn->net, binding->held, NULL);
		binding->held = 0;
		break;
	case TUNQOS_BIND_RULE:
		tunqos_rule_drop(binding);
		break;
	}
}

/**
 * tunqos_binding_destroy() - remove a binding
 * @binding: not valid afterwards
 *
 * Context: process, RTNL held.
 */
void tunqos_binding_destroy(struct tunqos_binding *binding)
{
	struct tunqos_profile *profile =
		rtnl_dereference(binding->profile);

	ASSERT_RTNL();
	RCU_INIT_POINTER(binding->profile, NULL);
	detach(binding);
	set_device(binding, NULL);
	binding->tn->count--;
	binding->tn->outer_classes -= profile && profile->class_outer;
	guests -= tunqos_is_guest(binding->tn);
	list_del(&binding->list);
	tunqos_lookup_remove(binding);
	tunqos_profile_free_rcu(profile);
	call_rcu(&binding->rcu, free_rcu_callback);
}

static const char *kind_problem(const struct tunqos_binding *binding,
				const struct net_device *dev,
				const struct tunqos_profile *profile)
{
	if (binding->key.type == TUNQOS_BIND_PORT)
		return tunqos_port_problem(dev, profile);
	if (!tunqos_kind_of(dev))
		return tunqos_kind_refusal();
	if (profile->has_permit && tunqos_device_copies_dscp(dev))
		return COPIES_DSCP;
	return NULL;
}

static int prepare_device(struct tunqos_binding *binding,
			  struct net_device *dev,
			  const struct tunqos_profile *profile)
{
	u32 hooks;

	if (binding->key.type == TUNQOS_BIND_PORT) {
		hooks = tunqos_profile_hooks(profile, TUNQOS_BIND_PORT, NULL,
					     false);
		return tunqos_port_prepare(binding, dev, hooks);
	}
	/* as netlink/tunnel.c has it for other bindings to ipsec */
	if (tunqos_kind_of(dev)->form == TUNQOS_FORM_IPSEC &&
	    profile->decap_write && !profile->has_permit)
		return -ENODATA;
	hooks = tunqos_profile_hooks(profile, TUNQOS_BIND_DEVICE,
				     tunqos_kind_of(dev),
				     tunqos_attachment_vrf(dev));
	return tunqos_attachment_prepare(binding, dev, hooks);
}

static int prepare_ipsec(struct tunqos_binding *binding,
			 const struct tunqos_profile *profile)
{
	u32 hooks = tunqos_profile_hooks(profile, TUNQOS_BIND_IPSEC, NULL,
					 false);
	u32 gain = hooks & ~binding->held;
	struct tunqos_match *match = NULL;
	int err;

	if (gain & TUNQOS_HOOK_IPSEC) {
		err = tunqos_ipsec_get(binding->tn);
		if (err)
			return err;
	}
	if (!binding->match) {
		match = tunqos_match_add(binding->tn, &binding->key.sa, false);
		if (IS_ERR(match))
			return PTR_ERR(match);
	}
	err = tunqos_hooks_get(binding->tn->net, gain, NULL);
	if (err) {
		tunqos_match_remove(match);
		return err;
	}
	if (match)
		binding->match = match;
	binding->held |= gain;
	return 0;
}

static const char *ipsec_problem(int err)
{
	switch (err) {
	case -EACCES:
		return GUEST_IPSEC;
	case -EEXIST:
		return "another module holds all priorities";
	case -ENOSPC:
		return TOO_MANY_SHAPES;
	}
	return "out of memory";
}

static const char *rule_problem(int err)
{
	switch (err) {
	case -EBUSY:
		return OTHER_MASKS;
	case -E2BIG:
		return "too many hooks in the namespace";
	}
	return "out of memory";
}

static void refuse(const struct tunqos_binding *binding,
		   struct tunqos_refusal *refusal, enum tunqos_refused what,
		   const char *problem)
{
	refusal->what = what;
	refusal->key = binding->key;
	refusal->problem = problem;
}

/**
 * tunqos_binding_prepare() - everything about a new profile that can fail
 * @binding: packets see no difference yet
 * @profile: the one that tunqos_binding_publish() will get
 * @refusal: filled in on failure
 *
 * A device that does not exist is no failure: the binding will be pending.
 *
 * Context: process, RTNL held.
 * Return: 0 or a negative error number.
 */
int tunqos_binding_prepare(struct tunqos_binding *binding,
			   const struct tunqos_profile *profile,
			   struct tunqos_refusal *refusal)
{
	struct net_device *dev;
	const char *problem;
	int err;

	tunqos_assert_rtnl();
	if (binding->key.type == TUNQOS_BIND_IPSEC) {
		err = prepare_ipsec(binding, profile);
		if (err)
			refuse(binding, refusal, TUNQOS_REFUSED_IPSEC,
			       ipsec_problem(err));
		return err;
	}

	if (binding->key.type == TUNQOS_BIND_RULE) {
		err = tunqos_rule_prepare(binding, profile);
		if (err)
			refuse(binding, refusal, TUNQOS_REFUSED_UNFIT,
			       rule_problem(err));
		return err;
	}

	dev = __dev_get_by_name(binding->tn->net, binding->key.name);
	if (!dev || strcmp(dev->name, binding->key.name))
		return 0;	/* none, or this is an alternative name of it */
	problem = kind_problem(binding, dev, profile);
	if (problem) {
		refuse(binding, refusal, TUNQOS_REFUSED_UNFIT, problem);
		return -EOPNOTSUPP;
	}
	err = prepare_device(binding, dev, profile);
	if (err)
		refuse(binding, refusal, TUNQOS_REFUSED_DEVICE,
		       device_problem(err));
	return err;
}

/* The hooks that a binding's profile needs where it is attached now. */
static u32 needed(const struct tunqos_binding *binding,
		  const struct tunqos_profile *profile)
{
	const struct tunqos_attachment *attachment = binding->attachment;

	if (binding->key.type != TUNQOS_BIND_DEVICE)
		return tunqos_profile_hooks(profile, binding->key.type, NULL,
					    false);
	if (!attachment)
		return 0;
	return tunqos_profile_hooks(profile, TUNQOS_BIND_DEVICE,
				    attachment->kind, attachment->vrf);
}

/* No device has its name, or it cannot be taken yet. */
static void set_pending(struct tunqos_binding *binding)
{
	set_device(binding, NULL);
	set_state(binding, TUNQOS_STATE_PENDING, NULL);
}

/* Packets see its profile; but there may be something to know about it. */
static void set_active(struct tunqos_binding *binding, u32 hooks)
{
	const struct tunqos_net *sas = binding->tn;

	if (binding->attachment)
		sas = tunqos_net(binding->attachment->underlay);
	set_state(binding, TUNQOS_STATE_ACTIVE,
		  hooks & TUNQOS_HOOK_IPSEC && tunqos_is_guest(sas) ?
		  GUEST_TRANSFORMS : NULL);
}

/* What the device, the hooks and the peer see of a profile. */
static void publish_attached(struct tunqos_binding *binding,
			     struct tunqos_profile *profile)
{
	u32 hooks = needed(binding, profile);

	switch (binding->key.type) {
	case TUNQOS_BIND_DEVICE:
		if (!binding->attachment) {
			set_pending(binding);
			return;
		}
		set_device(binding, binding->attachment->dev);
		tunqos_attachment_publish(binding, profile);
		tunqos_attachment_trim(binding, hooks);
		break;
	case TUNQOS_BIND_PORT:
		if (!binding->held) {
			set_pending(binding);
			return;
		}
		set_device(binding, binding->vid ? binding->vid->dev :
						   binding->ingress->dev);
		tunqos_port_publish(binding, profile);
		tunqos_port_trim(binding, hooks);
		break;
	case TUNQOS_BIND_IPSEC:
		rcu_assign_pointer(binding->match->profile, profile);
		tunqos_hooks_put(binding->tn->net, binding->held & ~hooks,
				 NULL);
		binding->held &= hooks;
		break;
	case TUNQOS_BIND_RULE:
		tunqos_rule_publish(binding, profile);
		break;
	}
	set_active(binding, hooks);
}

/**
 * tunqos_binding_publish() - give a binding its new profile; cannot fail
 * @binding: prepared for it
 * @profile: belongs to the binding from now on; the old one is freed
 *
 * Context: process, RTNL held.
 */
void tunqos_binding_publish(struct tunqos_binding *binding,
			    struct tunqos_profile *profile)
{
	struct tunqos_profile *old = rtnl_dereference(binding->profile);

	tunqos_assert_rtnl();
	profile->stats = binding->stats;
	profile->reasons = binding->tn->reasons;
	profile->tag = binding->tn->tag;
	binding->tn->outer_classes += profile->class_outer;
	binding->tn->outer_classes -= old && old->class_outer;
	rcu_assign_pointer(binding->profile, profile);
	publish_attached(binding, profile);
	tunqos_profile_free_rcu(old);
}

/**
 * tunqos_binding_device_here() - there is a device with a binding's name
 * @binding: by name; nothing happens if it is attached already
 * @dev: the device
 *
 * Attaches the binding, or notes in it why that failed: the device is the
 * user's and must come up in any case.
 *
 * Context: process, RTNL held; from the notifier.
 * Return: is there something to tell of it?
 */
bool tunqos_binding_device_here(struct tunqos_binding *binding,
				struct net_device *dev)
{
	struct tunqos_profile *profile = rtnl_dereference(binding->profile);
	const char *problem;
	int err;

	ASSERT_RTNL();
	if (binding->attachment || binding->held || !profile)
		return false;
	problem = kind_problem(binding, dev, profile);
	if (!problem) {
		err = prepare_device(binding, dev, profile);
		if (err == -ENODEV)
			return false;	/* not complete, another follows */
		if (err)
			problem = device_problem(err);
	}
	if (problem) {
		set_device(binding, dev);
		set_state(binding, TUNQOS_STATE_FAILED, problem);
	} else {
		publish_attached(binding, profile);
	}
	return true;
}

/**
 * tunqos_binding_device_changed() - what is under a tunnel device has changed
 * @binding: attached to it
 *
 * Context: process, RTNL held; from the notifier.
 * Return: is there something to tell of it?
 */
bool tunqos_binding_device_changed(struct tunqos_binding *binding)
{
	struct tunqos_profile *profile = rtnl_dereference(binding->profile);
	struct tunqos_attachment *attachment = binding->attachment;
	enum tunqos_vrf vrf = tunqos_attachment_vrf(attachment->dev);
	enum tunqos_state state = binding->state;
	u32 held = attachment->held;
	bool active;
	int err = 0;
	u32 hooks;

	tunqos_assert_rtnl();
	attachment->copies_dscp = tunqos_device_copies_dscp(attachment->dev);
	if (attachment->copies_dscp && profile->has_permit) {
		detach(binding);
		set_state(binding, TUNQOS_STATE_FAILED, COPIES_DSCP);
		return true;
	}
	if (attachment->form == TUNQOS_FORM_IPSEC) {
		err = tunqos_attachment_sas(attachment);
		active = state == TUNQOS_STATE_ACTIVE;
		if (active == !err)
			return false;
	} else if (vrf == attachment->vrf && state == TUNQOS_STATE_ACTIVE) {
		return false;
	}
	attachment->vrf = vrf;
	hooks = needed(binding, profile);
	if (!err)
		err = tunqos_attachment_prepare(binding, attachment->dev,
						hooks);
	if (!err) {
		tunqos_attachment_trim(binding, hooks);
		set_active(binding, hooks);
	} else {
		set_state(binding, TUNQOS_STATE_FAILED, device_problem(err));
	}
	return binding->state != state || attachment->held != held;
}

/* The device goes or has another name now. Context: process, RTNL held. */
void tunqos_binding_device_gone(struct tunqos_binding *binding)
{
	ASSERT_RTNL();
	detach(binding);
	set_pending(binding);
}

/**
 * tunqos_binding_of_device() - a binding that has a device
 * @dev: the device
 * @only_renamed: only one by another name than it has now
 *
 * Context: process, RTNL held; from the notifier.
 * Return: one of them, or NULL; tunqos_binding_device_gone() lets the next one
 * be found.
 */
struct tunqos_binding *
tunqos_binding_of_device(const struct net_device *dev, bool only_renamed)
{
	struct tunqos_binding *binding;

	tunqos_assert_rtnl();
	hash_for_each_possible(by_device, binding, dev_node,
			       (unsigned long)dev) {
		if (binding->dev == dev &&
		    !(only_renamed && !strcmp(binding->key.name, dev->name)))
			return binding;
	}
	return NULL;
}

/* Undoes tunqos_binding_prepare(). Context: process, RTNL held. */
void tunqos_binding_unprepare(struct tunqos_binding *binding)
{
	struct tunqos_profile *profile = rtnl_dereference(binding->profile);
	u32 hooks = 0;

	ASSERT_RTNL();
	if (profile)
		hooks = needed(binding, profile);

	switch (binding->key.type) {
	case TUNQOS_BIND_DEVICE:
		if (!binding->attachment)
			break;
		if (rcu_access_pointer(binding->attachment->profile))
			tunqos_attachment_trim(binding, hooks);
		else
			tunqos_attachment_drop(binding);
		break;
	case TUNQOS_BIND_PORT:
		if (binding->state != TUNQOS_STATE_ACTIVE)
			hooks = 0;
		tunqos_port_trim(binding, hooks);
		break;
	case TUNQOS_BIND_IPSEC:
		tunqos_hooks_put(binding->tn->net, binding->held & ~hooks,
				 NULL);
		binding->held &= hooks;
		break;
	case TUNQOS_BIND_RULE:	/* what it holds no profile changes */
		break;
	}
}
