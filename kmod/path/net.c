// SPDX-License-Identifier: GPL-2.0-only
/* By what a namespace's data is found; main.c fills both in. */

#include <linux/cache.h>

#include "path/net.h"

unsigned int tunqos_net_id __read_mostly;
u8 tunqos_arrived_tag __read_mostly;
