/* SPDX-License-Identifier: GPL-2.0-only */
/* The receive callbacks of IPsec. */
#ifndef TUNQOS_CONFIG_IPSEC_H
#define TUNQOS_CONFIG_IPSEC_H

#include "path/net.h"

int tunqos_ipsec_get(const struct tunqos_net *tn);
void tunqos_ipsec_exit(void);

#endif /* TUNQOS_CONFIG_IPSEC_H */
