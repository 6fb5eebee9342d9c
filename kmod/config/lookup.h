/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bindings by their key. The table does not grow. All namespaces share it, and
 * anybody may own one: what is hashed of a key that somebody chooses is in
 * core/keyed.h.
 */
#ifndef TUNQOS_CONFIG_LOOKUP_H
#define TUNQOS_CONFIG_LOOKUP_H

#include <linux/list.h>

#include "config/binding.h"
#include "config/key.h"
#include "path/net.h"

#define TUNQOS_BINDING_BITS	14

extern struct hlist_head tunqos_bindings[1 << TUNQOS_BINDING_BITS];

void tunqos_lookup_add(struct tunqos_binding *binding);
void tunqos_lookup_remove(struct tunqos_binding *binding);
struct tunqos_binding *tunqos_binding_find(struct tunqos_net *tn,
					   const struct tunqos_key *key);

#endif /* TUNQOS_CONFIG_LOOKUP_H */
