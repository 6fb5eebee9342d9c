/* SPDX-License-Identifier: GPL-2.0-only */
/* Transactions: what requests stage, and why they are refused. */
#ifndef TUNQOS_NETLINK_TRANSACTION_H
#define TUNQOS_NETLINK_TRANSACTION_H

#include <net/genetlink.h>

#include "config/binding.h"
#include "config/key.h"

int tunqos_stage(struct genl_info *info, struct tunqos_binding *change);
int tunqos_stage_del(struct genl_info *info, const struct tunqos_key *key);
void tunqos_refuse_missing(struct netlink_ext_ack *extack,
			   const struct tunqos_key *key);

#endif /* TUNQOS_NETLINK_TRANSACTION_H */
