// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a device says of itself over netlink, for its own data is its driver's:
 * which SAs belong to an xfrm or vti device, and whether an IPv6 tunnel copies
 * the outer DSCP by itself.
 */

#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <linux/ip6_tunnel.h>
#include <net/netlink.h>
#include <net/rtnetlink.h>

#include "core/keyed.h"
#include "path/selector.h"
#include "config/device.h"

static void take_address4(struct tunqos_selector *selector,
			  xfrm_address_t *address, const struct nlattr *nla,
			  u16 what)
{
	if (!nla || nla_len(nla) != sizeof(address->a4) ||
	    !nla_get_in_addr(nla))
		return;
	address->a4 = nla_get_in_addr(nla);
	selector->family = AF_INET;
	selector->fields |= what;
}

static void take_address6(struct tunqos_selector *selector,
			  xfrm_address_t *address, const struct nlattr *nla,
			  u16 what)
{
	if (!nla || nla_len(nla) != sizeof(address->in6))
		return;
	address->in6 = nla_get_in6_addr(nla);
	if (ipv6_addr_any(&address->in6)) {
		memset(address, 0, sizeof(*address));
		return;
	}
	selector->family = AF_INET6;
	selector->fields |= what;
}

/*
 * A vti device is found by its addresses when a packet comes in; its keys,
 * which are marks, may be two.
 */
static void vti_selector(struct nlattr **tb, bool v6,
			 struct tunqos_selector *selector)
{
	const struct nlattr *remote = tb[IFLA_VTI_REMOTE];
	const struct nlattr *local = tb[IFLA_VTI_LOCAL];

	if (v6) {
		take_address6(selector, &selector->peer, remote,
			      TUNQOS_SELECT_PEER);
		take_address6(selector, &selector->local, local,
			      TUNQOS_SELECT_LOCAL);
	} else {
		take_address4(selector, &selector->peer, remote,
			      TUNQOS_SELECT_PEER);
		take_address4(selector, &selector->local, local,
			      TUNQOS_SELECT_LOCAL);
	}
}

static void xfrm_selector(struct nlattr **tb, struct tunqos_selector *selector)
{
	const struct nlattr *if_id = tb[IFLA_XFRM_IF_ID];

	if (!if_id || !nla_get_u32(if_id))
		return;		/* an external one has many */
	selector->if_id = nla_get_u32(if_id);
	selector->fields = TUNQOS_SELECT_IF_ID;
}

/* Return: 0, -ENOMEM, or what the driver or the parser says. */
static int ask(const struct net_device *dev, struct nlattr **tb, int max,
	       struct sk_buff **answer)
{
	struct sk_buff *skb = alloc_skb(NLMSG_GOODSIZE, GFP_KERNEL);
	int err;

	if (!skb)
		return -ENOMEM;
	err = dev->rtnl_link_ops->fill_info(skb, dev);
	if (!err)
		err = nla_parse_deprecated(tb, max, (struct nlattr *)skb->data,
					   skb->len, NULL, NULL);
	if (err)
		kfree_skb(skb);
	else
		*answer = skb;
	return err;
}

/**
 * tunqos_device_copies_dscp() - does the driver copy the outer DSCP at decap?
 * @dev: a device that tunqos_kind_of() knows
 *
 * ip6tnl and all of ip6gre do with rcv-dscp-copy (`dscp inherit`), in front of
 * any hook. If there is no memory to ask the driver, it is taken for one that
 * does not.
 *
 * Context: process, RTNL held, sleeps.
 */
bool tunqos_device_copies_dscp(const struct net_device *dev)
{
	const struct rtnl_link_ops *ops = dev->rtnl_link_ops;
	struct nlattr *tb[IFLA_GRE_MAX + 1];
	struct sk_buff *answer;
	bool copies;
	int flags;

	BUILD_BUG_ON(IFLA_GRE_MAX < IFLA_IPTUN_FLAGS);
	if (!ops)
		return false;
	if (!strcmp(ops->kind, "ip6tnl"))
		flags = IFLA_IPTUN_FLAGS;
	else if (!strcmp(ops->kind, "ip6gre") ||
		 !strcmp(ops->kind, "ip6gretap") ||
		 !strcmp(ops->kind, "ip6erspan"))
		flags = IFLA_GRE_FLAGS;
	else
		return false;
	if (ask(dev, tb, IFLA_GRE_MAX, &answer))
		return false;
	copies = tb[flags] && nla_len(tb[flags]) == sizeof(u32) &&
		 nla_get_u32(tb[flags]) & IP6_TNL_F_RCV_DSCP_COPY;
	kfree_skb(answer);
	return copies;
}

/**
 * tunqos_device_selector() - the SAs of an xfrm, vti or vti6 device
 * @dev: the device
 * @selector: filled in on success
 *
 * Context: process, RTNL held, sleeps.
 * Return: 0, -EINVAL if the device does not say, -ENOMEM.
 */
int tunqos_device_selector(const struct net_device *dev,
			   struct tunqos_selector *selector)
{
	const struct rtnl_link_ops *ops = dev->rtnl_link_ops;
	struct nlattr *tb[IFLA_VTI_MAX + 1];
	struct sk_buff *answer;
	int err;

	BUILD_BUG_ON(IFLA_VTI_MAX < IFLA_XFRM_MAX);
	memset(selector, 0, sizeof(*selector));
	err = ask(dev, tb, IFLA_VTI_MAX, &answer);
	if (err)
		return err;
	if (!strcmp(ops->kind, "xfrm"))
		xfrm_selector(tb, selector);
	else
		vti_selector(tb, !strcmp(ops->kind, "vti6"), selector);
	kfree_skb(answer);
	/* a local address alone is also others' */
	if (selector->fields & (TUNQOS_SELECT_PEER | TUNQOS_SELECT_IF_ID))
		return 0;
	return -EINVAL;
}
