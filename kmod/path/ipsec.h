/* SPDX-License-Identifier: GPL-2.0-only */
/* IPsec, as packets see it. */
#ifndef TUNQOS_PATH_IPSEC_H
#define TUNQOS_PATH_IPSEC_H

#include <linux/types.h>
#include <net/xfrm.h>

#define TUNQOS_IPSEC_PROTOCOLS	256	/* of IP */

/* Those whose callbacks are registered; changed under RTNL. */
extern DECLARE_BITMAP(tunqos_ipsec_protocols, TUNQOS_IPSEC_PROTOCOLS);

int tunqos_ipsec_callback(struct sk_buff *skb, int err);
bool tunqos_ipsec_makes_queue(const struct sec_path *sp);

#endif /* TUNQOS_PATH_IPSEC_H */
