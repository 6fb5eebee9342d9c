// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bindings by their key, for the control plane.
 */

#include <linux/rtnetlink.h>
#include <linux/string.h>

#include "core/keyed.h"
#include "path/net.h"
#include "config/binding.h"
#include "config/key.h"
#include "config/lookup.h"
#include "config/rtnl.h"
#include "config/selector.h"

/* Of all namespaces; changed under RTNL, read under RCU. */
struct hlist_head tunqos_bindings[1 << TUNQOS_BINDING_BITS];

static u32 name_hash(const struct tunqos_net *tn, const char *name)
{
	u32 words[TUNQOS_KEYED_NAME];

	BUILD_BUG_ON(sizeof(words) != IFNAMSIZ);
	memcpy(words, name, sizeof(words));
	return tunqos_keyed_name(words, tn->salt);
}

static struct hlist_head *bucket(const struct tunqos_net *tn,
				 const struct tunqos_key *key)
{
	u32 hash;

	if (key->type == TUNQOS_BIND_IPSEC)
		hash = tunqos_selector_key_hash(tn, &key->sa);
	else
		hash = name_hash(tn, key->name);
	return &tunqos_bindings[hash & (ARRAY_SIZE(tunqos_bindings) - 1)];
}

static bool same(const struct tunqos_binding *binding,
		 const struct tunqos_net *tn, const struct tunqos_key *key)
{
	if (binding->tn != tn || binding->key.type != key->type)
		return false;
	if (key->type == TUNQOS_BIND_IPSEC)
		return tunqos_selector_equal(&binding->key.sa, &key->sa);
	return !strcmp(binding->key.name, key->name);
}

/* Context: RTNL held. */
void tunqos_lookup_add(struct tunqos_binding *binding)
{
	tunqos_assert_rtnl();
	hlist_add_head_rcu(&binding->key_node,
			   bucket(binding->tn, &binding->key));
}

/* Context: RTNL held. Packets may see it until a grace period is over. */
void tunqos_lookup_remove(struct tunqos_binding *binding)
{
	tunqos_assert_rtnl();
	hlist_del_rcu(&binding->key_node);
}

/* Context: RTNL held. Return: the binding with this key, or NULL. */
struct tunqos_binding *tunqos_binding_find(struct tunqos_net *tn,
					   const struct tunqos_key *key)
{
	struct tunqos_binding *binding;

	tunqos_assert_rtnl();
	hlist_for_each_entry(binding, bucket(tn, key), key_node) {
		if (same(binding, tn, key))
			return binding;
	}
	return NULL;
}
