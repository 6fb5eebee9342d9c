/* SPDX-License-Identifier: GPL-2.0-only */
/* Tunnels whose underlay is a VRF. */
#ifndef TUNQOS_CONFIG_VRF_H
#define TUNQOS_CONFIG_VRF_H

#include <linux/netdevice.h>

#include "path/attachment.h"

bool tunqos_vrf_changed(const struct net_device *dev, bool gone);
enum tunqos_vrf tunqos_vrf_hides(struct net_device *dev, struct net *underlay);
int tunqos_vrf_get(struct tunqos_attachment *attachment);
void tunqos_vrf_put(struct tunqos_attachment *attachment);

#endif /* TUNQOS_CONFIG_VRF_H */
