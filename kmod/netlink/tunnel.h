/* SPDX-License-Identifier: GPL-2.0-only */
/* Tunnel profiles. */
#ifndef TUNQOS_NETLINK_TUNNEL_H
#define TUNQOS_NETLINK_TUNNEL_H

#include <net/genetlink.h>

#include "config/binding.h"

int tunqos_fill_tunnel(struct sk_buff *skb,
		       const struct tunqos_binding *binding);

#endif /* TUNQOS_NETLINK_TUNNEL_H */
