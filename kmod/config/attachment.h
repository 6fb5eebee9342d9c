/* SPDX-License-Identifier: GPL-2.0-only */
/* Tunnel devices that packets are handled on. */
#ifndef TUNQOS_CONFIG_ATTACHMENT_H
#define TUNQOS_CONFIG_ATTACHMENT_H

#include <linux/list.h>
#include <linux/netdevice.h>

#include "config/binding.h"
#include "path/attachment.h"
#include "path/profile.h"

/* Those whose outer packets may be anywhere; under RTNL. */
extern struct list_head tunqos_roaming;

int tunqos_attachment_sas(struct tunqos_attachment *attachment);
int tunqos_attachment_prepare(struct tunqos_binding *binding,
			      struct net_device *dev, u32 hooks);
void tunqos_attachment_publish(struct tunqos_binding *binding,
			       struct tunqos_profile *profile);
enum tunqos_vrf tunqos_attachment_vrf(struct net_device *dev);
void tunqos_attachment_trim(struct tunqos_binding *binding, u32 hooks);
void tunqos_attachment_drop(struct tunqos_binding *binding);
void tunqos_attachment_features(struct tunqos_attachment *attachment);

#endif /* TUNQOS_CONFIG_ATTACHMENT_H */
