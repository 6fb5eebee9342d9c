/* SPDX-License-Identifier: GPL-2.0-only */
/* The lock of all configuration. */
#ifndef TUNQOS_CONFIG_RTNL_H
#define TUNQOS_CONFIG_RTNL_H

#include <linux/rtnetlink.h>

/*
 * For what is called for each of many bindings: a kernel with lockdep looks,
 * and in others the comments have to do.
 */
#define tunqos_assert_rtnl()	WARN_ON_ONCE(!lockdep_rtnl_is_held())

#endif /* TUNQOS_CONFIG_RTNL_H */
