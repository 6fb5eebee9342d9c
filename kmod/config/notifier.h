/* SPDX-License-Identifier: GPL-2.0-only */
/* What happens to devices. */
#ifndef TUNQOS_CONFIG_NOTIFIER_H
#define TUNQOS_CONFIG_NOTIFIER_H

#include "path/net.h"

struct tunqos_binding;

void tunqos_notifier_underlay_gone(struct tunqos_net *tn);
int tunqos_notifier_register(void (*changed)(const struct tunqos_binding *));
void tunqos_notifier_unregister(void);

#endif /* TUNQOS_CONFIG_NOTIFIER_H */
