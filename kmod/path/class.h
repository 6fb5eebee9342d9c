/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where pre-classify shows a packet's class beside the companion, which clsact
 * and tcx on the way to the queue overwrite.
 */
#ifndef TUNQOS_PATH_CLASS_H
#define TUNQOS_PATH_CLASS_H

#include <linux/skbuff.h>

#include "path/profile.h"

/*
 * Drivers, pfifo_fast and mqprio go by the low bits of skb->priority, with
 * which the packet came: they stay.
 */
#define TUNQOS_CLASS_PRIORITY_SHIFT	4
#define TUNQOS_CLASS_PRIORITY_KEEP	0xfU

#define TUNQOS_CLASS_BITS	6	/* of a DSCP */

/* The bits of skb->mark that are the class, if it is shown there. */
static inline u32 tunqos_class_mask(const struct tunqos_profile *profile)
{
	return (~0U >> (32 - profile->class_bits)) << profile->class_shift;
}

/* @class: innermost DSCP (0-63); @profile has more than the companion */
static inline void tunqos_show_class(struct sk_buff *skb,
				     const struct tunqos_profile *profile,
				     u8 class)
{
	if (profile->priority &&
	    profile->priority[class] != (u32)TUNQOS_PRIORITY_LEAVE)
		skb->priority = profile->priority[class];
	switch (profile->class_via) {
	case TUNQOS_CLASS_VIA_PRIORITY:
		skb->priority = TUNQOS_CLASS_PRIORITY |
				(u32)class << TUNQOS_CLASS_PRIORITY_SHIFT |
				(skb->priority & TUNQOS_CLASS_PRIORITY_KEEP);
		break;
	case TUNQOS_CLASS_VIA_MARK:
		skb->mark = (skb->mark & ~tunqos_class_mask(profile)) |
			    (u32)class << profile->class_shift;
		break;
	}
}

#endif /* TUNQOS_PATH_CLASS_H */
