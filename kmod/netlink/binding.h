/* SPDX-License-Identifier: GPL-2.0-only */
/* What is the same for bindings of every type. */
#ifndef TUNQOS_NETLINK_BINDING_H
#define TUNQOS_NETLINK_BINDING_H

#include "config/binding.h"
#include "path/net.h"

void tunqos_notify_binding(const struct tunqos_binding *binding);
void tunqos_notify_commit(const struct tunqos_net *tn);

#endif /* TUNQOS_NETLINK_BINDING_H */
