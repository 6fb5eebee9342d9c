/* SPDX-License-Identifier: GPL-2.0-only */
/* Ports. */
#ifndef TUNQOS_CONFIG_PORT_H
#define TUNQOS_CONFIG_PORT_H

#include <linux/netdevice.h>

#include "config/binding.h"
#include "path/net.h"
#include "path/port.h"
#include "path/profile.h"

/* Has a port something to do with what leaves? */
static inline bool tunqos_port_writes(const struct tunqos_profile *profile)
{
	return profile->has_pcp || profile->has_protocols || profile->rules;
}

const char *tunqos_port_problem(const struct net_device *dev,
				const struct tunqos_profile *profile);
int tunqos_port_prepare(struct tunqos_binding *binding, struct net_device *dev,
			u32 hooks);
void tunqos_port_trim(struct tunqos_binding *binding, u32 hooks);
void tunqos_port_publish(struct tunqos_binding *binding,
			 struct tunqos_profile *profile);
void tunqos_port_drop(struct tunqos_binding *binding);
int tunqos_port_classes_get(struct tunqos_net *tn);
void tunqos_port_classes_trim(struct tunqos_net *tn);
struct tunqos_lower *tunqos_port_lower_find(const struct net_device *dev);
void tunqos_port_lower_put(struct tunqos_lower *lower);

#endif /* TUNQOS_CONFIG_PORT_H */
