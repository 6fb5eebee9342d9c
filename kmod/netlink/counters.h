/* SPDX-License-Identifier: GPL-2.0-only */
/* Counters of bindings. */
#ifndef TUNQOS_NETLINK_COUNTERS_H
#define TUNQOS_NETLINK_COUNTERS_H

#include <net/genetlink.h>

#include "path/count.h"
#include "config/binding.h"

int tunqos_fill_counters(struct sk_buff *skb, int attr,
			 const struct tunqos_binding *binding,
			 enum tunqos_direction direction);

#endif /* TUNQOS_NETLINK_COUNTERS_H */
