// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tunnel devices that packets are handled on; path/attachment.h finds them.
 *
 * A change goes through three steps: prepare registers hooks, which stay inert
 * without a profile, and is the only one that can fail; publish swaps the
 * profile; trim gives up what is not needed any more.
 */

#include <linux/netdevice.h>
#include <linux/netfilter_netdev.h>
#include <linux/rtnetlink.h>
#include <linux/user_namespace.h>
#include <net/rtnetlink.h>

#include "core/inner.h"
#include "path/attachment.h"
#include "path/net.h"
#include "path/places.h"
#include "path/profile.h"
#include "path/selector.h"
#include "path/vrf.h"
#include "path/wireguard.h"
#include "config/attachment.h"
#include "config/binding.h"
#include "config/device.h"
#include "config/hooks.h"
#include "config/ipsec.h"
#include "config/kind.h"
#include "config/selector.h"
#include "config/vrf.h"

LIST_HEAD(tunqos_roaming);

static const struct tunqos_kind kinds[] = {
	{ "gre",	TUNQOS_FORM_GRE,	true,	false,	true,	true },
	{ "gretap",	TUNQOS_FORM_GRE,	true,	false,	true,	true },
	{ "ip6gre",	TUNQOS_FORM_GRE,	false,	true,	true,	true },
	{ "ip6gretap",	TUNQOS_FORM_GRE,	false,	true,	true,	true },
	{ "erspan",	TUNQOS_FORM_GRE,	true,	false,	true,	true },
	{ "ip6erspan",	TUNQOS_FORM_GRE,	false,	true,	true,	true },
	{ "ipip",	TUNQOS_FORM_IP,		true,	false,	true,	true },
	{ "sit",	TUNQOS_FORM_IP,		true,	false,	true,	false },
	{ "ip6tnl",	TUNQOS_FORM_IP,		false,	true,	true,	true },
	{ "vxlan",	TUNQOS_FORM_VXLAN,	true,	true,	true,	true },
	{ "geneve",	TUNQOS_FORM_GENEVE,	true,	true,	true,	true },
	{ "l2tpeth",	TUNQOS_FORM_L2TP,	true,	true,	false,	false },
	/* that of L2TPv2; the frames of others have no IP header outside */
	{ "ppp",	TUNQOS_FORM_PPP,	true,	true,	false,	false },
	{ "gtp",	TUNQOS_FORM_GTP,	true,	true,	false,	false },
	{ "wireguard",	TUNQOS_FORM_WIREGUARD,	true,	true,	false,	true },
	{ "xfrm",	TUNQOS_FORM_IPSEC,	true,	true,	false,	false },
	{ "vti",	TUNQOS_FORM_IPSEC,	true,	false,	false,	false },
	{ "vti6",	TUNQOS_FORM_IPSEC,	false,	true,	false,	false },
};

/* The kind that tunqos can bind to, or NULL. Context: RTNL held. */
const struct tunqos_kind *tunqos_kind_of(const struct net_device *dev)
{
	const char *name = NULL;
	size_t i;

	if (dev->rtnl_link_ops)
		name = dev->rtnl_link_ops->kind;
	else if (dev->dev.type)
		name = dev->dev.type->name;	/* l2tp has nothing else */
	if (!name)
		return NULL;
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!strcmp(name, kinds[i].name))
			return &kinds[i];
	}
	return NULL;
}

/* Why another device cannot be bound to, for people. Context: RTNL held. */
const char *tunqos_kind_refusal(void)
{
	static char text[320];	/* made once */
	int used;
	size_t i;

	ASSERT_RTNL();
	if (text[0])
		return text;
	used = scnprintf(text, sizeof(text),
			 "not a tunnel device that tunqos knows; it knows");
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		used += scnprintf(text + used, sizeof(text) - used, "%s %s",
				  i ? "," : "", kinds[i].name);
	scnprintf(text + used, sizeof(text) - used,
		  "; bind ipsec without a device by a crypto map");
	return text;
}

/* Does the device tell which namespace its outer packets are in? */
static bool knows_underlay(const struct net_device *dev)
{
	return dev->rtnl_link_ops && dev->rtnl_link_ops->get_link_net;
}

static struct net *underlay_of(struct net_device *dev)
{
	struct net *net = NULL;

	if (knows_underlay(dev))
		net = dev->rtnl_link_ops->get_link_net(dev);
	return net ?: dev_net(dev);
}

/*
 * Only who owns the machine may have hooks in others' namespaces; for anybody
 * else the device's own is looked at.
 */
static bool is_everywhere(const struct net_device *dev)
{
	return !knows_underlay(dev) && dev_net(dev)->user_ns == &init_user_ns;
}

/*
 * Whoever owns the device's namespace may mark the outer packets if the one
 * they are in has the same owner, or one below: as for changing the device.
 */
static bool may_mark(struct net_device *dev)
{
	const struct user_namespace *ns;

	for (ns = underlay_of(dev)->user_ns; ns; ns = ns->parent) {
		if (ns == dev_net(dev)->user_ns)
			return true;
	}
	return false;
}

/*
 * Where its packets pass POST_ROUTING in clear: those of IPsec in the namespace
 * of the SAs.
 */
static struct net *before_net(const struct tunqos_attachment *attachment)
{
	return attachment->form == TUNQOS_FORM_IPSEC ?
	       attachment->underlay : dev_net(attachment->dev);
}

/*
 * Those of outer packets are in the underlay. A companion may be read there and
 * where the device is.
 */
static void hooks_put(struct tunqos_attachment *attachment, u32 hooks)
{
	u32 outer = hooks & ~TUNQOS_HOOK_BEFORE;

	tunqos_hooks_put(dev_net(attachment->dev), hooks & TUNQOS_HOOK_FORWARD,
			 NULL);
	if (attachment->everywhere)
		tunqos_hooks_put_everywhere(outer, attachment->kind);
	else
		tunqos_hooks_put(attachment->underlay, outer, attachment->kind);
	tunqos_hooks_put(before_net(attachment), hooks & TUNQOS_HOOK_BEFORE,
			 NULL);
}

static int hooks_get(struct tunqos_attachment *attachment, u32 hooks)
{
	u32 outer = hooks & ~TUNQOS_HOOK_BEFORE;
	int err;

	if (attachment->everywhere)
		err = tunqos_hooks_get_everywhere(outer, attachment->kind);
	else
		err = tunqos_hooks_get(attachment->underlay, outer,
				       attachment->kind);
	if (err)
		return err;
	err = tunqos_hooks_get(before_net(attachment),
			       hooks & TUNQOS_HOOK_BEFORE, NULL);
	if (err)
		goto put_outer;
	err = tunqos_hooks_get(dev_net(attachment->dev),
			       hooks & TUNQOS_HOOK_FORWARD, NULL);
	if (err)
		goto put_before;
	return 0;

put_before:
	tunqos_hooks_put(before_net(attachment), hooks & TUNQOS_HOOK_BEFORE,
			 NULL);
put_outer:
	if (attachment->everywhere)
		tunqos_hooks_put_everywhere(outer, attachment->kind);
	else
		tunqos_hooks_put(attachment->underlay, outer, attachment->kind);
	return err;
}

static int after_get(struct tunqos_attachment *attachment)
{
	attachment->ingress = (struct nf_hook_ops) {
		.hook		= tunqos_after,
		.dev		= attachment->dev,
		.priv		= attachment,
		.pf		= NFPROTO_NETDEV,
		.hooknum	= NF_NETDEV_INGRESS,
		.priority	= INT_MIN,
	};
	return nf_register_net_hook(dev_net(attachment->dev),
				    &attachment->ingress);
}

static int egress_get(struct tunqos_attachment *attachment)
{
	bool sealed = attachment->form == TUNQOS_FORM_WIREGUARD;
	struct tunqos_egress *egress;
	int err;

	if (!sealed) {
		err = tunqos_vrf_get(attachment);
		/* none is left: what does meet a VRF is counted there */
		if (err == -EBUSY && attachment->vrf == TUNQOS_VRF_PERHAPS)
			return 0;
		if (err)
			return err;
	}
	err = -ENOMEM;
	egress = kzalloc(sizeof(*egress), GFP_KERNEL_ACCOUNT);
	if (!egress)
		goto put;
	egress->ops = (struct nf_hook_ops) {
		.hook		= sealed ? tunqos_wireguard_before :
					   tunqos_vrf_before,
		.dev		= attachment->dev,
		.priv		= attachment,
		.pf		= NFPROTO_NETDEV,
		.hooknum	= NF_NETDEV_EGRESS,
		.priority	= INT_MAX,
	};
	err = nf_register_net_hook(dev_net(attachment->dev), &egress->ops);
	if (err)
		goto free;
	attachment->egress = egress;
	return 0;

free:
	kfree(egress);
put:
	tunqos_vrf_put(attachment);
	return err;
}

static void egress_put(struct tunqos_attachment *attachment)
{
	struct tunqos_egress *egress = attachment->egress;

	if (!egress)
		return;
	attachment->egress = NULL;
	nf_unregister_net_hook(dev_net(attachment->dev), &egress->ops);
	/* who lists the hooks of a device may be looking at it */
	kfree_rcu(egress, rcu);
	tunqos_vrf_put(attachment);
}

/* Is the underlay of a device of ours a VRF? Context: RTNL held. */
enum tunqos_vrf tunqos_attachment_vrf(struct net_device *dev)
{
	return tunqos_vrf_hides(dev, is_everywhere(dev) ? NULL :
						underlay_of(dev));
}

/*
 * gro_cells would merge packets of different outer DSCP before after.c sees
 * them, and all but the first would get a wrong mark. What the user wants of
 * the device stays as he said it, also what he says meanwhile.
 */
static void gro_off(struct tunqos_attachment *attachment)
{
	struct net_device *dev = attachment->dev;

	if (!attachment->kind->gro || !(dev->features & NETIF_F_GRO))
		return;
	dev->features &= ~NETIF_F_GRO;
	attachment->gro_cleared = true;
	netdev_features_change(dev);
}

/* Only if it is still wanted. */
static void gro_restore(struct tunqos_attachment *attachment)
{
	struct net_device *dev = attachment->dev;

	if (!attachment->gro_cleared)
		return;
	attachment->gro_cleared = false;
	if (dev->reg_state == NETREG_REGISTERED)
		netdev_update_features(dev);
}

static void gro_decide(struct tunqos_attachment *attachment, bool exact)
{
	/* first: both tell of the change, and tunqos_attachment_features() */
	attachment->gro_exact = exact;
	if (exact)
		gro_off(attachment);
	else
		gro_restore(attachment);
}

/* It may have been switched on again. Context: process, RTNL held. */
void tunqos_attachment_features(struct tunqos_attachment *attachment)
{
	if (attachment->gro_exact)
		gro_off(attachment);
}

static void release(struct tunqos_attachment *attachment, u32 hooks)
{
	hooks &= attachment->held;
	attachment->held &= ~hooks;
	if (hooks & TUNQOS_HOOK_AFTER) {
		nf_unregister_net_hook(dev_net(attachment->dev),
				       &attachment->ingress);
		gro_decide(attachment, false);
	}
	if (hooks & TUNQOS_HOOK_TUNNEL_EGRESS)
		egress_put(attachment);
	hooks_put(attachment, hooks);
}

static struct tunqos_attachment *create(struct tunqos_binding *binding,
					struct net_device *dev)
{
	struct tunqos_attachment *attachment;

	attachment = kzalloc(sizeof(*attachment), GFP_KERNEL_ACCOUNT);
	if (!attachment)
		return NULL;
	attachment->dev = dev;
	attachment->binding = binding;
	attachment->kind = tunqos_kind_of(dev);
	attachment->form = attachment->kind->form;
	attachment->underlay = underlay_of(dev);
	attachment->vrf = tunqos_attachment_vrf(dev);
	attachment->copies_dscp = tunqos_device_copies_dscp(dev);
	attachment->everywhere = is_everywhere(dev);
	if (!attachment->everywhere)
		attachment->here = tunqos_net(attachment->underlay);
	list_add_tail(&attachment->list,
		      attachment->everywhere ? &tunqos_roaming :
		      &tunqos_net(attachment->underlay)->attachments);
	hlist_add_head_rcu(&attachment->node, tunqos_device_bucket(dev));
	return attachment;
}

/**
 * tunqos_attachment_sas() - find the SAs of an xfrm or vti device
 * @attachment: its selector is what the device says now
 *
 * Context: process, RTNL held.
 * Return: 0, -EINVAL if the device says nothing of them, -ENOSPC, -ENOMEM.
 */
int tunqos_attachment_sas(struct tunqos_attachment *attachment)
{
	struct tunqos_match *old = attachment->match, *match;
	struct tunqos_selector selector;
	int err;

	err = tunqos_device_selector(attachment->dev, &selector);
	if (!err && old && tunqos_selector_equal(&old->selector, &selector))
		return 0;
	if (err == -ENOMEM)
		return err;
	/* what it had it has no more, whatever becomes of the new */
	attachment->match = NULL;
	tunqos_match_remove(old);
	if (err)
		return err;
	match = tunqos_match_add(tunqos_net(attachment->underlay), &selector,
				 true);
	if (IS_ERR(match))
		return PTR_ERR(match);
	rcu_assign_pointer(match->profile,
			   rtnl_dereference(attachment->profile));
	attachment->match = match;
	return 0;
}

/**
 * tunqos_attachment_prepare() - everything about a device that can fail
 * @binding: of type TUNQOS_BIND_DEVICE
 * @dev: a device that tunqos_kind_of() knows
 * @hooks: what the coming profile needs
 *
 * Packets see no difference yet. tunqos_attachment_publish() goes on, or
 * tunqos_attachment_trim() or tunqos_attachment_drop() goes back.
 *
 * Context: process, RTNL held.
 * Return: 0, or a negative error number and nothing was taken.
 */
int tunqos_attachment_prepare(struct tunqos_binding *binding,
			      struct net_device *dev, u32 hooks)
{
	struct tunqos_attachment *attachment = binding->attachment;
	u32 gain;
	int err;

	ASSERT_RTNL();
	if (!attachment) {
		if (!may_mark(dev))
			return -EPERM;
		if (tunqos_net(underlay_of(dev))->gone)
			return -ENODEV;
		if (WARN_ON_ONCE(tunqos_attachment_find(dev)))
			return -EBUSY;
		attachment = create(binding, dev);
		if (!attachment)
			return -ENOMEM;
		binding->attachment = attachment;
	}

	gain = hooks & ~attachment->held;
	if (attachment->form == TUNQOS_FORM_IPSEC) {
		err = tunqos_attachment_sas(attachment);
		if (!err && gain & TUNQOS_HOOK_IPSEC)
			err = tunqos_ipsec_get(binding->tn);
		if (err)
			goto err_drop;
	}
	err = hooks_get(attachment, gain);
	if (err)
		goto err_drop;
	if (gain & TUNQOS_HOOK_AFTER) {
		err = after_get(attachment);
		if (err)
			goto err_put;
	}
	if (gain & TUNQOS_HOOK_TUNNEL_EGRESS) {
		err = egress_get(attachment);
		if (err)
			goto err_after;
		if (!attachment->egress)
			gain &= ~TUNQOS_HOOK_TUNNEL_EGRESS;
	}
	attachment->held |= gain;
	return 0;

err_after:
	if (gain & TUNQOS_HOOK_AFTER)
		nf_unregister_net_hook(dev_net(dev), &attachment->ingress);
err_put:
	hooks_put(attachment, gain);
err_drop:
	if (!rcu_access_pointer(attachment->profile))
		tunqos_attachment_drop(binding);
	return err;
}

/* From now on packets see @profile. Context: process, RTNL held. */
void tunqos_attachment_publish(struct tunqos_binding *binding,
			       struct tunqos_profile *profile)
{
	struct tunqos_attachment *attachment = binding->attachment;
	bool exact;

	ASSERT_RTNL();
	/* WireGuard's outer mark is read late, of one packet */
	exact = !profile->decap_merge ||
		attachment->form == TUNQOS_FORM_WIREGUARD;
	gro_decide(attachment, exact && attachment->held & TUNQOS_HOOK_AFTER);
	rcu_assign_pointer(attachment->profile, profile);
	if (attachment->match)
		rcu_assign_pointer(attachment->match->profile, profile);
}

/* Gives up all hooks but @hooks. Context: process, RTNL held. */
void tunqos_attachment_trim(struct tunqos_binding *binding, u32 hooks)
{
	ASSERT_RTNL();
	release(binding->attachment, ~hooks);
}

/**
 * tunqos_attachment_drop() - let go of the device
 * @binding: its attachment is gone afterwards
 *
 * Context: process, RTNL held; also from NETDEV_UNREGISTER.
 */
void tunqos_attachment_drop(struct tunqos_binding *binding)
{
	struct tunqos_attachment *attachment = binding->attachment;

	ASSERT_RTNL();
	if (!attachment)
		return;
	binding->attachment = NULL;
	RCU_INIT_POINTER(attachment->profile, NULL);
	list_del(&attachment->list);
	hlist_del_rcu(&attachment->node);
	tunqos_match_remove(attachment->match);
	release(attachment, ~0);
	kfree_rcu(attachment, rcu);
}
