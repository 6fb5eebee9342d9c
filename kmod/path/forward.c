// SPDX-License-Identifier: GPL-2.0-only
/*
 * FORWARD of IP and PRE_ROUTING of bridges: what comes from elsewhere has no
 * companion of ours. veth and its like carry skb->tc_index into the next
 * namespace, where a filter of tc would take a container's word for the class
 * of the packet. Only a QUEUE companion can be ours here, and the interface
 * that the packet came in by tells. Registered where there is something to
 * forge: with pre-classify and with class outer. Softirq or process context.
 */

#include <linux/if_bridge.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <net/l3mdev.h>
#include <net/xfrm.h>

#include "core/companion.h"
#include "path/attachment.h"
#include "path/forward.h"
#include "path/ipsec.h"
#include "path/net.h"
#include "path/places.h"
#include "path/profile.h"

/* Does after.c leave a QUEUE companion on what arrives by this device? */
static bool makes_queue(const struct net_device *dev)
{
	const struct tunqos_attachment *attachment;
	const struct tunqos_profile *profile;

	attachment = tunqos_attachment_find(dev);
	if (!attachment)
		return false;
	profile = rcu_dereference(attachment->profile);
	return profile && profile->class_outer;
}

/*
 * The same of one that may be above such a device: 1, or 0 to look below it.
 * What a bridge or a VRF passes on has been looked at on its way in, where the
 * device was known; else it is not believed (-1): behind it are everybody's.
 * Neither is what another namespace has looked at.
 */
static int vouches(struct net_device *dev, struct netdev_nested_priv *priv)
{
	const struct tunqos_net *tn = priv->data;
	int hook = -1;

	/* below a macvlan that was moved here: other hooks, another tag */
	if (!net_eq(dev_net(dev), tn->net))
		return -1;
	if (netif_is_bridge_master(dev))
		hook = TUNQOS_INET_BRIDGE;
	else if (netif_is_l3_master(dev))
		hook = TUNQOS_INET_FORWARD4;
	if (hook >= 0)
		return READ_ONCE(tn->users[hook]) ? 1 : -1;
	return makes_queue(dev);
}

/**
 * tunqos_queue_is_ours() - can a QUEUE companion be of this router?
 * @tn: the namespace that the packet came in by
 * @skb: has one
 * @iif: index of the interface that it came in by
 *
 * Context: RCU read side.
 */
bool tunqos_queue_is_ours(struct tunqos_net *tn, const struct sk_buff *skb,
			  int iif)
{
	struct netdev_nested_priv priv = { .data = tn };
	struct net_device *dev;
	int vouched;

	if (tunqos_ipsec_makes_queue(skb_sec_path(skb)))
		return true;
	dev = dev_get_by_index_rcu(tn->net, iif);
	if (!dev)
		return false;
	vouched = vouches(dev, &priv);
	if (!vouched)
		vouched = netdev_walk_all_lower_dev_rcu(dev, vouches, &priv);
	return vouched > 0;
}

static noinline void look(struct tunqos_net *tn, struct sk_buff *skb, int iif)
{
	if (!tunqos_companion_is(skb->tc_index, TUNQOS_KIND_QUEUE, tn->tag) ||
	    !tunqos_queue_is_ours(tn, skb, iif))
		skb->tc_index = 0;
}

/*
 * The interface is the one in front of a VRF; br_netfilter, which shows frames
 * of bridges here, does not say it.
 */
unsigned int tunqos_forward4(void *priv, struct sk_buff *skb,
			     const struct nf_hook_state *state)
{
	if (unlikely(skb->tc_index >= TUNQOS_COMPANION_MIN))
		look(priv, skb, IPCB(skb)->iif ?: skb->skb_iif);
	return NF_ACCEPT;
}

unsigned int tunqos_forward6(void *priv, struct sk_buff *skb,
			     const struct nf_hook_state *state)
{
	if (unlikely(skb->tc_index >= TUNQOS_COMPANION_MIN))
		look(priv, skb, IP6CB(skb)->iif ?: skb->skb_iif);
	return NF_ACCEPT;
}

unsigned int tunqos_forward_bridge(void *priv, struct sk_buff *skb,
				   const struct nf_hook_state *state)
{
	if (unlikely(skb->tc_index >= TUNQOS_COMPANION_MIN))
		look(priv, skb, skb->dev->ifindex);
	return NF_ACCEPT;
}
