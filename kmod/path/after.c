// SPDX-License-Identifier: GPL-2.0-only
/*
 * [6 After] Ingress of the tunnel device: applies what arrived.c noted, before
 * anything else looks at the packet (a flowtable included). The headers are
 * not validated yet. Softirq context.
 */

#include <linux/netdevice.h>

#include "core/companion.h"
#include "core/ds.h"
#include "core/inner.h"
#include "path/attachment.h"
#include "path/count.h"
#include "path/decap.h"
#include "path/net.h"
#include "path/places.h"
#include "path/profile.h"
#include "path/wireguard.h"

/*
 * The driver has copied the outer DSCP: what was inside is gone, and can
 * neither be kept nor be what a table leaves. Return: the reason, or -1.
 */
static int copied(const struct tunqos_profile *profile, u8 ds)
{
	if (profile->decap_write &&
	    profile->decap[tunqos_ds_dscp(ds)] < TUNQOS_DSCP_COUNT)
		return -1;
	return TUNQOS_REASON_DEVICE_DECAP_DSCP;
}

unsigned int tunqos_after(void *priv, struct sk_buff *skb,
			  const struct nf_hook_state *state)
{
	const struct tunqos_attachment *attachment = priv;
	const struct tunqos_profile *profile;
	u16 companion = skb->tc_index;
	u8 ds;

	profile = rcu_dereference(attachment->profile);
	if (!profile)
		return NF_ACCEPT;

	tunqos_count(profile, TUNQOS_DECAP);
	if (tunqos_arrived_is(companion, tunqos_arrived_tag)) {
		ds = tunqos_arrived_ds(companion);
		return tunqos_decap(skb, profile, ds,
				    attachment->copies_dscp ?
				    copied(profile, ds) : -1);
	}
	if (attachment->form == TUNQOS_FORM_WIREGUARD &&
	    tunqos_wireguard_arrived(skb, &ds))
		return tunqos_decap(skb, profile, ds, -1);

	/* It did not pass arrived.c, or clsact overwrote the note. */
	if (companion >= TUNQOS_COMPANION_MIN)
		skb->tc_index = 0;
	tunqos_left_alone(profile, TUNQOS_DECAP,
			  attachment->form == TUNQOS_FORM_WIREGUARD ?
			  TUNQOS_REASON_OUTER_LOST :
			  TUNQOS_REASON_ARRIVED_LOST);
	return NF_ACCEPT;
}
