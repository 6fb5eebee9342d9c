// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tunnels whose underlay is a VRF: at LOCAL_OUT the packet's device is the VRF
 * then, not the tunnel. So egress of the tunnel device leaves its number in
 * the companion, which all drivers but WireGuard carry along. LOCAL_OUT of a
 * VRF may be passed twice.
 */

#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/xarray.h>
#include <net/l3mdev.h>

#include "tunqos.h"

/* Attachments by number; changed under RTNL, read under RCU. */
static DEFINE_XARRAY_ALLOC1(hidden);

static bool in_vrf(struct net_device *dev)
{
	struct net_device *master;

	if (netif_is_l3_master(dev))
		return true;
	/* not netif_is_l3_slave(): it is still set when the VRF lets go */
	master = netdev_master_upper_dev_get(dev);
	return master && netif_is_l3_master(master);
}

/**
 * tunqos_vrf_hides() - are the outer packets of a device in a VRF
 * @dev: a tunnel device
 * @underlay: namespace of its outer packets
 *
 * Known is the device that the tunnel is tied to ('dev' of ip(8)), or that
 * there is none.
 *
 * Context: RTNL held.
 */
bool tunqos_vrf_hides(struct net_device *dev, struct net *underlay)
{
	int link = dev_get_iflink(dev);
	struct net_device *lower;
	struct list_head *iter;

	netdev_for_each_lower_dev(dev, lower, iter) {
		if (in_vrf(lower))
			return true;
	}
	if (link <= 0 || (link == dev->ifindex && underlay == dev_net(dev)))
		return false;
	lower = __dev_get_by_index(underlay, link);
	return lower && in_vrf(lower);
}

/* Egress of such a device. */
unsigned int tunqos_vrf_before(void *priv, struct sk_buff *skb,
			       const struct nf_hook_state *state)
{
	const struct tunqos_attachment *attachment = priv;

	skb->tc_index = tunqos_hidden_make(attachment->number);
	return NF_ACCEPT;
}

/**
 * tunqos_vrf_get() - give an attachment a number
 * @attachment: has none
 *
 * Context: process, RTNL held, sleeps.
 * Return: 0, -EBUSY if all are taken, -ENOMEM.
 */
int tunqos_vrf_get(struct tunqos_attachment *attachment)
{
	u32 number;
	int err;

	err = xa_alloc(&hidden, &number, attachment,
		       XA_LIMIT(1, TUNQOS_HIDDEN_MAX), GFP_KERNEL);
	if (!err)
		attachment->number = number;
	return err;
}

/* Takes it back. Context: process, RTNL held. */
void tunqos_vrf_put(struct tunqos_attachment *attachment)
{
	if (attachment->number)
		xa_erase(&hidden, attachment->number);
	attachment->number = 0;
}

/* The device that made a packet of a VRF, or NULL. Context: RCU read side. */
const struct tunqos_attachment *tunqos_vrf_device(const struct sk_buff *skb)
{
	if (tunqos_companion_kind(skb->tc_index) != TUNQOS_KIND_HIDDEN ||
	    skb->skb_iif)
		return NULL;
	return xa_load(&hidden, tunqos_hidden_number(skb->tc_index));
}
