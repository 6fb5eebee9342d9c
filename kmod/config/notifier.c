// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices come, go, are renamed and move between namespaces. A move is
 * UNREGISTER in the old namespace, REGISTER in the new one with the old name,
 * then CHANGENAME. UNREGISTER may come more than once. The notifier never
 * refuses anything: that would veto the user's device. Called under RTNL.
 */

#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/l3mdev.h>

#include "path/attachment.h"
#include "path/net.h"
#include "config/attachment.h"
#include "config/binding.h"
#include "config/key.h"
#include "config/lookup.h"
#include "config/notifier.h"
#include "config/port.h"
#include "config/vrf.h"

static void here(struct net_device *dev)
{
	struct tunqos_net *tn = tunqos_net(dev_net(dev));
	struct tunqos_key key = { .type = TUNQOS_BIND_DEVICE };
	struct tunqos_binding *binding;

	strscpy(key.name, dev->name, sizeof(key.name));
	binding = tunqos_binding_find(tn, &key);
	if (binding)
		tunqos_binding_device_here(binding, dev);
	key.type = TUNQOS_BIND_PORT;
	binding = tunqos_binding_find(tn, &key);
	if (binding)
		tunqos_binding_device_here(binding, dev);
}

/* VLAN devices stay where they are when the device under them moves. */
static void uppers_here(struct net_device *dev)
{
	struct net_device *upper;
	struct list_head *iter;

	/* RTNL is enough for the walk */
	netdev_for_each_upper_dev_rcu(dev, upper, iter) {
		if (is_vlan_dev(upper))
			here(upper);
	}
}

/* Tunnels that are tied to nothing may meet it now, or not any more. */
static void vrf(const struct net_device *dev, bool goes)
{
	if (netif_is_l3_master(dev) && tunqos_vrf_changed(dev, goes))
		tunqos_attachment_vrfs_changed(dev_net(dev));
}

static struct tunqos_attachment *attached(const struct net_device *dev)
{
	struct tunqos_attachment *attachment;

	rcu_read_lock();
	attachment = tunqos_attachment_find(dev);
	rcu_read_unlock();
	return attachment;	/* RTNL keeps it */
}

/* Of a device that is down nobody is told until it is up again. */
static void changed(struct net_device *dev)
{
	struct tunqos_attachment *attachment = attached(dev);

	if (attachment)
		tunqos_binding_device_changed(attachment->binding);
	here(dev);
}

static int event(struct notifier_block *block, unsigned long event, void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	const struct netdev_notifier_changeupper_info *info;
	struct tunqos_attachment *attachment;

	switch (event) {
	case NETDEV_REGISTER:
		vrf(dev, false);
		here(dev);
		uppers_here(dev);
		break;
	case NETDEV_UP:		/* what failed is tried again */
		changed(dev);
		break;
	case NETDEV_UNREGISTER:
		tunqos_bindings_device_gone(dev, false);
		tunqos_port_lower_gone(dev);
		vrf(dev, true);
		break;
	case NETDEV_CHANGENAME:
		tunqos_bindings_device_gone(dev, true);
		here(dev);
		break;
	case NETDEV_FEAT_CHANGE:
		attachment = attached(dev);
		if (attachment)
			tunqos_attachment_features(attachment);
		break;
	case NETDEV_CHANGEUPPER:
		/* a VLAN device gets what is under it after its REGISTER */
		info = ptr;
		if (info->linking && is_vlan_dev(info->upper_dev))
			here(info->upper_dev);
		attachment = attached(info->upper_dev);
		if (attachment)	/* vxlan, the same */
			tunqos_binding_device_changed(attachment->binding);
		if (netif_is_l3_master(info->upper_dev))
			tunqos_attachment_vrfs_changed(dev_net(dev));
		break;
	case NETDEV_CHANGE:	/* a tunnel may be tied to another device */
		changed(dev);
		break;
	}
	return NOTIFY_DONE;
}

static struct notifier_block block = {
	.notifier_call = event,
};

/* Replays REGISTER of every device. Context: process; sleeps. */
int tunqos_notifier_register(void)
{
	return register_netdevice_notifier(&block);
}

/* Replays UNREGISTER of every device. Context: process; sleeps. */
void tunqos_notifier_unregister(void)
{
	unregister_netdevice_notifier(&block);
}
