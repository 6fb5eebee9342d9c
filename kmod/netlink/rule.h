/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules. */
#ifndef TUNQOS_NETLINK_RULE_H
#define TUNQOS_NETLINK_RULE_H

#include <net/genetlink.h>

#include "config/binding.h"
#include "config/key.h"

int tunqos_rule_key(struct genl_info *info, struct tunqos_key *key);
int tunqos_fill_rule(struct sk_buff *skb, const struct tunqos_binding *binding);

#endif /* TUNQOS_NETLINK_RULE_H */
