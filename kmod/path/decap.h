/* SPDX-License-Identifier: GPL-2.0-only */
/* What the places behind a tunnel share. */
#ifndef TUNQOS_PATH_DECAP_H
#define TUNQOS_PATH_DECAP_H

#include <linux/skbuff.h>

#include "path/profile.h"

unsigned int tunqos_decap(struct sk_buff *skb,
			  const struct tunqos_profile *profile, u8 arrived,
			  int hindrance);

#endif /* TUNQOS_PATH_DECAP_H */
