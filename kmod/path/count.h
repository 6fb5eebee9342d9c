/* SPDX-License-Identifier: GPL-2.0-only */
/* What happened to a packet is counted, and why it was left alone. */
#ifndef TUNQOS_PATH_COUNT_H
#define TUNQOS_PATH_COUNT_H

#include <linux/percpu.h>
#include <linux/types.h>
#include <uapi/linux/tunqos.h>

#include "core/core.h"
#include "path/net.h"
#include "path/profile.h"

enum tunqos_direction {
	TUNQOS_ENCAP,
	TUNQOS_DECAP,
};

struct tunqos_counters {
	u64 packets;
	u64 written;
	u64 left_alone;
	u64 dropped;
};

/* Per CPU, 64 bytes; of a port TUNQOS_ENCAP is egress, TUNQOS_DECAP ingress. */
struct tunqos_stats {
	struct tunqos_counters direction[2];
};

struct tunqos_reasons {
	u64 packets[TUNQOS_REASONS];
};

/*
 * The ends of the packet path. this_cpu_inc() needs no lock and is safe
 * against interrupts; a 32-bit reader may see a torn value.
 */
static inline void tunqos_count(const struct tunqos_profile *profile,
				enum tunqos_direction direction)
{
	this_cpu_inc(profile->stats->direction[direction].packets);
}

static inline void tunqos_written(const struct tunqos_profile *profile,
				  enum tunqos_direction direction)
{
	this_cpu_inc(profile->stats->direction[direction].written);
}

static inline void tunqos_dropped(const struct tunqos_profile *profile,
				  enum tunqos_direction direction,
				  enum tunqos_reason reason)
{
	this_cpu_inc(profile->stats->direction[direction].dropped);
	this_cpu_inc(profile->reasons->packets[reason]);
}

static inline void tunqos_left_alone(const struct tunqos_profile *profile,
				     enum tunqos_direction direction,
				     enum tunqos_reason reason)
{
	this_cpu_inc(profile->stats->direction[direction].left_alone);
	this_cpu_inc(profile->reasons->packets[reason]);
}

/* A reason for a packet that is counted otherwise. */
static inline void tunqos_note(const struct tunqos_profile *profile,
			       enum tunqos_reason reason)
{
	this_cpu_inc(profile->reasons->packets[reason]);
}

/* Where no binding is known. */
static inline void tunqos_reason(const struct tunqos_net *tn,
				 enum tunqos_reason reason)
{
	this_cpu_inc(tn->reasons->packets[reason]);
}

#endif /* TUNQOS_PATH_COUNT_H */
