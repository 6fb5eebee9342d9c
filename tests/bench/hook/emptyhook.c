// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hook that does nothing: what any module pays for being asked at all. It is
 * registered in the network namespace of the process that loads it.
 *
 * place: prerouting, input, forward, output, postrouting (IPv4), egress, ingress (dev).
 * extra: 0, or 100 more instructions for each packet, so that a test can see
 *        whether the instrument counts them.
 */

#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_netdev.h>
#include <linux/nsproxy.h>
#include <linux/sched.h>

static char *place = "output";
module_param(place, charp, 0444);
MODULE_PARM_DESC(place, "a hook of IPv4, or egress or ingress");

static char *dev = "";
module_param(dev, charp, 0444);
MODULE_PARM_DESC(dev, "device of egress and ingress");

static int extra;
module_param(extra, int, 0444);
MODULE_PARM_DESC(extra, "0, or 100 more instructions for each packet");

static struct net *net;

static unsigned int empty(void *priv, struct sk_buff *skb,
			  const struct nf_hook_state *state)
{
	return NF_ACCEPT;
}

static unsigned int heavy(void *priv, struct sk_buff *skb,
			  const struct nf_hook_state *state)
{
	asm volatile(".rept 100\n\tnop\n\t.endr");
	return NF_ACCEPT;
}

static struct nf_hook_ops ops = {
	.hook		= empty,
	.pf		= NFPROTO_IPV4,
	.priority	= 300,
};

static int __init emptyhook_init(void)
{
	static const char * const inet[] = {
		[NF_INET_PRE_ROUTING]	= "prerouting",
		[NF_INET_LOCAL_IN]	= "input",
		[NF_INET_FORWARD]	= "forward",
		[NF_INET_LOCAL_OUT]	= "output",
		[NF_INET_POST_ROUTING]	= "postrouting",
	};
	static const char * const netdev[] = {
		[NF_NETDEV_INGRESS]	= "ingress",
		[NF_NETDEV_EGRESS]	= "egress",
	};
	int hook, err;

	net = current->nsproxy->net_ns;
	if (extra)
		ops.hook = heavy;
	hook = match_string(inet, ARRAY_SIZE(inet), place);
	if (hook < 0) {
		hook = match_string(netdev, ARRAY_SIZE(netdev), place);
		if (hook < 0)
			return hook;
		ops.pf = NFPROTO_NETDEV;
		ops.dev = dev_get_by_name(net, dev);
		if (!ops.dev)
			return -ENODEV;
	}
	ops.hooknum = hook;
	err = nf_register_net_hook(net, &ops);
	/* the namespace and the device outlive the module: see the loader */
	if (ops.dev)
		dev_put(ops.dev);
	return err;
}

static void __exit emptyhook_exit(void)
{
	nf_unregister_net_hook(net, &ops);
}

module_init(emptyhook_init);
module_exit(emptyhook_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("An empty netfilter hook, for tests/bench");
