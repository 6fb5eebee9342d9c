/* SPDX-License-Identifier: GPL-2.0-only */
/* What requests add to the transaction of their socket. */
#ifndef TUNQOS_NETLINK_STAGE_H
#define TUNQOS_NETLINK_STAGE_H

#include <net/genetlink.h>

#include "config/binding.h"
#include "config/key.h"

int tunqos_stage(struct genl_info *info, struct tunqos_binding *change);
int tunqos_stage_set(struct genl_info *info,
		     int (*read)(struct genl_info *info,
				 struct tunqos_binding *change));
int tunqos_stage_del(struct genl_info *info, const struct tunqos_key *key);

#endif /* TUNQOS_NETLINK_STAGE_H */
