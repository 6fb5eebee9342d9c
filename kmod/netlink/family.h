/* SPDX-License-Identifier: GPL-2.0-only */
/* The generic netlink family, and the words of a refusal. */
#ifndef TUNQOS_NETLINK_FAMILY_H
#define TUNQOS_NETLINK_FAMILY_H

#include <net/genetlink.h>

#define TUNQOS_RELEASE	"0.1.0"

extern struct genl_family tunqos_family;

/* A request's extack with room for words that are not constant. */
struct tunqos_answer {
	struct netlink_ext_ack extack;
	char words[384];
};

void tunqos_refuse(struct netlink_ext_ack *extack, const char *format, ...)
	__printf(2, 3);

#endif /* TUNQOS_NETLINK_FAMILY_H */
