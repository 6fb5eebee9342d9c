/* SPDX-License-Identifier: GPL-2.0-only */
/* WireGuard: before encryption, after it, and after decryption. */
#ifndef TUNQOS_PATH_WIREGUARD_H
#define TUNQOS_PATH_WIREGUARD_H

#include <linux/netfilter.h>
#include <linux/skbuff.h>
#include <net/sock.h>

#include "path/attachment.h"

unsigned int tunqos_wireguard_before(void *priv, struct sk_buff *skb,
				     const struct nf_hook_state *state);
void tunqos_wireguard_skipped(struct sk_buff *skb,
			      const struct net_device *dev);
int tunqos_wireguard_inner(struct sk_buff *skb, const u8 *udp,
			   unsigned int len, u8 *ds, u8 *class);
bool tunqos_wireguard_arrived(const struct sk_buff *skb, u8 *ds);
const struct tunqos_attachment *tunqos_wireguard_of(const struct sock *sk);
void tunqos_wireguard_init(void);

#endif /* TUNQOS_PATH_WIREGUARD_H */
