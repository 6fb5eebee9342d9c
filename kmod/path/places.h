/* SPDX-License-Identifier: GPL-2.0-only */
/* The places of the packet path, in the order of a packet. */
#ifndef TUNQOS_PATH_PLACES_H
#define TUNQOS_PATH_PLACES_H

#include <linux/netfilter.h>
#include <linux/skbuff.h>

unsigned int tunqos_before4(void *priv, struct sk_buff *skb,
			    const struct nf_hook_state *state);
unsigned int tunqos_before6(void *priv, struct sk_buff *skb,
			    const struct nf_hook_state *state);
unsigned int tunqos_outer4(void *priv, struct sk_buff *skb,
			   const struct nf_hook_state *state);
unsigned int tunqos_outer6(void *priv, struct sk_buff *skb,
			   const struct nf_hook_state *state);
unsigned int tunqos_forward4(void *priv, struct sk_buff *skb,
			     const struct nf_hook_state *state);
unsigned int tunqos_forward6(void *priv, struct sk_buff *skb,
			     const struct nf_hook_state *state);
unsigned int tunqos_forward_bridge(void *priv, struct sk_buff *skb,
				   const struct nf_hook_state *state);
unsigned int tunqos_arrived4(void *priv, struct sk_buff *skb,
			     const struct nf_hook_state *state);
unsigned int tunqos_arrived6(void *priv, struct sk_buff *skb,
			     const struct nf_hook_state *state);
unsigned int tunqos_rule(void *priv, struct sk_buff *skb,
			 const struct nf_hook_state *state);
unsigned int tunqos_rule_cos(void *priv, struct sk_buff *skb,
			     const struct nf_hook_state *state);
unsigned int tunqos_rule_cos_end(void *priv, struct sk_buff *skb,
				 const struct nf_hook_state *state);
unsigned int tunqos_rule_note(void *priv, struct sk_buff *skb,
			      const struct nf_hook_state *state);
unsigned int tunqos_rule_note_end(void *priv, struct sk_buff *skb,
				  const struct nf_hook_state *state);
unsigned int tunqos_after(void *priv, struct sk_buff *skb,
			  const struct nf_hook_state *state);

#endif /* TUNQOS_PATH_PLACES_H */
