/* SPDX-License-Identifier: GPL-2.0-only */
/* The hooks in the families of IP. */
#ifndef TUNQOS_CONFIG_HOOKS_H
#define TUNQOS_CONFIG_HOOKS_H

#include <linux/types.h>
#include <net/net_namespace.h>

#include "config/kind.h"
#include "path/net.h"

int tunqos_hooks_init(struct tunqos_net *tn);
void tunqos_hooks_exit(struct tunqos_net *tn);
int tunqos_hooks_get_everywhere(u32 hooks, const struct tunqos_kind *kind);
void tunqos_hooks_put_everywhere(u32 hooks, const struct tunqos_kind *kind);
int tunqos_hooks_get(struct net *net, u32 hooks,
		     const struct tunqos_kind *kind);
void tunqos_hooks_put(struct net *net, u32 hooks,
		      const struct tunqos_kind *kind);

#endif /* TUNQOS_CONFIG_HOOKS_H */
