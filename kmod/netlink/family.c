// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic netlink family, and the words of a refusal. What it does is in
 * register.c, from include/uapi/linux/tunqos.yaml.
 */

#include <linux/module.h>
#include <net/genetlink.h>

#include "netlink/compat.h"
#include "netlink/family.h"
#include "netlink/policy.h"

static const struct genl_multicast_group groups[] = {
	[TUNQOS_NLGRP_EVENTS] = {
		.name = TUNQOS_MCGRP_EVENTS,
		/* they say what only an administrator may ask for */
		.flags = TUNQOS_MCAST_ADMIN,
	},
};

/*
 * Requests of different namespaces do not wait for each other, nor other
 * families for them: what they share is under txn_lock and RTNL.
 */
struct genl_family tunqos_family __ro_after_init = {
	.name		= TUNQOS_GENL_NAME,
	.version	= TUNQOS_GENL_VERSION,
	.netnsok	= true,
	.parallel_ops	= true,
	.module		= THIS_MODULE,
	.resv_start_op	= TUNQOS_CMD_GET_INFO,
	.mcgrps		= groups,
	.n_mcgrps	= ARRAY_SIZE(groups),
};

/**
 * tunqos_refuse() - give a refusal its reason, with names and values
 * @extack: of a struct tunqos_answer
 * @format: lower case, no full stop
 *
 * Context: process.
 */
void tunqos_refuse(struct netlink_ext_ack *extack, const char *format, ...)
{
	struct tunqos_answer *answer =
		container_of(extack, struct tunqos_answer, extack);
	va_list args;

	va_start(args, format);
	vsnprintf(answer->words, sizeof(answer->words), format, args);
	va_end(args);
	extack->_msg = answer->words;
}
