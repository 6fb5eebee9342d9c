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

#include "core/inner.h"
#include "path/attachment.h"
#include "path/net.h"
#include "path/port.h"
#include "config/attachment.h"
#include "config/binding.h"
#include "config/key.h"
#include "config/lookup.h"
#include "config/notifier.h"
#include "config/port.h"
#include "config/rtnl.h"
#include "config/vrf.h"

/* Tells listeners the state of a binding; RTNL is held. */
static void (*tell)(const struct tunqos_binding *binding);

static void gone(struct tunqos_binding *binding)
{
	tunqos_binding_device_gone(binding);
	tell(binding);
}

/* Those that had the device; @only_renamed: by another name than it has now. */
static void all_gone(const struct net_device *dev, bool only_renamed)
{
	struct tunqos_binding *binding;

	while ((binding = tunqos_binding_of_device(dev, only_renamed)))
		gone(binding);
}

static void here(struct net_device *dev)
{
	static const enum tunqos_binding_type types[] = {
		TUNQOS_BIND_DEVICE, TUNQOS_BIND_PORT
	};
	struct tunqos_net *tn = tunqos_net(dev_net(dev));
	struct tunqos_binding *binding;
	struct tunqos_key key = {};
	size_t i;

	strscpy(key.name, dev->name, sizeof(key.name));
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		key.type = types[i];
		binding = tunqos_binding_find(tn, &key);
		if (binding && tunqos_binding_device_here(binding, dev))
			tell(binding);
	}
}

/* Whether the device can be a port is another question now. */
static void port_again(struct net_device *dev)
{
	struct tunqos_key key = { .type = TUNQOS_BIND_PORT };
	struct tunqos_binding *binding;

	strscpy(key.name, dev->name, sizeof(key.name));
	binding = tunqos_binding_find(tunqos_net(dev_net(dev)), &key);
	/* a device that goes is let go of before its bond hears of it */
	if (!binding || binding->dev != dev)
		return;
	tunqos_binding_device_gone(binding);
	tunqos_binding_device_here(binding, dev);
	tell(binding);
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

/* It may be gone afterwards. */
static void attachment_changed(struct tunqos_attachment *attachment)
{
	struct tunqos_binding *binding = attachment->binding;

	if (tunqos_binding_device_changed(binding))
		tell(binding);
}

static void vrfs_changed(const struct list_head *attachments)
{
	struct tunqos_attachment *attachment, *next;

	list_for_each_entry_safe(attachment, next, attachments, list) {
		if (attachment->form != TUNQOS_FORM_IPSEC)
			attachment_changed(attachment);
	}
}

/*
 * Devices went into a VRF of this namespace or came out of one. Attachments
 * that may be anywhere are only told what tunqos_vrf_changed() counts for them:
 * what anybody does in a namespace of his own is nothing to others.
 */
static void all_vrfs_changed(const struct net *net)
{
	struct tunqos_net *tn = tunqos_net(net);

	tunqos_assert_rtnl();
	vrfs_changed(&tn->attachments);
	if (!tunqos_is_guest(tn))
		vrfs_changed(&tunqos_roaming);
}

/* Tunnels that are tied to nothing may meet it now, or not any more. */
static void vrf(const struct net_device *dev, bool goes)
{
	if (netif_is_l3_master(dev) && tunqos_vrf_changed(dev, goes))
		all_vrfs_changed(dev_net(dev));
}

/* Ports whose tagged frames the device may have carried are pending now. */
static void lower_gone(const struct net_device *dev)
{
	struct tunqos_lower *lower = tunqos_port_lower_find(dev);
	struct hlist_node *next;
	struct tunqos_vid *vid;
	size_t i;

	tunqos_assert_rtnl();
	if (!lower)
		return;
	lower->users++;		/* it outlives the last of its ports here */
	for (i = 0; i < ARRAY_SIZE(lower->vids); i++) {
		hlist_for_each_entry_safe(vid, next, &lower->vids[i], node)
			gone(vid->binding);
	}
	tunqos_port_lower_put(lower);
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
		attachment_changed(attachment);
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
		all_gone(dev, false);
		lower_gone(dev);
		vrf(dev, true);
		break;
	case NETDEV_CHANGENAME:
		all_gone(dev, true);
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
			attachment_changed(attachment);
		if (netif_is_l3_master(info->upper_dev))
			all_vrfs_changed(dev_net(dev));
		/* frames of a device in a bond are the bond's */
		if (netif_is_lag_master(info->upper_dev))
			port_again(dev);
		break;
	case NETDEV_POST_TYPE_CHANGE:	/* of a bond, by its first device */
		port_again(dev);
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

/**
 * tunqos_notifier_underlay_gone() - a namespace ends
 * @tn: the namespace; nothing new is attached to it from now on
 *
 * Most drivers have taken their devices away by now, those in other namespaces
 * included; vxlan of 6.1 does it later.
 *
 * Context: process, RTNL held.
 */
void tunqos_notifier_underlay_gone(struct tunqos_net *tn)
{
	struct tunqos_attachment *attachment, *next;

	tunqos_assert_rtnl();
	tn->gone = true;
	list_for_each_entry_safe(attachment, next, &tn->attachments, list)
		gone(attachment->binding);
}

/**
 * tunqos_notifier_register() - hear of devices
 * @changed: tells listeners the state of a binding; called with RTNL held
 *
 * Replays REGISTER of every device. Context: process; sleeps.
 */
int tunqos_notifier_register(void (*changed)(const struct tunqos_binding *))
{
	tell = changed;
	return register_netdevice_notifier(&block);
}

/* Replays UNREGISTER of every device. Context: process; sleeps. */
void tunqos_notifier_unregister(void)
{
	unregister_netdevice_notifier(&block);
}
