/* SPDX-License-Identifier: GPL-2.0-only */
/* The words for what the configuration refuses. */
#ifndef TUNQOS_NETLINK_REFUSAL_H
#define TUNQOS_NETLINK_REFUSAL_H

#include <net/genetlink.h>

#include "config/key.h"
#include "config/refusal.h"

void tunqos_refuse_missing(struct netlink_ext_ack *extack,
			   const struct tunqos_key *key);
int tunqos_answer_for(struct genl_info *info, int err,
		      const struct tunqos_refusal *refusal);

#endif /* TUNQOS_NETLINK_REFUSAL_H */
