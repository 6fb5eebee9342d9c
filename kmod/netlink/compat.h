/* SPDX-License-Identifier: GPL-2.0-only */
/* What kernels differ in. */
#ifndef TUNQOS_NETLINK_COMPAT_H
#define TUNQOS_NETLINK_COMPAT_H

#include <net/genetlink.h>

/* Who may join a group of generic netlink: older kernels let everybody. */
#ifdef GENL_MCAST_CAP_NET_ADMIN
#define TUNQOS_MCAST_ADMIN	GENL_MCAST_CAP_NET_ADMIN
#else
#define TUNQOS_MCAST_ADMIN	0
#endif

#endif /* TUNQOS_NETLINK_COMPAT_H */
