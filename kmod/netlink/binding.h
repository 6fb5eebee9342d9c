/* SPDX-License-Identifier: GPL-2.0-only */
/* What is the same for bindings of every type. */
#ifndef TUNQOS_NETLINK_BINDING_H
#define TUNQOS_NETLINK_BINDING_H

#include <net/genetlink.h>

#include "config/binding.h"
#include "config/key.h"
#include "path/count.h"
#include "path/net.h"

int tunqos_fill_counters(struct sk_buff *skb, int attr,
			 const struct tunqos_binding *binding,
			 enum tunqos_direction direction);
void tunqos_notify_binding(const struct tunqos_binding *binding);
void tunqos_notify_commit(const struct tunqos_net *tn);

#endif /* TUNQOS_NETLINK_BINDING_H */
