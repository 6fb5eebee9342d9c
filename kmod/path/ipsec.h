/* SPDX-License-Identifier: GPL-2.0-only */
/* IPsec, as packets see it. */
#ifndef TUNQOS_PATH_IPSEC_H
#define TUNQOS_PATH_IPSEC_H

#include <net/xfrm.h>

bool tunqos_ipsec_makes_queue(const struct sec_path *sp);

#endif /* TUNQOS_PATH_IPSEC_H */
