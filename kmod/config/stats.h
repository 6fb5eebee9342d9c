/* SPDX-License-Identifier: GPL-2.0-only */
/* Counters of bindings. */
#ifndef TUNQOS_CONFIG_STATS_H
#define TUNQOS_CONFIG_STATS_H

#include "config/binding.h"
#include "path/count.h"

int tunqos_stats_get(struct tunqos_binding *binding);
void tunqos_stats_put(struct tunqos_binding *binding);

#endif /* TUNQOS_CONFIG_STATS_H */
