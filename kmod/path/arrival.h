/* SPDX-License-Identifier: GPL-2.0-only */
/* The DSCP by the tag that a packet arrived with: of ports and of rules. */
#ifndef TUNQOS_PATH_ARRIVAL_H
#define TUNQOS_PATH_ARRIVAL_H

#include <linux/types.h>
#include <uapi/linux/tunqos.h>

#include "path/profile.h"

/* Has it anything to say of a DSCP? @arrival: may be NULL */
static inline bool tunqos_arrival_decides(const struct tunqos_arrival *arrival)
{
	return arrival && (arrival->has_dscp || arrival->has_table);
}

/**
 * tunqos_arrival_decide() - which DSCP a packet is to have
 * @arrival: of the port or the rule
 * @tag: PCP * 2 + DEI, or TUNQOS_ARRIVAL_UNTAGGED
 * @dscp: that it has
 *
 * Return: 0-63, or -1 - reason.
 */
static __always_inline int
tunqos_arrival_decide(const struct tunqos_arrival *arrival, unsigned int tag,
		      u8 dscp)
{
	u8 by_tag = arrival->dscp[tag];

	if (by_tag != TUNQOS_TABLE_LEAVE && (arrival->override || !dscp))
		return by_tag;
	if (arrival->table[dscp] != TUNQOS_TABLE_LEAVE)
		return arrival->table[dscp];
	if (by_tag != TUNQOS_TABLE_LEAVE)
		return -1 - TUNQOS_REASON_HAS_DSCP;
	if (arrival->has_dscp && tag == TUNQOS_ARRIVAL_UNTAGGED)
		return -1 - TUNQOS_REASON_UNTAGGED;
	return -1 - TUNQOS_REASON_TABLE_LEAVE;
}

#endif /* TUNQOS_PATH_ARRIVAL_H */
