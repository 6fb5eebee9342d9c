// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tunnels whose underlay is a VRF: at LOCAL_OUT the packet's device is the VRF
 * then, not the tunnel. So egress of the tunnel device leaves its number in
 * the companion, which all drivers but WireGuard carry along; that one is known
 * by its socket. LOCAL_OUT of a VRF may be passed twice.
 */

#include <linux/netdevice.h>
#include <linux/xarray.h>

#include "core/companion.h"
#include "core/inner.h"
#include "path/attachment.h"
#include "path/vrf.h"
#include "path/wireguard.h"

DEFINE_XARRAY_ALLOC1(tunqos_hidden);

/* Egress of such a device. */
unsigned int tunqos_vrf_before(void *priv, struct sk_buff *skb,
			       const struct nf_hook_state *state)
{
	const struct tunqos_attachment *attachment = priv;
	u16 number = READ_ONCE(attachment->number);

	/* 0: it is being taken back, and would mean another thing */
	if (likely(number))
		skb->tc_index = tunqos_hidden_make(number);
	return NF_ACCEPT;
}

/**
 * tunqos_vrf_device() - what made a packet that is in a VRF
 * @skb: at LOCAL_OUT of the VRF
 * @sk: the socket that sends it, or NULL
 * @proto: of the packet
 *
 * What was forwarded, by IPVS, has an input device and may have the companion
 * of another router; l2tp leaves the input device of the inner packet, and
 * what it wrote is looked for as everywhere.
 *
 * Context: RCU read side.
 * Return: the tunnel device that is bound, or NULL.
 */
const struct tunqos_attachment *tunqos_vrf_device(const struct sk_buff *skb,
						  const struct sock *sk,
						  u8 proto)
{
	const struct tunqos_attachment *attachment;

	if (tunqos_companion_kind(skb->tc_index) != TUNQOS_KIND_HIDDEN) {
		if (skb->skb_iif || proto != IPPROTO_UDP || !sk)
			return NULL;
		return tunqos_wireguard_of(sk);
	}
	attachment = xa_load(&tunqos_hidden,
			     tunqos_hidden_number(skb->tc_index));
	if (attachment && skb->skb_iif && attachment->form != TUNQOS_FORM_L2TP)
		return NULL;
	return attachment;
}
