/* SPDX-License-Identifier: GPL-2.0-only */
/* Profiles: made whole, never changed. */
#ifndef TUNQOS_CONFIG_PROFILE_H
#define TUNQOS_CONFIG_PROFILE_H

#include <linux/types.h>

#include "config/key.h"
#include "config/kind.h"
#include "path/profile.h"

struct tunqos_profile *tunqos_profile_alloc(void);
void tunqos_profile_free(struct tunqos_profile *profile);
void tunqos_profile_free_rcu(struct tunqos_profile *profile);
u32 tunqos_profile_hooks(const struct tunqos_profile *profile,
			 enum tunqos_binding_type type,
			 const struct tunqos_kind *kind, bool vrf);

#endif /* TUNQOS_CONFIG_PROFILE_H */
