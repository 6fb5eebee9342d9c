/* SPDX-License-Identifier: GPL-2.0-only */
/* Why a change is refused. The words for it are in netlink/refusal.c. */
#ifndef TUNQOS_CONFIG_REFUSAL_H
#define TUNQOS_CONFIG_REFUSAL_H

#include "config/key.h"

enum tunqos_refused {
	TUNQOS_REFUSED_UNSAID,		/* the error number has to do */
	TUNQOS_REFUSED_BUSY,		/* another transaction is open */
	TUNQOS_REFUSED_STALE,		/* another generation by now */
	TUNQOS_REFUSED_NOT_OPEN,	/* no transaction is */
	TUNQOS_REFUSED_CHANGES,		/* too many in one transaction */
	TUNQOS_REFUSED_STAGED,		/* too many of guests together */
	TUNQOS_REFUSED_BINDINGS,	/* too many */
	TUNQOS_REFUSED_MISSING,		/* @key: there is no such binding */
	TUNQOS_REFUSED_UNFIT,		/* @key, @problem: the device is */
	TUNQOS_REFUSED_DEVICE,		/* @key, @problem: no hooks there */
	TUNQOS_REFUSED_IPSEC,		/* @key, @problem: no hooks there */
	TUNQOS_REFUSED_PORTS,		/* no memory for their hooks */
	TUNQOS_REFUSED_MEMORY,
};

/**
 * struct tunqos_refusal - why a change is refused
 * @key: of the binding that it is about, if it is about one
 * @problem: for people
 */
struct tunqos_refusal {
	enum tunqos_refused what;
	struct tunqos_key key;
	const char *problem;
};

#endif /* TUNQOS_CONFIG_REFUSAL_H */
