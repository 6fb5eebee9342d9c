// SPDX-License-Identifier: GPL-2.0-only
/*
 * 802.1p ports. A VLAN device has no tag on its frames yet, so a port's place
 * is the device right under it, keyed by tag protocol and VID. Configuration
 * side; port_egress.c is the packet side. All under RTNL.
 */

#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/netfilter_netdev.h>
#include <linux/rtnetlink.h>

#include "tunqos.h"

static LIST_HEAD(lowers);
static LIST_HEAD(vids);

/* Can tunqos bind a port to this device? */
bool tunqos_port_kind_ok(const struct net_device *dev)
{
	return is_vlan_dev(dev);
}

static struct net_device *lower_of(struct net_device *dev)
{
	struct net_device *lower;
	struct list_head *iter;

	netdev_for_each_lower_dev(dev, lower, iter)
		return lower;
	return NULL;
}

static struct tunqos_lower *lower_get(struct net_device *dev)
{
	struct tunqos_lower *lower;
	int err;

	list_for_each_entry(lower, &lowers, list) {
		if (lower->dev == dev) {
			lower->users++;
			return lower;
		}
	}

	lower = kzalloc(sizeof(*lower), GFP_KERNEL_ACCOUNT);
	if (!lower)
		return ERR_PTR(-ENOMEM);
	lower->dev = dev;
	lower->users = 1;
	lower->egress = (struct nf_hook_ops) {
		.hook		= tunqos_port_egress,
		.dev		= dev,
		.priv		= lower,
		.pf		= NFPROTO_NETDEV,
		.hooknum	= NF_NETDEV_EGRESS,
		.priority	= 300,
	};
	err = nf_register_net_hook(dev_net(dev), &lower->egress);
	if (err) {
		kfree(lower);
		return ERR_PTR(err);
	}
	list_add(&lower->list, &lowers);
	return lower;
}

static void lower_put(struct tunqos_lower *lower)
{
	if (--lower->users)
		return;
	list_del(&lower->list);
	nf_unregister_net_hook(dev_net(lower->dev), &lower->egress);
	kfree_rcu(lower, rcu);
}

/**
 * tunqos_port_prepare() - everything about a port that can fail
 * @binding: of type TUNQOS_BIND_PORT
 * @dev: a device that tunqos_port_kind_ok() accepts
 *
 * Frames see no difference before tunqos_port_publish().
 *
 * Context: process, RTNL held.
 * Return: 0, -ENODEV if nothing is under the device yet (it is being
 * registered), -EPERM if that is another owner's, or another error number.
 */
int tunqos_port_prepare(struct tunqos_binding *binding, struct net_device *dev)
{
	struct net_device *lower_dev = lower_of(dev);
	struct tunqos_lower *lower;
	struct tunqos_vid *vid;

	ASSERT_RTNL();
	if (binding->vid)
		return 0;
	if (!lower_dev)
		return -ENODEV;
	if (dev_net(dev)->user_ns != dev_net(lower_dev)->user_ns)
		return -EPERM;	/* a frame's tag is the lower device's */

	vid = kzalloc(sizeof(*vid), GFP_KERNEL_ACCOUNT);
	if (!vid)
		return -ENOMEM;
	lower = lower_get(lower_dev);
	if (IS_ERR(lower)) {
		kfree(vid);
		return PTR_ERR(lower);
	}
	vid->lower = lower;
	vid->dev = dev;
	vid->binding = binding;
	vid->vid = vlan_dev_vlan_id(dev);
	vid->proto = vlan_dev_vlan_proto(dev);
	hlist_add_head_rcu(&vid->node,
			   &lower->vids[vid->vid % TUNQOS_VID_BUCKETS]);
	list_add(&vid->list, &vids);
	binding->vid = vid;
	binding->held = TUNQOS_HOOK_PORT_EGRESS;
	return 0;
}

/* From now on frames see @profile. Context: process, RTNL held. */
void tunqos_port_publish(struct tunqos_binding *binding,
			 struct tunqos_profile *profile)
{
	ASSERT_RTNL();
	rcu_assign_pointer(binding->vid->profile, profile);
}

/**
 * tunqos_port_device_gone() - make ports pending that depended on a device
 * @dev: a VLAN device, or one that carries tagged frames
 * @only_renamed: only ports whose VLAN device has another name now
 *
 * Context: process, RTNL held; from the notifier.
 */
void tunqos_port_device_gone(const struct net_device *dev, bool only_renamed)
{
	struct tunqos_vid *vid, *tmp;

	ASSERT_RTNL();
	list_for_each_entry_safe(vid, tmp, &vids, list) {
		if (only_renamed) {
			if (vid->dev != dev ||
			    !strcmp(vid->binding->key.name, dev->name))
				continue;
		} else if (vid->dev != dev && vid->lower->dev != dev) {
			continue;
		}
		tunqos_binding_device_gone(vid->binding);
	}
}

/* Lets go of the devices. Context: process, RTNL held. */
void tunqos_port_drop(struct tunqos_binding *binding)
{
	struct tunqos_vid *vid = binding->vid;

	ASSERT_RTNL();
	if (!vid)
		return;
	binding->vid = NULL;
	binding->held = 0;
	RCU_INIT_POINTER(vid->profile, NULL);
	hlist_del_rcu(&vid->node);
	list_del(&vid->list);
	lower_put(vid->lower);
	kfree_rcu(vid, rcu);
}
