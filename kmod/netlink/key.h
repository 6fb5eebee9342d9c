/* SPDX-License-Identifier: GPL-2.0-only */
/* What a tunnel profile is bound to. */
#ifndef TUNQOS_NETLINK_KEY_H
#define TUNQOS_NETLINK_KEY_H

#include <net/genetlink.h>

#include "config/key.h"

int tunqos_tunnel_key(struct genl_info *info, struct tunqos_key *key);
int tunqos_fill_key(struct sk_buff *skb, const struct tunqos_key *key);

#endif /* TUNQOS_NETLINK_KEY_H */
