/* SPDX-License-Identifier: GPL-2.0-only */
/* The generic netlink family begins and ends. */
#ifndef TUNQOS_NETLINK_REGISTER_H
#define TUNQOS_NETLINK_REGISTER_H

int tunqos_netlink_register(void);
void tunqos_netlink_unregister(void);

#endif /* TUNQOS_NETLINK_REGISTER_H */
