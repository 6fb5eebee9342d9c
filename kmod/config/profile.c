// SPDX-License-Identifier: GPL-2.0-only
/* Profiles: made whole, never changed, freed after a grace period. */

#include <linux/slab.h>

#include "core/inner.h"
#include "path/profile.h"
#include "config/key.h"
#include "config/kind.h"
#include "config/port.h"
#include "config/profile.h"

struct tunqos_profile *tunqos_profile_alloc(void)
{
	BUILD_BUG_ON(sizeof(struct tunqos_profile) > 256);
	return kzalloc(sizeof(struct tunqos_profile), GFP_KERNEL_ACCOUNT);
}

/* Frees one that no packet has seen; NULL is fine. */
void tunqos_profile_free(struct tunqos_profile *profile)
{
	if (!profile)
		return;
	kfree(profile->priority);
	kfree(profile);
}

static void free_rcu_callback(struct rcu_head *head)
{
	tunqos_profile_free(container_of(head, struct tunqos_profile, rcu));
}

/* Frees one that packets may still be looking at; NULL is fine. */
void tunqos_profile_free_rcu(struct tunqos_profile *profile)
{
	if (profile)
		call_rcu(&profile->rcu, free_rcu_callback);
}

/**
 * tunqos_profile_hooks() - the places of the packet path a profile needs
 * @profile: complete
 * @type: what it is bound to
 * @kind: of a tunnel device, else NULL
 * @vrf: the underlay of the tunnel device is a VRF
 *
 * Return: a set of enum tunqos_hook.
 */
u32 tunqos_profile_hooks(const struct tunqos_profile *profile,
			 enum tunqos_binding_type type,
			 const struct tunqos_kind *kind, bool vrf)
{
	bool encap = profile->encap_any;
	bool decap = profile->decap_write || profile->class_outer;
	u32 hooks = 0;

	if (kind && kind->form == TUNQOS_FORM_IPSEC)
		type = TUNQOS_BIND_IPSEC;
	switch (type) {
	case TUNQOS_BIND_DEVICE:
		if (kind->form == TUNQOS_FORM_WIREGUARD &&
		    profile->control != TUNQOS_TABLE_LEAVE)
			encap = true;
		/* what the kernel does by RFC 6040 anyway needs none of us */
		if (profile->decap_ecn && !kind->ecn)
			decap = true;
		if (encap)
			hooks |= TUNQOS_HOOK_OUTER;
		if (decap)
			hooks |= TUNQOS_HOOK_ARRIVED | TUNQOS_HOOK_AFTER;
		/* what cannot be seen behind encryption, wireguard.c reads */
		if (kind->form == TUNQOS_FORM_WIREGUARD) {
			if (encap)
				hooks |= TUNQOS_HOOK_TUNNEL_EGRESS |
					 TUNQOS_HOOK_BEFORE;
			hooks &= ~TUNQOS_HOOK_ARRIVED;
		} else if (vrf && encap) {
			hooks |= TUNQOS_HOOK_TUNNEL_EGRESS;
		}
		break;
	case TUNQOS_BIND_IPSEC:
		if (encap)
			hooks |= TUNQOS_HOOK_BEFORE;
		if (decap || profile->decap_ecn)
			hooks |= TUNQOS_HOOK_IPSEC;
		break;
	case TUNQOS_BIND_PORT:
		if (tunqos_port_writes(profile))
			hooks |= TUNQOS_HOOK_PORT_EGRESS;
		if (profile->mark_mask)
			hooks |= TUNQOS_HOOK_PORT_INGRESS;
		if (profile->arrival)
			hooks |= TUNQOS_HOOK_PORT_ARRIVAL;
		return hooks;
	case TUNQOS_BIND_RULE:
		if (profile->cos_mask)
			hooks |= TUNQOS_HOOK_RULE_COS;
		return hooks | TUNQOS_HOOK_RULE | TUNQOS_HOOK_NOTE;
	}
	/* with companions of ours about, others' must not be */
	if ((encap && profile->pre_classify) || profile->class_outer)
		hooks |= TUNQOS_HOOK_FORWARD;
	return hooks;
}
