/* SPDX-License-Identifier: GPL-2.0-only */
/* Changes are staged and committed as a whole. */
#ifndef TUNQOS_CONFIG_TRANSACTION_H
#define TUNQOS_CONFIG_TRANSACTION_H

#include <net/genetlink.h>

#include "config/binding.h"
#include "path/net.h"

void tunqos_txn_init(struct tunqos_net *tn);
int tunqos_txn_begin(struct tunqos_net *tn, struct genl_info *info);
int tunqos_txn_stage(struct tunqos_net *tn, struct tunqos_binding *change,
		     struct genl_info *info);
int tunqos_txn_commit(struct tunqos_net *tn, struct genl_info *info);
int tunqos_txn_abort(struct tunqos_net *tn, struct genl_info *info);
void tunqos_txn_drop(struct tunqos_net *tn);
int tunqos_txn_notifier_register(void);
void tunqos_txn_notifier_unregister(void);

#endif /* TUNQOS_CONFIG_TRANSACTION_H */
