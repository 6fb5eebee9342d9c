/* SPDX-License-Identifier: GPL-2.0-only */
/* What kernels differ in. Kbuild finds out by compiling. */
#ifndef TUNQOS_PATH_COMPAT_H
#define TUNQOS_PATH_COMPAT_H

#include <net/xfrm.h>
#include <uapi/linux/tunqos.h>

/* Does hardware do all of this SA, so that the packet stays as it is? */
static inline bool tunqos_in_hardware(const struct xfrm_state *x)
{
#ifdef TUNQOS_HAVE_PACKET_OFFLOAD
	return x->xso.type == XFRM_DEV_OFFLOAD_PACKET;
#else
	return false;
#endif
}

/* Why settings for two headers do not apply to an SA of this mode. */
static inline enum tunqos_reason tunqos_not_tunnel(u8 mode)
{
	if (mode == XFRM_MODE_TRANSPORT)
		return TUNQOS_REASON_TRANSPORT_MODE;
#ifdef TUNQOS_HAVE_IPTFS
	if (mode == XFRM_MODE_IPTFS)
		return TUNQOS_REASON_IP_TFS;
#endif
	return TUNQOS_REASON_BEET_MODE;
}

#endif /* TUNQOS_PATH_COMPAT_H */
