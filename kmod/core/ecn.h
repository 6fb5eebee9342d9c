/* SPDX-License-Identifier: GPL-2.0-only */
/* ECN in tunnels: RFC 6040. An ECN field is 0-3. */
#ifndef TUNQOS_CORE_ECN_H
#define TUNQOS_CORE_ECN_H

#include "core.h"

enum tunqos_ecn {
	TUNQOS_ECN_NOT_ECT,
	TUNQOS_ECN_ECT1,
	TUNQOS_ECN_ECT0,
	TUNQOS_ECN_CE,
};

#define TUNQOS_ECN_DROP		0xff

/**
 * tunqos_ecn_decap() - the ECN field after decapsulation
 * @inner: ECN field (0-3) of the inner header as it arrived
 * @outer: the same of the outer header
 *
 * RFC 6040 section 4.2, figure 4. What the kernel did before, CE merged into
 * the inner header (RFC 4301) or the whole of the same figure, changes nothing
 * in the outcome.
 *
 * Return: 0-3, or TUNQOS_ECN_DROP.
 */
static inline u8 tunqos_ecn_decap(u8 inner, u8 outer)
{
	switch (inner) {
	case TUNQOS_ECN_NOT_ECT:
		return outer == TUNQOS_ECN_CE ? TUNQOS_ECN_DROP : inner;
	case TUNQOS_ECN_ECT0:
		return outer == TUNQOS_ECN_NOT_ECT ? inner : outer;
	case TUNQOS_ECN_ECT1:
		return outer == TUNQOS_ECN_CE ? outer : inner;
	}
	return inner;
}

#endif /* TUNQOS_CORE_ECN_H */
