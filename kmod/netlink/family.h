/* SPDX-License-Identifier: GPL-2.0-only */
/* The generic netlink family. */
#ifndef TUNQOS_NETLINK_FAMILY_H
#define TUNQOS_NETLINK_FAMILY_H

#include <net/genetlink.h>

#define TUNQOS_RELEASE	"0.1.0"

extern struct genl_family tunqos_family;

int tunqos_netlink_register(void);
void tunqos_netlink_unregister(void);
void tunqos_refuse(struct netlink_ext_ack *extack, const char *format, ...)
	__printf(2, 3);

#endif /* TUNQOS_NETLINK_FAMILY_H */
