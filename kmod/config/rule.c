// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules: one binding each, by number. Those of a namespace are in one array,
 * which comes with the first one and goes with the last. All under RTNL.
 */

#include <linux/rtnetlink.h>
#include <linux/slab.h>

#include "path/net.h"
#include "path/profile.h"
#include "path/rule.h"
#include "config/binding.h"
#include "config/hooks.h"
#include "config/profile.h"
#include "config/rtnl.h"
#include "config/rule.h"

/* Packets find nothing in it yet. Return: NULL if there is no memory. */
static struct tunqos_rules *rules_alloc(const struct tunqos_profile *profile)
{
	struct tunqos_rules *rules = kzalloc(sizeof(*rules),
					     GFP_KERNEL_ACCOUNT);

	if (!rules)
		return NULL;
	rules->mark_mask = profile->mark_mask;
	rules->mark_shift = __ffs(profile->mark_mask);
	rules->cos_mask = profile->cos_mask;
	rules->cos_shift = profile->cos_mask ? __ffs(profile->cos_mask) : 0;
	return rules;
}

/* The binding becomes one of the rules, if it is not yet. */
static int take(struct tunqos_binding *binding,
		const struct tunqos_profile *profile)
{
	struct tunqos_net *tn = binding->tn;
	struct tunqos_rules *rules = tn->rules_held;

	if (rules && (rules->mark_mask != profile->mark_mask ||
		      rules->cos_mask != profile->cos_mask))
		return -EBUSY;
	if (binding->rules)
		return 0;
	if (!rules) {
		rules = rules_alloc(profile);
		if (!rules)
			return -ENOMEM;
		tn->rules_held = rules;
	}
	rules->users++;
	binding->rules = rules;
	return 0;
}

static void put(struct tunqos_binding *binding)
{
	struct tunqos_rules *rules = binding->rules;

	binding->rules = NULL;
	if (--rules->users)
		return;
	binding->tn->rules_held = NULL;
	RCU_INIT_POINTER(binding->tn->rules, NULL);
	kfree_rcu(rules, rcu);
}

/**
 * tunqos_rule_prepare() - everything about a rule that can fail
 * @binding: of type TUNQOS_BIND_RULE
 * @profile: the coming one
 *
 * Packets see no difference before tunqos_rule_publish().
 *
 * Context: process, RTNL held.
 * Return: 0, or an error number and nothing was taken: -EBUSY if other rules
 * have other masks.
 */
int tunqos_rule_prepare(struct tunqos_binding *binding,
			const struct tunqos_profile *profile)
{
	u32 hooks = tunqos_profile_hooks(profile, TUNQOS_BIND_RULE, NULL,
					 false);
	bool is_new = !binding->rules;
	int err;

	tunqos_assert_rtnl();
	err = take(binding, profile);
	if (err || !is_new)
		return err;
	/* by the masks, which stay: so do the hooks */
	err = tunqos_hooks_get(binding->tn->net, hooks, NULL);
	if (err)
		put(binding);
	else
		binding->held = hooks;
	return err;
}

/* From now on packets see @profile. Context: process, RTNL held. */
void tunqos_rule_publish(struct tunqos_binding *binding,
			 struct tunqos_profile *profile)
{
	tunqos_assert_rtnl();
	rcu_assign_pointer(binding->rules->rule[profile->number], profile);
	rcu_assign_pointer(binding->tn->rules, binding->rules);
	binding->number = profile->number;
}

/* It is no rule any more. Context: process, RTNL held. */
void tunqos_rule_drop(struct tunqos_binding *binding)
{
	tunqos_assert_rtnl();
	if (!binding->rules)
		return;
	RCU_INIT_POINTER(binding->rules->rule[binding->number], NULL);
	tunqos_hooks_put(binding->tn->net, binding->held, NULL);
	binding->held = 0;
	put(binding);
}
