// SPDX-License-Identifier: GPL-2.0-only
/* Mapping tables over netlink. */

#include <net/genetlink.h>

#include "core/table.h"
#include "netlink/family.h"
#include "netlink/table.h"

/* A table whose entries are 0 to @max or TUNQOS_TABLE_LEAVE. */
int tunqos_read_table(struct genl_info *info, int attr, u8 *table, u8 max)
{
	struct nlattr *nla = info->attrs[attr];
	const u8 *bytes = nla_data(nla);
	int bad = tunqos_table_bad(bytes, max);

	if (bad >= 0) {
		tunqos_refuse(info->extack,
			      "table entry for dscp %d is %u, not 0-%u or 255",
			      bad, bytes[bad], max);
		NL_SET_BAD_ATTR(info->extack, nla);
		return -EINVAL;
	}
	memcpy(table, bytes, TUNQOS_TABLE_LEN);
	return 0;
}

/**
 * tunqos_read_by_tag() - a table by PCP and DEI, and for what has no tag
 * @info: the request
 * @nla: of TUNQOS_ARRIVAL_LEN bytes
 * @name: of @nla
 * @table: filled in on success
 * @max: entries are 0 to it, or TUNQOS_TABLE_LEAVE
 *
 * Return: 0 or -EINVAL.
 */
int tunqos_read_by_tag(struct genl_info *info, struct nlattr *nla,
		       const char *name, u8 *table, u8 max)
{
	const u8 *bytes = nla_data(nla);
	int i;

	for (i = 0; i < TUNQOS_ARRIVAL_LEN; i++) {
		if (bytes[i] <= max || bytes[i] == TUNQOS_TABLE_LEAVE)
			continue;
		tunqos_refuse(info->extack,
			      "entry %d of %s is %u, not 0-%u or 255", i, name,
			      bytes[i], max);
		NL_SET_BAD_ATTR(info->extack, nla);
		return -EINVAL;
	}
	memcpy(table, bytes, TUNQOS_ARRIVAL_LEN);
	return 0;
}
