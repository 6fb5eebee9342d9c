/* SPDX-License-Identifier: GPL-2.0-only */
/* Putting selectors of SAs in force. */
#ifndef TUNQOS_CONFIG_SELECTOR_H
#define TUNQOS_CONFIG_SELECTOR_H

#include <linux/types.h>

#include "path/net.h"
#include "path/selector.h"

#define TUNQOS_SHAPES_MAX	8	/* of selectors, in one namespace */

struct tunqos_match *tunqos_match_add(struct tunqos_net *tn,
				      const struct tunqos_selector *selector,
				      bool last);
void tunqos_match_remove(struct tunqos_match *match);
void tunqos_match_doomed(const struct tunqos_match *match, int more);
u32 tunqos_selector_key_hash(const struct tunqos_net *tn,
			     const struct tunqos_selector *selector);
bool tunqos_selector_equal(const struct tunqos_selector *a,
			   const struct tunqos_selector *b);
void tunqos_selector_describe(const struct tunqos_selector *selector,
			      char *buf, size_t len);

#endif /* TUNQOS_CONFIG_SELECTOR_H */
