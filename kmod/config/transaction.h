/* SPDX-License-Identifier: GPL-2.0-only */
/* Changes are staged and committed as a whole. */
#ifndef TUNQOS_CONFIG_TRANSACTION_H
#define TUNQOS_CONFIG_TRANSACTION_H

#include <linux/types.h>

#include "config/binding.h"
#include "config/refusal.h"
#include "path/net.h"

void tunqos_txn_init(struct tunqos_net *tn);
int tunqos_txn_begin(struct tunqos_net *tn, u32 owner, const u32 *generation,
		     struct tunqos_refusal *refusal);
int tunqos_txn_stage(struct tunqos_net *tn, struct tunqos_binding *change,
		     u32 owner, struct tunqos_refusal *refusal);
int tunqos_txn_commit(struct tunqos_net *tn, u32 owner,
		      void (*committed)(const struct tunqos_net *tn),
		      struct tunqos_refusal *refusal);
int tunqos_txn_abort(struct tunqos_net *tn, u32 owner,
		     struct tunqos_refusal *refusal);
void tunqos_txn_drop(struct tunqos_net *tn);
int tunqos_txn_notifier_register(void);
void tunqos_txn_notifier_unregister(void);

#endif /* TUNQOS_CONFIG_TRANSACTION_H */
