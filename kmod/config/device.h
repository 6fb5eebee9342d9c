/* SPDX-License-Identifier: GPL-2.0-only */
/* What a device says of itself. */
#ifndef TUNQOS_CONFIG_DEVICE_H
#define TUNQOS_CONFIG_DEVICE_H

#include <linux/netdevice.h>

#include "path/selector.h"

bool tunqos_device_copies_dscp(const struct net_device *dev);
int tunqos_device_selector(const struct net_device *dev,
			   struct tunqos_selector *selector);

#endif /* TUNQOS_CONFIG_DEVICE_H */
