/* SPDX-License-Identifier: GPL-2.0-only */
/* Finds the inner IP header behind an encapsulation header. */
#ifndef TUNQOS_CORE_INNER_H
#define TUNQOS_CORE_INNER_H

#include "core.h"

/* Enough for every encapsulation header here and the DS field behind it. */
#define TUNQOS_INNER_BYTES	64

/* Tunnels in tunnels that tunqos_innermost() follows. */
#define TUNQOS_INNER_DEPTH	4

/**
 * struct tunqos_inner - an inner IP header
 * @offset: bytes from where the search began to the header
 * @ds: its DS field (0-255)
 */
struct tunqos_inner {
	unsigned int offset;
	u8 ds;
};

int tunqos_inner_find(const u8 *data, unsigned int len, u8 proto,
		      struct tunqos_inner *inner);
u8 tunqos_innermost(const u8 *data, unsigned int len,
		    const struct tunqos_inner *inner);

#endif /* TUNQOS_CORE_INNER_H */
