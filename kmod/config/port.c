// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ports. At its own egress a VLAN device has no tag on its frames yet, and at
 * its ingress none any more, so the place of PCP is the device right under it,
 * keyed by tag protocol and VID; of another device it is the device itself.
 * The place of the mark is the device's own ingress. What frames meet there is
 * in path/port_egress.c, path/port_arrival.c and path/port_ingress.c. All under
 * RTNL.
 */

#include <linux/hashtable.h>
#include <linux/if_arp.h>
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_netdev.h>
#include <linux/rtnetlink.h>
#include <linux/string.h>
#include <net/l3mdev.h>
#include <net/rtnetlink.h>

#include "path/net.h"
#include "path/port.h"
#include "path/profile.h"
#include "config/binding.h"
#include "config/port.h"
#include "config/rtnl.h"

#define VLAN_HAS_TAG \
	"its frames have the tag of the vlan, priority tags are for the device under it"
#define BOND_HAS_FRAMES \
	"its frames are those of the bond it is in, name that one"

/* As CHANGEUPPER has it: team says so in the device's flags only later. */
static bool is_in_lag(const struct net_device *dev)
{
	struct net_device *master =
		netdev_master_upper_dev_get((struct net_device *)dev);

	return master && netif_is_lag_master(master);
}

/* A tag that it does not expect makes a full frame too long, or is no IP. */
static bool takes_tags(const struct net_device *dev)
{
	const struct rtnl_link_ops *ops = dev->rtnl_link_ops;

	return !(dev->features & NETIF_F_VLAN_CHALLENGED) &&
	       !netif_is_macsec(dev) && !(ops && !strcmp(ops->kind, "ipvlan"));
}

/**
 * tunqos_port_problem() - can a device be such a port?
 * @dev: the device
 * @profile: what the port is to do
 *
 * Context: process, RTNL held.
 * Return: NULL, or why it cannot, for people.
 */
const char *tunqos_port_problem(const struct net_device *dev,
				const struct tunqos_profile *profile)
{
	bool tags = tunqos_port_writes(profile) || profile->arrival;

	if (profile->priority_tag && is_vlan_dev(dev))
		return VLAN_HAS_TAG;
	if ((profile->priority_tag || profile->rules) && !takes_tags(dev))
		return "a device of this kind drops frames with a tag";
	if (profile->mark_mask &&
	    (dev->flags & IFF_LOOPBACK || netif_is_l3_master(dev)))
		return "packets do not arrive on a device of this kind";
	if (!tags)
		return NULL;
	/* a vrf says that it is one, but has packets without such a header */
	if (dev->type != ARPHRD_ETHER || netif_is_l3_master(dev))
		return "not a device of ethernet frames, which alone have tags";
	if (is_in_lag(dev))
		return BOND_HAS_FRAMES;
	return NULL;
}

static struct net_device *lower_of(struct net_device *dev)
{
	struct net_device *lower;
	struct list_head *iter;

	netdev_for_each_lower_dev(dev, lower, iter)
		return lower;
	return NULL;
}

/* What carries the tagged frames of ports, or NULL. Context: RTNL held. */
struct tunqos_lower *tunqos_port_lower_find(const struct net_device *dev)
{
	struct tunqos_lower *lower;

	hash_for_each_possible(tunqos_lowers, lower, node,
			       (unsigned long)dev) {
		if (lower->dev == dev)
			return lower;
	}
	return NULL;
}

static struct tunqos_lower *lower_get(struct net_device *dev)
{
	struct tunqos_lower *lower = tunqos_port_lower_find(dev);

	if (lower) {
		lower->users++;
		return lower;
	}

	lower = kzalloc(sizeof(*lower), GFP_KERNEL_ACCOUNT);
	if (!lower)
		return NULL;
	lower->dev = dev;
	lower->users = 1;
	lower->egress.ops = (struct nf_hook_ops) {
		.hook		= tunqos_port_egress,
		.dev		= dev,
		.priv		= lower,
		.pf		= NFPROTO_NETDEV,
		.hooknum	= NF_NETDEV_EGRESS,
		.priority	= 300,
	};
	/* behind after.c; what reads the DSCP, our mark as well, comes later */
	lower->arrival.ops = (struct nf_hook_ops) {
		.hook		= tunqos_port_arrival,
		.dev		= dev,
		.priv		= lower,
		.pf		= NFPROTO_NETDEV,
		.hooknum	= NF_NETDEV_INGRESS,
		.priority	= NF_IP_PRI_MANGLE - 1,
	};
	hash_add_rcu(tunqos_lowers, &lower->node, (unsigned long)dev);
	return lower;
}

/* One user of it is gone, its hooks before it. Context: RTNL held. */
void tunqos_port_lower_put(struct tunqos_lower *lower)
{
	if (--lower->users)
		return;
	hash_del_rcu(&lower->node);
	kfree_rcu(lower, rcu);
}

static int lower_hook_get(struct tunqos_lower *lower,
			  struct tunqos_lower_hook *hook)
{
	int err = 0;

	if (!hook->users)
		err = nf_register_net_hook(dev_net(lower->dev), &hook->ops);
	if (!err)
		WRITE_ONCE(hook->users, hook->users + 1);
	return err;
}

static void lower_hook_put(struct tunqos_lower *lower,
			   struct tunqos_lower_hook *hook)
{
	WRITE_ONCE(hook->users, hook->users - 1);
	if (!hook->users)
		nf_unregister_net_hook(dev_net(lower->dev), &hook->ops);
}

/* The hook by which a port queues by the outer DSCP; nothing if it has it. */
static int class_get(struct tunqos_vid *vid)
{
	int err;

	if (vid->classes)
		return 0;
	vid->class = (struct nf_hook_ops) {
		.hook		= tunqos_port_class,
		.dev		= vid->dev,
		.priv		= vid,
		.pf		= NFPROTO_NETDEV,
		.hooknum	= NF_NETDEV_EGRESS,
		.priority	= 300,
	};
	err = nf_register_net_hook(dev_net(vid->dev), &vid->class);
	vid->classes = !err;
	return err;
}

static void class_put(struct tunqos_vid *vid)
{
	if (!vid->classes)
		return;
	vid->classes = false;
	nf_unregister_net_hook(dev_net(vid->dev), &vid->class);
}

/**
 * tunqos_port_classes_get() - let the ports queue by the outer DSCP
 * @tn: the namespace of the ports, those to come included
 *
 * Context: process, RTNL held.
 * Return: 0, or a negative error number; tunqos_port_classes_trim() then gives
 * back what was taken.
 */
int tunqos_port_classes_get(struct tunqos_net *tn)
{
	struct tunqos_binding *binding;
	int err;

	tunqos_assert_rtnl();
	if (tn->port_classes)
		return 0;
	tn->port_classes = true;
	list_for_each_entry(binding, &tn->bindings, list) {
		if (!(binding->held & TUNQOS_HOOK_PORT_EGRESS))
			continue;
		err = class_get(binding->vid);
		if (err)
			return err;
	}
	return 0;
}

/* Gives that up if nothing needs it. Context: process, RTNL held. */
void tunqos_port_classes_trim(struct tunqos_net *tn)
{
	struct tunqos_binding *binding;

	tunqos_assert_rtnl();
	if (!tn->port_classes || tn->outer_classes)
		return;
	tn->port_classes = false;
	list_for_each_entry(binding, &tn->bindings, list) {
		if (binding->vid)
			class_put(binding->vid);
	}
}

/* From now on frames find it, and no other one in its place. */
static void vid_link(struct tunqos_vid *vid)
{
	struct tunqos_lower *lower = vid->lower;

	if (vid->linked)
		return;
	vid->linked = true;
	if (vid->proto)
		hlist_add_head_rcu(&vid->node,
				   &lower->vids[vid->vid % TUNQOS_VID_BUCKETS]);
	else
		rcu_assign_pointer(lower->own, vid);
}

static void vid_unlink(struct tunqos_vid *vid)
{
	if (!vid->linked)
		return;
	if (vid->proto)
		hlist_del_rcu(&vid->node);
	else
		RCU_INIT_POINTER(vid->lower->own, NULL);
}

/* The place where frames have their tags; nothing if the port has it. */
static int vid_get(struct tunqos_binding *binding, struct net_device *dev)
{
	bool is_vlan = is_vlan_dev(dev);
	struct net_device *lower_dev = is_vlan ? lower_of(dev) : dev;
	struct tunqos_vid *vid;

	if (binding->vid)
		return 0;
	if (!lower_dev)
		return -ENODEV;
	if (dev_net(dev)->user_ns != dev_net(lower_dev)->user_ns)
		return -EPERM;	/* a frame's tag is the lower device's */

	vid = kzalloc(sizeof(*vid), GFP_KERNEL_ACCOUNT);
	if (!vid)
		return -ENOMEM;
	vid->lower = lower_get(lower_dev);
	if (!vid->lower) {
		kfree(vid);
		return -ENOMEM;
	}
	vid->dev = dev;
	vid->binding = binding;
	vid->vid = is_vlan ? vlan_dev_vlan_id(dev) : 0;
	vid->proto = is_vlan ? vlan_dev_vlan_proto(dev) : 0;
	binding->vid = vid;
	return 0;
}

static void vid_put(struct tunqos_binding *binding)
{
	struct tunqos_vid *vid = binding->vid;

	binding->vid = NULL;
	vid_unlink(vid);
	tunqos_port_lower_put(vid->lower);
	kfree_rcu(vid, rcu);
}

static int egress_get(struct tunqos_binding *binding)
{
	struct tunqos_vid *vid = binding->vid;
	int err = lower_hook_get(vid->lower, &vid->lower->egress);

	if (err)
		return err;
	if (binding->tn->port_classes)
		err = class_get(vid);
	if (err)
		lower_hook_put(vid->lower, &vid->lower->egress);
	return err;
}

static void egress_put(struct tunqos_binding *binding)
{
	struct tunqos_vid *vid = binding->vid;

	RCU_INIT_POINTER(vid->profile, NULL);
	class_put(vid);
	lower_hook_put(vid->lower, &vid->lower->egress);
}

static int arrival_get(struct tunqos_binding *binding)
{
	struct tunqos_lower *lower = binding->vid->lower;

	return lower_hook_get(lower, &lower->arrival);
}

static void arrival_put(struct tunqos_binding *binding)
{
	struct tunqos_vid *vid = binding->vid;

	RCU_INIT_POINTER(vid->arrival, NULL);
	lower_hook_put(vid->lower, &vid->lower->arrival);
}

static int ingress_get(struct tunqos_binding *binding, struct net_device *dev)
{
	struct tunqos_ingress *ingress;
	int err;

	ingress = kzalloc(sizeof(*ingress), GFP_KERNEL_ACCOUNT);
	if (!ingress)
		return -ENOMEM;
	ingress->dev = dev;
	/* behind after.c, in front of flowtables and rules at their default */
	ingress->ops = (struct nf_hook_ops) {
		.hook		= tunqos_port_ingress,
		.dev		= dev,
		.priv		= ingress,
		.pf		= NFPROTO_NETDEV,
		.hooknum	= NF_NETDEV_INGRESS,
		.priority	= NF_IP_PRI_MANGLE,
	};
	err = nf_register_net_hook(dev_net(dev), &ingress->ops);
	if (err) {
		kfree(ingress);
		return err;
	}
	binding->ingress = ingress;
	return 0;
}

static void ingress_put(struct tunqos_binding *binding)
{
	struct tunqos_ingress *ingress = binding->ingress;

	binding->ingress = NULL;
	RCU_INIT_POINTER(ingress->profile, NULL);
	nf_unregister_net_hook(dev_net(ingress->dev), &ingress->ops);
	kfree_rcu(ingress, rcu);
}

/* The hooks whose place is where frames have their tags. */
#define AT_LOWER	(TUNQOS_HOOK_PORT_EGRESS | TUNQOS_HOOK_PORT_ARRIVAL)

/* One of them, which the port does not have. */
static int hook_get(struct tunqos_binding *binding, struct net_device *dev,
		    u32 hook)
{
	int err;

	if (hook & AT_LOWER) {
		err = vid_get(binding, dev);
		if (err)
			return err;
	}
	switch (hook) {
	case TUNQOS_HOOK_PORT_EGRESS:
		return egress_get(binding);
	case TUNQOS_HOOK_PORT_ARRIVAL:
		return arrival_get(binding);
	}
	return ingress_get(binding, dev);
}

/* Gives up all hooks but @hooks. Context: process, RTNL held. */
void tunqos_port_trim(struct tunqos_binding *binding, u32 hooks)
{
	u32 loss = binding->held & ~hooks;

	ASSERT_RTNL();
	if (loss & TUNQOS_HOOK_PORT_EGRESS)
		egress_put(binding);
	if (loss & TUNQOS_HOOK_PORT_ARRIVAL)
		arrival_put(binding);
	if (loss & TUNQOS_HOOK_PORT_INGRESS)
		ingress_put(binding);
	binding->held &= hooks;
	if (binding->vid && !(binding->held & AT_LOWER))
		vid_put(binding);
}

/**
 * tunqos_port_prepare() - everything about a port that can fail
 * @binding: of type TUNQOS_BIND_PORT
 * @dev: a device that tunqos_port_problem() accepts
 * @hooks: what the coming profile needs
 *
 * Frames see no difference before tunqos_port_publish().
 *
 * Context: process, RTNL held.
 * Return: 0, or an error number and nothing was taken: -ENODEV if nothing is
 * under the device yet (it is being registered), -EPERM if that is another
 * owner's, or another one.
 */
int tunqos_port_prepare(struct tunqos_binding *binding, struct net_device *dev,
			u32 hooks)
{
	static const u32 all[] = {
		TUNQOS_HOOK_PORT_EGRESS, TUNQOS_HOOK_PORT_ARRIVAL,
		TUNQOS_HOOK_PORT_INGRESS
	};
	u32 before = binding->held;
	size_t i;
	int err;

	ASSERT_RTNL();
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		if (!(hooks & ~before & all[i]))
			continue;
		err = hook_get(binding, dev, all[i]);
		if (err) {
			tunqos_port_trim(binding, before);
			return err;
		}
		binding->held |= all[i];
	}
	return 0;
}

/* From now on frames see @profile. Context: process, RTNL held. */
void tunqos_port_publish(struct tunqos_binding *binding,
			 struct tunqos_profile *profile)
{
	ASSERT_RTNL();
	/* a hook that is about to go must not use a table that is not there */
	if (binding->vid) {
		rcu_assign_pointer(binding->vid->profile,
				   tunqos_port_writes(profile) ?
				   profile : NULL);
		rcu_assign_pointer(binding->vid->arrival,
				   profile->arrival ? profile : NULL);
		vid_link(binding->vid);
	}
	if (binding->ingress)
		rcu_assign_pointer(binding->ingress->profile,
				   profile->mark_mask ? profile : NULL);
}

/* Lets go of the devices. Context: process, RTNL held. */
void tunqos_port_drop(struct tunqos_binding *binding)
{
	tunqos_port_trim(binding, 0);
}
