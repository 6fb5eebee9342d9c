// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tunnels whose underlay is a VRF: at LOCAL_OUT the packet's device is the VRF
 * then, not the tunnel. So egress of the tunnel device leaves its number in
 * the companion, which all drivers but WireGuard carry along; that one is known
 * by its socket. LOCAL_OUT of a VRF may be passed twice.
 */

#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/xarray.h>
#include <net/l3mdev.h>

#include "core/companion.h"
#include "core/inner.h"
#include "path/attachment.h"
#include "path/net.h"
#include "path/vrf.h"
#include "path/wireguard.h"
#include "config/vrf.h"

/* Attachments by number; changed under RTNL, read under RCU. */
static DEFINE_XARRAY_ALLOC1(hidden);
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

/* Egress of such a device. */
unsigned int tunqos_vrf_before(void *priv, struct sk_buff *skb,
			       const struct nf_hook_state *state)
{
	const struct tunqos_attachment *attachment = priv;
	u16 number = READ_ONCE(attachment->number);

	/* 0: it is being taken back, and would mean another thing */
	if (likely(number))
		skb->tc_index = tunqos_hidden_make(number);
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
	struct net *net = dev_net(attachment->dev);
	u32 number, max = TUNQOS_HIDDEN_MAX;
	int err;

	/* Half of them are for who owns the machine. */
	if (net->user_ns != &init_user_ns)
		max /= 2;
	/* In turn: a packet may wait in the device's queue with an old one. */
	err = xa_alloc_cyclic(&hidden, &number, attachment,
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
		xa_erase(&hidden, attachment->number);
	WRITE_ONCE(attachment->number, 0);
}

/**
 * tunqos_vrf_device() - what made a packet that is in a VRF
 * @skb: at LOCAL_OUT of the VRF
 * @sk: the socket that sends it, or NULL
 * @proto: of the packet
 *
 * What was forwarded, by IPVS, has an input device and may have the companion
 * of another router; l2tp leaves the input device of the inner packet, and
 * what it wrote is looked for as everywhere.
 *
 * Context: RCU read side.
 * Return: the tunnel device that is bound, or NULL.
 */
const struct tunqos_attachment *tunqos_vrf_device(const struct sk_buff *skb,
						  const struct sock *sk,
						  u8 proto)
{
	const struct tunqos_attachment *attachment;

	if (tunqos_companion_kind(skb->tc_index) != TUNQOS_KIND_HIDDEN) {
		if (skb->skb_iif || proto != IPPROTO_UDP || !sk)
			return NULL;
		return tunqos_wireguard_of(sk);
	}
	attachment = xa_load(&hidden, tunqos_hidden_number(skb->tc_index));
	if (attachment && skb->skb_iif && attachment->form != TUNQOS_FORM_L2TP)
		return NULL;
	return attachment;
}
