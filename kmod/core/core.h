/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the pure part of the module stands on. The files of core/ know bytes
 * and numbers only: no skb, no locks, no allocation. They are compiled twice,
 * into the module and into the unit tests.
 */
#ifndef TUNQOS_CORE_H
#define TUNQOS_CORE_H

#ifdef __KERNEL__
#include <linux/types.h>
#include <uapi/linux/tunqos.h>
#else
#include "kernel_types.h"	/* tests/unit/core: u8, u16, u32, bool */
#include <linux/tunqos.h>
#endif

/* The generator counts them, so that none is without a counter. */
#define TUNQOS_REASONS		(TUNQOS_REASON_MAX + 1)

#endif /* TUNQOS_CORE_H */
