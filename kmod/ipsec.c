// SPDX-License-Identifier: GPL-2.0-only
/*
 * [6 After] of IPsec: a receive callback, called after decryption in front of
 * those of vti (priority 100) and xfrm interfaces (10), which may end the
 * chain. The packet handlers themselves always pass on.
 *
 * The registration is global, and giving it up costs a grace period, so it is
 * made at the first need and kept until the module goes. Softirq context, or
 * task with BH off (asynchronous crypto).
 */

#include <linux/ip.h>
#include <net/xfrm.h>

#include "tunqos.h"
#include "lookup.h"

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

static void received(struct sk_buff *skb, struct xfrm_state *x)
{
	const struct tunqos_profile *profile;

	profile = tunqos_peer_profile(tunqos_net(xs_net(x)), x->props.family,
				      &x->props.saddr);
	/* Whatever the companion was, it belonged to the outer packet. */
	if (skb->tc_index >= TUNQOS_COMPANION_MIN)
		skb->tc_index = 0;
	if (!profile || !(profile->decap_write || profile->class_outer))
		return;

	tunqos_count(profile, TUNQOS_DECAP);
	switch (x->props.mode) {
	case XFRM_MODE_TUNNEL:
		break;
	case XFRM_MODE_TRANSPORT:
		tunqos_left_alone(profile, TUNQOS_DECAP,
				  TUNQOS_REASON_TRANSPORT_MODE);
		return;
	default:
		tunqos_left_alone(profile, TUNQOS_DECAP,
				  TUNQOS_REASON_BEET_MODE);
		return;
	}
	if (x->props.flags & XFRM_STATE_DECAP_DSCP) {
		tunqos_left_alone(profile, TUNQOS_DECAP,
				  TUNQOS_REASON_SA_DECAP_DSCP);
		return;
	}
	tunqos_decap(skb, profile, XFRM_MODE_SKB_CB(skb)->tos);
}

/* Returns 1: the next callback may have it too. */
static int callback(struct sk_buff *skb, int err)
{
	struct xfrm_state *x;

	if (err)
		return 1;	/* there may be no state at all */
	x = xfrm_input_state(skb);
	if (x)
		received(skb, x);
	return 1;
}

static struct xfrm4_protocol esp4 = {
	.handler	= pass,
	.input_handler	= pass_input,
	.cb_handler	= callback,
	.err_handler	= pass_error4,
};

static struct xfrm6_protocol esp6 = {
	.handler	= pass,
	.input_handler	= pass_input,
	.cb_handler	= callback,
	.err_handler	= pass_error6,
};

static bool registered;	/* under RTNL */

/**
 * tunqos_ipsec_get() - have the receive callbacks registered
 *
 * Context: process, RTNL held.
 * Return: 0 or a negative error number.
 */
int tunqos_ipsec_get(void)
{
	int err = -EEXIST;

	ASSERT_RTNL();
	if (registered)
		return 0;

	for (esp4.priority = PRIORITY_FIRST;
	     err == -EEXIST && esp4.priority <= PRIORITY_LAST;
	     esp4.priority += !!err)
		err = xfrm4_protocol_register(&esp4, IPPROTO_ESP);
	if (err)
		return err;

	err = -EEXIST;
	for (esp6.priority = PRIORITY_FIRST;
	     err == -EEXIST && esp6.priority <= PRIORITY_LAST;
	     esp6.priority += !!err)
		err = xfrm6_protocol_register(&esp6, IPPROTO_ESP);
	if (err) {
		xfrm4_protocol_deregister(&esp4, IPPROTO_ESP);
		return err;
	}
	registered = true;
	return 0;
}

/* Context: module exit, nothing configured any more; sleeps. */
void tunqos_ipsec_exit(void)
{
	if (!registered)
		return;
	xfrm6_protocol_deregister(&esp6, IPPROTO_ESP);
	xfrm4_protocol_deregister(&esp4, IPPROTO_ESP);
}
