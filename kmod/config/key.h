/* SPDX-License-Identifier: GPL-2.0-only */
/* What a binding is to: a name, or what SAs have. */
#ifndef TUNQOS_CONFIG_KEY_H
#define TUNQOS_CONFIG_KEY_H

#include <linux/if.h>

#include "path/selector.h"

enum tunqos_binding_type {
	TUNQOS_BIND_DEVICE,	/* a tunnel device, by name */
	TUNQOS_BIND_IPSEC,	/* SAs, by a selector */
	TUNQOS_BIND_PORT,	/* a device of any kind, by name */
	TUNQOS_BIND_RULE,	/* connections, by their mark; name: number */
};

struct tunqos_key {
	enum tunqos_binding_type type;
	union {
		/* first: the longest is initialised */
		struct tunqos_selector sa;	/* of type TUNQOS_BIND_IPSEC */
		char name[IFNAMSIZ];		/* padded with NULs */
	};
};

#endif /* TUNQOS_CONFIG_KEY_H */
