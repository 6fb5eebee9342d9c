// SPDX-License-Identifier: GPL-2.0-only
/*
 * [6 After] of IPsec: receive callbacks, called after decryption in front of
 * those of vti (priority 100) and xfrm interfaces (10), which may end the
 * chain. The packet handlers themselves always pass on.
 *
 * The registrations are global, and giving one up costs a grace period, so
 * they are made at the first need and kept until the module goes. That of ESP
 * is needed with the first profile; those of AH and IPComp with the first SA
 * of theirs, for with a handler an unknown protocol is answered in another
 * way. Guests cause none: what anybody may do in a namespace of his own is
 * nothing to the machine. Theirs are handled as far as its owner's need it.
 */

#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <linux/workqueue.h>
#include <net/xfrm.h>

#include "core/companion.h"
#include "core/ds.h"
#include "path/compat.h"
#include "path/count.h"
#include "path/decap.h"
#include "path/ipsec.h"
#include "path/net.h"
#include "path/profile.h"
#include "path/selector.h"
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

/*
 * The profile of the last pass of transformations: of its SAs, the one that
 * had the outer header, and what protected it further out in transport mode,
 * the outermost that is bound counts, as at encapsulation.
 */
static const struct tunqos_profile *sa_profile(const struct sec_path *sp)
{
	const struct tunqos_profile *profile = NULL, *next;
	struct xfrm_state *x;
	int i;

	for (i = sp->len - 1; i >= 0; i--) {
		x = sp->xvec[i];
		if (i < sp->len - 1 && x->props.mode != XFRM_MODE_TRANSPORT)
			break;
		next = tunqos_sa_profile(tunqos_net(xs_net(x)), x,
					 &x->props.saddr, &x->id.daddr);
		if (next)
			profile = next;
	}
	return profile;
}

/*
 * xfrm_input() has what is decrypted merged by GRO, which looks at the inner
 * header and at the hash, not at the companion: packets of one flow that are
 * queued by different classes must not become one. The lowest bits choose
 * GRO's bucket and stay the flow's. Not said to be a hash of layer 4, so that
 * a choice of paths does not go by it.
 */
static void keep_apart(struct sk_buff *skb, u8 dscp)
{
	__skb_set_hash(skb, skb_get_hash(skb) ^ (u32)dscp << 3, true, false);
}

/* Return: NF_ACCEPT or NF_DROP. */
static unsigned int received(struct sk_buff *skb, const struct sec_path *sp)
{
	const struct tunqos_profile *profile = sa_profile(sp);
	const struct xfrm_state *x = sp->xvec[sp->len - 1];
	u8 arrived = XFRM_MODE_SKB_CB(skb)->tos;
	int hindrance = -1;

	/* Whatever the companion was, it belonged to the outer packet. */
	if (skb->tc_index >= TUNQOS_COMPANION_MIN)
		skb->tc_index = 0;
	if (!profile || !(profile->decap_write || profile->class_outer ||
			  profile->decap_ecn))
		return NF_ACCEPT;

	tunqos_count(profile, TUNQOS_DECAP);
	if (x->props.mode != XFRM_MODE_TUNNEL) {
		tunqos_left_alone(profile, TUNQOS_DECAP,
				  tunqos_not_tunnel(x->props.mode));
		return NF_ACCEPT;
	}
	if (profile->decap_write && x->props.flags & XFRM_STATE_DECAP_DSCP)
		hindrance = TUNQOS_REASON_SA_DECAP_DSCP;
	if (profile->class_outer)
		keep_apart(skb, tunqos_ds_dscp(arrived));
	return tunqos_decap(skb, profile, arrived, hindrance);
}

/*
 * Return: 1, and the next callback may have it too; negative to drop it, then
 * all are called again with an error.
 */
static int callback(struct sk_buff *skb, int err)
{
	const struct sec_path *sp;

	if (err)
		return 1;	/* there may be no state at all */
	sp = skb_sec_path(skb);
	if (sp && sp->len && received(skb, sp) != NF_ACCEPT)
		return -EPERM;
	return 1;
}

#define HANDLER4 {				\
	.handler	= pass,			\
	.input_handler	= pass_input,		\
	.cb_handler	= callback,		\
	.err_handler	= pass_error4,		\
}

#define HANDLER6 {				\
	.handler	= pass,			\
	.input_handler	= pass_input,		\
	.cb_handler	= callback,		\
	.err_handler	= pass_error6,		\
}

/* Registered ones under RTNL; wanted ones are those an SA was seen of. */
static struct transform {
	u8 proto;
	bool registered;
	bool wanted;
	struct xfrm4_protocol handler4;
	struct xfrm6_protocol handler6;
} transforms[] = {	/* ESP first: no profile goes without */
	{ IPPROTO_ESP, false, true, HANDLER4, HANDLER6 },
	{ IPPROTO_AH, false, false, HANDLER4, HANDLER6 },
	{ IPPROTO_COMP, false, false, HANDLER4, HANDLER6 },
};

static bool watching;	/* under RTNL */

/**
 * tunqos_ipsec_makes_queue() - is a QUEUE companion behind these SAs ours?
 * @sp: what the packet was decrypted by, or NULL
 *
 * Where the callback is called, it takes others' away and leaves ours with
 * class outer.
 *
 * Context: RCU read side.
 */
bool tunqos_ipsec_makes_queue(const struct sec_path *sp)
{
	const struct tunqos_profile *profile;
	size_t i;

	if (!sp || !sp->len)
		return false;
	profile = sa_profile(sp);
	if (!profile || !profile->class_outer)
		return false;
	for (i = 0; i < ARRAY_SIZE(transforms); i++) {
		if (transforms[i].proto == sp->xvec[sp->len - 1]->id.proto)
			return READ_ONCE(transforms[i].registered);
	}
	return false;
}

static int get(struct transform *t)
{
	int err = -EEXIST;

	if (t->registered)
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
	WRITE_ONCE(t->registered, true);
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
		    READ_ONCE(transforms[i].registered))
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
		return transforms[0].registered ? 0 : -EACCES;
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
		if (!transforms[i].registered)
			continue;
		xfrm6_protocol_deregister(&transforms[i].handler6,
					  transforms[i].proto);
		xfrm4_protocol_deregister(&transforms[i].handler4,
					  transforms[i].proto);
	}
}
