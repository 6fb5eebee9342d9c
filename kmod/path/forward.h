/* SPDX-License-Identifier: GPL-2.0-only */
/* What comes from elsewhere has no companion of ours. */
#ifndef TUNQOS_PATH_FORWARD_H
#define TUNQOS_PATH_FORWARD_H

#include <linux/skbuff.h>

#include "path/net.h"

bool tunqos_queue_is_ours(struct tunqos_net *tn, const struct sk_buff *skb,
			  int iif);

#endif /* TUNQOS_PATH_FORWARD_H */
