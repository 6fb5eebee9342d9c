/* SPDX-License-Identifier: GPL-2.0-only */
/* Mapping tables. */
#ifndef TUNQOS_NETLINK_TABLE_H
#define TUNQOS_NETLINK_TABLE_H

#include <net/genetlink.h>

int tunqos_read_table(struct genl_info *info, int attr, u8 *table, u8 max);
int tunqos_read_by_tag(struct genl_info *info, struct nlattr *nla,
		       const char *name, u8 *table, u8 max);

#endif /* TUNQOS_NETLINK_TABLE_H */
