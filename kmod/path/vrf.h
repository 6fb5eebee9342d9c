/* SPDX-License-Identifier: GPL-2.0-only */
/* Tunnels whose underlay is a VRF, as packets see them. */
#ifndef TUNQOS_PATH_VRF_H
#define TUNQOS_PATH_VRF_H

#include <linux/netfilter.h>
#include <linux/skbuff.h>
#include <linux/xarray.h>
#include <net/sock.h>

#include "path/attachment.h"

/* Attachments by number; changed under RTNL, read under RCU. */
extern struct xarray tunqos_hidden;

unsigned int tunqos_vrf_before(void *priv, struct sk_buff *skb,
			       const struct nf_hook_state *state);
const struct tunqos_attachment *tunqos_vrf_device(const struct sk_buff *skb,
						  const struct sock *sk,
						  u8 proto);

#endif /* TUNQOS_PATH_VRF_H */
