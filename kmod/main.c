// SPDX-License-Identifier: GPL-2.0-only
/* Start and end of the module and of a network namespace. */

#include <linux/module.h>
#include <linux/random.h>
#include <linux/rtnetlink.h>
#include <net/netns/generic.h>

#include "path/count.h"
#include "path/net.h"
#include "path/wireguard.h"
#include "config/binding.h"
#include "config/hooks.h"
#include "config/ipsec.h"
#include "config/notifier.h"
#include "config/transaction.h"
#include "netlink/binding.h"
#include "netlink/family.h"
#include "netlink/register.h"

static int __net_init net_init(struct net *net)
{
	struct tunqos_net *tn = tunqos_net(net);
	int err;

	tn->net = net;
	INIT_LIST_HEAD(&tn->bindings);
	INIT_LIST_HEAD(&tn->attachments);
	tunqos_txn_init(tn);
	tn->salt = get_random_u32();
	tn->tag = get_random_u32() & 0x3f;
	tn->reasons = alloc_percpu(struct tunqos_reasons);
	if (!tn->reasons)
		return -ENOMEM;
	err = tunqos_hooks_init(tn);
	if (err)
		free_percpu(tn->reasons);
	return err;
}

/* Devices are gone already, or were detached by the notifier's end. */
static void __net_exit net_exit(struct net *net)
{
	struct tunqos_net *tn = tunqos_net(net);
	struct tunqos_binding *binding, *tmp;

	tunqos_txn_drop(tn);
	rtnl_lock();
	list_for_each_entry_safe(binding, tmp, &tn->bindings, list)
		tunqos_binding_destroy(binding);
	tunqos_notifier_underlay_gone(tn);
	tunqos_hooks_exit(tn);
	rtnl_unlock();
}

/* The counters of reasons are read by packets until a grace period is over. */
static void __net_exit net_exit_batch(struct list_head *nets)
{
	struct net *net;

	synchronize_net();
	list_for_each_entry(net, nets, exit_list)
		free_percpu(tunqos_net(net)->reasons);
}

static struct pernet_operations net_ops = {
	.init		= net_init,
	.exit		= net_exit,
	.exit_batch	= net_exit_batch,
	.id		= &tunqos_net_id,
	.size		= sizeof(struct tunqos_net),
};

static int __init tunqos_init(void)
{
	int err;

	tunqos_arrived_tag = get_random_u32() & 0xf;
	tunqos_wireguard_init();
	err = register_pernet_subsys(&net_ops);
	if (err)
		return err;
	err = tunqos_notifier_register(tunqos_notify_binding);
	if (err)
		goto err_pernet;
	err = tunqos_txn_notifier_register();
	if (err)
		goto err_notifier;
	err = tunqos_netlink_register();
	if (err)
		goto err_txn_notifier;
	return 0;

err_txn_notifier:
	tunqos_txn_notifier_unregister();
err_notifier:
	tunqos_notifier_unregister();
err_pernet:
	unregister_pernet_subsys(&net_ops);
	return err;
}

/*
 * Nothing can be configured after the first step. The callbacks of IPsec are
 * not of any namespace, so they must end before the namespaces' data does.
 */
static void __exit tunqos_exit(void)
{
	tunqos_netlink_unregister();
	tunqos_txn_notifier_unregister();
	tunqos_notifier_unregister();
	tunqos_ipsec_exit();
	unregister_pernet_subsys(&net_ops);
	rcu_barrier();
}

module_init(tunqos_init);
module_exit(tunqos_exit);

MODULE_DESCRIPTION("QoS marks that survive tunnels");
MODULE_LICENSE("GPL");
MODULE_VERSION(TUNQOS_RELEASE);
/*
 * No MODULE_ALIAS_GENL_FAMILY: with it, anybody's look for the family would
 * load the module, in whatever namespace. modules-load.d or modprobe(8) does,
 * when the owner of the machine wants it.
 */
