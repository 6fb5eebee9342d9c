/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules. */
#ifndef TUNQOS_CONFIG_RULE_H
#define TUNQOS_CONFIG_RULE_H

#include "config/binding.h"
#include "path/profile.h"

int tunqos_rule_prepare(struct tunqos_binding *binding,
			const struct tunqos_profile *profile);
void tunqos_rule_publish(struct tunqos_binding *binding,
			 struct tunqos_profile *profile);
void tunqos_rule_drop(struct tunqos_binding *binding);

#endif /* TUNQOS_CONFIG_RULE_H */
