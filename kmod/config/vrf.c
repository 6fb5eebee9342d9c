// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tunnels whose underlay is a VRF: which those are, and the numbers by which
 * path/vrf.c knows their packets.
 */

#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/xarray.h>
#include <net/l3mdev.h>

#include "core/companion.h"
#include "path/attachment.h"
#include "path/net.h"
#include "path/vrf.h"
#include "config/vrf.h"

static u32 next_number;

static bool in_vrf(struct net_device *dev)
{
	struct net_device *master;

	if (netif_is_l3_master(dev))
		return true;
	/* not netif_is_l3_slave(): it is still set when the VRF lets go */
	master = netdev_master_upper_dev_get(dev);
	return master && netif_is_l3_master(master);
}

/* Namespaces with a VRF, of who owns the machine; changed under RTNL. */
static unsigned int vrfs;

/**
 * tunqos_vrf_changed() - note whether a namespace has a VRF
 * @dev: a VRF of it
 * @gone: which goes, or has gone already
 *
 * Context: RTNL held.
 * Return: it had one and has none, or the other way round.
 */
bool tunqos_vrf_changed(const struct net_device *dev, bool gone)
{
	struct tunqos_net *tn = tunqos_net(dev_net(dev));
	struct net_device *other;
	bool any = !gone;

	if (gone) {
		for_each_netdev(tn->net, other) {
			any = other != dev && netif_is_l3_master(other);
			if (any)
				break;
		}
	}
	if (any == tn->has_vrf)
		return false;
	tn->has_vrf = any;
	/* others' VRFs must not cost the owner of the machine anything */
	if (tn->net->user_ns == &init_user_ns)
		vrfs += any ? 1 : -1;
	return true;
}

/**
 * tunqos_vrf_hides() - are the outer packets of a device in a VRF
 * @dev: a tunnel device
 * @underlay: namespace of its outer packets, NULL if any can be
 *
 * Known is the device that the tunnel is tied to ('dev' of ip(8)). Without one
 * its routes may lead into each VRF that there is.
 *
 * Context: RTNL held.
 */
enum tunqos_vrf tunqos_vrf_hides(struct net_device *dev, struct net *underlay)
{
	int link = 0;
	struct net_device *lower;
	struct list_head *iter;
	bool tied = false;

	netdev_for_each_lower_dev(dev, lower, iter) {
		if (in_vrf(lower))
			return TUNQOS_VRF_TIED;
		tied = true;
	}
	if (tied)
		return TUNQOS_VRF_NONE;
	if (!underlay)
		return vrfs ? TUNQOS_VRF_PERHAPS : TUNQOS_VRF_NONE;
	/* without its own the driver is tied to nothing that is not above */
	if (dev->netdev_ops->ndo_get_iflink)
		link = dev_get_iflink(dev);
	if (link > 0) {
		lower = __dev_get_by_index(underlay, link);
		if (lower)
			return in_vrf(lower) ? TUNQOS_VRF_TIED :
					       TUNQOS_VRF_NONE;
	}
	return tunqos_net(underlay)->has_vrf ? TUNQOS_VRF_PERHAPS :
					       TUNQOS_VRF_NONE;
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
	struct net *net = dev_net(attachment->dev);
	u32 number, max = TUNQOS_HIDDEN_MAX;
	int err;

	/* Half of them are for who owns the machine. */
	if (net->user_ns != &init_user_ns)
		max /= 2;
	/* In turn: a packet may wait in the device's queue with an old one. */
	err = xa_alloc_cyclic(&tunqos_hidden, &number, attachment,
			      XA_LIMIT(1, max), &next_number,
			      GFP_KERNEL);
	if (err < 0)
		return err;
	WRITE_ONCE(attachment->number, number);
	return 0;
}

/* Takes it back. Context: process, RTNL held. */
void tunqos_vrf_put(struct tunqos_attachment *attachment)
{
	if (attachment->number)
		xa_erase(&tunqos_hidden, attachment->number);
	WRITE_ONCE(attachment->number, 0);
}
