// SPDX-License-Identifier: GPL-2.0-only
/*
 * The receive callbacks of IPsec, in front of those of vti (priority 100) and
 * xfrm interfaces (10), which may end the chain: what packets meet is in
 * path/ipsec.c. The packet handlers themselves always pass on.
 *
 * The registrations are global, and giving one up costs a grace period, so
 * they are made at the first need and kept until the module goes. That of ESP
 * is needed with the first profile; those of AH and IPComp with the first SA
 * of theirs, for with a handler an unknown protocol is answered in another
 * way. Guests cause none: what anybody may do in a namespace of his own is
 * nothing to the machine. Theirs are handled as far as its owner's need it.
 */

#include <linux/bitops.h>
#include <linux/rtnetlink.h>
#include <linux/workqueue.h>
#include <net/xfrm.h>

#include "path/ipsec.h"
#include "path/net.h"
#include "config/ipsec.h"

/* The first value is tried first; another module may hold it. */
#define PRIORITY_FIRST	1000
#define PRIORITY_LAST	1015

static int pass(struct sk_buff *skb)
{
	return -EINVAL;
}

static int pass_input(struct sk_buff *skb, int nexthdr, __be32 spi, int type)
{
	return -EINVAL;
}

static int pass_error4(struct sk_buff *skb, u32 info)
{
	return -ENOENT;
}

static int pass_error6(struct sk_buff *skb, struct inet6_skb_parm *opt,
		       u8 type, u8 code, int offset, __be32 info)
{
	return -ENOENT;
}

#define HANDLER4 {				\
	.handler	= pass,			\
	.input_handler	= pass_input,		\
	.cb_handler	= tunqos_ipsec_callback,\
	.err_handler	= pass_error4,		\
}

#define HANDLER6 {				\
	.handler	= pass,			\
	.input_handler	= pass_input,		\
	.cb_handler	= tunqos_ipsec_callback,\
	.err_handler	= pass_error6,		\
}

/* Wanted ones are those an SA was seen of. */
static struct transform {
	u8 proto;
	bool wanted;
	struct xfrm4_protocol handler4;
	struct xfrm6_protocol handler6;
} transforms[] = {	/* ESP first: no profile goes without */
	{ IPPROTO_ESP, true, HANDLER4, HANDLER6 },
	{ IPPROTO_AH, false, HANDLER4, HANDLER6 },
	{ IPPROTO_COMP, false, HANDLER4, HANDLER6 },
};

static bool watching;	/* under RTNL */

static bool is_registered(const struct transform *t)
{
	return test_bit(t->proto, tunqos_ipsec_protocols);
}

static int get(struct transform *t)
{
	int err = -EEXIST;

	if (is_registered(t))
		return 0;
	for (t->handler4.priority = PRIORITY_FIRST;
	     err == -EEXIST && t->handler4.priority <= PRIORITY_LAST;
	     t->handler4.priority += !!err)
		err = xfrm4_protocol_register(&t->handler4, t->proto);
	if (err)
		return err;

	err = -EEXIST;
	for (t->handler6.priority = PRIORITY_FIRST;
	     err == -EEXIST && t->handler6.priority <= PRIORITY_LAST;
	     t->handler6.priority += !!err)
		err = xfrm6_protocol_register(&t->handler6, t->proto);
	if (err) {
		xfrm4_protocol_deregister(&t->handler4, t->proto);
		return err;
	}
	set_bit(t->proto, tunqos_ipsec_protocols);
	return 0;
}

/* Return: 0, or the error of ESP; the others are tried again. */
static int get_wanted(void)
{
	size_t i;

	for (i = 1; i < ARRAY_SIZE(transforms); i++) {
		if (READ_ONCE(transforms[i].wanted))
			get(&transforms[i]);
	}
	return get(&transforms[0]);
}

static void wanted_now(struct work_struct *work)
{
	rtnl_lock();
	if (watching)
		get_wanted();	/* else the next SA tries again */
	rtnl_unlock();
}

static DECLARE_WORK(work, wanted_now);

/* An SA comes or changes; under RCU, may not sleep. */
static int sa_event(struct xfrm_state *x, const struct km_event *event)
{
	size_t i;

	if (!x || tunqos_is_guest(tunqos_net(xs_net(x))))
		return 0;
	for (i = 0; i < ARRAY_SIZE(transforms); i++) {
		if (transforms[i].proto != x->id.proto ||
		    is_registered(&transforms[i]))
			continue;
		WRITE_ONCE(transforms[i].wanted, true);
		schedule_work(&work);
	}
	return 0;
}

/* The kernel calls these of each manager. */
static int acquire(struct xfrm_state *x, struct xfrm_tmpl *tmpl,
		   struct xfrm_policy *policy)
{
	return -EINVAL;
}

static struct xfrm_policy *compile_policy(struct sock *sk, int opt, u8 *data,
					  int len, int *dir)
{
	return NULL;	/* *dir keeps what others have to say */
}

static struct xfrm_mgr manager = {
	.notify		= sa_event,
	.acquire	= acquire,
	.compile_policy	= compile_policy,
};

static int one_found(struct xfrm_state *x, int count, void *data)
{
	*(bool *)data = true;
	return -EINTR;	/* one is enough */
}

/* Is there an SA of this protocol anywhere but at guests'? */
static bool has_sa(u8 proto)
{
	struct xfrm_state_walk walk;
	bool found = false;
	struct net *net;

	down_read(&net_rwsem);
	for_each_net(net) {
		if (tunqos_is_guest(tunqos_net(net)))
			continue;
		xfrm_state_walk_init(&walk, proto, NULL);
		xfrm_state_walk(net, &walk, one_found, &found);
		xfrm_state_walk_done(&walk, net);
		if (found)
			break;
	}
	up_read(&net_rwsem);
	return found;
}

/**
 * tunqos_ipsec_get() - have the receive callbacks registered
 * @tn: namespace of the binding that needs them
 *
 * Context: process, RTNL held.
 * Return: 0 or a negative error number: -EACCES if it is a guest's, and the
 * owner of the machine has needed none.
 */
int tunqos_ipsec_get(const struct tunqos_net *tn)
{
	size_t i;

	ASSERT_RTNL();
	if (tunqos_is_guest(tn))
		return is_registered(&transforms[0]) ? 0 : -EACCES;
	if (!watching) {
		/* first, so that no SA is missed between */
		xfrm_register_km(&manager);
		watching = true;
		for (i = 0; i < ARRAY_SIZE(transforms); i++) {
			if (has_sa(transforms[i].proto))
				WRITE_ONCE(transforms[i].wanted, true);
		}
	}
	return get_wanted();
}

/* Context: module exit, nothing configured any more; sleeps. */
void tunqos_ipsec_exit(void)
{
	size_t i;

	if (!watching)
		return;
	xfrm_unregister_km(&manager);
	cancel_work_sync(&work);
	for (i = 0; i < ARRAY_SIZE(transforms); i++) {
		if (!is_registered(&transforms[i]))
			continue;
		xfrm6_protocol_deregister(&transforms[i].handler6,
					  transforms[i].proto);
		xfrm4_protocol_deregister(&transforms[i].handler4,
					  transforms[i].proto);
	}
}
